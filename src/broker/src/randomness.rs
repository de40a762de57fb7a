//! Randomness, from outside: the broker never reaches for it by itself.

/// A source of random bytes fit for keys.
pub trait Randomness: Send + Sync + std::fmt::Debug {
    /// Fills `bytes`, or fails: there is no weaker source to fall back to (threat K6).
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomnessUnavailable>;
}

/// The source of randomness failed; nothing that needs it may go on (threat O6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the system's source of randomness is unavailable")]
pub struct RandomnessUnavailable;

pub(crate) fn random<const N: usize>(source: &dyn Randomness) -> Result<[u8; N], RandomnessUnavailable> {
    let mut bytes = [0; N];
    source.fill(&mut bytes)?;
    Ok(bytes)
}
