//! What is worth another attempt, and when (threat C12).

use std::time::Duration;

use ring::rand::{SecureRandom as _, SystemRandom};

use crate::trouble::Trouble;

/// No pause is longer.
const LONGEST: Duration = Duration::from_secs(20);
/// The first pause is at most this.
const FIRST: Duration = Duration::from_millis(500);

/// A connection that broke, an overloaded broker: yes. A refusal, or a broker that is not trusted: no.
pub(super) fn is_worth_it(trouble: &Trouble) -> bool {
    match trouble {
        Trouble::Connect { .. }
        | Trouble::ProxyUnreached { .. }
        | Trouble::Broken(..)
        | Trouble::TooSlow { .. }
        | Trouble::Name { .. } => true,
        Trouble::Told {
            status: 500 | 502 | 503 | 504,
            ..
        } => true,
        Trouble::Told { code, .. } => matches!(
            code.as_str(),
            "Throttling"
                | "ThrottlingException"
                | "ThrottledException"
                | "RequestThrottled"
                | "RequestThrottledException"
                | "TooManyRequestsException"
                | "RequestLimitExceeded"
                | "SlowDown"
                | "RequestTimeout"
                | "RequestTimeoutException"
        ),
        _ => false,
    }
}

/// How long to wait after this attempt: random below a limit that doubles, so that a thousand clients of a broker that
/// restarted do not come back together.
pub(super) fn pause(number: u32) -> Result<Duration, Trouble> {
    let limit = FIRST
        .saturating_mul(1 << number.saturating_sub(1).min(10))
        .min(LONGEST);
    let mut random = [0; 4];
    SystemRandom::new()
        .fill(&mut random)
        .map_err(|_| Trouble::Randomness)?;
    let share = f64::from(u32::from_le_bytes(random)) / f64::from(u32::MAX);
    Ok(limit.mul_f64(share))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn told(status: u16, code: &str) -> Trouble {
        Trouble::Told {
            status,
            code: code.into(),
            message: String::new(),
            request_id: String::new(),
        }
    }

    #[test]
    fn refusals_are_final_and_overload_is_not() {
        for (status, code, again) in [
            (503, "ServiceUnavailableException", true),
            (429, "ThrottlingException", true),
            (429, "SomethingElse", false),
            (403, "AccessDeniedException", false),
            (400, "ValidationException", false),
            (307, "", false),
        ] {
            assert_eq!(is_worth_it(&told(status, code)), again, "{status} {code}");
        }
        assert!(!is_worth_it(&Trouble::Untrusted {
            at: String::new(),
            problem: String::new()
        }));
        assert!(is_worth_it(&Trouble::Connect {
            to: String::new(),
            problem: String::new()
        }));
    }

    #[test]
    fn pauses_double_below_a_limit_and_are_never_alike() {
        for number in 1..=40 {
            assert!(pause(number).unwrap() <= LONGEST.min(FIRST * (1 << (number - 1).min(10))));
        }
        let pauses: std::collections::BTreeSet<Duration> = (0..8).map(|_| pause(10).unwrap()).collect();
        assert!(pauses.len() > 1);
    }
}
