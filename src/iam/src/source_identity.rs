//! The source identity of a certificate (contract 1.9).

use wire::SourceIdentity;
use x509::Certificate;

/// `CN=` and the common name; the name alone where that would be too long; `ID=` and the serial number where there is
/// no common name, several, or one that does not fit. None only for a serial number longer than any that is accepted.
pub fn source_identity(certificate: &Certificate) -> Option<SourceIdentity> {
    let mut names = certificate
        .subject()
        .attributes()
        .filter(|attribute| attribute.oid == "2.5.4.3");
    let by_name = match (names.next(), names.next()) {
        (Some(name), None) => name.value.as_ref().ok().and_then(|name| {
            let length = name.chars().count();
            let text = if length <= 61 {
                format!("CN={name}")
            } else {
                name.clone()
            };
            // An empty name is no name.
            if length == 0 { None } else { text.parse().ok() }
        }),
        _ => None,
    };
    by_name.or_else(|| format!("ID={}", certificate.serial().hex()).parse().ok())
}
