//! The certificates, lists and answers of a plan, signed with fixed keys.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use ring::signature::{Ed25519KeyPair, KeyPair as _};
use wire::Timestamp;
use x509::{Certificate, Name, Serial};

use crate::der::{element, extension, named_bits, sequence, utc};
use crate::names::{ALTERNATIVES, SUBTREES, general_name};
use crate::plan::{Card, Flaw, KEYS, KeyId, List, NOW, Plan, Point, Purpose, Reasons, Status};

static SIGNERS: LazyLock<Vec<Ed25519KeyPair>> = LazyLock::new(|| {
    let seeds = (0..KEYS).map(|key| [key as u8 + 1; 32]);
    seeds
        .map(|seed| Ed25519KeyPair::from_seed_unchecked(&seed).expect("a seed of 32 bytes"))
        .collect()
});

const ED25519: &[u8] = &[0x30, 5, 6, 3, 0x2b, 0x65, 0x70];
const ECDSA_SHA256: &[u8] = &[0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
const ADDRESSES: [&[u8]; 2] = [b"http://crl.example.com/0", b"http://crl.example.com/1"];

fn signed(tbs: &[u8], signer: usize, bad: bool) -> Vec<u8> {
    let mut signature = SIGNERS[signer].sign(tbs).as_ref().to_vec();
    if bad {
        signature[0] ^= 1;
    }
    sequence(&[tbs, ED25519, &element(3, &[&[0], &signature])])
}

fn key_identifier(key: usize, id: KeyId) -> [u8; 4] {
    match id {
        KeyId::Wrong => [0xff; 4],
        _ => [key as u8 + 1; 4],
    }
}

/// A certificate's DER.
pub fn certificate(card: &Card) -> Vec<u8> {
    let serial: &[u8] = match card.flaw {
        Flaw::SerialZero => &[0],
        Flaw::SerialNegative => &[0x80],
        Flaw::SerialLong => &[1; 21],
        _ => &[card.serial],
    };
    let version: &[u8] = if card.flaw == Flaw::Version1 {
        &[]
    } else {
        &[0xa0, 3, 2, 1, 2]
    };
    let inner = if card.flaw == Flaw::AlgorithmsDisagree {
        ECDSA_SHA256
    } else {
        ED25519
    };
    let name = |name: crate::names::Name, empty| {
        if card.flaw == empty {
            sequence(&[])
        } else {
            name.der()
        }
    };
    let public = SIGNERS[card.key].public_key();
    let extensions = match extensions(card).concat() {
        none if none.is_empty() => none,
        some => element(0xa3, &[&sequence(&[&some])]),
    };
    let tbs = sequence(&[
        version,
        &element(2, &[serial]),
        inner,
        &name(card.issuer, Flaw::EmptyIssuer),
        &sequence(&[&utc(card.not_before), &utc(card.not_after)]),
        &name(card.subject, Flaw::EmptySubject),
        &sequence(&[ED25519, &element(3, &[&[0], public.as_ref()])]),
        &extensions,
    ]);
    signed(&tbs, card.signer, card.flaw == Flaw::Signature)
}

fn extensions(card: &Card) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    if card.flaw == Flaw::Version1 {
        return all;
    }
    let mut add =
        |kind: u8, critical, value: &[u8]| all.push(extension(&[0x55, 0x1d, kind], critical, value));
    if let Some((ca, length)) = card.basic {
        let ca: &[u8] = if ca { &[1, 1, 0xff] } else { &[] };
        let length = length.map_or(vec![], |length| element(2, &[&[length]]));
        add(19, true, &sequence(&[ca, &length]));
    }
    if let Some(usage) = card.usage {
        let bits = u16::from(usage.digital_signature)
            | u16::from(usage.cert_sign) << 5
            | u16::from(usage.crl_sign) << 6;
        add(15, true, &element(3, &[&named_bits(bits)]));
    }
    if card.flaw == Flaw::NoPurpose {
        add(37, false, &sequence(&[]));
    } else if let Some(purposes) = card.purposes {
        let oid = |purpose: &Purpose| match purpose {
            Purpose::Client => element(6, &[&[0x2b, 6, 1, 5, 5, 7, 3, 2]]),
            Purpose::Server => element(6, &[&[0x2b, 6, 1, 5, 5, 7, 3, 1]]),
            Purpose::Any => element(6, &[&[0x55, 0x1d, 37, 0]]),
        };
        let oids: Vec<u8> = purposes.iter().flat_map(oid).collect();
        add(37, false, &sequence(&[&oids]));
    }
    if !card.alternatives.is_empty() {
        let names = card
            .alternatives
            .iter()
            .flat_map(|which| general_name(ALTERNATIVES[*which]));
        add(
            17,
            card.alternatives_critical,
            &sequence(&[&names.collect::<Vec<u8>>()]),
        );
    }
    if card.has_constraints() {
        add(30, true, &constraints(card));
    }
    let id = |key, id| key_identifier(key, id);
    if card.subject_key_id != KeyId::Absent {
        let critical = card.flaw == Flaw::KeyIdCritical;
        add(14, critical, &element(4, &[&id(card.key, card.subject_key_id)]));
    }
    if card.authority_key_id != KeyId::Absent {
        let id = element(0x80, &[&id(card.signer, card.authority_key_id)]);
        add(35, false, &sequence(&[&id]));
    }
    if let Some(point) = card.point {
        add(31, false, &sequence(&[&distribution_point(point)]));
    }
    let unknown = |critical| extension(&[0x2a, 3, 4, 5], critical, &[5, 0]);
    let policy = |critical| extension(&[0x55, 0x1d, 36], critical, &[0x30, 3, 0x80, 1, 0]);
    match card.flaw {
        Flaw::UnknownCritical => all.push(unknown(true)),
        Flaw::UnknownNotCritical => all.push(unknown(false)),
        Flaw::PolicyConstraintsCritical => all.push(policy(true)),
        Flaw::PolicyConstraintsNotCritical => all.push(policy(false)),
        Flaw::ExtensionTwice => {
            // An extension that everybody knows.
            let usage = extension(
                &[0x55, 0x1d, 37],
                false,
                &sequence(&[&element(6, &[&[0x2b, 6, 1, 5, 5, 7, 3, 2]])]),
            );
            all.extend([usage.clone(), usage]);
        }
        _ => {}
    }
    all
}

fn constraints(card: &Card) -> Vec<u8> {
    let trees = |tag, which: &[usize]| match which {
        [] => Vec::new(),
        some => {
            let trees = some
                .iter()
                .map(|tree| sequence(&[&general_name(SUBTREES[*tree])]));
            element(tag, &[&trees.collect::<Vec<_>>().concat()])
        }
    };
    let malformed = match card.flaw {
        // No host, whatever it begins with.
        Flaw::MalformedConstraints => element(0xa0, &[&sequence(&[&element(0x82, &[b"*.x"])])]),
        _ => trees(0xa0, &card.permitted),
    };
    sequence(&[&malformed, &trees(0xa1, &card.excluded)])
}

fn full_name(address: u8) -> Vec<u8> {
    let uri = element(0x86, &[ADDRESSES[usize::from(address)]]);
    element(0xa0, &[&element(0xa0, &[&uri])])
}

/// Bits 1 to 8 (RFC 5280, 4.2.1.13).
fn reasons(tag: u8, reasons: Reasons) -> Vec<u8> {
    match reasons {
        Reasons::All => Vec::new(),
        Reasons::Some => element(tag, &[&named_bits(0b0110)]),
        Reasons::Others => element(tag, &[&named_bits(0b1_1111_1000)]),
    }
}

fn distribution_point(point: Point) -> Vec<u8> {
    sequence(&[&full_name(point.address), &reasons(0x81, point.reasons)])
}

/// A list's DER.
pub fn list(list: &List) -> Vec<u8> {
    let serials = (0..8)
        .filter(|bit| list.revoked & 1 << bit != 0)
        .map(|bit| bit + 1);
    let entries: Vec<u8> = serials
        .flat_map(|serial: u8| sequence(&[&element(2, &[&[serial]]), &utc(NOW - 2000)]))
        .collect();
    let entries = if entries.is_empty() {
        entries
    } else {
        sequence(&[&entries])
    };
    let mut extensions = Vec::new();
    let mut add =
        |kind: u8, critical, value: &[u8]| extensions.extend(extension(&[0x55, 0x1d, kind], critical, value));
    if list.has_number {
        add(20, false, &[2, 1, 7]);
    }
    if list.key_id != KeyId::Absent {
        let id = element(0x80, &[&key_identifier(list.signer, list.key_id)]);
        add(35, false, &sequence(&[&id]));
    }
    if list.is_delta {
        add(27, true, &[2, 1, 5]);
    }
    let flag = |tag: u8, set| if set { element(tag, &[&[0xff]]) } else { Vec::new() };
    let scope = [
        list.address.map_or(vec![], full_name),
        flag(0x81, list.only_users),
        flag(0x82, list.only_cas),
        reasons(0x83, list.reasons),
    ]
    .concat();
    if !scope.is_empty() {
        add(28, true, &sequence(&[&scope]));
    }
    let extensions = if extensions.is_empty() {
        extensions
    } else {
        element(0xa0, &[&sequence(&[&extensions])])
    };
    let tbs = sequence(&[
        &[2, 1, 1],
        ED25519,
        &list.issuer.der(),
        &utc(list.this_update),
        &utc(list.next_update),
        &entries,
        &extensions,
    ]);
    signed(&tbs, list.signer, list.bad_signature)
}

/// Everything of a plan, read.
pub struct World {
    /// In the order of the plan.
    pub certificates: Vec<Certificate>,
    pub known: Known,
}

impl World {
    /// Everything that is written by hand here can be read.
    pub fn new(plan: &Plan) -> Self {
        let certificates: Vec<Certificate> = plan.certificates.iter().map(made_before).collect();
        let beside: &[Certificate] = if plan.beside { &certificates } else { &[] };
        let mut known = Known::default();
        for card in &plan.lists {
            let read = pki::List::new(&list(card), beside, webpki::ALL_VERIFICATION_ALGS);
            if let Ok(read) = read {
                let issuer = read.crl().issuer().comparable().to_vec();
                let read = if card.superseded { read.superseded() } else { read };
                known.lists.entry(issuer).or_default().push(Arc::new(read));
            }
        }
        for answer in &plan.answers {
            let public = SIGNERS[answer.issuer_key].public_key();
            let spki = sequence(&[ED25519, &element(3, &[&[0], public.as_ref()])]);
            let hash = ring::digest::digest(&ring::digest::SHA256, &spki);
            let revoked = x509::Revoked {
                date: Timestamp::from_seconds(NOW - 2000),
                reason: None,
            };
            let answered = pki::Answer {
                status: match answer.status {
                    Status::Good => pki::AnswerStatus::Good,
                    Status::Revoked => pki::AnswerStatus::Revoked(revoked),
                    Status::Unknown => pki::AnswerStatus::Unknown,
                },
                this_update: Timestamp::from_seconds(answer.this_update),
                next_update: Timestamp::from_seconds(answer.next_update),
            };
            for odd_spelling in [false, true] {
                let issuer = crate::names::Name {
                    odd_spelling,
                    ..answer.issuer
                };
                let key = (issuer.der(), hash.as_ref().to_vec(), vec![answer.serial]);
                // Whoever keeps answers has one about each certificate: the first that came.
                known.answers.entry(key).or_insert(answered);
            }
        }
        Self { certificates, known }
    }

    /// The anchors, then all others but the leaf.
    pub fn apart(&self, plan: &Plan) -> (Vec<Certificate>, Vec<Certificate>) {
        let of = |anchors: bool| {
            let pairs = plan.certificates.iter().zip(&self.certificates).skip(1);
            let wanted = pairs.filter(move |(card, _)| card.is_anchor == anchors);
            wanted.map(|(_, certificate)| certificate.clone()).collect()
        };
        (of(true), of(false))
    }
}

/// How many certificates are remembered at once.
const MOST_REMEMBERED: usize = 1 << 15;

thread_local! {
    static MADE: RefCell<HashMap<Card, Certificate>> = RefCell::default();
}

/// The certificate, made once: signing costs more than all the rest, and one input differs little from the last.
fn made_before(card: &Card) -> Certificate {
    MADE.with_borrow_mut(|made| {
        if made.len() >= MOST_REMEMBERED {
            made.clear();
        }
        let make = || Certificate::parse(&certificate(card)).expect("a certificate that can be read");
        made.entry(card.clone()).or_insert_with(make).clone()
    })
}

/// What a plan knows of revocation.
#[derive(Debug, Default)]
pub struct Known {
    lists: HashMap<Vec<u8>, Vec<Arc<pki::List>>>,
    /// By the issuer's name, its key, and the serial number.
    answers: HashMap<(Vec<u8>, Vec<u8>, Vec<u8>), pki::Answer>,
}

impl pki::Evidence for Known {
    fn lists(&self, issuer: &Name) -> &[Arc<pki::List>] {
        self.lists.get(issuer.comparable()).map_or(&[], Vec::as_slice)
    }

    fn answer(&self, issuer: &Certificate, serial: &Serial) -> Option<pki::Answer> {
        let (name, key) = (issuer.subject().raw().to_vec(), issuer.spki_sha256().to_vec());
        self.answers.get(&(name, key, serial.octets().to_vec())).copied()
    }
}
