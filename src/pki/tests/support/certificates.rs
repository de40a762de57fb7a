//! Certificates by rcgen: a root, intermediates, leaves, each good unless it is changed.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CustomExtension, DistinguishedName, DnType, IsCa,
    KeyPair, KeyUsagePurpose, NameConstraints, SanType, SerialNumber,
};
use time::{Duration, OffsetDateTime};
use wire::Timestamp;
use x509::Certificate;

pub type Ca = CertifiedIssuer<'static, KeyPair>;

/// When everything that is made here begins; it ends a day later.
pub const START: i64 = 1_800_000_000;

pub fn start() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(START).unwrap()
}

/// An hour after the beginning.
pub fn now() -> Timestamp {
    Timestamp::from_seconds(START + 3600)
}

pub fn key() -> KeyPair {
    KeyPair::generate().unwrap()
}

/// The same key once more.
pub fn again(key: &KeyPair) -> KeyPair {
    KeyPair::from_pem(&key.serialize_pem()).unwrap()
}

pub fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = start();
    params.not_after = start() + Duration::days(1);
    params.serial_number = Some(SerialNumber::from(vec![1, 2, 3]));
    params
}

pub fn ca_params(name: &str) -> CertificateParams {
    let mut params = params(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

pub fn leaf_params() -> CertificateParams {
    let mut params = params("web");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params
}

pub fn root(change: impl FnOnce(&mut CertificateParams)) -> Ca {
    root_with(key(), change)
}

pub fn root_with(key: KeyPair, change: impl FnOnce(&mut CertificateParams)) -> Ca {
    let mut params = ca_params("Root");
    change(&mut params);
    CertifiedIssuer::self_signed(params, key).unwrap()
}

pub fn intermediate(name: &str, issuer: &Ca, change: impl FnOnce(&mut CertificateParams)) -> Ca {
    intermediate_with(key(), name, issuer, change)
}

pub fn intermediate_with(
    key: KeyPair,
    name: &str,
    issuer: &Ca,
    change: impl FnOnce(&mut CertificateParams),
) -> Ca {
    let mut params = ca_params(name);
    change(&mut params);
    CertifiedIssuer::signed_by(params, key, issuer).unwrap()
}

pub fn leaf(issuer: &Ca, change: impl FnOnce(&mut CertificateParams)) -> Certificate {
    let mut params = leaf_params();
    change(&mut params);
    read(params.signed_by(&key(), issuer).unwrap().der())
}

pub fn read(der: &[u8]) -> Certificate {
    Certificate::parse(der).unwrap()
}

pub fn of(ca: &Ca) -> Certificate {
    read(ca.der())
}

pub fn serial(octets: &[u8]) -> Option<SerialNumber> {
    Some(SerialNumber::from(octets.to_vec()))
}

pub fn dns(name: &str) -> SanType {
    SanType::DnsName(name.try_into().unwrap())
}

/// An extension of any content; `oid` by its numbers.
pub fn custom(oid: &[u64], critical: bool, content: &[u8]) -> CustomExtension {
    let mut extension = CustomExtension::from_oid_content(oid, content.to_vec());
    extension.set_criticality(critical);
    extension
}

pub fn constraints(
    permitted_subtrees: Vec<rcgen::GeneralSubtree>,
    excluded_subtrees: Vec<rcgen::GeneralSubtree>,
) -> Option<NameConstraints> {
    Some(NameConstraints {
        permitted_subtrees,
        excluded_subtrees,
    })
}
