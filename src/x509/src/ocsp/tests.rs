//! Responses made here, good ones and bad ones.

#![allow(clippy::unwrap_used)]
use super::*;
use crate::encode::element;
use crate::{RevocationReason, Serial};

const PRODUCED: &str = "20260101120000Z";
const THIS: &str = "20260101000000Z";
const NEXT: &str = "20260108000000Z";

fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    element(0x30, parts)
}

fn time(text: &str) -> Vec<u8> {
    element(0x18, &[text.as_bytes()])
}

fn extension(oid: &[u8], critical: bool, value: &[u8]) -> Vec<u8> {
    let critical: &[u8] = if critical { &[0x01, 0x01, 0xff] } else { &[] };
    sequence(&[&element(0x06, &[oid]), critical, &element(0x04, &[value])])
}

fn name() -> Vec<u8> {
    let cn = sequence(&[&[0x06, 0x03, 0x55, 0x04, 0x03], &element(0x0c, &[b"Responder"])]);
    sequence(&[&element(0x31, &[&cn])])
}

fn serial(octets: &[u8]) -> Serial {
    Serial::new(octets)
}

/// A certificate's identifier by SHA-1, its parameters written as NULL.
fn id(octets: &[u8]) -> Vec<u8> {
    CertId::of(b"issuer", b"key", &serial(octets), IssuerHash::Sha1).encode()
}

/// One answer of these parts.
fn answer(id: &[u8], status: &[u8], rest: &[&[u8]]) -> Vec<u8> {
    sequence(&[id, status, &time(THIS), &rest.concat()])
}

fn good() -> Vec<u8> {
    answer(&id(&[5]), &[0x80, 0], &[&element(0xa0, &[&time(NEXT)])])
}

/// The fields of a response, each as it will stand there.
#[derive(Clone)]
struct Fields {
    status: Vec<u8>,
    kind: Vec<u8>,
    responder: Vec<u8>,
    produced: Vec<u8>,
    answers: Vec<u8>,
    extensions: Vec<u8>,
    algorithm: Vec<u8>,
    signature: Vec<u8>,
    certificates: Vec<u8>,
}

impl Fields {
    fn new(answers: &[Vec<u8>]) -> Self {
        Self {
            status: vec![0x0a, 1, 0],
            kind: element(0x06, &[&[0x2b, 6, 1, 5, 5, 7, 48, 1, 1]]),
            responder: element(0xa1, &[&name()]),
            produced: time(PRODUCED),
            answers: sequence(&[&answers.concat()]),
            extensions: Vec::new(),
            algorithm: sequence(&[&[0x06, 0x03, 0x2b, 0x65, 0x70]]),
            signature: vec![0x03, 0x03, 0x00, 0x01, 0x02],
            certificates: Vec::new(),
        }
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn extensions(self, extensions: &[Vec<u8>]) -> Self {
        let list = element(0xa1, &[&sequence(&[&extensions.concat()])]);
        self.with(|fields| fields.extensions = list)
    }

    fn tbs(&self) -> Vec<u8> {
        sequence(&[&self.responder, &self.produced, &self.answers, &self.extensions])
    }

    fn der(&self) -> Vec<u8> {
        let basic = sequence(&[&self.tbs(), &self.algorithm, &self.signature, &self.certificates]);
        let bytes = sequence(&[&self.kind, &element(0x04, &[&basic])]);
        sequence(&[&self.status, &element(0xa0, &[&bytes])])
    }

    fn read(&self) -> OcspResponse {
        OcspResponse::parse(&self.der()).unwrap()
    }
}

#[test]
fn a_response_is_read_whole() {
    let revoked = |reason: &[u8]| element(0xa1, &[&time("20251231235959Z"), reason]);
    let certificates = [sequence(&[&[5, 0]]), sequence(&[&[5, 0], &[5, 0]])];
    let fields = Fields::new(&[
        good(),
        answer(&id(&[6]), &revoked(&element(0xa0, &[&[0x0a, 1, 1]])), &[]),
        answer(&id(&[7]), &revoked(&[]), &[]),
        answer(&id(&[8]), &[0x82, 0], &[]),
    ])
    .with(|fields| fields.certificates = element(0xa0, &[&sequence(&[&certificates.concat()])]))
    .extensions(&[
        extension(read::NONCE, false, &element(0x04, &[&[9; 32]])),
        extension(&[0x2a, 3], true, &[]),
    ]);
    let response = fields.read();
    let ResponderId::Name(name) = response.responder_id() else {
        panic!("{:?}", response.responder_id());
    };
    assert_eq!(name.display(), "CN=Responder");
    assert_eq!(response.produced_at().rfc3339(), "2026-01-01T12:00:00Z");
    assert_eq!(response.nonce(), Some(&[9; 32][..]));
    assert_eq!(response.certificates(), certificates);
    assert_eq!(response.signature_algorithm(), &SignatureAlgorithm::Ed25519);
    let signed = response.signed();
    assert_eq!(signed.tbs, fields.tbs());
    assert_eq!(
        (signed.algorithm, signed.signature),
        (&[6, 3, 0x2b, 0x65, 0x70][..], &[1, 2][..])
    );
    let listed: Vec<_> = response
        .extensions()
        .iter()
        .map(|one| (one.critical, one.known))
        .collect();
    assert_eq!(listed, [(false, true), (true, false)]);

    let at = Timestamp::parse_basic("20251231T235959Z").unwrap();
    let told: Vec<_> = response
        .responses()
        .iter()
        .map(|one| (one.cert_id.serial().hex().to_string(), one.status))
        .collect();
    let revoked = |reason| CertStatus::Revoked { at, reason };
    assert_eq!(
        told,
        [
            ("05".to_owned(), CertStatus::Good),
            ("06".to_owned(), revoked(Some(RevocationReason::KeyCompromise))),
            ("07".to_owned(), revoked(None)),
            ("08".to_owned(), CertStatus::Unknown),
        ]
    );
    let [first, second, ..] = response.responses() else {
        panic!("{response:?}");
    };
    assert_eq!(first.this_update.rfc3339(), "2026-01-01T00:00:00Z");
    assert_eq!(first.next_update.unwrap().rfc3339(), "2026-01-08T00:00:00Z");
    assert_eq!(second.next_update, None);

    let by_key =
        Fields::new(&[]).with(|fields| fields.responder = element(0xa2, &[&element(4, &[&[7; 20]])]));
    assert_eq!(by_key.read().responder_id(), &ResponderId::KeyHash(vec![7; 20]));
    assert!(by_key.read().responses().is_empty());
}

/// By the name whatever the key, or by the key whatever the name.
#[test]
fn a_responder_is_named_by_its_name_or_its_key() {
    let read = |responder: Vec<u8>| {
        let fields = Fields::new(&[]).with(|fields| fields.responder = responder);
        fields.read().responder_id().clone()
    };
    let ResponderId::Name(subject) = read(element(0xa1, &[&name()])) else {
        panic!("not a name");
    };
    let ResponderId::Name(nobody) = read(element(0xa1, &[&sequence(&[])])) else {
        panic!("not a name");
    };
    // SHA-1 of `abc` (FIPS 180-4, appendix A.1).
    let hash = hex::decode("a9993e364706816aba3e25717850c26c9cd0d89d").unwrap();
    let by_key = read(element(0xa2, &[&element(4, &[&hash])]));
    let by_name = ResponderId::Name(subject.clone());
    for (id, other_name, other_key) in [(by_name, false, true), (by_key, true, false)] {
        assert!(id.names(&subject, b"abc"), "{id}");
        assert_eq!(id.names(&nobody, b"abc"), other_name, "{id}");
        assert_eq!(id.names(&subject, b"abd"), other_key, "{id}");
    }
}

#[test]
fn an_answer_is_about_one_certificate_only() {
    let (sha1, sha256) = (
        [6, 5, 0x2b, 14, 3, 2, 0x1a],
        [6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1],
    );
    let null: &[u8] = &[5, 0];
    let written = |algorithm: &[u8], from: IssuerHash| {
        let id = CertId::of(b"issuer", b"key", &serial(&[5]), from);
        let hashes = [id.issuer_name_hash(), id.issuer_key_hash()].map(|hash| element(4, &[hash]));
        let id = sequence(&[&sequence(&[algorithm]), &hashes[0], &hashes[1], &[2, 1, 5]]);
        let response = Fields::new(&[answer(&id, &[0x80, 0], &[])]).read();
        response.responses()[0].cert_id.clone()
    };
    for (name, algorithm, from, hash) in [
        ("SHA-1", sha1.to_vec(), IssuerHash::Sha1, Some(IssuerHash::Sha1)),
        (
            "SHA-1, NULL",
            [&sha1, null].concat(),
            IssuerHash::Sha1,
            Some(IssuerHash::Sha1),
        ),
        (
            "SHA-256",
            sha256.to_vec(),
            IssuerHash::Sha256,
            Some(IssuerHash::Sha256),
        ),
        (
            "SHA-256, NULL",
            [&sha256, null].concat(),
            IssuerHash::Sha256,
            Some(IssuerHash::Sha256),
        ),
        ("an unknown one", vec![6, 1, 0x2a], IssuerHash::Sha1, None),
        (
            "SHA-1 with parameters",
            [&sha1, &[2, 1, 0][..]].concat(),
            IssuerHash::Sha1,
            None,
        ),
    ] {
        let id = written(&algorithm, from);
        assert_eq!(id.hash(), hash, "{name}");
        assert_eq!(
            id.names(b"issuer", b"key", &serial(&[5])),
            hash.is_some(),
            "{name}"
        );
        for (other, issuer, key, number) in [
            ("issuer", &b"another"[..], &b"key"[..], &[5][..]),
            ("key", b"issuer", b"another", &[5]),
            ("serial number", b"issuer", b"key", &[6]),
        ] {
            assert!(!id.names(issuer, key, &serial(number)), "{name}: another {other}");
        }
    }
}

/// The lengths are those of RFC 6960's structures around two SHA-1 hashes, of `abc` and of nothing.
#[test]
fn a_request_is_written_as_responders_read_it() {
    let id = CertId::of(b"abc", b"", &serial(&[0, 0x80]), IssuerHash::Sha1);
    let cert_id = "303b300906052b0e03021a0500\
                   0414a9993e364706816aba3e25717850c26c9cd0d89d\
                   0414da39a3ee5e6b4b0d3255bfef95601890afd80709\
                   02020080";
    assert_eq!(
        hex::encode(OcspRequest::encode(&id, None)),
        format!("30433041303f303d{cert_id}")
    );
    let nonce = "a2173015301306092b06010505073001020406".to_owned() + "0404eeeeeeee";
    assert_eq!(
        hex::encode(OcspRequest::encode(&id, Some(&[0xee; 4]))),
        format!("305c305a303f303d{cert_id}{nonce}")
    );
}

/// What a responder says instead of an answer, signed by nobody.
#[test]
fn a_refusal_to_answer_is_told_as_one() {
    for (status, text) in [
        (1, "malformedRequest"),
        (2, "internalError"),
        (3, "tryLater"),
        (5, "sigRequired"),
        (6, "unauthorized"),
    ] {
        let error = OcspResponse::parse(&[0x30, 3, 0x0a, 1, status]).unwrap_err();
        assert!(
            matches!(error, OcspError::Unsuccessful(_)) && error.to_string().ends_with(text),
            "{error}"
        );
        // Nor does an answer beside it count.
        let fields = Fields::new(&[good()]).with(|fields| fields.status = vec![0x0a, 1, status]);
        assert_eq!(OcspResponse::parse(&fields.der()).unwrap_err(), error);
    }
    let other = Fields::new(&[good()]).with(|fields| fields.kind = vec![6, 1, 0x2a]);
    assert_eq!(
        OcspResponse::parse(&other.der()).unwrap_err(),
        OcspError::Type("1.2".into())
    );
}

/// Threats P17, R8.
#[test]
fn what_is_not_a_response_is_refused() {
    let with = |change: fn(&mut Fields)| Fields::new(&[good()]).with(change);
    let answers = |one: Vec<u8>| Fields::new(&[one]);
    let status = |status: &[u8]| answers(answer(&id(&[5]), status, &[]));
    let rest = |rest: &[u8]| answers(answer(&id(&[5]), &[0x80, 0], &[rest]));
    let listed = |extensions: &[Vec<u8>]| Fields::new(&[good()]).extensions(extensions);
    let nonce = extension(read::NONCE, false, &[4, 1, 1]);
    let many: Vec<_> = (0..65u8).map(|n| extension(&[0x2a, n], false, &[])).collect();
    for (why, fields) in [
        ("without a status", with(|fields| fields.status = vec![2, 1, 0])),
        (
            "a status that does not exist",
            with(|fields| fields.status = vec![0x0a, 1, 4]),
        ),
        (
            "a status that does not exist",
            with(|fields| fields.status = vec![0x0a, 2, 1, 0]),
        ),
        ("without its type", with(|fields| fields.kind.clear())),
        (
            "neither a name nor a key",
            with(|fields| fields.responder = vec![0xa0, 3, 2, 1, 0]),
        ),
        (
            "neither a name nor a key",
            with(|fields| fields.responder.clear()),
        ),
        (
            "name is not one sequence",
            with(|fields| fields.responder = vec![0xa1, 0]),
        ),
        (
            "an RDN is not a set",
            with(|fields| fields.responder = vec![0xa1, 4, 0x30, 2, 5, 0]),
        ),
        (
            "key hash is not one",
            with(|fields| fields.responder = vec![0xa2, 3, 2, 1, 0]),
        ),
        (
            "not a GeneralizedTime",
            with(|fields| fields.produced = element(0x17, &[b"260101000000Z"])),
        ),
        (
            "whole seconds",
            with(|fields| fields.produced = time("20260101000000.5Z")),
        ),
        (
            "calendar",
            with(|fields| fields.produced = time("20260229000000Z")),
        ),
        (
            "the answers are not a sequence",
            with(|fields| fields.answers.clear()),
        ),
        ("an answer is not a sequence", answers(vec![5, 0])),
        ("identifier is not a sequence", answers(sequence(&[&[5, 0]]))),
        ("a status that does not exist", status(&[0x81, 0])),
        ("a status that does not exist", status(&[0x80, 1, 0])),
        ("a status that does not exist", status(&[0x83, 0])),
        (
            "a reason code that does not exist",
            status(&element(0xa1, &[&time(THIS), &[0xa0, 3, 0x0a, 1, 7]])),
        ),
        ("does not have", status(&element(0xa1, &[&time(THIS), &[5, 0]]))),
        ("not a GeneralizedTime", rest(&[0xa0, 0])),
        (
            "bytes after a time",
            rest(&element(0xa0, &[&time(NEXT), &time(NEXT)])),
        ),
        ("with none in it", rest(&[0xa1, 2, 0x30, 0])),
        ("does not have", rest(&[0xa2, 0])),
        ("with none in it", listed(&[])),
        ("twice", listed(&[nonce.clone(), nonce])),
        (
            "a nonce is not an octet string",
            listed(&[extension(read::NONCE, false, &[1, 2, 3])]),
        ),
        ("more than 64 extensions", listed(&many)),
        (
            "whole number of octets",
            with(|fields| fields.signature = vec![3, 2, 1, 2]),
        ),
        (
            "without its type",
            with(|fields| fields.algorithm = vec![0x30, 0]),
        ),
        (
            "not one sequence",
            with(|fields| fields.certificates = vec![0xa0, 0]),
        ),
        (
            "a certificate is not a sequence",
            with(|fields| fields.certificates = vec![0xa0, 4, 0x30, 2, 5, 0]),
        ),
        (
            "does not have",
            with(|fields| fields.certificates = vec![0xa1, 2, 0x30, 0]),
        ),
    ] {
        let error = OcspResponse::parse(&fields.der()).unwrap_err().to_string();
        assert!(error.contains(why), "{why}: {error}");
    }
    for (why, der) in [
        ("nothing there", vec![]),
        ("without an answer", vec![0x30, 3, 0x0a, 1, 0]),
        ("at most 65536", vec![0x30; LARGEST + 1]),
    ] {
        let error = OcspResponse::parse(&der).unwrap_err().to_string();
        assert!(error.contains(why), "{why}: {error}");
    }
}

/// Threat P17: every cut and every appended byte is refused, and no changed bit makes it panic or goes unseen.
#[test]
fn a_bent_response_is_refused_or_is_another_one() {
    let good = Fields::new(&[good()])
        .extensions(&[extension(read::NONCE, true, &[4, 1, 1])])
        .der();
    let hash = OcspResponse::parse(&good).unwrap().sha256();
    for length in 0..good.len() {
        assert!(OcspResponse::parse(&good[..length]).is_err(), "cut at {length}");
    }
    assert!(OcspResponse::parse(&[&good[..], &[0]].concat()).is_err());
    for at in 0..good.len() {
        for bit in 0..8 {
            let mut bent = good.clone();
            bent[at] ^= 1 << bit;
            if let Ok(read) = OcspResponse::parse(&bent) {
                assert_ne!(read.sha256(), hash);
            }
        }
    }
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>, at: proptest::sample::Index) {
        let _ = OcspResponse::parse(&bytes);
        let fields = Fields::new(&[good()]).with(|fields| match at.index(4) {
            0 => fields.answers = sequence(&[&sequence(&[&bytes])]),
            1 => fields.extensions = element(0xa1, &[&sequence(&[&bytes])]),
            2 => fields.certificates = element(0xa0, &[&bytes]),
            _ => fields.responder = element(0xa1, &[&bytes]),
        });
        let _ = OcspResponse::parse(&fields.der());
    }
}
