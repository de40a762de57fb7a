//! A lab: a CA, a server and a client, made to try things out and worth nothing afterwards.
//!
//! Lab material lives in `certs/lab/` only, which no other command reads. The CA lives a day and bears a mark that
//! every other command refuses.

mod files;
mod pki;

pub(crate) use files::LabFiles;

use x509::Certificate;

/// The organization that marks a lab's certificates.
const MARK: &str = "certrole lab - not for production";
/// The object identifier of organizationName.
const ORGANIZATION: &str = "2.5.4.10";

/// Whether a certificate is a lab's.
pub(crate) fn is_marked(certificate: &Certificate) -> bool {
    certificate
        .subject()
        .attributes()
        .any(|attribute| attribute.oid == ORGANIZATION && attribute.value.as_deref() == Ok(MARK))
}
