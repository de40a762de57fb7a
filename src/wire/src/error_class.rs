//! What a refused caller may learn: a class, nothing more.

/// The class of a refusal. Each has one status, one code and one fixed message, so that a caller learns nothing
/// from the wording; the operator's log holds the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorClass {
    /// The request is not of the form that the door takes.
    Malformed,
    /// The request is larger than the door takes.
    TooLarge,
    /// The request took longer to arrive than the door waits.
    TooSlow,
    /// No proof of a certificate at all: no signature and no TLS certificate.
    MissingAuthentication,
    /// A proof is there and does not hold, or the certificate is not trusted.
    Unauthenticated,
    /// The certificate is trusted; what it asks for is not granted.
    Unauthorized,
    /// No such door.
    NotFound,
    /// Too much at once; the code is one that every client retries.
    Throttled,
    /// The broker cannot answer now; worth a retry.
    Unavailable,
    /// A fault of the broker.
    Internal,
}

impl ErrorClass {
    /// Every class, for tables and metrics.
    pub const ALL: [Self; 10] = [
        Self::Malformed,
        Self::TooLarge,
        Self::TooSlow,
        Self::MissingAuthentication,
        Self::Unauthenticated,
        Self::Unauthorized,
        Self::NotFound,
        Self::Throttled,
        Self::Unavailable,
        Self::Internal,
    ];

    /// The HTTP status (contract 1.10).
    pub const fn status(self) -> u16 {
        match self {
            Self::Malformed => 400,
            Self::TooLarge => 413,
            Self::TooSlow => 408,
            Self::MissingAuthentication | Self::Unauthenticated | Self::Unauthorized => 403,
            Self::NotFound => 404,
            Self::Throttled => 429,
            Self::Unavailable => 503,
            Self::Internal => 500,
        }
    }

    /// The name in `x-amzn-errortype`. The throttle code is one of those that clients retry: a bare 429 is not
    /// retried by the official client (contract 1.10).
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed | Self::TooLarge => "ValidationException",
            Self::TooSlow => "RequestTimeoutException",
            Self::MissingAuthentication => "MissingAuthenticationTokenException",
            Self::Unauthenticated | Self::Unauthorized => "AccessDeniedException",
            Self::NotFound => "ResourceNotFoundException",
            Self::Throttled => "ThrottlingException",
            Self::Unavailable => "ServiceUnavailableException",
            Self::Internal => "InternalServerException",
        }
    }

    /// The fixed message of the class.
    pub const fn message(self) -> &'static str {
        match self {
            Self::Malformed => "The request is malformed.",
            Self::TooLarge => "The request is too large.",
            Self::TooSlow => "The request took too long to arrive.",
            Self::MissingAuthentication => {
                "The request bears neither a signature nor a TLS client certificate."
            }
            Self::Unauthenticated => "The certificate or its proof was not accepted.",
            Self::Unauthorized => "The certificate is not authorized for this request.",
            Self::NotFound => "There is nothing at this address.",
            Self::Throttled => "Too many requests; try again shortly.",
            Self::Unavailable => "The broker cannot answer now; try again shortly.",
            Self::Internal => "The broker failed to answer.",
        }
    }

    /// A stable name for logs and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::TooLarge => "too_large",
            Self::TooSlow => "too_slow",
            Self::MissingAuthentication => "missing_authentication",
            Self::Unauthenticated => "unauthenticated",
            Self::Unauthorized => "unauthorized",
            Self::NotFound => "not_found",
            Self::Throttled => "throttled",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        }
    }
}
