//! The client's part of the handshake: possession of the key is proven, nothing else is judged (design section 3).
//!
//! Everything else, a version 1 certificate or an unknown critical extension as much as a strange issuer, is for
//! *authenticate*, which gives a reason and an event instead of a bare alert. No signature is accepted that was not
//! verified here.

use std::sync::Arc;

use broker::CertificateMemory;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, verify_tls13_signature_with_raw_key};
use rustls::pki_types::{CertificateDer, SubjectPublicKeyInfoDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, PeerIncompatible, SignatureScheme,
};
use x509::Certificate;

use super::notes::Notes;
use crate::config::ClientAuth;

/// Certificates in one message, as many as a request may bring in all.
const MOST_CERTIFICATES: usize = 10;

/// The schemes of keys that some builds verify and others refuse (docs/cryptography.md).
const ASKED_FOR: [SignatureScheme; 4] = [
    SignatureScheme::ECDSA_NISTP521_SHA512,
    SignatureScheme::ML_DSA_44,
    SignatureScheme::ML_DSA_65,
    SignatureScheme::ML_DSA_87,
];

/// Proves possession, and no more.
#[derive(Debug)]
pub(crate) struct Possession {
    algorithms: WebPkiSupportedAlgorithms,
    client_auth: ClientAuth,
    memory: Arc<CertificateMemory>,
}

impl Possession {
    pub(crate) fn new(
        provider: &CryptoProvider,
        client_auth: ClientAuth,
        memory: Arc<CertificateMemory>,
    ) -> Arc<Self> {
        Arc::new(Self {
            algorithms: provider.signature_verification_algorithms,
            client_auth,
            memory,
        })
    }

    /// The leaf, by our own reader: the library's would drop leaves that deserve a reasoned refusal.
    fn leaf(&self, certificate: &CertificateDer<'_>) -> Result<Certificate, Error> {
        if let Some(leaf) = Notes::kept(certificate) {
            return Ok(leaf);
        }
        let leaf = self.memory.read(certificate).map_err(|error| {
            Notes::note("unreadable certificate", error);
            Error::InvalidCertificate(CertificateError::BadEncoding)
        })?;
        Notes::keep(&leaf);
        Ok(leaf)
    }

    /// Refuses a key for which this build has no verifier, with a word on why.
    fn knows(&self, leaf: &Certificate) -> Result<(), Error> {
        let key = leaf.public_key();
        let mut verifiers = self.algorithms.all.iter();
        if verifiers.any(|verifier| verifier.public_key_alg_id().as_ref() == key.algorithm_identifier()) {
            return Ok(());
        }
        Notes::note(
            "key not supported",
            format!(
                "this build verifies no {} signature: use P-256, P-384 or RSA",
                key.algorithm()
            ),
        );
        Err(Error::PeerIncompatible(
            PeerIncompatible::NoSignatureSchemesInCommon,
        ))
    }
}

impl ClientCertVerifier for Possession {
    fn client_auth_mandatory(&self) -> bool {
        self.client_auth == ClientAuth::Required
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let count = intermediates.len().saturating_add(1);
        if count > MOST_CERTIFICATES {
            Notes::note("certificates", count);
            return Err(Error::InvalidCertificate(
                CertificateError::ApplicationVerificationFailure,
            ));
        }
        self.leaf(end_entity)?;
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let leaf = self.leaf(certificate)?;
        let key = leaf.public_key();
        self.knows(&leaf)?;
        // TLS 1.2 does not bind the curve to the scheme's name: the entry must fit the key itself.
        let candidates = self
            .algorithms
            .mapping
            .iter()
            .find(|(scheme, _)| *scheme == signed.scheme);
        let verifier = candidates
            .and_then(|(_, verifiers)| {
                verifiers
                    .iter()
                    .find(|verifier| verifier.public_key_alg_id().as_ref() == key.algorithm_identifier())
            })
            .ok_or(Error::PeerIncompatible(
                PeerIncompatible::NoSignatureSchemesInCommon,
            ))?;
        verifier
            .verify_signature(key.key(), message, signed.signature())
            .map_err(|_| {
                Notes::note(
                    "handshake signature",
                    "does not verify with the certificate's key",
                );
                Error::InvalidCertificate(CertificateError::BadSignature)
            })?;
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let leaf = self.leaf(certificate)?;
        self.knows(&leaf)?;
        let key = SubjectPublicKeyInfoDer::from(leaf.public_key().spki());
        verify_tls13_signature_with_raw_key(message, &key, signed, &self.algorithms).inspect_err(|_| {
            Notes::note(
                "handshake signature",
                "does not verify with the certificate's key",
            );
        })
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        // A client with such a key sends nothing where its scheme is not offered, and would look like one without a
        // certificate: it is asked for, and then refused with a reason.
        let mut schemes = self.algorithms.supported_schemes();
        for scheme in ASKED_FOR {
            if !schemes.contains(&scheme) {
                schemes.push(scheme);
            }
        }
        schemes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::primitives;

    /// Whatever this build verifies: a key that it does not know is refused with a reason, not taken for none.
    #[test]
    fn every_kind_of_key_is_asked_for_once() {
        let schemes = Possession::new(&primitives::provider(), ClientAuth::Optional, Arc::default())
            .supported_verify_schemes();
        let always = [
            SignatureScheme::ECDSA_NISTP256_SHA256,
            SignatureScheme::ED25519,
            SignatureScheme::RSA_PSS_SHA256,
        ];
        for scheme in always.into_iter().chain(ASKED_FOR) {
            let times = schemes.iter().filter(|offered| **offered == scheme).count();
            assert_eq!(times, 1, "{scheme:?}");
        }
    }
}
