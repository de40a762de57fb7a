//! The `Authorization` header and the credential scope (contract 1.5; policy contract 5.1).

use std::fmt;

/// The longest `Authorization` header that is read: an ML-DSA-87 signature in hex is 9,254 bytes (threat S13).
const LONGEST: usize = 16 * 1024;
/// The most headers that a signature may cover (threat S13).
const MOST_HEADERS: usize = 64;

/// Why an `Authorization` header, or its counterpart in the query, cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthorizationError {
    /// Longer than any signature needs.
    #[error("it is {0} bytes long; at most {LONGEST} are read")]
    TooLong(usize),
    /// A part that is not `key=value`.
    #[error("`{0}` is not of the form key=value")]
    NotKeyValue(String),
    /// A key given twice.
    #[error("`{0}` is given twice")]
    Repeated(&'static str),
    /// Keys that are missing.
    #[error("{0:?} is missing")]
    Missing(Vec<&'static str>),
    /// The credential is not of five parts.
    #[error("the credential is not of the form ID/DATE/REGION/SERVICE/aws4_request")]
    Credential,
    /// The list of signed headers is not lower case, sorted and without repeats.
    #[error("the signed headers are not a sorted list of lower-case names")]
    SignedHeaders,
    /// The signature is not lower-case hexadecimal.
    #[error("the signature is not lower-case hexadecimal")]
    Signature,
}

/// A credential scope: who signed, and for what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The access key id, or the certificate's serial number in decimal.
    pub credential_id: String,
    /// `YYYYMMDD`.
    pub date: String,
    /// The region; may be empty on the wire, which doors refuse.
    pub region: String,
    /// The service.
    pub service: String,
}

impl Scope {
    /// Reads `ID/DATE/REGION/SERVICE/aws4_request`.
    pub fn parse(text: &str) -> Result<Self, AuthorizationError> {
        let parts: Vec<&str> = text.split('/').collect();
        match parts.as_slice() {
            [id, date, region, service, "aws4_request"]
                if !id.is_empty() && date.len() == 8 && date.bytes().all(|byte| byte.is_ascii_digit()) =>
            {
                let owned = |part: &&str| (*part).to_owned();
                Ok(Self {
                    credential_id: owned(id),
                    date: owned(date),
                    region: owned(region),
                    service: owned(service),
                })
            }
            _ => Err(AuthorizationError::Credential),
        }
    }

    /// The scope as it stands in the string to sign.
    pub fn without_credential(&self) -> String {
        format!("{}/{}/{}/aws4_request", self.date, self.region, self.service)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.credential_id, self.without_credential())
    }
}

/// The header's parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Authorization {
    pub(crate) algorithm: String,
    pub(crate) scope: Scope,
    pub(crate) signed_headers: Vec<String>,
    pub(crate) signature: Vec<u8>,
}

impl Authorization {
    pub(crate) fn parse(header: &str) -> Result<Self, AuthorizationError> {
        if header.len() > LONGEST {
            return Err(AuthorizationError::TooLong(header.len()));
        }
        let (algorithm, rest) = header.split_once(' ').unwrap_or((header, ""));
        let (mut credential, mut signed_headers, mut signature) = (None, None, None);
        for part in rest
            .split(',')
            .map(|part| part.trim_matches([' ', '\t']))
            .filter(|part| !part.is_empty())
        {
            let capped = || part.chars().take(64).collect();
            let (key, value) = part
                .split_once('=')
                .ok_or_else(|| AuthorizationError::NotKeyValue(capped()))?;
            let (slot, name) = match key {
                "Credential" => (&mut credential, "Credential"),
                "SignedHeaders" => (&mut signed_headers, "SignedHeaders"),
                "Signature" => (&mut signature, "Signature"),
                _ => continue,
            };
            if slot.replace(value).is_some() {
                return Err(AuthorizationError::Repeated(name));
            }
        }
        let (Some(credential), Some(signed_headers), Some(signature)) =
            (credential, signed_headers, signature)
        else {
            let all = [
                ("Credential", credential),
                ("Signature", signature),
                ("SignedHeaders", signed_headers),
            ];
            let missing = all
                .into_iter()
                .filter(|(_, value)| value.is_none())
                .map(|(name, _)| name)
                .collect();
            return Err(AuthorizationError::Missing(missing));
        };
        Ok(Self {
            algorithm: algorithm.to_owned(),
            scope: Scope::parse(credential)?,
            signed_headers: read_signed_headers(signed_headers)?,
            signature: read_signature(signature)?,
        })
    }
}

/// Lower case, sorted, no repeats: one list has one spelling.
pub(crate) fn read_signed_headers(text: &str) -> Result<Vec<String>, AuthorizationError> {
    let names: Vec<String> = text.split(';').map(str::to_owned).collect();
    let is_name = |name: &String| {
        !name.is_empty()
            && name.bytes().all(|byte| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"!#$%&'*+-.^_`|~".contains(&byte)
            })
    };
    if names.len() > MOST_HEADERS || !names.iter().all(is_name) || !names.is_sorted_by(|one, two| one < two) {
        return Err(AuthorizationError::SignedHeaders);
    }
    Ok(names)
}

/// Lower-case hexadecimal only: a signature has one spelling (threat S10).
pub(crate) fn read_signature(text: &str) -> Result<Vec<u8>, AuthorizationError> {
    if text.is_empty() || text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(AuthorizationError::Signature);
    }
    hex::decode(text).map_err(|_| AuthorizationError::Signature)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const GOOD: &str = "AWS4-HMAC-SHA256 Credential=ASIA/20150830/us-east-1/sts/aws4_request, SignedHeaders=host;x-amz-date, Signature=00ff";

    #[test]
    fn a_header_is_read_whatever_blanks_stand_between_its_parts() {
        for header in [
            GOOD.to_owned(),
            GOOD.replace(", ", ","),
            GOOD.replace(", ", " ,  "),
        ] {
            let read = Authorization::parse(&header).unwrap();
            assert_eq!(read.scope.to_string(), "ASIA/20150830/us-east-1/sts/aws4_request");
            assert_eq!(
                (read.signed_headers.len(), read.signature.as_slice()),
                (2, &[0, 0xff][..])
            );
        }
    }

    /// Threats S4, S10, S13.
    #[test]
    fn anything_that_could_be_read_in_two_ways_is_refused() {
        for (from, to) in [
            ("Signature=00ff", "Signature=00FF"),
            ("Signature=00ff", "Signature=0ff"),
            ("Signature=00ff", "Signature="),
            ("Signature=00ff", "Signature=00ff, Signature=00ff"),
            ("Signature=00ff", ""),
            ("host;x-amz-date", "x-amz-date;host"),
            ("host;x-amz-date", "host;host"),
            ("host;x-amz-date", "Host;x-amz-date"),
            ("host;x-amz-date", "host;"),
            ("aws4_request", "aws4_request/x"),
            ("aws4_request", "aws5_request"),
            ("20150830", "2015083"),
            ("Credential=ASIA", "Credential="),
            ("Credential=", "Credential"),
            ("AWS4-HMAC-SHA256 ", ""),
        ] {
            assert!(
                Authorization::parse(&GOOD.replace(from, to)).is_err(),
                "{from} -> {to}"
            );
        }
        assert!(Authorization::parse(&format!("{GOOD}{}", "0".repeat(LONGEST))).is_err());
        let many: Vec<String> = (0..=MOST_HEADERS).map(|at| format!("h{at:03}")).collect();
        assert!(Authorization::parse(&GOOD.replace("host;x-amz-date", &many.join(";"))).is_err());
    }
}
