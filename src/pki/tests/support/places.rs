//! One path of three certificates, one of which is changed: what refuses it, at each place.

use pki::TrustAnchor;
use rcgen::CertificateParams;
use x509::Certificate;

use super::bent::Bent;
use super::certificates::{Ca, intermediate, leaf, of, root};
use super::questions::Ask;

/// Where on a path of three a certificate is changed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Place {
    Leaf,
    Intermediate,
    Anchor,
}

pub const PLACES: [Place; 3] = [Place::Leaf, Place::Intermediate, Place::Anchor];

/// What refuses a path of three, one of whose certificates is changed: by the anchor when it is made, or by the path.
pub fn refusal(place: Place, change: &dyn Fn(&mut CertificateParams)) -> String {
    bent_refusal(place, change, &|bent| bent)
}

pub fn bent_refusal(
    place: Place,
    change: &dyn Fn(&mut CertificateParams),
    bend: &dyn Fn(Bent) -> Bent,
) -> String {
    let at = |here: Place, params: &mut CertificateParams| {
        if place == here {
            change(params);
        }
    };
    let root = root(|params| at(Place::Anchor, params));
    let one = intermediate("One", &root, |params| at(Place::Intermediate, params));
    let leaf = leaf(&one, |params| at(Place::Leaf, params));
    let bent = |here: Place, certificate: Certificate, issuer: &Ca| {
        if place == here {
            bend(Bent::of(&certificate)).signed_by(issuer.key())
        } else {
            certificate
        }
    };
    let anchor = match TrustAnchor::new(vec![bent(Place::Anchor, of(&root), &root)]) {
        Ok(anchor) => anchor,
        Err(error) => return error.to_string(),
    };
    let (leaf, pool) = (
        bent(Place::Leaf, leaf, &one),
        [bent(Place::Intermediate, of(&one), &root)],
    );
    match Ask::new(&leaf, &pool, &anchor).outcome() {
        Ok(_) => "valid".to_owned(),
        Err(error) => error.to_string(),
    }
}
