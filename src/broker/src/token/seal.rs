//! Sealing and opening a token.
//!
//! Layout before base64: version (1 byte), purpose (1), key number (4, big-endian), salt (32), ciphertext and tag. A
//! fresh AES-256-GCM key per token is expanded from the sealing key, by the salt and the first six bytes, which are
//! authenticated besides (threats K1, K6).

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use wire::{AccessKeyId, SecretText, Timestamp};
use zeroize::Zeroizing;

use super::Claims;
use super::keys::{KeyRing, SealingKey, cipher};
use crate::primitives::{aead, hkdf};

const VERSION: u8 = 1;
/// The one purpose so far: the session token of temporary credentials.
const SESSION: u8 = 1;
const HEADER: usize = 6;
const SALT: usize = 32;

/// Fresh random bytes for one token: they make its key.
pub(crate) type Salt = [u8; SALT];

/// The largest token that is looked at; ours stay well below 4,096 bytes (policy contract 4.6).
const LARGEST: usize = 8192;
/// What a key that is expanded with a token's salt is for: told apart, so that no such key ever serves twice.
const FOR_CLAIMS: &[u8] = b"certrole token v1 claims";
const FOR_SECRET: &[u8] = b"certrole token v1 secret access key";

/// A token could not be sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotSealed {
    #[error("no sealing key is in force")]
    NoKey,
    #[error("the claims do not fit a token")]
    TooLarge,
}

/// Why a token does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TokenRefused {
    #[error("the session token is not one of ours, or was changed")]
    NotOurs,
    #[error("the session token is sealed under key {0}, which is not in force")]
    UnknownKey(u32),
}

/// A token that the seal proved ours.
#[derive(Debug)]
pub(crate) struct OpenedToken {
    pub(crate) claims: Claims<'static>,
    pub(crate) secret: SecretText,
}

/// Seals the claims; gives the token and the secret access key that goes with it.
pub(crate) fn seal(
    claims: &Claims<'_>,
    ring: &KeyRing,
    now: Timestamp,
    salt: &Salt,
) -> Result<(SecretText, SecretText), NotSealed> {
    let key = ring.sealing(now).ok_or(NotSealed::NoKey)?;
    let mut token = Vec::with_capacity(1024);
    token.extend_from_slice(&[VERSION, SESSION]);
    token.extend_from_slice(&key.id.to_be_bytes());
    let header: [u8; HEADER] = token.as_slice().try_into().map_err(|_| NotSealed::TooLarge)?;
    token.extend_from_slice(salt);

    claims.write(&mut token).ok_or(NotSealed::TooLarge)?;
    let keys = TokenKeys::of(key, &header, salt);
    let cipher = keys.claims().ok_or(NotSealed::TooLarge)?;
    let nonce = aead::Nonce::assume_unique_for_key([0; 12]);
    let plain = token.get_mut(HEADER + SALT..).ok_or(NotSealed::TooLarge)?;
    let tag = cipher
        .seal_in_place_separate_tag(nonce, aead::Aad::from(header), plain)
        .map_err(|_| NotSealed::TooLarge)?;
    token.extend_from_slice(tag.as_ref());

    let text = URL_SAFE_NO_PAD.encode(&token);
    if text.len() > LARGEST {
        return Err(NotSealed::TooLarge);
    }
    let secret = keys.secret(&claims.access_key).ok_or(NotSealed::TooLarge)?;
    Ok((SecretText::new(text), secret))
}

/// Opens a token. Whether its session is over, and whether its anchor, profile and role still are, is for the caller.
pub(crate) fn open(text: &str, ring: &KeyRing, now: Timestamp) -> Result<OpenedToken, TokenRefused> {
    if text.len() > LARGEST {
        return Err(TokenRefused::NotOurs);
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| TokenRefused::NotOurs)?;
    let (header, rest) = bytes.split_first_chunk::<HEADER>().ok_or(TokenRefused::NotOurs)?;
    let (salt, sealed) = rest.split_first_chunk::<SALT>().ok_or(TokenRefused::NotOurs)?;
    let [VERSION, SESSION, id @ ..] = *header else {
        return Err(TokenRefused::NotOurs);
    };
    let id = u32::from_be_bytes(id);
    let key = ring.opening(id, now).ok_or(TokenRefused::UnknownKey(id))?;

    let keys = TokenKeys::of(key, header, salt);
    let cipher = keys.claims().ok_or(TokenRefused::NotOurs)?;
    let mut opened = sealed.to_vec();
    let nonce = aead::Nonce::assume_unique_for_key([0; 12]);
    let plain = cipher
        .open_in_place(nonce, aead::Aad::from(header), &mut opened)
        .map_err(|_| TokenRefused::NotOurs)?;
    let claims = Claims::read(plain).ok_or(TokenRefused::NotOurs)?;
    let secret = keys.secret(&claims.access_key).ok_or(TokenRefused::NotOurs)?;
    Ok(OpenedToken { claims, secret })
}

/// The keys of one token. Header and salt go into each of them: no other token has the same.
struct TokenKeys<'t> {
    keys: hkdf::Prk,
    header: &'t [u8; HEADER],
    salt: &'t Salt,
}

impl<'t> TokenKeys<'t> {
    fn of(key: &SealingKey, header: &'t [u8; HEADER], salt: &'t Salt) -> Self {
        let keys = key.expansion();
        Self { keys, header, salt }
    }

    fn claims(&self) -> Option<aead::LessSafeKey> {
        cipher(&self.keys, &[FOR_CLAIMS, self.header, self.salt])
    }

    /// The secret access key: derived, so that nothing has to store it. Thirty bytes are forty characters, the length
    /// that clients know (policy contract 4.6).
    fn secret(&self, access_key: &AccessKeyId) -> Option<SecretText> {
        struct Thirty;

        impl hkdf::KeyType for Thirty {
            fn len(&self) -> usize {
                30
            }
        }

        let info = [FOR_SECRET, self.header, self.salt, access_key.as_str().as_bytes()];
        let mut bytes = Zeroizing::new([0; 30]);
        self.keys
            .expand(&info, Thirty)
            .ok()?
            .fill(bytes.as_mut_slice())
            .ok()?;
        Some(SecretText::new(STANDARD.encode(bytes.as_slice())))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use crate::randomness::random;
    use crate::test_support::{Counted, claims};

    /// `claims()` sealed by the build with ring.
    const KNOWN_TOKEN: &str = "AQEAAAABCvafx3b2nuxLaIUzFqBB0P2upGZewpn7ySg1YKCm9mcvvOzlyvY8mpO9SCbUd91_1BkHVTY7fjHXTRmeyKMTHZSAHXYA55Ammmdi8l5YWaMzub2Ye4VP1WNkD8ih-_eifPHeNHRe40ZH09ewIvxkxLedET7FaKRgScHlFoeUs-p0MCw0Ymwy6ye5fUNMo6VHQLYUZB3aj6P5VFY2cgxB00vfTNPiN2VkcOuVwWE3D2ywNULo6ZdSlY7-DWtQ2U4akbLkPgxGZi8d6TdedveZydqcIUYsZQbxA6jRevSFvzl-2eCOpHGQx_Q-10_ue3c7vcGlhUFhBs5MRWi8uFl2HBXzig1GL9pz4578v2MRZ93f1wAo14EmBvS_Cvmgf0md6c_RTjA1dlguAREZoyi9";
    const KNOWN_SECRET: &str = "QSoFYMshDP0ny8zIPKTOszxDcMDJFGIx4Kyd3rS1";

    fn now() -> Timestamp {
        Timestamp::from_seconds(1_800_000_000)
    }

    fn ring() -> KeyRing {
        KeyRing::new(vec![SealingKey::generate(1, now(), &Counted::default()).unwrap()])
    }

    fn salt(number: u64) -> Salt {
        random(&Counted::starting_at(number)).unwrap()
    }

    #[test]
    fn a_token_gives_back_what_was_sealed() {
        let (token, secret) = seal(&claims(), &ring(), now(), &salt(0)).unwrap();
        let opened = open(token.expose(), &ring(), now()).unwrap();
        assert_eq!(opened.claims, claims());
        assert_eq!(opened.secret, secret);
        assert_eq!(secret.expose().len(), 40);
    }

    /// Both builds make and open these very bytes (docs/cryptography.md): a change of build ends no session.
    #[test]
    fn a_token_does_not_depend_on_the_build() {
        let (token, secret) = seal(&claims(), &ring(), now(), &salt(5)).unwrap();
        assert_eq!(token.expose(), KNOWN_TOKEN);
        assert_eq!(secret.expose(), KNOWN_SECRET);
        let opened = open(KNOWN_TOKEN, &ring(), now()).unwrap();
        assert_eq!(opened.claims, claims());
        assert_eq!(opened.secret.expose(), KNOWN_SECRET);
    }

    /// Threat K1: any change, cut or other spelling of a token makes it worthless.
    #[test]
    fn no_changed_token_opens() {
        let (token, _) = seal(&claims(), &ring(), now(), &salt(0)).unwrap();
        let bytes = URL_SAFE_NO_PAD.decode(token.expose()).unwrap();
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut bent = bytes.clone();
                bent[at] ^= 1 << bit;
                assert!(
                    open(&URL_SAFE_NO_PAD.encode(&bent), &ring(), now()).is_err(),
                    "byte {at} bit {bit}"
                );
            }
        }
        for length in 0..bytes.len() {
            assert!(
                open(&URL_SAFE_NO_PAD.encode(&bytes[..length]), &ring(), now()).is_err(),
                "cut at {length}"
            );
        }
        for bent in [
            format!("{}=", token.expose()),
            format!("{} ", token.expose()),
            String::new(),
        ] {
            assert!(open(&bent, &ring(), now()).is_err(), "{bent:?}");
        }
        assert!(open(&"A".repeat(LARGEST + 4), &ring(), now()).is_err());
    }

    /// Threat K1: what another installation, or another kind of seal, made is not ours.
    #[test]
    fn tokens_of_another_ring_do_not_open() {
        let (token, _) = seal(&claims(), &ring(), now(), &salt(0)).unwrap();
        let other = SealingKey::generate(1, now(), &Counted::starting_at(77)).unwrap();
        let refused = open(token.expose(), &KeyRing::new(vec![other]), now()).unwrap_err();
        assert_eq!(refused, TokenRefused::NotOurs);
        assert_eq!(
            open(token.expose(), &KeyRing::default(), now()).unwrap_err(),
            TokenRefused::UnknownKey(1)
        );
    }

    /// Threats K6, K10: the same claims sealed twice share neither token nor secret; and what is sealed differs, not the
    /// salt before it alone.
    #[test]
    fn every_seal_is_fresh() {
        let randomness = Counted::default();
        let mut tokens = std::collections::HashSet::new();
        let mut secrets = std::collections::HashSet::new();
        for _ in 0..1000 {
            let (token, secret) = seal(&claims(), &ring(), now(), &random(&randomness).unwrap()).unwrap();
            let token = URL_SAFE_NO_PAD.decode(token.expose()).unwrap();
            assert!(tokens.insert(token[HEADER + SALT..].to_vec()));
            assert!(secrets.insert(secret.expose().to_owned()));
        }
    }

    #[test]
    fn without_a_key_nothing_is_sealed() {
        let empty = seal(&claims(), &KeyRing::default(), now(), &salt(0));
        assert_eq!(empty.unwrap_err(), NotSealed::NoKey);
    }

    /// The size that small clients can take (issue: 1,900 bytes for the whole body; see `issue`).
    #[test]
    fn claims_at_the_promised_sizes_stay_small() {
        let mut claims = claims();
        claims.issuer = "i".repeat(60).into();
        claims.source_identity = "s".repeat(64).parse().unwrap();
        claims.session_name = "n".repeat(40).parse().unwrap();
        claims.tags = (0..8)
            .map(|at| (format!("x509Subject/{at}"), "v".repeat(37)))
            .collect();
        let (token, _) = seal(&claims, &ring(), now(), &salt(0)).unwrap();
        assert!(token.expose().len() < 1250, "{}", token.expose().len());
    }
}
