//! How much a search may cost. Work is counted before it is done; what is over the limit is refused (threats P8 to P10).

/// What a search may look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Certificates besides the leaf.
    pub pool: usize,
    /// Intermediates on a path that are not self-issued (RFC 5280, 6.1.4 (l) counts those only).
    pub depth: usize,
    /// Signatures verified. rustls-webpki and Go allow 100.
    pub signatures: usize,
    /// Certificates put on a path. rustls-webpki allows 200,000, which cost it a tenth of a second.
    pub steps: usize,
    /// Names compared with constraints. rustls-webpki and Go allow 250,000.
    pub names: usize,
}

impl Default for Limits {
    /// What a request may cost. A door lets in ten certificates: they have at most 90 edges between them, of which a
    /// search tries each once; names and steps are a tenth of what the peers allow, so that the worst case stays below
    /// ten milliseconds.
    fn default() -> Self {
        Self {
            pool: 10,
            depth: 10,
            signatures: 100,
            steps: 20_000,
            names: 25_000,
        }
    }
}

/// What a search did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Work {
    /// Signatures verified, the remembered ones not counted.
    pub signatures: usize,
    /// Certificates put on a path.
    pub steps: usize,
    /// Names compared with constraints.
    pub names: usize,
}

/// Which limit was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TooMuch {
    /// Signatures.
    #[error("{0} signatures were verified without finding a path")]
    Signatures(usize),
    /// Certificates put on paths.
    #[error("{0} steps were taken without finding a path")]
    Steps(usize),
    /// Names compared with constraints.
    #[error("{0} names were compared with name constraints")]
    Names(usize),
}

/// The account of one search.
#[derive(Debug)]
pub(crate) struct Account {
    limits: Limits,
    work: Work,
}

impl Account {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            work: Work::default(),
        }
    }

    pub(crate) fn limits(&self) -> Limits {
        self.limits
    }

    pub(crate) fn work(&self) -> Work {
        self.work
    }

    pub(crate) fn signature(&mut self) -> Result<(), TooMuch> {
        charge(
            &mut self.work.signatures,
            1,
            self.limits.signatures,
            TooMuch::Signatures,
        )
    }

    pub(crate) fn step(&mut self) -> Result<(), TooMuch> {
        charge(&mut self.work.steps, 1, self.limits.steps, TooMuch::Steps)
    }

    /// Charged for a whole list of comparisons before the first.
    pub(crate) fn names(&mut self, comparisons: usize) -> Result<(), TooMuch> {
        charge(
            &mut self.work.names,
            comparisons,
            self.limits.names,
            TooMuch::Names,
        )
    }
}

fn charge(
    done: &mut usize,
    more: usize,
    limit: usize,
    too_much: fn(usize) -> TooMuch,
) -> Result<(), TooMuch> {
    let sum = done.saturating_add(more);
    if sum > limit {
        return Err(too_much(*done));
    }
    *done = sum;
    Ok(())
}
