//! Name constraints applied (RFC 5280, 4.2.1.10; threats P6, P7, P10).
//!
//! Each CA of a path constrains every certificate below it, save self-issued ones that are not the leaf. Of each kind
//! of name that a CA permits anything of, every name must be permitted; none may be excluded; a kind that is not
//! compared here and is present refuses. A name that cannot be compared is outside whatever is permitted, and inside
//! whatever is excluded.

mod host;
mod mailbox;
mod network;

use x509::{Certificate, GeneralName, Name, NameConstraints, NameKind, Subtree};

use crate::work::{Account, TooMuch};

/// A name that a CA may not give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Violation {
    /// The name.
    pub(crate) name: String,
    /// What it meets, or does not meet.
    pub(crate) rule: String,
}

/// What came of comparing.
pub(crate) enum Failure {
    Violation(Violation),
    TooMuch(TooMuch),
}

/// The type of an e-mail address in a subject (RFC 2985, 5.2.1).
const EMAIL_ADDRESS: &str = "1.2.840.113549.1.9.1";

/// One name of a certificate, wherever it stands in it.
#[derive(Clone, Copy)]
enum Borne<'c> {
    General(&'c GeneralName),
    Subject(&'c Name),
    /// An e-mail address in the subject. RFC 5280 looks at it where there is no alternative name; here it always
    /// counts, since it becomes an attribute that policies read.
    SubjectEmail(&'c str),
}

/// Checks the names of a certificate against the constraints of a CA above it.
pub(crate) fn check(
    certificate: &Certificate,
    constraints: &NameConstraints,
    account: &mut Account,
) -> Result<(), Failure> {
    let subject = certificate.subject();
    if !subject.is_empty() {
        judge(Borne::Subject(subject), constraints, account)?;
        for attribute in subject
            .attributes()
            .filter(|attribute| attribute.oid == EMAIL_ADDRESS)
        {
            // One that is no text is no mailbox either.
            let text = attribute.value.as_deref().unwrap_or_default();
            judge(Borne::SubjectEmail(text), constraints, account)?;
        }
    }
    for name in certificate.alternative_names() {
        judge(Borne::General(name), constraints, account)?;
    }
    Ok(())
}

fn judge(name: Borne<'_>, constraints: &NameConstraints, account: &mut Account) -> Result<(), Failure> {
    let NameConstraints { permitted, excluded } = constraints;
    let comparisons = permitted.len().saturating_add(excluded.len());
    account.names(comparisons).map_err(Failure::TooMuch)?;
    let kind = name.kind();
    let violation = |rule: String| {
        let name = name.display();
        Err(Failure::Violation(Violation { name, rule }))
    };
    for subtree in excluded.iter().filter(|subtree| subtree.kind() == kind) {
        if name.touches(subtree) {
            return violation(format!("excluded: {}", subtree.display()));
        }
    }
    let mut of_kind = permitted
        .iter()
        .filter(|subtree| subtree.kind() == kind)
        .peekable();
    if of_kind.peek().is_some() && !of_kind.any(|subtree| name.lies_in(subtree)) {
        // A few are shown: the text must not grow with what an attacker writes.
        let shown: Vec<String> = permitted
            .iter()
            .filter(|subtree| subtree.kind() == kind)
            .take(4)
            .map(Subtree::display)
            .collect();
        return violation(format!("permitted are only: {}", shown.join(", ")));
    }
    Ok(())
}

impl Borne<'_> {
    fn kind(&self) -> NameKind {
        match self {
            Self::General(name) => name.kind(),
            Self::Subject(_) => NameKind::Directory,
            Self::SubjectEmail(_) => NameKind::Email,
        }
    }

    fn display(&self) -> String {
        match self {
            Self::General(name) => name.display(),
            Self::Subject(name) => format!("the subject {}", name.display()),
            Self::SubjectEmail(text) => format!("the subject's e-mail address {text}"),
        }
    }

    /// Whether all that the name stands for lies in the subtree.
    fn lies_in(&self, subtree: &Subtree) -> bool {
        match (*self, subtree) {
            (Self::General(GeneralName::Dns(name)), Subtree::Dns(base)) => host::dns_lies_in(name, base),
            (Self::General(GeneralName::Uri(uri)), Subtree::Uri(base)) => host::uri_lies_in(uri, base),
            (Self::General(GeneralName::Email(address)), Subtree::Email(base)) => {
                mailbox::lies_in(address, base)
            }
            (Self::SubjectEmail(address), Subtree::Email(base)) => mailbox::lies_in(address, base),
            (Self::General(GeneralName::Ip(address)), Subtree::Ip { network, prefix }) => {
                network::lies_in(*address, *network, *prefix)
            }
            (Self::Subject(name) | Self::General(GeneralName::Directory(name)), Subtree::Directory(base)) => {
                name.is_below(base)
            }
            _ => false,
        }
    }

    /// Whether anything that the name stands for may lie in the subtree.
    fn touches(&self, subtree: &Subtree) -> bool {
        match (*self, subtree) {
            (Self::General(GeneralName::Dns(name)), Subtree::Dns(base)) => host::dns_touches(name, base),
            (Self::General(GeneralName::Uri(uri)), Subtree::Uri(base)) => host::uri_touches(uri, base),
            (Self::General(GeneralName::Email(address)), Subtree::Email(base)) => {
                mailbox::touches(address, base)
            }
            (Self::SubjectEmail(address), Subtree::Email(base)) => mailbox::touches(address, base),
            (Self::General(GeneralName::Ip(address)), Subtree::Ip { network, prefix }) => {
                network::touches(*address, *network, *prefix)
            }
            (Self::Subject(name) | Self::General(GeneralName::Directory(name)), Subtree::Directory(base)) => {
                name.is_below(base) || !name.is_comparable() || !base.is_comparable()
            }
            // A kind that is not compared: whoever bears such a name is refused.
            _ => true,
        }
    }
}
