//! The requests of a bucket: each bounded in time and bytes, each failure a sentence that holds nothing of what the service said.

use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use object_store::client::{HttpError, HttpErrorKind};
use object_store::path::Path;
use object_store::{
    Error, GetOptions, GetResultPayload, ObjectMeta, ObjectStore, ObjectStoreExt as _, PutMode, PutOptions, PutPayload,
    UpdateVersion,
};
use tokio::runtime::Handle;
use tokio::task::JoinSet;

use crate::cache::sealed::LONGEST_OBJECT;

/// The longest that an answer, or the next bytes of one, may take: what is in the cache can be had elsewhere.
const SILENCE: Duration = Duration::from_secs(10);
/// Bytes a second below which a bucket is of no help.
const SLOWEST: usize = 256 << 10;
/// Objects of a listing: those of a hundred thousand images.
const MOST: usize = 1_000_000;
/// Objects that are removed at the same time.
const AT_ONCE: usize = 16;

/// An object as it was found.
pub(super) struct Found {
    /// Nothing where it is longer than any entry.
    pub(super) bytes: Option<Vec<u8>>,
    /// How it is replaced, and not one that came after it.
    pub(super) version: PutMode,
}

/// A bucket, and the way to it.
#[derive(Debug)]
pub(super) struct Wire {
    store: Arc<dyn ObjectStore>,
    silence: Duration,
    until: Option<Instant>,
    /// Bytes of the longest object that is read.
    pub(super) longest: u64,
    /// Whether the service knows no conditions.
    is_plain: AtomicBool,
    /// What goes on beside the run.
    beside: Mutex<JoinSet<()>>,
}

impl Wire {
    pub(super) fn new(store: Arc<dyn ObjectStore>, silence: Duration, until: Option<Instant>) -> Self {
        let (is_plain, beside) = (AtomicBool::new(false), Mutex::default());
        Self { store, silence: silence.min(SILENCE), until, longest: LONGEST_OBJECT, is_plain, beside }
    }

    /// An object, read as far as an entry can be long.
    pub(super) async fn get(&self, at: &Path) -> Result<Option<Found>, String> {
        let answer = match self.within(0, self.store.get_opts(at, GetOptions::default())).await? {
            Err(Error::NotFound { source, .. }) if !is_no_bucket(&*source) => return Ok(None),
            answer => answer.map_err(|error| why(&error))?,
        };
        let version = version(answer.meta.e_tag.clone(), answer.meta.version.clone());
        let size = answer.meta.size;
        if size > self.longest {
            return Ok(Some(Found { bytes: None, version }));
        }
        let GetResultPayload::Stream(mut stream) = answer.payload;
        let mut bytes = Vec::new();
        while let Some(chunk) = self.within(0, poll_fn(|context| stream.as_mut().poll_next(context))).await? {
            bytes.extend_from_slice(&chunk.map_err(|error| why(&error))?);
            if bytes.len() as u64 > size {
                return Err("it sent more than it announced".into());
            }
        }
        Ok(Some(Found { bytes: Some(bytes), version }))
    }

    /// Puts an object, unless another was faster: then `None`. A service that knows no conditions is asked without: what it
    /// overwrites is another's work, and as good.
    pub(super) async fn put(&self, at: &Path, bytes: Vec<u8>, mode: PutMode) -> Result<Option<PutMode>, String> {
        let payload = PutPayload::from(bytes);
        let put = |mode: PutMode| {
            self.within(payload.content_length(), self.store.put_opts(at, payload.clone(), PutOptions::from(mode)))
        };
        let mode = if self.is_plain.load(Ordering::Relaxed) { PutMode::Overwrite } else { mode };
        let mut answer = put(mode.clone()).await?;
        if mode != PutMode::Overwrite && answer.as_ref().is_err_and(is_unknown) {
            self.is_plain.store(true, Ordering::Relaxed);
            answer = put(PutMode::Overwrite).await?;
        }
        match answer {
            Ok(put) => Ok(Some(version(put.e_tag, put.version))),
            Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => Ok(None),
            Err(error) => Err(why(&error)),
        }
    }

    pub(super) async fn delete(&self, at: &Path) -> Result<(), String> {
        match self.within(0, self.store.delete(at)).await? {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(why(&error)),
        }
    }

    /// The objects below a path.
    pub(super) async fn list(&self, below: &Path) -> Result<Vec<ObjectMeta>, String> {
        let (mut stream, mut found) = (self.store.list(Some(below)), Vec::new());
        while let Some(object) = self.within(0, poll_fn(|context| stream.as_mut().poll_next(context))).await? {
            if found.len() >= MOST {
                return Err(format!("it has more than {MOST} objects"));
            }
            found.push(object.map_err(|error| why(&error))?);
        }
        Ok(found)
    }

    /// Removes objects; tells which of them went.
    pub(super) async fn delete_all(self: &Arc<Self>, objects: Vec<ObjectMeta>) -> Result<Vec<ObjectMeta>, String> {
        let (mut going, mut gone) = (JoinSet::new(), Vec::new());
        for object in objects {
            if going.len() >= AT_ONCE {
                gone.extend(next(&mut going).await?);
            }
            let wire = Arc::clone(self);
            going.spawn(async move { wire.delete(&object.location).await.map(|()| object) });
        }
        while let Some(object) = next(&mut going).await? {
            gone.push(object);
        }
        Ok(gone)
    }

    /// Goes on with something beside the run; [`finish`](Self::finish) waits for it.
    pub(super) fn beside(&self, runtime: &Handle, something: impl Future<Output = ()> + Send + 'static) {
        let mut beside = self.beside.lock().unwrap_or_else(PoisonError::into_inner);
        while beside.try_join_next().is_some() {}
        beside.spawn_on(something, runtime);
    }

    /// Waits for what goes on beside the run.
    pub(super) async fn finish(&self) {
        let mut beside = std::mem::take(&mut *self.beside.lock().unwrap_or_else(PoisonError::into_inner));
        let all = async { while beside.join_next().await.is_some() {} };
        let _ = self.within(0, all).await;
    }

    /// What comes of something that carries so many bytes, if it does in time.
    async fn within<T>(&self, bytes: usize, something: impl Future<Output = T>) -> Result<T, String> {
        let seconds = u64::try_from(bytes / SLOWEST).unwrap_or(u64::MAX);
        let longest = self.silence.saturating_add(Duration::from_secs(seconds));
        let left = self.until.map_or(longest, |until| until.saturating_duration_since(Instant::now()).min(longest));
        tokio::time::timeout(left, something).await.map_err(|_| format!("it did not answer for {} s", left.as_secs_f32().ceil()))
    }
}

async fn next(going: &mut JoinSet<Result<ObjectMeta, String>>) -> Result<Option<ObjectMeta>, String> {
    going.join_next().await.and_then(Result::ok).transpose()
}

/// How an object of this version is replaced.
fn version(e_tag: Option<String>, version: Option<String>) -> PutMode {
    if e_tag.is_none() { PutMode::Overwrite } else { PutMode::Update(UpdateVersion { e_tag, version }) }
}

/// Whether the service does not know what it was asked (RFC 9110, section 15.6.2).
fn is_unknown(error: &Error) -> bool {
    matches!(error, Error::NotImplemented { .. }) || status(&error.to_string()) == Some(501)
}

/// S3 answers 404 for a bucket as for an object.
fn is_no_bucket(error: &dyn std::error::Error) -> bool {
    error.to_string().contains("NoSuchBucket")
}

/// What a failure is called. The text of the service is not shown: S3 repeats access keys and session tokens in it.
fn why(error: &Error) -> String {
    let text = error.to_string();
    match error {
        Error::PermissionDenied { .. } => "access is denied (403): the credentials need s3:ListBucket on the bucket, and \
            s3:GetObject, s3:PutObject and s3:DeleteObject on its objects"
            .into(),
        Error::Unauthenticated { .. } => "the credentials are not accepted (401)".into(),
        Error::NotFound { .. } => "there is no such bucket".into(),
        // Only the instance's own service of credentials has this path.
        _ if text.contains("/latest/") => "there are no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give \
            the machine a role"
            .into(),
        _ => status(&text).map_or_else(|| broken(error).into(), |status| format!("it answered HTTP {status}")),
    }
}

/// The status that the client was answered with; its types do not tell.
fn status(text: &str) -> Option<u16> {
    let (_, rest) = text.split_once("status code: ")?;
    rest.get(..3)?.parse().ok()
}

fn broken(error: &Error) -> &'static str {
    let causes = std::iter::successors(std::error::Error::source(error), |error| error.source());
    match causes.filter_map(|cause| cause.downcast_ref::<HttpError>()).map(HttpError::kind).next() {
        Some(HttpErrorKind::Connect) => "no connection to it comes to be",
        Some(HttpErrorKind::Timeout) => "it did not answer in time",
        Some(HttpErrorKind::Request | HttpErrorKind::Interrupted) => "the connection broke",
        _ => "what it answered is not understood",
    }
}
