//! The verdict as an in-toto statement with a verification summary, for others to sign and for clusters to require (in-toto
//! attestation framework, spec/v1/statement.md; SLSA 1.1, "Verification Summary Attestation"). It speaks of one manifest, by its
//! digest, and of a whole policy, by that of what it says.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::json::document;
use super::{Image, Tool, Verdict};
use crate::digest::Digest;
use crate::finding::Level;
use crate::reference::{Reference, Transport};
use crate::text::percent;

/// What the statement says of its subject.
const PREDICATE: &str = "https://slsa.dev/verification_summary/v1";

/// Who verified, and the name of what the predicate holds beyond its specification: such names are URIs ("Parsing rules").
pub const VERIFIER: &str = env!("CARGO_PKG_REPOSITORY");

/// The version of the specification that says what the fields mean.
const SLSA: &str = "1.1";

/// No level of SLSA's tracks is claimed: how an image was built is not what is verified.
const UNEVALUATED: &str = "SLSA_BUILD_LEVEL_UNEVALUATED";

/// Renders the statement on an image that was verified at this time, with findings from `fail_on` as failures. An image of
/// which nothing can be said is refused with the reason.
pub fn render(image: &Image, fail_on: Level, time: DateTime<Utc>) -> Result<Vec<u8>, &'static str> {
    let result = match image.verdict {
        Verdict::Held => "PASSED",
        Verdict::Findings => "FAILED",
        Verdict::Undecided => return Err("a rule that counts could not be judged"),
        Verdict::Incomplete => return Err("the image was not read to its end"),
    };
    let digest = image.digest.as_deref().filter(|_| image.complete).and_then(|digest| digest.parse::<Digest>().ok());
    let digest = digest.ok_or("the image has no manifest that a digest names")?;
    let policy = image.policy.digest.as_deref().and_then(|digest| digest.split_once(':'));
    let (by, said) = policy.ok_or("the policy has no digest")?;
    let (name, resource) = place(&image.reference, &digest);
    let mut subject = json!({"digest": {digest.algorithm().name(): digest.hex()}});
    if let Some(name) = name {
        subject["name"] = name.into();
    }
    Ok(document(&json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [subject],
        "predicateType": PREDICATE,
        "predicate": {
            "verifier": {"id": VERIFIER, "version": {Tool::THIS.name: Tool::THIS.version}},
            "timeVerified": time.to_rfc3339_opts(SecondsFormat::Secs, true),
            "resourceUri": resource,
            "policy": {"uri": policy_uri(&image.policy.profile), "digest": {by: said}},
            "verificationResult": result,
            "verifiedLevels": [if result == "PASSED" { UNEVALUATED } else { "FAILED" }],
            "slsaVersion": SLSA,
            VERIFIER: beyond(image, fail_on),
        },
    })))
}

/// What the specification has no field for.
fn beyond(image: &Image, fail_on: Level) -> Value {
    json!({
        "answers": image.answers,
        "failOn": fail_on,
        "platform": image.platform,
        "service": image.policy.service,
        "rulesAsked": image.policy.asked,
        "findingsWaived": image.policy.waived,
        "indexDigest": image.index_digest,
    })
}

/// The repository, and the package URL that an image in a registry is fetched by (purl-spec, "oci"). What lies on disk is
/// named by its content alone (RFC 6920): where it lay is nobody's name for it.
fn place(reference: &str, digest: &Digest) -> (Option<String>, String) {
    let algorithm = digest.algorithm().name();
    match reference.parse::<Reference>().map(|reference| reference.transport) {
        Ok(Transport::Registry { host, repository }) => {
            let place = format!("{host}/{repository}");
            let name = encoded(repository.rsplit('/').next().unwrap_or_default());
            let resource = format!("pkg:oci/{name}@{algorithm}%3A{}?repository_url={}", digest.hex(), encoded(&place));
            (Some(place), resource)
        }
        _ => (None, format!("ni:///{};{}", algorithm.replace("sha", "sha-"), URL_SAFE_NO_PAD.encode(digest.bytes()))),
    }
}

/// A profile as a URI: one in a registry is named by itself, every other by its name without the folder that it lies in.
fn policy_uri(profile: &str) -> String {
    if profile.starts_with("docker://") {
        return profile.to_owned();
    }
    format!("lucid-verify:profile/{}", encoded(profile.rsplit('/').next().unwrap_or_default()))
}

/// Text as part of a URI (RFC 3986, 2.1); slashes and colons stay, which mean nothing where these stand.
fn encoded(text: &str) -> String {
    percent(text, b"/:")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Answer, Answers, Failure};

    const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn image(reference: &str, verdict: Verdict) -> Image {
        let failure = Failure { kind: "usage", exit_code: 2, message: String::new(), hint: None };
        let mut image = Image::unread(reference.into(), failure);
        image.error = None;
        (image.complete, image.verdict, image.digest) = (true, verdict, Some(DIGEST.into()));
        image.platform = Some("linux/arm64/v8".into());
        image.policy.profile = "ci/own profile.toml".into();
        image.policy.digest = Some(format!("sha256:{}", "a".repeat(64)));
        image.answers =
            Answers { whole: Answer::Yes, starts: Answer::Yes, safe: Answer::No, conforms: Answer::NotAsked, lean: Answer::Yes };
        image
    }

    fn statement(image: &Image) -> Value {
        let time = DateTime::from_timestamp(1_800_000_000, 5).unwrap();
        serde_json::from_slice(&render(image, Level::Error, time).unwrap()).unwrap()
    }

    #[test]
    fn the_statement_has_what_the_specifications_require_and_nothing_unnamed() {
        let said = statement(&image("docker.io/pickme/lucid-auth:latest-arm64", Verdict::Held));
        let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(&said), ["_type", "subject", "predicateType", "predicate"]);
        assert_eq!(said["_type"], "https://in-toto.io/Statement/v1");
        let hex = DIGEST.split_once(':').unwrap().1;
        assert_eq!(said["subject"], json!([{"digest": {"sha256": hex}, "name": "docker.io/pickme/lucid-auth"}]));
        let predicate = &said["predicate"];
        assert_eq!(
            predicate["resourceUri"],
            format!("pkg:oci/lucid-auth@sha256%3A{hex}?repository_url=docker.io/pickme/lucid-auth")
        );
        assert_eq!(predicate["timeVerified"], "2027-01-15T08:00:00Z");
        assert_eq!(predicate["policy"]["uri"], "lucid-verify:profile/own%20profile.toml");
        assert_eq!(predicate["policy"]["digest"], json!({"sha256": "a".repeat(64)}));
        assert_eq!((&predicate["verificationResult"], &predicate["verifiedLevels"]), (&json!("PASSED"), &json!([UNEVALUATED])));
        let specified = [
            "verifier",
            "timeVerified",
            "resourceUri",
            "policy",
            "inputAttestations",
            "verificationResult",
            "verifiedLevels",
            "dependencyLevels",
            "slsaVersion",
        ];
        for key in keys(predicate) {
            assert!(specified.contains(&&key[..]) || key.starts_with("https://"), "{key}");
        }
        assert_eq!(predicate[VERIFIER]["answers"]["safe"], "no");
        assert_eq!(predicate[VERIFIER]["failOn"], "error");
    }

    #[test]
    fn findings_fail_and_what_was_not_judged_is_not_attested() {
        let failed = statement(&image("alpine", Verdict::Findings));
        assert_eq!(failed["predicate"]["verificationResult"], "FAILED");
        assert_eq!(failed["predicate"]["verifiedLevels"], json!(["FAILED"]));
        let mut unnamed = image("docker-archive:x.tar", Verdict::Held);
        unnamed.digest = None;
        let mut partial = image("alpine", Verdict::Held);
        partial.complete = false;
        let others = [image("alpine", Verdict::Undecided), image("alpine", Verdict::Incomplete), unnamed, partial];
        for image in others {
            assert!(render(&image, Level::Error, DateTime::UNIX_EPOCH).is_err(), "{}", image.reference);
        }
    }

    #[test]
    fn what_lies_on_disk_is_named_by_its_content() {
        let said = statement(&image("oci:/home/someone/build", Verdict::Held));
        assert_eq!(said["subject"][0].get("name"), None);
        assert_eq!(said["predicate"]["resourceUri"], "ni:///sha-256;47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU");
        assert!(!said.to_string().contains("someone"));
    }

    #[test]
    fn a_policy_in_a_registry_is_named_by_itself() {
        assert_eq!(policy_uri("docker://r.example/profiles/x@sha256:1"), "docker://r.example/profiles/x@sha256:1");
        assert_eq!(policy_uri("lucid"), "lucid-verify:profile/lucid");
    }
}
