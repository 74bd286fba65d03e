//! Which failures are worth another try, and when. Pure: the clock is handed in.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::headers;

/// The first wait; each further one is twice as long.
const FIRST: Duration = Duration::from_millis(500);

/// The longest sum of waits that nobody asked for: longer outages are for the caller to see.
const PATIENCE: Duration = Duration::from_secs(30);

/// The longest that a server may ask to wait (containers/image takes the same).
pub(super) const LONGEST_ASKED: Duration = Duration::from_mins(1);

/// Tries after a connection that never came to be: a typo in a host name is told at once.
const CONNECT_RETRIES: u32 = 2;

/// What went wrong with a request, as far as the choice of another try needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure<'a> {
    /// There was no answer to connect to.
    Connect,
    /// The connection broke, or fell silent.
    Broken,
    /// The server said so.
    Status {
        /// The HTTP status.
        status: u16,
        /// The `Retry-After` header.
        retry_after: Option<&'a str>,
    },
    /// Another try would end the same way: a certificate, a refused redirect.
    Final,
}

/// Why there is no further try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The failure does not pass by waiting.
    Lasting,
    /// All tries are used up.
    Exhausted,
    /// The server asks for a longer wait than anyone should sit through.
    Asked(Duration),
}

/// The tries of one request.
#[derive(Debug)]
pub struct Attempts {
    retries: u32,
    made: u32,
    waited: Duration,
}

impl Attempts {
    /// Allows `retries` further tries.
    pub fn new(retries: u32) -> Self {
        Self { retries, made: 0, waited: Duration::ZERO }
    }

    /// How long to wait before the next try, if there is to be one.
    pub fn next(&mut self, failure: Failure<'_>, now: DateTime<Utc>) -> Result<Duration, Stop> {
        let (retries, asked) = match failure {
            Failure::Final => return Err(Stop::Lasting),
            Failure::Status { status, .. } if !passes(status) => return Err(Stop::Lasting),
            Failure::Status { retry_after, .. } => (self.retries, retry_after.and_then(|text| headers::retry_after(text, now))),
            Failure::Connect => (self.retries.min(CONNECT_RETRIES), None),
            Failure::Broken => (self.retries, None),
        };
        if let Some(asked) = asked.filter(|asked| *asked > LONGEST_ASKED) {
            return Err(Stop::Asked(asked));
        }
        if self.made >= retries {
            return Err(Stop::Exhausted);
        }
        let own = FIRST.saturating_mul(1 << self.made.min(16)).min(PATIENCE.saturating_sub(self.waited));
        self.made += 1;
        match asked {
            Some(asked) => Ok(asked),
            None if own.is_zero() => Err(Stop::Exhausted),
            None => {
                self.waited += own;
                Ok(own)
            }
        }
    }

    /// Starts anew, after something came of a try.
    pub fn progressed(&mut self) {
        *self = Self::new(self.retries);
    }
}

/// Whether a status speaks of the moment and not of the request.
fn passes(status: u16) -> bool {
    // 499 is nginx's word for a client that it lost; 501 and 505 name what the server will never do.
    matches!(status, 408 | 429 | 499) || (500..=599).contains(&status) && !matches!(status, 501 | 505)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::parse_from_rfc3339("2026-11-21T12:00:00Z").unwrap().to_utc()
    }

    fn status(status: u16, retry_after: Option<&str>) -> Failure<'_> {
        Failure::Status { status, retry_after }
    }

    #[test]
    fn waits_double_and_their_sum_is_bounded() {
        let mut attempts = Attempts::new(100);
        let waits: Vec<Duration> = std::iter::from_fn(|| attempts.next(Failure::Broken, now()).ok()).collect();
        assert_eq!(waits[..3], [500, 1000, 2000].map(Duration::from_millis));
        assert_eq!(waits.iter().sum::<Duration>(), PATIENCE);
        assert_eq!(attempts.next(Failure::Broken, now()), Err(Stop::Exhausted));
        attempts.progressed();
        assert_eq!(attempts.next(Failure::Broken, now()), Ok(FIRST));
    }

    #[test]
    fn what_does_not_pass_is_not_tried_again() {
        let mut attempts = Attempts::new(5);
        for lasting in [400, 401, 403, 404, 501, 505] {
            assert_eq!(attempts.next(status(lasting, Some("1")), now()), Err(Stop::Lasting), "{lasting}");
        }
        assert_eq!(attempts.next(Failure::Final, now()), Err(Stop::Lasting));
        for passing in [408, 429, 500, 503, 522] {
            assert!(attempts.next(status(passing, None), now()).is_ok(), "{passing}");
        }
        assert_eq!(attempts.next(status(503, None), now()), Err(Stop::Exhausted));
    }

    #[test]
    fn a_server_may_ask_for_a_minute_and_no_more() {
        let mut attempts = Attempts::new(2);
        assert_eq!(attempts.next(status(429, Some("60")), now()), Ok(Duration::from_mins(1)));
        assert_eq!(attempts.next(status(429, Some("3600")), now()), Err(Stop::Asked(Duration::from_hours(1))));
        assert_eq!(attempts.next(status(429, Some("0")), now()), Ok(Duration::ZERO));
        assert_eq!(attempts.next(status(429, Some("0")), now()), Err(Stop::Exhausted));
    }

    #[test]
    fn no_connection_is_given_up_sooner() {
        let mut attempts = Attempts::new(5);
        assert!(attempts.next(Failure::Connect, now()).is_ok() && attempts.next(Failure::Connect, now()).is_ok());
        assert_eq!(attempts.next(Failure::Connect, now()), Err(Stop::Exhausted));
    }
}
