//! A signature as a request bears it: in the header or in the query, read once.

use percent_encoding::percent_decode_str;
use wire::Timestamp;

use crate::authorization::{Authorization, AuthorizationError, Scope, read_signature, read_signed_headers};
use crate::canonical::{PathRule, canonical_request, string_to_sign};
use crate::primitives::digest::{SHA256, digest};
use crate::request::Request;
use crate::x509_signature::X509Algorithm;

/// Where the signature stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// In the `Authorization` header.
    Header,
    /// In the query ("presigned").
    Query,
}

/// The algorithm that a signature claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// `AWS4-HMAC-SHA256`.
    Hmac,
    /// `AWS4-X509-…`.
    X509(X509Algorithm),
}

impl Algorithm {
    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hmac => "AWS4-HMAC-SHA256",
            Self::X509(algorithm) => algorithm.name(),
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        if name == Self::Hmac.name() {
            return Some(Self::Hmac);
        }
        X509Algorithm::ALL
            .into_iter()
            .find(|algorithm| algorithm.name() == name)
            .map(Self::X509)
    }
}

/// Why a request's signature cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnreadableSignature {
    /// There is none.
    #[error("the request bears no signature")]
    None,
    /// One in the header and one in the query (threat S11).
    #[error("the request is signed twice: in the Authorization header and in the query")]
    Both,
    /// The algorithm is not one of ours.
    #[error("`{name}` is not an algorithm that is verified here")]
    Algorithm {
        /// Where it stood.
        form: Form,
        /// The algorithm.
        name: String,
    },
    /// The header or the parameters are not of their form.
    #[error("{form:?} form: {cause}")]
    Malformed {
        /// Where it stood.
        form: Form,
        /// Why.
        cause: AuthorizationError,
    },
    /// A header that decides something is given twice or is not text (threat S4).
    #[error("`{name}` {reason}")]
    Header {
        /// The header.
        name: &'static str,
        /// Why.
        reason: &'static str,
    },
    /// A parameter of the signature is given twice, or is not text.
    #[error("query parameter `{0}` is given twice or is not text")]
    Parameter(&'static str),
    /// The date is missing or not `YYYYMMDDTHHMMSSZ`.
    #[error("the date `{0}` is not of the form YYYYMMDDTHHMMSSZ")]
    Date(String),
    /// The presigned validity is not 1 to 604800 seconds.
    #[error("X-Amz-Expires is not 1 to 604800")]
    Expires,
}

/// A signature and what it claims. Nothing of it is believed until one of the `verify` calls says so.
#[derive(Debug, Clone)]
pub struct SignedRequest {
    /// Where it stood.
    pub form: Form,
    /// By which algorithm.
    pub algorithm: Algorithm,
    /// By whom, and for what.
    pub scope: Scope,
    /// Over which headers, lower case and sorted.
    pub signed_headers: Vec<String>,
    /// When, by the signer's clock.
    pub signed_at: Timestamp,
    /// For how many seconds, in the query form.
    pub expires: Option<i64>,
    /// The session token that came with it.
    pub security_token: Option<String>,
    pub(crate) date: String,
    pub(crate) signature: Vec<u8>,
}

impl SignedRequest {
    /// Reads the one signature of a request.
    pub fn read(request: &Request<'_>) -> Result<Self, UnreadableSignature> {
        let header = request
            .only_header("authorization")
            .map_err(|reason| UnreadableSignature::Header {
                name: "authorization",
                reason,
            })?;
        let parameters = Parameters(request.query.unwrap_or(""));
        match (header, parameters.one("X-Amz-Algorithm")?) {
            (Some(_), Some(_)) => Err(UnreadableSignature::Both),
            (None, None) => Err(UnreadableSignature::None),
            (Some(header), None) => Self::from_header(request, header),
            (None, Some(algorithm)) => Self::from_query(&parameters, &algorithm),
        }
    }

    fn from_header(request: &Request<'_>, header: &str) -> Result<Self, UnreadableSignature> {
        let form = Form::Header;
        let name = header.split(' ').next().unwrap_or_default();
        let algorithm = Algorithm::from_name(name).ok_or_else(|| UnreadableSignature::Algorithm {
            form,
            name: name.chars().take(64).collect(),
        })?;
        let authorization =
            Authorization::parse(header).map_err(|cause| UnreadableSignature::Malformed { form, cause })?;
        let text = |name: &'static str| {
            request
                .only_header(name)
                .map_err(|reason| UnreadableSignature::Header { name, reason })
        };
        let date = text("x-amz-date")?.unwrap_or_default();
        let signed_at = Timestamp::parse_basic(date)
            .map_err(|_| UnreadableSignature::Date(date.chars().take(32).collect()))?;
        Ok(Self {
            form,
            algorithm,
            scope: authorization.scope,
            signed_headers: authorization.signed_headers,
            signed_at,
            expires: None,
            security_token: text("x-amz-security-token")?.map(str::to_owned),
            date: date.to_owned(),
            signature: authorization.signature,
        })
    }

    fn from_query(parameters: &Parameters<'_>, name: &str) -> Result<Self, UnreadableSignature> {
        let form = Form::Query;
        let malformed = |cause| UnreadableSignature::Malformed { form, cause };
        // Certificates sign in the header only: the query form of the X.509 variant does not exist (contract 1.2).
        let algorithm = match Algorithm::from_name(name) {
            Some(Algorithm::Hmac) => Algorithm::Hmac,
            _ => {
                return Err(UnreadableSignature::Algorithm {
                    form,
                    name: name.chars().take(64).collect(),
                });
            }
        };
        let required = |name| {
            parameters
                .one(name)?
                .ok_or_else(|| malformed(AuthorizationError::Missing(vec![name])))
        };
        let date = required("X-Amz-Date")?;
        let expires = match parameters.one("X-Amz-Expires")? {
            None => None,
            Some(text) => match text.parse::<i64>() {
                Ok(seconds @ 1..=604_800) if text.bytes().all(|byte| byte.is_ascii_digit()) => Some(seconds),
                _ => return Err(UnreadableSignature::Expires),
            },
        };
        Ok(Self {
            form,
            algorithm,
            scope: Scope::parse(&required("X-Amz-Credential")?).map_err(malformed)?,
            signed_headers: read_signed_headers(&required("X-Amz-SignedHeaders")?).map_err(malformed)?,
            signed_at: Timestamp::parse_basic(&date)
                .map_err(|_| UnreadableSignature::Date(date.chars().take(32).collect()))?,
            expires,
            security_token: parameters.one("X-Amz-Security-Token")?,
            signature: read_signature(&required("X-Amz-Signature")?).map_err(malformed)?,
            date,
        })
    }

    /// Whether this header is among the signed ones.
    pub fn signs(&self, name: &str) -> bool {
        self.signed_headers.iter().any(|signed| signed == name)
    }

    /// A signed header that the request lacks, if any.
    pub fn absent_header(&self, request: &Request<'_>) -> Option<&str> {
        let absent = |name: &&String| request.header_lines(name).next().is_none();
        self.signed_headers.iter().find(absent).map(String::as_str)
    }

    /// A signed header that stands in several lines, if any: doors refuse it (threat S4).
    pub fn repeated_header(&self, request: &Request<'_>) -> Option<&str> {
        let repeated = |name: &&String| request.header_lines(name).nth(1).is_some();
        self.signed_headers.iter().find(repeated).map(String::as_str)
    }

    /// Whether `x-amz-content-sha256`, where it is given, is the hash of the body. Anything but a full hash, such as
    /// `UNSIGNED-PAYLOAD` or a streaming mode, is not (threat S9).
    pub fn payload_agrees(request: &Request<'_>) -> bool {
        match request.only_header("x-amz-content-sha256") {
            Ok(None) => true,
            Ok(Some(claimed)) => claimed == hex::encode(digest(&SHA256, request.body)),
            Err(_) => false,
        }
    }

    /// Whether the scope's date is that of the signature's (threat S6).
    pub fn dates_agree(&self) -> bool {
        self.date.get(..8) == Some(self.scope.date.as_str())
    }

    /// The string that was signed, if the request is what was signed.
    pub fn string_to_sign(&self, request: &Request<'_>, path: PathRule) -> String {
        let names: Vec<&str> = self.signed_headers.iter().map(String::as_str).collect();
        let canonical = canonical_request(request, &names, path);
        string_to_sign(self.algorithm.name(), &self.date, &self.scope, &canonical)
    }
}

/// The query's parameters, looked up by decoded name.
struct Parameters<'a>(&'a str);

impl Parameters<'_> {
    fn one(&self, wanted: &'static str) -> Result<Option<String>, UnreadableSignature> {
        let mut found = None;
        for pair in self.0.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            if percent_decode_str(name).decode_utf8_lossy() != wanted {
                continue;
            }
            let value = percent_decode_str(value).decode_utf8();
            let value = value
                .map_err(|_| UnreadableSignature::Parameter(wanted))?
                .into_owned();
            if found.replace(value).is_some() {
                return Err(UnreadableSignature::Parameter(wanted));
            }
        }
        Ok(found)
    }
}
