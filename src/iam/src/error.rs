//! A mistake in a policy: what, where, and what to do.

/// One mistake in a policy document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem}; {remedy}")]
pub struct PolicyError {
    /// Where: a JSON pointer, or a line and column where the text is not JSON.
    pub place: String,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub remedy: String,
}

impl PolicyError {
    pub(crate) fn new(
        place: impl Into<String>,
        problem: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            place: place.into(),
            problem: problem.into(),
            remedy: remedy.into(),
        }
    }
}

/// Every mistake found so far: a reader wants all of them at once.
#[derive(Debug, Default)]
pub(crate) struct Mistakes(pub(crate) Vec<PolicyError>);

impl Mistakes {
    pub(crate) fn add(
        &mut self,
        place: impl Into<String>,
        problem: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.0.push(PolicyError::new(place, problem, remedy));
    }
}
