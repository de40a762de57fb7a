//! Makes the inputs that fuzzing starts from: `seeds FOLDER` writes FOLDER/TARGET/NAME.
//!
//! Certificates and plain lists come from rcgen; what rcgen does not make is put together by hand. Keys are made anew
//! each time and thrown away, so the bytes differ from run to run. Plans are few bytes, the same every time.

use std::error::Error;
use std::fs;
use std::path::Path;

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer,
    CrlDistributionPoint, CrlIssuingDistributionPoint, CrlScope, CustomExtension, DnType,
    ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, KeyIdMethod, KeyPair, KeyUsagePurpose, NameConstraints,
    RevocationReason, RevokedCertParams, SanType, SerialNumber, date_time_ymd,
};

type Done<T> = Result<T, Box<dyn Error>>;
type Ca = CertifiedIssuer<'static, KeyPair>;

fn main() -> Done<()> {
    let folder = std::env::args().nth(1).ok_or("usage: seeds FOLDER")?;
    let ca = ca()?;
    for (target, seeds) in [
        ("certificate", certificates(&ca)?),
        ("crl", lists(&ca)?),
        ("ocsp", responses(&ca)),
        ("path", plans()),
        ("differential", plans()),
    ] {
        let folder = Path::new(&folder).join(target);
        fs::create_dir_all(&folder)?;
        for (name, bytes) in seeds {
            fs::write(folder.join(name), bytes)?;
        }
    }
    Ok(())
}

fn ca() -> Done<Ca> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::OrganizationName, "Acme");
    params.distinguished_name.push(DnType::CommonName, "Acme CA");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(1));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: vec![GeneralSubtree::DnsName("example".into())],
        excluded_subtrees: vec![GeneralSubtree::Rfc822Name("other.example".into())],
    });
    Ok(CertifiedIssuer::self_signed(params, KeyPair::generate()?)?)
}

/// What `fuzz::plan` reads: a count less two, the policy, the depth, how many lists and answers; then fourteen bytes for
/// each certificate, and so on. Zeros follow.
fn plans() -> Vec<(&'static str, Vec<u8>)> {
    // Of four certificates, with these bytes of some: (which, byte, value).
    let chain = |changes: &[(usize, usize, u8)]| {
        let mut bytes = vec![0; 4 + 4 * 14];
        bytes[0] = 2;
        for (which, byte, value) in changes {
            bytes[4 + which * 14 + byte] = *value;
        }
        bytes
    };
    let lists = |count: u8, mode: u8| vec![count - 2, mode, 0, count - 1];
    // The anchor is two certificates of one name. The one signed the leaf, and the other, which is valid so long, the list.
    let two_keys = |validity: u8| {
        let mut bytes = vec![0; 4 + 3 * 14 + 6];
        bytes[..4].copy_from_slice(&[1, 2, 0, 1]);
        for (at, value) in [(14 + 3, 2), (28, 5), (28 + 6, validity), (42 + 1, 1)] {
            bytes[4 + at] = value;
        }
        bytes
    };
    vec![
        ("chain-2", vec![0]),
        ("chain-3", vec![1]),
        ("chain-5", vec![3]),
        ("chain-12", vec![10]),
        ("lists-2", lists(2, 2)),
        ("lists-4", lists(4, 2)),
        ("lists-preferred", lists(3, 1)),
        ("answer", vec![0, 0x22, 0, 0x10]),
        // The second has its issuer's name, and the third allows no intermediate below it.
        ("self-issued", chain(&[(1, 1, 5), (2, 0, 5), (2, 3, 0x40)])),
        // The leaf is a.example.com; the CAs permit example.com, and exclude other.org.
        ("constraints", chain(&[(0, 9, 0x80), (1, 7, 0x80), (2, 7, 0xc1)])),
        // The leaf bears its issuer's name, which spares it nothing: a.example.com is excluded.
        (
            "self-issued-leaf",
            chain(&[(0, 1, 5), (1, 0, 5), (0, 9, 0x80), (1, 7, 0xc0)]),
        ),
        ("two-keys", two_keys(0)),
        ("two-keys-one-over", two_keys(8)),
        // The third bears the second's name and key: another certificate of the same CA.
        ("twins", chain(&[(2, 0, 5), (2, 2, 3)])),
    ]
}

fn certificates(ca: &Ca) -> Done<Vec<(&'static str, Vec<u8>)>> {
    let mut leaf = CertificateParams::new(vec!["web.example".to_owned(), "10.0.0.1".to_owned()])?;
    leaf.distinguished_name.push(DnType::CommonName, "web");
    leaf.distinguished_name
        .push(DnType::OrganizationalUnitName, "payments");
    leaf.subject_alt_names
        .push(SanType::URI("spiffe://example/web".try_into()?));
    leaf.subject_alt_names
        .push(SanType::Rfc822Name("web@example".try_into()?));
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    leaf.use_authority_key_identifier_extension = true;
    leaf.crl_distribution_points = vec![CrlDistributionPoint {
        uris: vec!["http://crl.example/a".into()],
    }];
    leaf.serial_number = Some(SerialNumber::from_slice(&[0x7f; 20]));
    let mut odd = leaf.clone();
    odd.custom_extensions.push(CustomExtension::from_oid_content(
        &[1, 3, 6, 1, 4, 1, 99999, 1],
        vec![5, 0],
    ));
    odd.not_after = date_time_ymd(2050, 1, 1);
    let p256 = leaf.signed_by(&KeyPair::generate()?, ca)?;
    let ed25519 = leaf.signed_by(&KeyPair::generate_for(&rcgen::PKCS_ED25519)?, ca)?;
    let p384 = odd.signed_by(&KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384)?, ca)?;
    Ok(vec![
        ("ca", ca.der().to_vec()),
        ("leaf-p256", p256.der().to_vec()),
        ("leaf-ed25519", ed25519.der().to_vec()),
        ("leaf-p384-odd", p384.der().to_vec()),
        ("pem", [ca.pem(), p256.pem()].concat().into_bytes()),
    ])
}

fn lists(ca: &Ca) -> Done<Vec<(&'static str, Vec<u8>)>> {
    let revoked = |serial: &[u8], reason_code| RevokedCertParams {
        serial_number: SerialNumber::from_slice(serial),
        revocation_time: date_time_ymd(2026, 1, 1),
        reason_code,
        invalidity_date: Some(date_time_ymd(2025, 1, 1)),
    };
    let list = |issuing_distribution_point, revoked_certs| CertificateRevocationListParams {
        this_update: date_time_ymd(2026, 1, 1),
        next_update: date_time_ymd(2050, 1, 1),
        crl_number: SerialNumber::from(1234),
        issuing_distribution_point,
        revoked_certs,
        key_identifier_method: KeyIdMethod::Sha256,
    };
    let complete = list(
        None,
        vec![
            revoked(&[0x7f; 20], Some(RevocationReason::KeyCompromise)),
            revoked(&[0x05], None),
            revoked(&[0x05], Some(RevocationReason::CertificateHold)),
        ],
    );
    let part = CrlIssuingDistributionPoint {
        distribution_point: CrlDistributionPoint {
            uris: vec!["http://crl.example/a".into()],
        },
        scope: Some(CrlScope::UserCertsOnly),
    };
    let complete = complete.signed_by(ca)?;
    let part = list(Some(part), Vec::new()).signed_by(ca)?;

    // A delta of an indirect list for some reasons, of a point with a relative name.
    let names = sequence(&[&element(0x82, &[b"x"])]);
    let entry = sequence(&[
        &[2, 1, 9],
        &element(0x17, &[b"260101000000Z"]),
        &sequence(&[
            &extension(&[0x55, 0x1d, 0x15], false, &[0x0a, 1, 8]),
            &extension(&[0x55, 0x1d, 0x1d], true, &names),
        ]),
    ]);
    let point = [
        &element(0xa0, &[&element(0xa1, &[&attribute("part 1")])])[..],
        &[0x82, 1, 0xff, 0x83, 2, 5, 0x60, 0x84, 1, 0xff],
    ]
    .concat();
    let extensions = sequence(&[
        &extension(&[0x55, 0x1d, 0x23], false, &sequence(&[&[0x80, 2, 1, 2]])),
        &extension(&[0x55, 0x1d, 0x14], false, &[2, 2, 1, 0]),
        &extension(&[0x55, 0x1d, 0x1b], true, &[2, 1, 7]),
        &extension(&[0x55, 0x1d, 0x1c], true, &sequence(&[&point])),
        &extension(&[0x55, 0x1d, 0x2e], false, &[0x30, 0]),
        &extension(&[0x2a, 3], true, &[]),
    ]);
    let delta = sequence(&[
        &[2, 1, 1],
        ED25519,
        &name("Acme CA"),
        &element(0x17, &[b"260101000000Z"]),
        &element(0x18, &[b"20500101000000Z"]),
        &sequence(&[&entry]),
        &element(0xa0, &[&extensions]),
    ]);
    let first = sequence(&[ED25519, &name("Acme CA"), &element(0x17, &[b"260101000000Z"])]);
    Ok(vec![
        ("complete", complete.der().to_vec()),
        ("part", part.der().to_vec()),
        ("delta", sequence(&[&delta, ED25519, SIGNATURE])),
        ("version-1", sequence(&[&first, ED25519, SIGNATURE])),
        (
            "pem",
            [complete.pem()?, ca.pem(), part.pem()?].concat().into_bytes(),
        ),
    ])
}

fn responses(ca: &Ca) -> Vec<(&'static str, Vec<u8>)> {
    let response = |responder: &[u8], answers: &[&[u8]], extensions: &[u8], certificates: &[u8]| {
        let produced = element(0x18, &[b"20260101000000Z"]);
        let tbs = sequence(&[responder, &produced, &sequence(answers), extensions]);
        let basic = sequence(&[&tbs, ED25519, SIGNATURE, certificates]);
        let kind = element(6, &[&[0x2b, 6, 1, 5, 5, 7, 48, 1, 1]]);
        let bytes = sequence(&[&kind, &element(4, &[&basic])]);
        sequence(&[&[0x0a, 1, 0], &element(0xa0, &[&bytes])])
    };
    let sha1 = sequence(&[&[6, 5, 0x2b, 14, 3, 2, 0x1a, 5, 0]]);
    let id = sequence(&[
        &sha1,
        &element(4, &[&[1; 20]]),
        &element(4, &[&[2; 20]]),
        &[2, 1, 5],
    ]);
    let this = element(0x18, &[b"20260101000000Z"]);
    let next = element(0xa0, &[&element(0x18, &[b"20260108000000Z"])]);
    let revoked = element(0xa1, &[&this, &element(0xa0, &[&[0x0a, 1, 1]])]);
    let own = element(0xa1, &[&sequence(&[&extension(&[0x2a, 3], true, &[])])]);
    let good = sequence(&[&id, &[0x80, 0], &this, &next]);
    let revoked = sequence(&[&id, &revoked, &this, &next, &own]);
    let unknown = sequence(&[&id, &[0x82, 0], &this]);
    let nonce = element(4, &[&[9; 32]]);
    let nonce = extension(&[0x2b, 6, 1, 5, 5, 7, 48, 1, 2], false, &nonce);
    let by_name = element(0xa1, &[&name("Responder")]);
    let by_key = element(0xa2, &[&element(4, &[&[7; 20]])]);
    vec![
        (
            "good",
            response(&by_name, &[&good], &element(0xa1, &[&sequence(&[&nonce])]), &[]),
        ),
        (
            "several",
            response(&by_key, &[&good, &revoked, &unknown], &[], &[]),
        ),
        (
            "delegated",
            response(&by_name, &[&good], &[], &element(0xa0, &[&sequence(&[ca.der()])])),
        ),
        ("try-later", vec![0x30, 3, 0x0a, 1, 3]),
    ]
}

const ED25519: &[u8] = &[0x30, 5, 6, 3, 0x2b, 0x65, 0x70];
const SIGNATURE: &[u8] = &[3, 5, 0, 1, 2, 3, 4];

fn attribute(text: &str) -> Vec<u8> {
    sequence(&[&[6, 3, 0x55, 4, 3], &element(0x0c, &[text.as_bytes()])])
}

fn name(text: &str) -> Vec<u8> {
    sequence(&[&element(0x31, &[&attribute(text)])])
}

fn extension(oid: &[u8], critical: bool, value: &[u8]) -> Vec<u8> {
    let critical: &[u8] = if critical { &[1, 1, 0xff] } else { &[] };
    sequence(&[&element(6, &[oid]), critical, &element(4, &[value])])
}

fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    element(0x30, parts)
}

/// One DER element, of at most 65,535 bytes of content.
fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let [high, low] = u16::try_from(content.len()).unwrap_or(u16::MAX).to_be_bytes();
    let header = match (high, low) {
        (0, 0..0x80) => vec![tag, low],
        (0, _) => vec![tag, 0x81, low],
        _ => vec![tag, 0x82, high, low],
    };
    [header, content].concat()
}
