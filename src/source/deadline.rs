//! How long the network is waited for: each silence by itself, and all of a run together.

use std::time::{Duration, Instant};

use crate::error::{Error, Kind, Result};

/// When waiting ends, whatever goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline {
    at: Instant,
    longest: Duration,
}

impl Deadline {
    /// So long after now. `None`: that is never.
    pub fn after(longest: Duration) -> Option<Self> {
        Instant::now().checked_add(longest).map(|at| Self { at, longest })
    }

    fn passed(self) -> Error {
        let what = format!("it is not over after {} s", self.longest.as_secs_f64());
        Error::new(Kind::Unreachable, what).hint("--deadline sets how long a run may take")
    }
}

/// How long is waited.
#[derive(Debug, Clone, Copy)]
pub(super) struct Waiting {
    /// The longest silence.
    pub silence: Duration,
    pub deadline: Option<Deadline>,
}

impl Waiting {
    /// Waits for something. Nothing comes of it where it is silent for too long; an error, where the deadline passes.
    pub async fn on<T>(self, something: impl Future<Output = T>) -> Result<Option<T>> {
        let silent = Instant::now().checked_add(self.silence);
        let first = self.deadline.filter(|deadline| silent.is_none_or(|silent| deadline.at < silent));
        let Some(until) = first.map(|deadline| deadline.at).or(silent) else { return Ok(Some(something.await)) };
        match (tokio::time::timeout_at(until.into(), something).await, first) {
            (Ok(done), _) => Ok(Some(done)),
            (Err(_), Some(deadline)) => Err(deadline.passed()),
            (Err(_), None) => Ok(None),
        }
    }

    /// Lets this time pass, unless the deadline comes before its end: then nothing is left to wait for.
    pub async fn pause(self, time: Duration) -> Result<()> {
        let end = Instant::now().checked_add(time);
        if let Some(deadline) = self.deadline.filter(|deadline| end.is_none_or(|end| deadline.at < end)) {
            return Err(deadline.passed());
        }
        tokio::time::sleep(time).await;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    fn wait<T>(waiting: Waiting, something: impl Future<Output = T>) -> Result<Option<T>> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(waiting.on(something))
    }

    const SHORT: Duration = Duration::from_millis(1);

    #[test]
    fn a_silence_ends_a_wait_and_a_deadline_the_run() {
        let waiting = |silence, deadline| Waiting { silence, deadline };
        assert_eq!(wait(waiting(Duration::MAX, None), ready(1)).unwrap(), Some(1));
        assert!(wait(waiting(SHORT, None), pending::<()>()).unwrap().is_none());
        assert!(wait(waiting(SHORT, Deadline::after(Duration::from_hours(1))), pending::<()>()).unwrap().is_none());
        let error = wait(waiting(Duration::MAX, Deadline::after(SHORT)), pending::<()>()).unwrap_err();
        assert_eq!((error.kind, &error.what[..]), (Kind::Unreachable, "it is not over after 0.001 s"));
        assert_eq!(Deadline::after(Duration::MAX), None);
    }

    #[test]
    fn nobody_pauses_beyond_the_deadline() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let waiting = Waiting { silence: SHORT, deadline: Deadline::after(Duration::from_mins(1)) };
        assert!(runtime.block_on(waiting.pause(Duration::from_hours(1))).is_err());
        assert!(runtime.block_on(waiting.pause(SHORT)).is_ok());
    }
}
