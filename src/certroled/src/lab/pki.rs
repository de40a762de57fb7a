//! The certificates of a lab.

use anyhow::Context as _;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    IsCa, KeyPair, KeyUsagePurpose, SanType, SerialNumber,
};
use time::OffsetDateTime;
use wire::Timestamp;

use super::MARK;

/// A day.
const LIFETIME: i64 = 24 * 3600;
/// For clocks that are a little behind.
const EARLIER: i64 = 300;

/// A certificate and its key, as PEM.
pub(super) struct Pair {
    pub(super) certificate: String,
    pub(super) key: String,
}

/// The CA, the server and a client, all P-256.
pub(super) struct Pki {
    pub(super) ca: String,
    pub(super) server: Pair,
    pub(super) client: Pair,
}

impl Pki {
    pub(super) fn make(now: Timestamp) -> anyhow::Result<Self> {
        let mut ca = named("lab CA", None, now)?;
        ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        // The CA's key is in memory only, and gone when this function ends: nobody can make more certificates.
        let ca = CertifiedIssuer::self_signed(ca, KeyPair::generate()?)?;

        let mut server = named("localhost", None, now)?;
        server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        server.subject_alt_names = vec![
            SanType::DnsName("localhost".try_into()?),
            SanType::IpAddress([127, 0, 0, 1].into()),
        ];
        let mut client = named("lab-server-1", Some("lab"), now)?;
        client.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        client.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let pair = |params: CertificateParams| -> anyhow::Result<Pair> {
            let key = KeyPair::generate()?;
            let certificate = params.signed_by(&key, &ca)?.pem();
            Ok(Pair {
                certificate,
                key: key.serialize_pem(),
            })
        };
        Ok(Self {
            server: pair(server)?,
            client: pair(client)?,
            ca: ca.pem(),
        })
    }
}

fn named(common_name: &str, unit: Option<&str>, now: Timestamp) -> anyhow::Result<CertificateParams> {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::OrganizationName, MARK);
    if let Some(unit) = unit {
        params
            .distinguished_name
            .push(DnType::OrganizationalUnitName, unit);
    }
    params.distinguished_name.push(DnType::CommonName, common_name);
    let at = |seconds| OffsetDateTime::from_unix_timestamp(seconds).context("the clock is out of range");
    params.not_before = at(now.seconds().saturating_sub(EARLIER))?;
    params.not_after = at(now.seconds().saturating_add(LIFETIME))?;
    params.use_authority_key_identifier_extension = true;
    let mut serial = *uuid::Uuid::new_v4().as_bytes();
    // Positive, and of the same length every time.
    if let Some(first) = serial.first_mut() {
        *first = (*first & 0x7f) | 0x40;
    }
    params.serial_number = Some(SerialNumber::from(serial.to_vec()));
    Ok(params)
}
