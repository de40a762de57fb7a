//! Certificates, made here and thrown away.

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationList, CertificateRevocationListParams,
    CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyIdMethod, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ECDSA_P521_SHA256, PKCS_ECDSA_P521_SHA512,
    PKCS_ED25519, PKCS_ML_DSA_44, PKCS_ML_DSA_65, PKCS_ML_DSA_87, PKCS_RSA_SHA256, RevocationReason,
    RevokedCertParams, RsaKeySize, SanType, SerialNumber,
};
use time::{Duration, OffsetDateTime};

/// The kinds of key that tests use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    P256,
    P384,
    P521,
    Rsa2048,
    Ed25519,
    MlDsa44,
    MlDsa65,
    MlDsa87,
}

impl Key {
    pub(crate) fn make(self) -> KeyPair {
        match self {
            Self::P256 => KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256),
            Self::P384 => KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384),
            // A signed request is hashed with SHA-256 on every curve (contract 1.4).
            Self::P521 => KeyPair::generate_for(&PKCS_ECDSA_P521_SHA256),
            Self::Ed25519 => KeyPair::generate_for(&PKCS_ED25519),
            Self::Rsa2048 => KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048),
            Self::MlDsa44 => KeyPair::generate_for(&PKCS_ML_DSA_44),
            Self::MlDsa65 => KeyPair::generate_for(&PKCS_ML_DSA_65),
            Self::MlDsa87 => KeyPair::generate_for(&PKCS_ML_DSA_87),
        }
        .unwrap()
    }

    /// The same for a CA: certificates are signed with the hash that fits the curve.
    fn make_for_ca(self) -> KeyPair {
        match self {
            Self::P521 => KeyPair::generate_for(&PKCS_ECDSA_P521_SHA512).unwrap(),
            other => other.make(),
        }
    }
}

/// A CA, root or intermediate.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn root(name: &str) -> Self {
        Self::root_with(Key::P256, name)
    }

    pub(crate) fn root_with(key: Key, name: &str) -> Self {
        let issuer = CertifiedIssuer::self_signed(ca_params(name), key.make_for_ca()).unwrap();
        Self { issuer }
    }

    pub(crate) fn intermediate(&self, name: &str) -> Self {
        self.intermediate_with(Key::P256, name)
    }

    pub(crate) fn intermediate_with(&self, key: Key, name: &str) -> Self {
        let issuer = CertifiedIssuer::signed_by(ca_params(name), key.make_for_ca(), &self.issuer).unwrap();
        Self { issuer }
    }

    /// A root whose own validity is over.
    pub(crate) fn expired_root(name: &str) -> Self {
        let mut params = ca_params(name);
        params.not_before = OffsetDateTime::now_utc() - Duration::days(10);
        params.not_after = OffsetDateTime::now_utc() - Duration::days(1);
        Self {
            issuer: CertifiedIssuer::self_signed(params, Key::P256.make()).unwrap(),
        }
    }

    pub(crate) fn der(&self) -> Vec<u8> {
        self.issuer.der().to_vec()
    }

    pub(crate) fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// The serial number's octets.
    pub(crate) fn serial(&self) -> Vec<u8> {
        serial_of(&self.der())
    }

    /// What this CA's key signs by itself.
    pub(crate) fn key(&self) -> &KeyPair {
        self.issuer.key()
    }

    /// A revocation list of this number, PEM, that lists these certificates, made at `from` and over at `until`, in hours
    /// from now.
    pub(crate) fn list(&self, number: u64, revoked: &[&Leaf], hours: (i64, i64)) -> String {
        let serials = revoked.iter().map(|leaf| leaf.serial()).collect();
        self.list_with(number, serials, hours, |_| {}).pem().unwrap()
    }

    /// The same, in DER and by serial numbers, bent by `change`.
    pub(crate) fn list_with(
        &self,
        number: u64,
        revoked: Vec<Vec<u8>>,
        (from, until): (i64, i64),
        change: impl FnOnce(&mut CertificateRevocationListParams),
    ) -> CertificateRevocationList {
        let now = OffsetDateTime::now_utc();
        let mut params = CertificateRevocationListParams {
            this_update: now + Duration::hours(from),
            next_update: now + Duration::hours(until),
            crl_number: SerialNumber::from(number),
            issuing_distribution_point: None,
            revoked_certs: revoked
                .into_iter()
                .map(|serial| RevokedCertParams {
                    serial_number: SerialNumber::from(serial),
                    revocation_time: now - Duration::days(3),
                    reason_code: Some(RevocationReason::KeyCompromise),
                    invalidity_date: None,
                })
                .collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        change(&mut params);
        params.signed_by(&self.issuer).unwrap()
    }

    /// A certificate that a client may present, P-256, with this common name.
    pub(crate) fn leaf(&self, common_name: &str) -> Leaf {
        self.leaf_with(Key::P256, common_name, |_| {})
    }

    /// The same, bent by `change`.
    pub(crate) fn leaf_with(
        &self,
        key: Key,
        common_name: &str,
        change: impl FnOnce(&mut CertificateParams),
    ) -> Leaf {
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::OrganizationName, "Acme");
        params
            .distinguished_name
            .push(DnType::OrganizationalUnitName, "Web");
        params.distinguished_name.push(DnType::CommonName, common_name);
        params.not_before = OffsetDateTime::now_utc() - Duration::hours(1);
        params.not_after = OffsetDateTime::now_utc() + Duration::days(30);
        params.serial_number = Some(SerialNumber::from(serial().to_vec()));
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        change(&mut params);
        let key = key.make();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Leaf {
            der: certificate.der().to_vec(),
            pem: certificate.pem(),
            key,
            chain: Vec::new(),
        }
    }

    /// The broker's own certificate.
    pub(crate) fn server(&self) -> Leaf {
        self.server_with(Key::P256)
    }

    pub(crate) fn server_with(&self, key: Key) -> Leaf {
        self.leaf_with(key, "broker", |params| {
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
            params.subject_alt_names = vec![
                SanType::DnsName("localhost".try_into().unwrap()),
                SanType::IpAddress("127.0.0.1".parse().unwrap()),
                SanType::IpAddress("::1".parse().unwrap()),
            ];
        })
    }
}

fn ca_params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = OffsetDateTime::now_utc() - Duration::days(2);
    params.not_after = OffsetDateTime::now_utc() + Duration::days(365);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.use_authority_key_identifier_extension = true;
    params
}

/// Sixteen octets, positive, unique enough.
fn serial() -> [u8; 16] {
    use ring::rand::SecureRandom as _;
    let mut bytes = [0; 16];
    ring::rand::SystemRandom::new().fill(&mut bytes).unwrap();
    bytes[0] = (bytes[0] & 0x7f) | 0x01;
    bytes
}

fn serial_of(der: &[u8]) -> Vec<u8> {
    let certificate = x509::Certificate::parse(der).unwrap();
    certificate.serial().octets().to_vec()
}

/// An end-entity certificate and its key.
pub(crate) struct Leaf {
    pub(crate) der: Vec<u8>,
    pub(crate) pem: String,
    pub(crate) key: KeyPair,
    /// What is sent after it, DER.
    pub(crate) chain: Vec<Vec<u8>>,
}

impl Leaf {
    /// With these certificates sent after it.
    pub(crate) fn with_chain(mut self, chain: &[&Authority]) -> Self {
        self.chain = chain.iter().map(|authority| authority.der()).collect();
        self
    }

    /// The serial number's octets.
    pub(crate) fn serial(&self) -> Vec<u8> {
        serial_of(&self.der)
    }

    pub(crate) fn key_pem(&self) -> String {
        self.key.serialize_pem()
    }
}
