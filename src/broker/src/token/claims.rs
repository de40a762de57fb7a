//! What a session token says, and how it is written: version 1.
//!
//! A closed form: the fields stand in one order, each with its length; a byte too many or too few makes the whole
//! unreadable, and a newer version is another version (threat O11).

use std::borrow::Cow;
use std::sync::Arc;

use uuid::Uuid;
use wire::{AccessKeyId, AccountId, RoleId, RoleSessionName, SourceIdentity, Timestamp};

/// What a session token carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims<'a> {
    /// The account of anchor, profile and role.
    pub account: AccountId,
    /// The trust anchor's id.
    pub trust_anchor: Uuid,
    /// The profile's id.
    pub profile: Uuid,
    /// The role's unique id: one life of a role, so that a role made anew does not inherit sessions.
    pub role: RoleId,
    /// The issuer of the certificate, as text, at most 255 bytes.
    pub issuer: Cow<'a, str>,
    /// The certificate's serial number, canonical octets.
    pub serial: Cow<'a, [u8]>,
    /// SHA-256 of the certificate's public key (its SubjectPublicKeyInfo).
    pub public_key: [u8; 32],
    /// SHA-256 of the certificate.
    pub certificate: [u8; 32],
    /// When the credentials were issued.
    pub issued: Timestamp,
    /// When they end.
    pub expires: Timestamp,
    /// The access key id; a request that names another is refused.
    pub access_key: AccessKeyId,
    /// The root session, which derived sessions inherit.
    pub root_session: [u8; 16],
    /// The session's name.
    pub session_name: RoleSessionName,
    /// The source identity.
    pub source_identity: SourceIdentity,
    /// The session tags, in order.
    pub tags: Arc<[(String, String)]>,
}

/// The tag keys that certificates give most often, written as one byte so that a token stays small for small clients.
const COMMON_KEYS: [&str; 12] = [
    "x509Subject/CN",
    "x509Subject/OU",
    "x509Subject/O",
    "x509Subject/C",
    "x509Subject/L",
    "x509Subject/ST",
    "x509Issuer/CN",
    "x509Issuer/OU",
    "x509Issuer/O",
    "x509Issuer/C",
    "x509SAN/DNS",
    "x509SAN/URI",
];
/// The byte before a key that is written out.
const WRITTEN_OUT: u8 = 255;

impl Claims<'_> {
    /// The session's user id, `AROA…:NAME`.
    pub fn user_id(&self) -> String {
        [self.role.as_str(), ":", self.session_name.as_str()].concat()
    }

    /// Writes them behind what is there.
    pub(super) fn write(&self, out: &mut Vec<u8>) -> Option<()> {
        out.extend_from_slice(&self.account.number().to_be_bytes());
        out.extend_from_slice(self.trust_anchor.as_bytes());
        out.extend_from_slice(self.profile.as_bytes());
        short(out, self.role.as_str().as_bytes())?;
        short(out, self.issuer.as_bytes())?;
        short(out, &self.serial)?;
        out.extend_from_slice(&self.public_key);
        out.extend_from_slice(&self.certificate);
        out.extend_from_slice(&self.issued.seconds().to_be_bytes());
        out.extend_from_slice(&self.expires.seconds().to_be_bytes());
        short(out, self.access_key.as_str().as_bytes())?;
        out.extend_from_slice(&self.root_session);
        short(out, self.session_name.as_str().as_bytes())?;
        // 64 characters of up to four bytes each: the length needs two bytes, as a tag's value does.
        long(out, self.source_identity.as_str().as_bytes())?;
        out.push(u8::try_from(self.tags.len()).ok()?);
        for (key, value) in self.tags.iter() {
            match COMMON_KEYS.iter().position(|common| common == key) {
                Some(at) => out.push(u8::try_from(at).ok()?),
                None => {
                    out.push(WRITTEN_OUT);
                    long(out, key.as_bytes())?;
                }
            }
            long(out, value.as_bytes())?;
        }
        Some(())
    }

    pub(super) fn read(bytes: &[u8]) -> Option<Claims<'static>> {
        let mut reader = Reader(bytes);
        let claims = Claims {
            account: AccountId::from_number(u64::from_be_bytes(reader.array()?))?,
            trust_anchor: Uuid::from_bytes(reader.array()?),
            profile: Uuid::from_bytes(reader.array()?),
            role: reader.short_text()?.parse().ok()?,
            issuer: reader.short_text()?.to_owned().into(),
            serial: reader.short()?.to_vec().into(),
            public_key: reader.array()?,
            certificate: reader.array()?,
            issued: Timestamp::from_seconds(i64::from_be_bytes(reader.array()?)),
            expires: Timestamp::from_seconds(i64::from_be_bytes(reader.array()?)),
            access_key: reader.short_text()?.parse().ok()?,
            root_session: reader.array()?,
            session_name: reader.short_text()?.parse().ok()?,
            source_identity: reader.long_text()?.parse().ok()?,
            tags: (0..reader.byte()?).map(|_| reader.tag()).collect::<Option<_>>()?,
        };
        reader.0.is_empty().then_some(claims)
    }
}

fn short(out: &mut Vec<u8>, bytes: &[u8]) -> Option<()> {
    out.push(u8::try_from(bytes.len()).ok()?);
    out.extend_from_slice(bytes);
    Some(())
}

fn long(out: &mut Vec<u8>, bytes: &[u8]) -> Option<()> {
    out.extend_from_slice(&u16::try_from(bytes.len()).ok()?.to_be_bytes());
    out.extend_from_slice(bytes);
    Some(())
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn byte(&mut self) -> Option<u8> {
        self.array().map(|[byte]| byte)
    }

    fn short(&mut self) -> Option<&'a [u8]> {
        let length = self.byte()?;
        self.take(usize::from(length))
    }

    fn short_text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.short()?).ok()
    }

    fn long_text(&mut self) -> Option<&'a str> {
        let length = u16::from_be_bytes(self.array()?);
        std::str::from_utf8(self.take(usize::from(length))?).ok()
    }

    fn tag(&mut self) -> Option<(String, String)> {
        let key = match self.byte()? {
            WRITTEN_OUT => self.long_text()?,
            at => COMMON_KEYS.get(usize::from(at))?,
        };
        Some((key.to_owned(), self.long_text()?.to_owned()))
    }
}
