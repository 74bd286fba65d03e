//! Passes: how the registry is told who asks, and how a pass that ran out is renewed.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use reqwest::{RequestBuilder, Response, StatusCode, Url};
use serde::Deserialize;
use tokio::sync::{Mutex, OnceCell};

use super::challenge::Challenge;
use super::client::{Http, authority};
use super::credentials::{self, Found, Login, Place, Users};
use super::realm;
use super::refusal::{LOCAL, Refusal};
use super::{Credentials, body};
use crate::error::{Error, Kind, Result};

/// Bytes of a token reply (containers/image takes the same).
const REPLY_LIMIT: u64 = 1 << 20;

/// How long a token holds whose server does not say (distribution, "Token Response Fields").
const DEFAULT_LIFE: u64 = 60;

/// The longest part of a token's life that is left unused, so that it does not run out on its way.
const MARGIN: Duration = Duration::from_secs(10);

/// Passes that are got for one request: one because the last ran out, or none was there yet, and one because that was not for
/// what the registry wants.
const RENEWALS: u32 = 2;

/// Scopes of a challenge that are asked for beside leave to pull.
const SCOPES: usize = 4;

/// The name by which token servers know this program.
const CLIENT: &str = "lucid-verify";

/// The media type of forms.
const FORM: &str = "application/x-www-form-urlencoded";

/// What goes along with a request.
#[derive(Clone, Default)]
pub enum Pass {
    /// Nothing.
    #[default]
    None,
    /// A user name and a password.
    Basic(Credentials),
    /// A token.
    Bearer(String),
}

impl Pass {
    /// Adds the pass to a request.
    pub fn on(&self, request: RequestBuilder) -> RequestBuilder {
        match self {
            Self::None => request,
            Self::Basic(Credentials { username, password }) => request.basic_auth(username, Some(password)),
            Self::Bearer(token) => request.bearer_auth(token),
        }
    }

    /// What of it must not be shown.
    pub fn secrets(&self) -> Vec<String> {
        match self {
            Self::None => Vec::new(),
            Self::Basic(Credentials { username, password }) => {
                vec![password.clone(), STANDARD.encode(format!("{username}:{password}"))]
            }
            Self::Bearer(token) => vec![token.clone()],
        }
    }
}

/// What a pass is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Pulling from a repository.
    Repository(String),
    /// Listing the repositories (distribution, "Token Scope Documentation").
    Catalog,
}

impl Scope {
    /// What it is called to a token server.
    fn wanted(&self) -> String {
        match self {
            Self::Repository(repository) => format!("repository:{repository}:pull"),
            Self::Catalog => "registry:catalog:*".to_owned(),
        }
    }

    /// What it is called beside its host.
    fn at(&self, host: &str) -> String {
        match self {
            Self::Repository(repository) => format!("{host}/{repository}"),
            Self::Catalog => format!("the catalog of {host}"),
        }
    }

    /// The repository, for which credentials may be of its own.
    fn repository(&self) -> &str {
        match self {
            Self::Repository(repository) => repository,
            Self::Catalog => "",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Repository(repository) => f.write_str(repository),
            Self::Catalog => f.write_str("its catalog"),
        }
    }
}

/// The passes for one thing of one registry.
pub struct Auth {
    host: String,
    scope: Scope,
    users: Arc<Users>,
    /// Who the user is, once it was asked for: an anonymous pull starts no helper.
    found: OnceCell<Result<Found>>,
    state: Mutex<State>,
}

/// Locked while a token is on its way: of many who need one, one asks.
#[derive(Default)]
struct State {
    challenge: Option<Challenge>,
    pass: Pass,
    expires: Option<Instant>,
    /// Counts the passes, so that one that was refused is told from its successor.
    generation: u64,
}

/// A token server's reply. Either name may hold the token, and an empty one holds none.
#[derive(Deserialize)]
struct Reply {
    #[serde(default)]
    token: Option<String>,
    #[serde(default)]
    access_token: Option<String>,
    #[serde(default)]
    expires_in: Option<u64>,
}

impl Auth {
    /// Passes for something of `host`, which is what the user calls the registry.
    pub fn new(host: &str, scope: &Scope, users: &Arc<Users>) -> Self {
        let (host, scope, users) = (host.to_owned(), scope.clone(), Arc::clone(users));
        let found = OnceCell::new_with(users.given().map(Ok));
        Self { host, scope, users, found, state: Mutex::default() }
    }

    /// Who the user is to the registry. Files and helpers are asked once.
    async fn user(&self, registry: &Url) -> Result<Option<Login>> {
        let search = async || {
            let (scheme, host, repository) =
                (registry.scheme().to_owned(), self.host.clone(), self.scope.repository().to_owned());
            let (users, place) = (Arc::clone(&self.users), Place { scheme, host, repository });
            // A helper may take its time, and the network's threads are few.
            let search = tokio::task::spawn_blocking(move || users.look_up(&place));
            search.await.unwrap_or_else(|error| Err(Error::new(Kind::Bug, error.to_string()).doing("look for credentials")))
        };
        match self.found.get_or_init(search).await {
            Ok(found) => Ok(found.login.clone()),
            Err(error) => Err(error.clone()),
        }
    }

    /// What is known of the user by now.
    fn found(&self) -> Option<&Found> {
        self.found.get().and_then(|found| found.as_ref().ok())
    }

    fn login_found(&self) -> Option<&Login> {
        self.found().and_then(|found| found.login.as_ref())
    }

    /// The present pass and its generation; a token that is about to run out is renewed first.
    pub async fn pass(&self, http: &Http, registry: &Url) -> Result<(Pass, u64)> {
        let mut state = self.state.lock().await;
        if state.expires.is_some_and(|expires| expires <= Instant::now()) {
            self.login(&mut state, http, registry).await?;
        }
        Ok((state.pass.clone(), state.generation))
    }

    /// Gets a new pass after that of `generation` was refused with `refused`. Nothing to do if someone else just did. After
    /// so many passes `before` for the same request, another is worth a try only if the registry now wants something else.
    pub async fn renew(&self, http: &Http, registry: &Url, refused: Response, generation: u64, before: u32) -> Result<()> {
        let mut state = self.state.lock().await;
        if before < RENEWALS && state.generation != generation {
            return Ok(());
        }
        let mut headers = challenges(&refused);
        if headers.is_empty() && state.challenge.is_none() {
            // Some registries say what they want at the entrance only.
            let entrance = || http.get(registry.clone());
            headers = challenges(&http.send(entrance, &mut http.attempts(), &[]).await?);
        }
        let wanted = state.challenge.clone();
        if !headers.is_empty() {
            state.challenge = Some(Challenge::choose(headers.iter().map(String::as_str))?);
        }
        if state.challenge.is_none() {
            let refusal = Refusal::read(refused, &self.secrets(&state.pass)).await;
            let what = format!("{} wants to know who asks for {}, and does not say how to tell it", self.host, self.scope);
            return Err(refusal.error(Kind::Denied, &what).hint(self.advice()));
        }
        let is_spent = before > 0 && state.challenge == wanted || before >= RENEWALS;
        if is_spent || matches!((&state.challenge, &state.pass), (Some(Challenge::Basic), Pass::Basic(_))) {
            let refusal = Refusal::read(refused, &self.secrets(&state.pass)).await;
            if let Some(Challenge::Bearer { realm, .. }) = &state.challenge {
                let realm = realm.parse().map_or_else(|_| "its token server".to_owned(), |url| authority(&url));
                let what = format!("{} does not take the token for {} that {realm} gave", self.host, self.scope);
                return Err(refusal.error(Kind::Denied, &what).hint(self.advice()));
            }
            return Err(self.denied(&refusal));
        }
        self.login(&mut state, http, registry).await
    }

    async fn login(&self, state: &mut State, http: &Http, registry: &Url) -> Result<()> {
        let Some(challenge) = &state.challenge else { return Ok(()) };
        match (challenge, self.user(registry).await?) {
            (Challenge::Basic, Some(Login::Password(credentials))) => {
                state.pass = Pass::Basic(credentials);
                state.expires = None;
            }
            (Challenge::Basic, login) => {
                let instead = if login.is_some() { ", and there is a token" } else { "" };
                let what = format!("{} asks for a user name and a password{instead}", self.host);
                return Err(Error::new(Kind::Denied, what).hint(self.advice()));
            }
            (Challenge::Bearer { .. }, Some(Login::Token(token))) => {
                state.pass = Pass::Bearer(token);
                state.expires = None;
            }
            (Challenge::Bearer { realm, service, scope }, login) => {
                let fields = self.fields(service.as_deref(), scope.as_deref());
                let (token, life) = self.token(realm, &fields, login.as_ref(), http, registry).await?;
                state.pass = Pass::Bearer(token);
                state.expires = Some(Instant::now() + life.saturating_sub(MARGIN.min(life / 4)));
            }
        }
        state.generation += 1;
        Ok(())
    }

    /// Asks the token server for leave to pull. Returns the token and how long it holds.
    async fn token(
        &self,
        realm: &str,
        fields: &[(&str, String)],
        login: Option<&Login>,
        http: &Http,
        registry: &Url,
    ) -> Result<(String, Duration)> {
        let url = realm::check(realm, registry, login.is_some()).map_err(|why| Error::new(Kind::Denied, why))?;
        let host = authority(&url);
        let doing = |error: Error| error.doing(format!("get a token for {} from {host}", self.scope.at(&self.host)));
        let response = ask(&url, fields, login, http).await.map_err(doing)?;
        if response.status() != StatusCode::OK {
            let refusal = Refusal::read(response, &login.map(Login::secrets).unwrap_or_default()).await;
            let subject = if login.is_some() { "the credentials are refused" } else { "no token is given to anonymous users" };
            return Err(doing(refusal.error(Kind::Denied, subject).hint(self.advice())));
        }
        let none = |why: &str| doing(Error::new(Kind::Denied, format!("its reply holds no token: {why}")));
        let bytes = body::read_within(response, REPLY_LIMIT, http.waiting()).await.map_err(doing)?;
        let bytes = bytes.ok_or_else(|| none("it is larger than 1 MiB"))?;
        // The text of a parser could quote the reply, and so a token.
        let reply: Reply = serde_json::from_slice(&bytes).map_err(|_| none("it is not the JSON of a token reply"))?;
        let token = [reply.token, reply.access_token].into_iter().flatten().find(|token| !token.is_empty());
        let token = token.ok_or_else(|| none("neither token nor access_token is there"))?;
        if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(none("no header can hold what it calls one"));
        }
        let life = reply.expires_in.filter(|seconds| *seconds > 0).unwrap_or(DEFAULT_LIFE);
        // A day at most, so that no sum of times can overflow.
        Ok((token, Duration::from_secs(life.min(86_400))))
    }

    /// What a token is asked for: leave to pull, and what the registry itself wants it to be good for, where that is something
    /// else, as before a registry that keeps the repository under another name.
    fn fields<'a>(&self, service: Option<&str>, scope: Option<&str>) -> Vec<(&'a str, String)> {
        let own = self.scope.wanted();
        let wanted = scope.unwrap_or_default().split_whitespace().filter(|wanted| *wanted != own).take(SCOPES);
        let scopes: Vec<String> = std::iter::once(own.clone()).chain(wanted.map(str::to_owned)).collect();
        let service = service.map(|service| ("service", service.to_owned()));
        scopes.into_iter().map(|scope| ("scope", scope)).chain(service).collect()
    }

    /// The error of a registry that still refuses.
    pub fn denied(&self, refusal: &Refusal) -> Error {
        let subject = match (refusal.status, self.login_found()) {
            (StatusCode::UNAUTHORIZED, None) => format!("{} wants to know who asks for {}", self.host, self.scope),
            (StatusCode::UNAUTHORIZED, Some(_)) => format!("{} does not accept the credentials", self.host),
            (_, None) => format!("{} does not give {} to anonymous users", self.host, self.scope),
            (_, Some(_)) => format!("these credentials may not pull {} from {}", self.scope, self.host),
        };
        refusal.error(Kind::Denied, &subject).hint(self.advice())
    }

    /// What of a pass and of the credentials must not be shown.
    pub fn secrets(&self, pass: &Pass) -> Vec<String> {
        [pass.secrets(), self.login_found().map(Login::secrets).unwrap_or_default()].concat()
    }

    fn advice(&self) -> String {
        let (host, found) = (&self.host, self.found().cloned().unwrap_or_default());
        let advice = match (found.login, found.origin) {
            (None, _) => format!(
                "no credentials for {host}; run docker login {host}, or see --username and --password-stdin; many registries answer so for what does not exist, too: check the name; {LOCAL}"
            ),
            (Some(_), None) => {
                format!("the credentials are those of {host}: check user name, password and access to the repository")
            }
            (Some(_), Some(origin)) => format!(
                "the credentials are those of {host} in {origin}: run docker login {host} anew, or ask for access to {}",
                self.scope
            ),
        };
        std::iter::once(advice).chain(found.unusable).collect::<Vec<_>>().join("; ")
    }
}

/// Sends a token server the user's login: an identity token in a form (distribution, "`OAuth2` Token Authentication"), or as a
/// password where the server knows no such form.
async fn ask(url: &Url, fields: &[(&str, String)], login: Option<&Login>, http: &Http) -> Result<Response> {
    let secrets = login.map(Login::secrets).unwrap_or_default();
    if let Some(Login::Identity(Credentials { password, .. })) = login {
        let scopes: Vec<&str> = fields.iter().filter(|(name, _)| *name == "scope").map(|(_, scope)| &scope[..]).collect();
        let scopes = scopes.join(" ");
        let mut form =
            vec![("grant_type", "refresh_token"), ("client_id", CLIENT), ("refresh_token", password), ("scope", &scopes)];
        form.extend(fields.iter().filter(|(name, _)| *name == "service").map(|(name, service)| (*name, &service[..])));
        let form = credentials::form(&form);
        let client = http.without_redirects()?;
        let post = || client.post(url.clone()).header(CONTENT_TYPE, FORM).body(form.clone());
        let response = http.send(post, &mut http.attempts(), &secrets).await?;
        // Artifactory answers 401 to a form that it does not know.
        if !matches!(response.status(), StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED | StatusCode::UNAUTHORIZED) {
            return Ok(response);
        }
    }
    let pass = match login {
        Some(Login::Password(pair) | Login::Identity(pair)) => Pass::Basic(pair.clone()),
        Some(Login::Token(_)) | None => Pass::None,
    };
    http.send(|| pass.on(http.get(url.clone())).query(fields), &mut http.attempts(), &secrets).await
}

fn challenges(response: &Response) -> Vec<String> {
    let headers = response.headers().get_all(WWW_AUTHENTICATE);
    headers.iter().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect()
}
