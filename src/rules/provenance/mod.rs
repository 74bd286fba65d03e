//! How the image was built: what its builder attests, and what its Dockerfile says.

pub(super) mod build_args_secret;
pub(super) mod builder_base;
pub(super) mod builder_verify;
pub(super) mod platforms;
pub(super) mod present;
pub(super) mod subject;

use super::Context;
use crate::facts::build::{Attestation, Provenance};
use crate::finding::Judgement;

impl<'a> Context<'a> {
    /// The attested provenance, or what is said where there is none.
    fn provenance(&self) -> Result<&'a Provenance, Judgement> {
        match &self.facts.attestation {
            Attestation::Provenance(provenance) => Ok(provenance),
            Attestation::Absent(why) => Err(Judgement::skip(*why)),
            Attestation::Other(_) => Err(Judgement::skip("what is attested is no provenance")),
            Attestation::Unread(why) => Err(Judgement::unknown(why)),
        }
    }

    /// What is said where neither an attestation nor a Dockerfile tells of the build.
    fn untold(&self, what: &str) -> Judgement {
        match &self.facts.attestation {
            Attestation::Unread(why) => Judgement::unknown(why),
            _ => Judgement::skip(format!("no attestation and no --dockerfile says {what}")),
        }
    }
}
