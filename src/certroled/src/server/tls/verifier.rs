//! The client's part of the handshake: possession of the key is proven, nothing else is judged (design section 3).
//!
//! Everything else, a version 1 certificate or an unknown critical extension as much as a strange issuer, is for
//! *authenticate*, which gives a reason and an event instead of a bare alert. No signature is accepted that was not
//! verified here.

use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, verify_tls13_signature_with_raw_key};
use rustls::pki_types::{CertificateDer, SubjectPublicKeyInfoDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, PeerIncompatible, SignatureScheme,
};
use x509::{Certificate, KeyAlgorithm};

use super::notes::Notes;
use crate::config::ClientAuth;

/// Certificates in one message, as many as a request may bring in all.
const MOST_CERTIFICATES: usize = 10;

/// Proves possession, and no more.
#[derive(Debug)]
pub(crate) struct Possession {
    algorithms: WebPkiSupportedAlgorithms,
    client_auth: ClientAuth,
}

impl Possession {
    pub(crate) fn new(provider: &CryptoProvider, client_auth: ClientAuth) -> Arc<Self> {
        Arc::new(Self {
            algorithms: provider.signature_verification_algorithms,
            client_auth,
        })
    }

    /// The leaf, by our own reader: the library's would drop leaves that deserve a reasoned refusal.
    fn leaf(certificate: &CertificateDer<'_>) -> Result<Certificate, Error> {
        if let Some(leaf) = Notes::kept(certificate) {
            return Ok(leaf);
        }
        let leaf = Certificate::parse(certificate).map_err(|error| {
            Notes::note("unreadable certificate", error);
            Error::InvalidCertificate(CertificateError::BadEncoding)
        })?;
        Notes::keep(&leaf);
        Ok(leaf)
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
        Self::leaf(end_entity)?;
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let leaf = Self::leaf(certificate)?;
        let key = leaf.public_key();
        refuse_p521(key.algorithm())?;
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
        let leaf = Self::leaf(certificate)?;
        refuse_p521(leaf.public_key().algorithm())?;
        let key = SubjectPublicKeyInfoDer::from(leaf.public_key().spki());
        verify_tls13_signature_with_raw_key(message, &key, signed, &self.algorithms).inspect_err(|_| {
            Notes::note(
                "handshake signature",
                "does not verify with the certificate's key",
            );
        })
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        // A client with a P-521 key sends nothing where this is not offered, and would look like one without a
        // certificate: it is asked for, and then refused with a reason.
        let mut schemes = self.algorithms.supported_schemes();
        if !schemes.contains(&SignatureScheme::ECDSA_NISTP521_SHA512) {
            schemes.push(SignatureScheme::ECDSA_NISTP521_SHA512);
        }
        schemes
    }
}

/// ring has no P-521.
fn refuse_p521(key: &KeyAlgorithm) -> Result<(), Error> {
    if *key == KeyAlgorithm::P521 {
        Notes::note(
            "key not supported",
            "this build verifies no P-521 signature: use P-256, P-384 or RSA",
        );
        return Err(Error::PeerIncompatible(
            PeerIncompatible::NoSignatureSchemesInCommon,
        ));
    }
    Ok(())
}
