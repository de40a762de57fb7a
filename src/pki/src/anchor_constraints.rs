//! What an operator demands of certificates that lead to an anchor, beside what its CA says.

use x509::{Certificate, KeyAlgorithm, NameConstraints};

use crate::error::PathError;

/// An anchor's own constraints. The default constrains nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AnchorConstraints {
    /// Names that the leaf may bear, compared as a CA's own constraints are.
    pub names: Option<NameConstraints>,
    /// Extended key usages that the leaf must name, dotted, every one of them.
    pub extended_key_usages: Vec<String>,
    /// The keys that leaf and intermediates may have; empty: every kind that is accepted at all.
    pub keys: Vec<KeyRule>,
    /// The longest time from notBefore to notAfter of the leaf, in seconds.
    pub longest_leaf_lifetime: Option<i64>,
    /// SHA-256 of the certificates, one of which must have issued the leaf; empty: any CA of the path.
    pub issuing_cas: Vec<[u8; 32]>,
}

/// A kind of key that an anchor allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyRule {
    /// RSA with a modulus of at least this many bits.
    Rsa {
        /// Bits of the modulus.
        at_least: usize,
    },
    /// ECDSA on P-256.
    P256,
    /// ECDSA on P-384.
    P384,
    /// ECDSA on P-521.
    P521,
    /// Ed25519.
    Ed25519,
    /// ML-DSA with this parameter set.
    MlDsa(u8),
}

impl KeyRule {
    fn allows(self, key: &KeyAlgorithm) -> bool {
        match (self, key) {
            (Self::Rsa { at_least }, KeyAlgorithm::Rsa { bits }) => *bits >= at_least,
            (Self::P256, KeyAlgorithm::P256)
            | (Self::P384, KeyAlgorithm::P384)
            | (Self::P521, KeyAlgorithm::P521)
            | (Self::Ed25519, KeyAlgorithm::Ed25519) => true,
            (Self::MlDsa(allowed), KeyAlgorithm::MlDsa(set)) => allowed == *set,
            _ => false,
        }
    }
}

impl AnchorConstraints {
    /// Judges a path by everything but names, which cost work: `below` is the leaf, then its intermediates, and
    /// `issuer` the certificate that issued the leaf.
    pub(crate) fn judge(&self, below: &[&Certificate], issuer: &Certificate) -> Result<(), PathError> {
        let Some(leaf) = below.first() else {
            return Ok(());
        };
        let refuse = |certificate: &Certificate, reason: String| {
            Err(PathError::AnchorConstraint {
                subject: certificate.subject().display(),
                reason,
            })
        };
        for certificate in below {
            let key = certificate.public_key().algorithm();
            if !self.keys.is_empty() && !self.keys.iter().any(|rule| rule.allows(key)) {
                return refuse(certificate, format!("its key is {key}"));
            }
        }
        for purpose in &self.extended_key_usages {
            if !leaf
                .extended_key_usage()
                .is_some_and(|usage| usage.names(purpose))
            {
                return refuse(leaf, format!("its extendedKeyUsage does not name {purpose}"));
            }
        }
        let lifetime = leaf.not_after().since(leaf.not_before());
        if let Some(longest) = self.longest_leaf_lifetime
            && lifetime > longest
        {
            return refuse(
                leaf,
                format!("it is valid for {lifetime} seconds, and at most {longest} are allowed"),
            );
        }
        if !self.issuing_cas.is_empty() && !self.issuing_cas.contains(&issuer.sha256()) {
            let fingerprint = hex::encode(issuer.sha256());
            return refuse(
                leaf,
                format!("it was issued by the certificate with SHA-256 {fingerprint}"),
            );
        }
        Ok(())
    }
}
