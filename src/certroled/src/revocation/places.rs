//! Where evidence about a certificate is: what the configuration names, and what the certificate does.

use pki::{Mode, RevocationPolicy, Source};
use x509::{Certificate, PointName};

use crate::config::Locations;
use crate::fetch::{Location, Rules};

/// Where to look for the evidence of one certificate of a verified path.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Places {
    pub(super) lists: Vec<Location>,
    pub(super) answer: Option<Location>,
}

/// The places that an anchor's policy wants asked about a certificate, and that the rules allow. A place in a
/// certificate that they do not allow is passed over: its issuer wrote it, and not the operator (threat P20).
pub(super) fn places(
    certificate: &Certificate,
    policy: &RevocationPolicy,
    configured: &Locations,
    rules: &Rules,
) -> Places {
    let mut places = Places::default();
    if policy.mode == Mode::Off {
        return places;
    }
    let allowed = |location: &Location| rules.allow_host(location.host());
    if policy.sources.contains(&Source::Crl) {
        let named = certificate
            .distribution_points()
            .iter()
            .filter(|point| !point.other_issuer)
            .flat_map(|point| &point.names)
            .filter_map(|name| match name {
                PointName::Full { uri, .. } => uri.as_deref()?.parse().ok(),
                PointName::Relative(_) => None,
            })
            .filter(allowed);
        places.lists = configured.crls.iter().cloned().chain(named).collect();
    }
    if policy.sources.contains(&Source::Ocsp) {
        let named = || {
            let mut named = certificate.ocsp_locations().iter();
            named.find_map(|uri| uri.parse().ok().filter(allowed))
        };
        places.answer = configured.ocsp.clone().or_else(named);
    }
    places
}
