//! A small world that bytes choose: certificates, who signed whom, lists, answers, and the policy.
//!
//! Each part has its own few bytes, so that a changed byte changes one thing. Bytes that are not there are zero, and
//! zero is the ordinary choice everywhere: few bytes make a plain valid chain.

use crate::names::{ALTERNATIVES, NAMES, Name, SUBTREES};

/// The instant that everything is judged by: 15 January 2027, 08:00:00.
pub const NOW: i64 = 1_800_000_000;
/// How many keys there are.
pub const KEYS: usize = 4;
/// How many serial numbers there are.
pub const SERIALS: u8 = 6;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The first is the leaf.
    pub certificates: Vec<Card>,
    pub lists: Vec<List>,
    pub answers: Vec<Answer>,
    pub mode: Mode,
    pub staleness: i64,
    pub asks_lists: bool,
    pub asks_answers: bool,
    /// The limit of the request.
    pub depth: usize,
    /// Whether lists are brought in beside all certificates, or beside none.
    pub beside: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    Off,
    Prefer,
    Require,
}

/// One certificate.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Card {
    pub is_anchor: bool,
    pub subject: Name,
    pub issuer: Name,
    pub key: usize,
    pub signer: usize,
    /// Whether it is a CA, and how many may follow.
    pub basic: Option<(bool, Option<u8>)>,
    pub usage: Option<Usage>,
    pub purposes: Option<&'static [Purpose]>,
    pub not_before: i64,
    pub not_after: i64,
    /// Indices into `SUBTREES`.
    pub permitted: Vec<usize>,
    pub excluded: Vec<usize>,
    /// Indices into `ALTERNATIVES`.
    pub alternatives: Vec<usize>,
    pub alternatives_critical: bool,
    pub subject_key_id: KeyId,
    pub authority_key_id: KeyId,
    pub point: Option<Point>,
    pub serial: u8,
    pub flaw: Flaw,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Usage {
    pub digital_signature: bool,
    pub cert_sign: bool,
    pub crl_sign: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    Client,
    Server,
    Any,
}

/// A key identifier: not there, the right one, or that of a key that nobody has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyId {
    Absent,
    Right,
    Wrong,
}

/// A distribution point: which of two addresses, and whether for some reasons only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Point {
    pub address: u8,
    pub reasons: Reasons,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reasons {
    All,
    /// keyCompromise and cACompromise.
    Some,
    /// All others.
    Others,
}

/// What is wrong with a certificate, beside what its other parts say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Flaw {
    None,
    Signature,
    UnknownCritical,
    /// Which is none.
    UnknownNotCritical,
    ExtensionTwice,
    Version1,
    AlgorithmsDisagree,
    SerialZero,
    SerialLong,
    SerialNegative,
    KeyIdCritical,
    PolicyConstraintsCritical,
    PolicyConstraintsNotCritical,
    EmptySubject,
    EmptyIssuer,
    MalformedConstraints,
    NoPurpose,
}

const FLAWS: [Flaw; 16] = [
    Flaw::Signature,
    Flaw::UnknownCritical,
    Flaw::UnknownNotCritical,
    Flaw::ExtensionTwice,
    Flaw::Version1,
    Flaw::AlgorithmsDisagree,
    Flaw::SerialZero,
    Flaw::SerialLong,
    Flaw::SerialNegative,
    Flaw::KeyIdCritical,
    Flaw::PolicyConstraintsCritical,
    Flaw::PolicyConstraintsNotCritical,
    Flaw::EmptySubject,
    Flaw::EmptyIssuer,
    Flaw::MalformedConstraints,
    Flaw::NoPurpose,
];

/// A revocation list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    pub issuer: Name,
    pub signer: usize,
    pub bad_signature: bool,
    pub key_id: KeyId,
    /// Bit n: the serial number n + 1.
    pub revoked: u8,
    pub this_update: i64,
    pub next_update: i64,
    pub only_users: bool,
    pub only_cas: bool,
    pub address: Option<u8>,
    pub reasons: Reasons,
    pub is_delta: bool,
    pub has_number: bool,
    pub superseded: bool,
}

/// What a responder said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub issuer: Name,
    pub issuer_key: usize,
    pub serial: u8,
    pub status: Status,
    pub this_update: i64,
    pub next_update: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    Good,
    Revoked,
    Unknown,
}

/// Bytes, then zeros.
struct Bytes<'b>(&'b [u8]);

impl Bytes<'_> {
    fn next(&mut self) -> u8 {
        match self.0.split_first() {
            Some((first, rest)) => {
                self.0 = rest;
                *first
            }
            None => 0,
        }
    }

    fn chunk<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.next())
    }
}

impl Plan {
    /// The world that these bytes stand for. Every sequence of bytes stands for one.
    pub fn read(bytes: &[u8]) -> Self {
        let mut bytes = Bytes(bytes);
        let [count, policy, depth, lists] = bytes.chunk();
        let count = 2 + usize::from(count) % 11;
        let certificates = (0..count)
            .map(|at| Card::read(at, count, bytes.chunk()))
            .collect();
        let sources = policy >> 4 & 3;
        Self {
            certificates,
            lists: (0..usize::from(lists % 5))
                .map(|at| List::read(at, bytes.chunk()))
                .collect(),
            answers: (0..usize::from(lists >> 4 & 3))
                .map(|at| Answer::read(at, bytes.chunk()))
                .collect(),
            mode: [Mode::Off, Mode::Prefer, Mode::Require][usize::from(policy % 3)],
            staleness: if policy & 0x80 == 0 { 0 } else { 5 },
            asks_lists: sources != 1,
            asks_answers: sources == 1 || sources == 2,
            depth: if depth % 8 < 4 { 10 } else { usize::from(depth % 4) },
            beside: policy & 0x40 == 0,
        }
    }

    /// The part of it that verifiers without a policy of ours understand: no answers, lists for all or for nobody, and
    /// no limit of a request.
    pub fn plain(mut self) -> Self {
        self.answers.clear();
        (self.asks_lists, self.asks_answers) = (true, false);
        if self.mode == Mode::Prefer || self.lists.is_empty() {
            self.mode = Mode::Off;
        }
        for list in &mut self.lists {
            list.superseded = false;
        }
        (self.depth, self.staleness) = (10, 0);
        self
    }
}

fn name(offset: usize, byte: u8) -> Name {
    Name {
        which: (offset + usize::from(byte & 0x0f)) % NAMES,
        odd_spelling: byte & 0x80 != 0,
    }
}

fn key_id(bits: u8) -> KeyId {
    match bits & 3 {
        1 => KeyId::Right,
        2 => KeyId::Wrong,
        _ => KeyId::Absent,
    }
}

impl Card {
    fn read(at: usize, count: usize, bytes: [u8; 14]) -> Self {
        let [
            subject,
            issuer,
            keys,
            place,
            usage,
            purposes,
            validity,
            tree,
            tree2,
            alternative,
            alternative2,
            ids,
            flaw,
            serial,
        ] = bytes;
        let (is_leaf, is_last) = (at == 0, at + 1 == count);
        let length = match place >> 4 & 7 {
            4 | 7 => Some(0),
            5 => Some(1),
            6 => Some(2),
            _ => None,
        };
        let mut card = Self {
            is_anchor: !is_leaf
                && match place & 3 {
                    1 => false,
                    2 => true,
                    _ => is_last,
                },
            subject: name(at, subject),
            issuer: name(at + 1, issuer),
            key: (at + usize::from(keys & 3)) % KEYS,
            signer: (at + 1 + usize::from(keys >> 2 & 3)) % KEYS,
            basic: match place >> 2 & 3 {
                0 if is_leaf => None,
                1 => None,
                2 => Some((false, length)),
                _ => Some((true, length)),
            },
            usage: match usage & 3 {
                0 => Some(Usage {
                    digital_signature: is_leaf,
                    cert_sign: !is_leaf,
                    crl_sign: !is_leaf,
                }),
                1 => None,
                _ => Some(Usage {
                    digital_signature: usage & 4 != 0,
                    cert_sign: usage & 8 != 0,
                    crl_sign: usage & 16 != 0,
                }),
            },
            purposes: match purposes % 8 {
                1 => Some(&[Purpose::Client]),
                2 => Some(&[Purpose::Server]),
                3 => Some(&[Purpose::Any]),
                4 => Some(&[Purpose::Client, Purpose::Server]),
                5 => Some(&[Purpose::Server, Purpose::Any]),
                _ => None,
            },
            not_before: NOW + [-1000, 0, 1, -1][usize::from(validity & 3)],
            not_after: NOW + [1000, 0, -1, 1][usize::from(validity >> 2 & 3)],
            permitted: Vec::new(),
            excluded: Vec::new(),
            alternatives: Vec::new(),
            alternatives_critical: alternative & 0x40 != 0,
            subject_key_id: key_id(ids),
            authority_key_id: key_id(ids >> 2),
            point: match ids >> 4 & 3 {
                0 => None,
                3 => Some(Point {
                    address: 0,
                    reasons: Reasons::Some,
                }),
                address => Some(Point {
                    address: address - 1,
                    reasons: Reasons::All,
                }),
            },
            serial: 1 + ((at as u8).wrapping_add(serial)) % SERIALS,
            flaw: *FLAWS
                .get(usize::from(flaw % 64).wrapping_sub(1))
                .unwrap_or(&Flaw::None),
        };
        for tree in [tree, tree2].into_iter().filter(|tree| tree & 0x80 != 0) {
            let into = if tree & 0x40 == 0 {
                &mut card.permitted
            } else {
                &mut card.excluded
            };
            into.push(usize::from(tree & 0x3f) % SUBTREES.len());
        }
        for one in [alternative, alternative2]
            .into_iter()
            .filter(|one| one & 0x80 != 0)
        {
            card.alternatives
                .push(usize::from(one & 0x3f) % ALTERNATIVES.len());
        }
        match card.flaw {
            Flaw::Version1 => card.without_extensions(),
            // The malformed subtree stands in the place of the others.
            Flaw::MalformedConstraints => card.permitted.clear(),
            _ => {}
        }
        card
    }

    /// Version 1 has none.
    fn without_extensions(&mut self) {
        (self.basic, self.usage, self.purposes, self.point) = (None, None, None, None);
        (self.subject_key_id, self.authority_key_id) = (KeyId::Absent, KeyId::Absent);
        self.permitted.clear();
        self.excluded.clear();
        self.alternatives.clear();
    }

    pub fn has_constraints(&self) -> bool {
        !self.permitted.is_empty() || !self.excluded.is_empty() || self.flaw == Flaw::MalformedConstraints
    }

    pub fn is_ca(&self) -> bool {
        self.basic.is_some_and(|(ca, _)| ca)
    }

    /// Whether this certificate's name is that other's issuer.
    pub fn is_issuer_of(&self, other: &Self) -> bool {
        let named = self.flaw != Flaw::EmptySubject && other.flaw != Flaw::EmptyIssuer;
        named && self.subject.matches(other.issuer)
    }

    /// Whether its issuer bears its own name.
    pub fn is_self_issued(&self) -> bool {
        match (self.flaw == Flaw::EmptySubject, self.flaw == Flaw::EmptyIssuer) {
            (false, false) => self.subject.matches(self.issuer),
            (subject, issuer) => subject && issuer,
        }
    }
}

impl List {
    fn read(at: usize, bytes: [u8; 6]) -> Self {
        let [issuer, signer, revoked, times, scope, oddity] = bytes;
        Self {
            issuer: name(at + 1, issuer),
            signer: (at + 1 + usize::from(signer & 3)) % KEYS,
            bad_signature: signer & 0x3c == 0x3c,
            key_id: key_id(signer >> 6),
            revoked: revoked & ((1 << SERIALS) - 1),
            this_update: NOW + [-1000, 0, 1, -1000][usize::from(times & 3)],
            next_update: NOW + [1000, 0, -1, -5, -6, 1, 1000, 1000][usize::from(times >> 2 & 7)],
            only_users: scope & 0x0f == 1,
            only_cas: scope & 0x0f == 2,
            address: match scope & 0x0f {
                3 | 7 => Some(0),
                4 => Some(1),
                _ => None,
            },
            reasons: match scope & 0x0f {
                5 | 7 => Reasons::Some,
                6 => Reasons::Others,
                _ => Reasons::All,
            },
            is_delta: oddity % 16 == 1,
            has_number: oddity % 16 != 2,
            superseded: oddity % 16 == 3,
        }
    }
}

impl Answer {
    fn read(at: usize, bytes: [u8; 3]) -> Self {
        let [issuer, about, status] = bytes;
        Self {
            issuer: name(at + 1, issuer),
            issuer_key: (at + 1 + usize::from(about & 3)) % KEYS,
            serial: 1 + ((at as u8).wrapping_add(about >> 2)) % SERIALS,
            status: [Status::Good, Status::Good, Status::Revoked, Status::Unknown][usize::from(status & 3)],
            this_update: NOW + [-1000, 0, 1, -1000][usize::from(status >> 2 & 3)],
            next_update: NOW + [1000, 0, -1, -5, -6, 1, 1000, 1000][usize::from(status >> 4 & 7)],
        }
    }
}
