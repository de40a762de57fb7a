//! Sealing keys: made, rotated and retired on a schedule; sealed under the root key when at rest.
//!
//! One writer rotates. A new key is published one interval before its first use, so that every reader knows it by
//! then; a retired key opens tokens for as long as a session sealed under it can live (threat K7).

use std::fmt;

use wire::{SessionDuration, Timestamp};
use zeroize::Zeroizing;

use crate::primitives::{aead, hkdf};
use crate::randomness::{Randomness, RandomnessUnavailable, random};

/// How long a key seals: thirty days.
pub const ROTATION_SECONDS: i64 = 30 * 24 * 3600;
/// How long before its first use a key is published: one hour, many times the interval at which readers look.
pub const PUBLICATION_SECONDS: i64 = 3600;
/// How long after its last use a key still opens: the longest session and the skew that doors allow.
pub const OPENING_SECONDS: i64 = SessionDuration::LONGEST.seconds() as i64 + 900;

/// The key that guards all others: 32 bytes in a file of its own, apart from the data.
#[derive(Clone)]
pub struct RootKey(Zeroizing<[u8; 32]>);

impl RootKey {
    /// Takes over the bytes of the key's file.
    pub fn new(bytes: &[u8]) -> Option<Self> {
        <[u8; 32]>::try_from(bytes)
            .ok()
            .map(|bytes| Self(Zeroizing::new(bytes)))
    }

    /// A fresh root key.
    pub fn generate(randomness: &dyn Randomness) -> Result<Self, RandomnessUnavailable> {
        random(randomness).map(|bytes| Self(Zeroizing::new(bytes)))
    }

    /// The bytes, for the file that `certroled init` makes.
    pub fn expose(&self) -> &[u8] {
        self.0.as_slice()
    }

    /// Seals a secret for storage. `name` says what it is and is authenticated: a blob moved to another place does
    /// not open there.
    pub fn seal(
        &self,
        name: &str,
        secret: &[u8],
        randomness: &dyn Randomness,
    ) -> Result<Vec<u8>, RandomnessUnavailable> {
        let salt: [u8; 32] = random(randomness)?;
        let mut sealed = secret.to_vec();
        let key = cipher(&self.extracted(&salt), &[b"certrole at rest v1", name.as_bytes()])
            .ok_or(RandomnessUnavailable)?;
        let nonce = aead::Nonce::assume_unique_for_key([0; 12]);
        key.seal_in_place_append_tag(nonce, aead::Aad::from(name.as_bytes()), &mut sealed)
            .map_err(|_| RandomnessUnavailable)?;
        let mut blob = vec![1];
        blob.extend_from_slice(&salt);
        blob.append(&mut sealed);
        Ok(blob)
    }

    /// Opens what [`RootKey::seal`] sealed under the same name.
    pub fn open(&self, name: &str, blob: &[u8]) -> Result<Zeroizing<Vec<u8>>, NotOurs> {
        let (version, rest) = blob.split_first().ok_or(NotOurs)?;
        let (salt, sealed) = rest.split_at_checked(32).ok_or(NotOurs)?;
        if *version != 1 {
            return Err(NotOurs);
        }
        let key = cipher(&self.extracted(salt), &[b"certrole at rest v1", name.as_bytes()]).ok_or(NotOurs)?;
        let mut opened = Zeroizing::new(sealed.to_vec());
        let nonce = aead::Nonce::assume_unique_for_key([0; 12]);
        let length = key
            .open_in_place(nonce, aead::Aad::from(name.as_bytes()), &mut opened)
            .map_err(|_| NotOurs)?
            .len();
        opened.truncate(length);
        Ok(opened)
    }

    /// What the keys of this salt are expanded from (RFC 5869, 2.2).
    fn extracted(&self, salt: &[u8]) -> hkdf::Prk {
        hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(self.0.as_slice())
    }
}

impl fmt::Debug for RootKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RootKey([secret])")
    }
}

/// The bytes were not sealed under this key and name, or were changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this was not sealed under this root key, or was changed since")]
pub struct NotOurs;

/// A fresh key per salt, which stands in `info` or went into `keys`, so that the nonce may be constant: no counter to
/// restore, no birthday bound (threat K6).
pub(crate) fn cipher(keys: &hkdf::Prk, info: &[&[u8]]) -> Option<aead::LessSafeKey> {
    let okm = keys.expand(info, &aead::AES_256_GCM).ok()?;
    Some(aead::LessSafeKey::new(aead::UnboundKey::from(okm)))
}

/// One sealing key and its times.
#[derive(Clone)]
pub struct SealingKey {
    /// The key's number, which tokens name.
    pub id: u32,
    secret: Zeroizing<[u8; 32]>,
    /// From when it seals.
    pub first_use: Timestamp,
    /// From when it seals no more.
    pub retired: Timestamp,
}

impl SealingKey {
    /// A key with these times.
    pub fn new(id: u32, secret: &[u8], first_use: Timestamp, retired: Timestamp) -> Option<Self> {
        let secret = Zeroizing::new(<[u8; 32]>::try_from(secret).ok()?);
        Some(Self {
            id,
            secret,
            first_use,
            retired,
        })
    }

    /// A fresh key that seals from `first_use` for one rotation.
    pub fn generate(
        id: u32,
        first_use: Timestamp,
        randomness: &dyn Randomness,
    ) -> Result<Self, RandomnessUnavailable> {
        let secret = Zeroizing::new(random(randomness)?);
        Ok(Self {
            id,
            secret,
            first_use,
            retired: first_use.plus(ROTATION_SECONDS),
        })
    }

    /// The key itself, for sealing at rest.
    pub fn expose(&self) -> &[u8] {
        self.secret.as_slice()
    }

    /// What the keys of its tokens are expanded from. Nothing is extracted first: every bit of it is random already
    /// (RFC 5869, 3.3).
    pub(super) fn expansion(&self) -> hkdf::Prk {
        hkdf::Prk::new_less_safe(hkdf::HKDF_SHA256, self.secret.as_slice())
    }

    fn opens_until(&self) -> Timestamp {
        self.retired.plus(OPENING_SECONDS)
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "SealingKey(#{}, {} to {})",
            self.id, self.first_use, self.retired
        )
    }
}

/// All sealing keys that matter now.
#[derive(Debug, Clone, Default)]
pub struct KeyRing {
    keys: Vec<SealingKey>,
}

impl KeyRing {
    /// The ring of these keys.
    pub fn new(keys: Vec<SealingKey>) -> Self {
        Self { keys }
    }

    /// The key that seals now: of those in use, the one that came into use last.
    pub fn sealing(&self, now: Timestamp) -> Option<&SealingKey> {
        let in_use = |key: &&SealingKey| key.first_use <= now && now < key.retired;
        self.keys
            .iter()
            .filter(in_use)
            .max_by_key(|key| (key.first_use, key.id))
    }

    /// The key that opens a token naming this number, while it may still.
    pub fn opening(&self, id: u32, now: Timestamp) -> Option<&SealingKey> {
        self.keys
            .iter()
            .find(|key| key.id == id && now < key.opens_until())
    }

    /// The key to make now, if one is due: its number and first use. The first key of all is used at once.
    pub fn due(&self, now: Timestamp) -> Option<(u32, Timestamp)> {
        let next = self
            .keys
            .iter()
            .map(|key| key.id)
            .max()
            .unwrap_or(0)
            .checked_add(1)?;
        if self.sealing(now).is_none() {
            return Some((next, now));
        }
        let last = self.keys.iter().map(|key| key.retired).max()?;
        (now.plus(PUBLICATION_SECONDS) >= last).then_some((next, now.plus(PUBLICATION_SECONDS).min(last)))
    }

    /// The numbers of the keys that open nothing any more.
    pub fn spent(&self, now: Timestamp) -> Vec<u32> {
        self.keys
            .iter()
            .filter(|key| now >= key.opens_until())
            .map(|key| key.id)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use crate::test_support::Counted;

    /// Sealed by the build with ring.
    const KNOWN_BLOB: &str = "01af5570f5a1810b7af78caf4bc70a660f0df51e42baf91d4de5b2328de0e83dfca3e8803e7c527a31bb880e6d24dd07d7581ab2aca02f";

    #[test]
    fn a_sealed_secret_opens_under_its_own_name_only() {
        let root = RootKey::generate(&Counted::default()).unwrap();
        let blob = root
            .seal("sealing-key/1", b"secret", &Counted::default())
            .unwrap();
        assert_eq!(root.open("sealing-key/1", &blob).unwrap().as_slice(), b"secret");
        assert!(root.open("sealing-key/2", &blob).is_err());
        for at in 0..blob.len() {
            let mut bent = blob.clone();
            bent[at] ^= 1;
            assert!(root.open("sealing-key/1", &bent).is_err(), "byte {at}");
        }
        assert!(root.open("sealing-key/1", &[]).is_err());
    }

    /// Both builds seal the same bytes at rest (docs/cryptography.md): a state folder does not depend on the build.
    #[test]
    fn a_sealed_secret_does_not_depend_on_the_build() {
        let root = RootKey::new(&[9; 32]).unwrap();
        let blob = root
            .seal("sealing-key/1", b"secret", &Counted::default())
            .unwrap();
        assert_eq!(hex::encode(&blob), KNOWN_BLOB);
        assert_eq!(root.open("sealing-key/1", &blob).unwrap().as_slice(), b"secret");
    }

    /// Threat K7: published before use, used in turn, opened until the last session under it has ended.
    #[test]
    fn keys_follow_each_other_without_a_gap() {
        let start = Timestamp::from_seconds(1_000_000);
        let randomness = Counted::default();
        let mut keys = Vec::new();
        let (id, first_use) = KeyRing::default().due(start).unwrap();
        keys.push(SealingKey::generate(id, first_use, &randomness).unwrap());
        let ring = KeyRing::new(keys.clone());
        assert_eq!(ring.sealing(start).unwrap().id, 1);
        assert_eq!(ring.due(start), None);

        let soon = start.plus(ROTATION_SECONDS - PUBLICATION_SECONDS);
        assert_eq!(ring.due(soon.plus(-1)), None);
        let (id, first_use) = ring.due(soon).unwrap();
        assert_eq!((id, first_use), (2, start.plus(ROTATION_SECONDS)));
        keys.push(SealingKey::generate(id, first_use, &randomness).unwrap());
        let ring = KeyRing::new(keys);
        assert_eq!(ring.due(soon), None);
        assert_eq!(ring.sealing(first_use.plus(-1)).unwrap().id, 1);
        assert_eq!(ring.sealing(first_use).unwrap().id, 2);
        assert!(ring.opening(1, first_use.plus(OPENING_SECONDS - 1)).is_some());
        assert!(ring.opening(1, first_use.plus(OPENING_SECONDS)).is_none());
        assert_eq!(ring.spent(first_use.plus(OPENING_SECONDS)), [1]);
    }
}
