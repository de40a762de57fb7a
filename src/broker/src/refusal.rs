//! A refusal: two readers, two texts. The caller learns the class; the operator learns everything.

use std::borrow::Cow;

use wire::ErrorClass;

/// The steps of the road, and the edge before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// Before any step: TLS, framing, limits.
    Edge,
    /// Which certificate was presented, and whether its key was proven.
    Present,
    /// Whether the certificate is trusted.
    Authenticate,
    /// Whether it may have what it asks for.
    Authorize,
    /// Making the credentials.
    Issue,
    /// Writing the event.
    Record,
}

impl Step {
    /// The step's name in events and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Edge => "edge",
            Self::Present => "present",
            Self::Authenticate => "authenticate",
            Self::Authorize => "authorize",
            Self::Issue => "issue",
            Self::Record => "record",
        }
    }
}

/// Why a step refused: for the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub(crate) step: Step,
    pub(crate) class: ErrorClass,
    /// The rule's stable name, such as `authenticate.expired`; `explain` has a sentence for each.
    pub(crate) rule: &'static str,
    /// What was compared, in the order in which it is told.
    pub(crate) values: Vec<(&'static str, String)>,
    /// What the caller is told, where the contract fixes a text for a door; the class's text otherwise.
    pub(crate) told: Option<(&'static str, Cow<'static, str>)>,
}

/// What makes one is cold: whoever is not refused does not bring it into the processor's caches.
impl Refusal {
    #[cold]
    pub(crate) fn new(step: Step, class: ErrorClass, rule: &'static str) -> Self {
        Self {
            step,
            class,
            rule,
            values: Vec::new(),
            told: None,
        }
    }

    #[cold]
    pub(crate) fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.values.push((name, value.to_string()));
        self
    }

    #[cold]
    pub(crate) fn telling(mut self, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        self.told = Some((code, message.into()));
        self
    }

    /// The step that refused.
    pub fn step(&self) -> Step {
        self.step
    }

    /// The rule's stable name.
    pub fn rule(&self) -> &'static str {
        self.rule
    }

    /// What was compared.
    pub fn values(&self) -> &[(&'static str, String)] {
        &self.values
    }

    pub(crate) fn refused(&self) -> Refused {
        let (code, message) = match &self.told {
            Some((code, message)) => (*code, message.to_string()),
            None => (self.class.code(), self.class.message().to_owned()),
        };
        Refused {
            class: self.class,
            code,
            message,
            step: self.step,
            rule: self.rule,
        }
    }
}

/// What a refused caller may learn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The class: it decides the status.
    pub class: ErrorClass,
    /// The error's code.
    pub code: &'static str,
    /// The error's text: fixed for the class or for the door.
    pub message: String,
    /// The step that refused, for metrics only.
    pub step: Step,
    /// The rule, for metrics and logs only.
    pub rule: &'static str,
}
