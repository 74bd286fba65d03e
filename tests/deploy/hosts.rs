//! What the scripts talk to: a registry of one image that changes, GitHub's comments and releases, GitLab's packages.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use lucid_verify::serve::{Image, Reply, Request, Server};
use serde_json::{Value, json};

use crate::registry::Fixture as _;
use crate::{TOKEN, image};

/// A registry with one image, under the names of two services. Debian's docker-registry where real ones are asked for.
pub enum Registry {
    Real(image::registry::Registry),
    Served(Server, Arc<Mutex<Image>>),
}

impl Registry {
    pub fn holding(first: Image) -> Self {
        if std::env::var_os("LUCID_REAL").is_some_and(|value| value == "1") {
            let registry = Self::Real(image::registry::Registry::start());
            registry.push(first);
            return registry;
        }
        let current = Arc::new(Mutex::new(first));
        let held = Arc::clone(&current);
        let answer = move |request: &Request| held.lock().unwrap().reply(request);
        Self::Served(Server::start(answer).unwrap(), current)
    }

    /// Moves the tags to another image.
    pub fn push(&self, image: Image) {
        match self {
            Self::Real(registry) => {
                let folder = tempfile::tempdir().unwrap();
                image.write_layout(folder.path(), &[&image.entry("")]);
                for repository in ["team/app", "team/other"] {
                    registry.push(folder.path(), repository);
                }
            }
            Self::Served(_, current) => *current.lock().unwrap() = image,
        }
    }

    pub fn name(&self) -> String {
        self.named("team/app")
    }

    /// The image under another name.
    pub fn named(&self, repository: &str) -> String {
        let host = match self {
            Self::Real(registry) => registry.address.clone(),
            Self::Served(server, _) => server.host(),
        };
        format!("{host}/{repository}:{}", image::layout::TAG)
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Comment {
    pub id: u64,
    pub author: &'static str,
    pub body: String,
}

/// How a write fails.
#[derive(Clone, Copy)]
pub enum Failure {
    /// Nothing is done, and this is answered.
    Refused(u16),
    /// It is done, and the answer is lost.
    Lost,
    /// A limit of the rate, which passes.
    Limited,
}

#[derive(Default)]
struct State {
    comments: Vec<Comment>,
    failures: Vec<Failure>,
    releases: BTreeMap<String, Vec<u8>>,
    asked: u64,
}

/// The comments of a pull request, and what was released.
pub struct GitHub {
    pub server: Server,
    state: Arc<Mutex<State>>,
}

impl GitHub {
    pub fn new() -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let held = Arc::clone(&state);
        let server = Server::start(move |request| answer(&mut held.lock().unwrap(), request)).unwrap();
        Self { server, state }
    }

    pub fn comments(&self) -> Vec<Comment> {
        self.state.lock().unwrap().comments.clone()
    }

    pub fn comment(&self, author: &'static str, body: &str) {
        add(&mut self.state.lock().unwrap(), author, body);
    }

    /// What the next writes come to.
    pub fn fail(&self, failures: &[Failure]) {
        self.state.lock().unwrap().failures = failures.iter().rev().copied().collect();
    }

    pub fn release(&self, asset: &str, bytes: Vec<u8>) {
        self.state.lock().unwrap().releases.insert(asset.to_owned(), bytes);
    }
}

fn add(state: &mut State, author: &'static str, body: &str) {
    state.asked += 1;
    let id = 1_000 + state.asked;
    state.comments.push(Comment { id, author, body: body.to_owned() });
}

fn answer(state: &mut State, request: &Request) -> Reply {
    if let Some(asset) = request.path.strip_prefix("/releases/v0.1.0/") {
        return state.releases.get(asset).map_or(Reply::new(404, ""), |bytes| Reply::new(200, bytes.clone()));
    }
    if request.header("authorization") != Some(&format!("Bearer {TOKEN}")[..]) {
        return Reply::new(401, r#"{"message":"Bad credentials"}"#);
    }
    if request.method == "GET" {
        return page(state, request);
    }
    let failure = state.failures.pop();
    match failure {
        Some(Failure::Refused(status)) => {
            let reply = Reply::new(status, r#"{"message":"Resource not accessible by integration"}"#);
            return if status >= 429 { reply.with("Retry-After", 0) } else { reply };
        }
        Some(Failure::Limited) => {
            return Reply::new(403, r#"{"message":"You have exceeded a secondary rate limit"}"#).with("Retry-After", 0);
        }
        Some(Failure::Lost) | None => {}
    }
    let reply = write(state, request);
    if failure.is_some() { Reply::new(502, "").with("Retry-After", 0) } else { reply }
}

fn page(state: &State, request: &Request) -> Reply {
    let Some(number) = request.path.strip_prefix("/repos/team/app/issues/7/comments?per_page=100&page=") else {
        return Reply::new(404, r#"{"message":"Not Found"}"#);
    };
    let before = (number.parse::<usize>().unwrap() - 1) * 100;
    let comments = state.comments.iter().skip(before).take(100);
    let comments: Vec<Value> =
        comments.map(|comment| json!({"id": comment.id, "user": {"login": comment.author}, "body": comment.body})).collect();
    Reply::new(200, Value::from(comments).to_string())
}

fn write(state: &mut State, request: &Request) -> Reply {
    let body = || serde_json::from_str::<Value>(&request.body).unwrap()["body"].as_str().unwrap().to_owned();
    let id = request.path.strip_prefix("/repos/team/app/issues/comments/").and_then(|id| id.parse::<u64>().ok());
    let place = state.comments.iter().position(|comment| Some(comment.id) == id);
    match (&request.method[..], place) {
        ("POST", _) if request.path == "/repos/team/app/issues/7/comments" => {
            add(state, "github-actions[bot]", &body());
            Reply::new(201, "{}")
        }
        ("PATCH", Some(place)) => {
            state.comments[place].body = body();
            Reply::new(200, "{}")
        }
        ("DELETE", Some(place)) => {
            state.comments.remove(place);
            Reply::new(204, "")
        }
        _ => Reply::new(404, r#"{"message":"Not Found"}"#),
    }
}

/// GitLab's package registry of one project, and what was released.
pub fn packages(kept: Arc<Mutex<BTreeMap<String, String>>>) -> Server {
    let answer = move |request: &Request| {
        if request.header("job-token") != Some(TOKEN) {
            return Reply::new(401, "");
        }
        let mut kept = kept.lock().unwrap();
        if request.method == "PUT" {
            kept.insert(request.path.clone(), request.body.clone());
            return Reply::new(201, "{}");
        }
        kept.get(&request.path).map_or(Reply::new(404, ""), |body| Reply::new(200, body.clone()))
    };
    Server::start(answer).unwrap()
}
