//! In what other verifiers differ from ours: each rule with its reason.
//!
//! Another verifier is not imitated, it is bounded. What it accepts must be acceptable once every rule that it is known
//! to leave out is left out (`accepts_at_most`); what is acceptable although every rule that it adds is added, it must
//! accept (`accepts_at_least`). A disagreement outside of these bounds is explained by no rule, and is a finding.

/// A set of rules. Ours is the default.
#[derive(Debug, Clone, Default)]
pub struct Dialect {
    // Rules of ours that are left out.
    /// An anchor is a name, a key and its name constraints; whether it is a CA, for what, and since when, is not asked.
    pub anchors_are_names_and_keys: bool,
    /// An intermediate whose key usage lacks keyCertSign issues.
    pub issuers_need_no_cert_sign: bool,
    /// A leaf may have keyCertSign.
    pub leaf_may_sign: bool,
    /// Serial numbers may be zero, negative or long.
    pub any_serial: bool,
    /// A key identifier may be critical; policyConstraints may be not.
    pub any_criticality: bool,
    /// A leaf may constrain names, and constraints that no name meets may be malformed.
    pub constraints_are_read_late: bool,
    /// Subjects and issuers may be empty.
    pub nobody_needs_a_name: bool,
    /// A leaf may be a CA.
    pub leaf_may_be_a_ca: bool,
    /// Certificates may be of version 1.
    pub any_version: bool,
    /// A key usage with keyCertSign makes a CA, where there are no basic constraints.
    pub cert_sign_makes_a_ca: bool,
    /// An anchor's own signature is nothing, and what it says of its algorithm either.
    pub anchor_algorithms_are_free: bool,
    /// policyConstraints is processed, and asks for nothing where no policy is asked for.
    pub policies_are_processed: bool,
    /// An e-mail address in a subject is not compared with constraints.
    pub subject_emails_are_free: bool,
    /// What is asked of lists.
    pub lists: Lists,

    // Rules that are added.
    /// Names are the same when their bytes are.
    pub names_are_bytes: bool,
    /// Self-issued intermediates count for path lengths, and their names are constrained.
    pub self_issued_are_ordinary: bool,
    /// anyExtendedKeyUsage of a CA covers nothing.
    pub any_purpose_is_none: bool,
    /// Of names only DNS names and IP addresses are compared; constraints of other kinds refuse.
    pub only_hosts_are_compared: bool,
    /// No more intermediates than this, self-issued or not.
    pub most_intermediates: Option<usize>,
    /// No CA of the leaf's own name and key is on a path.
    pub leaf_counts_as_a_repeat: bool,
    /// The search tries one issuer: of each certificate on a path no other one could be it, by name.
    pub first_candidate_decides: bool,
    /// A certificate is over in its last second.
    pub last_second_is_over: bool,
    /// The anchor's certificate needs a list too.
    pub anchors_are_asked_about: bool,
    /// A key usage without a bit is malformed (RFC 5280, 4.2.1.3).
    pub usages_name_something: bool,
    /// Whoever bears its issuer's name signed itself: no such certificate lies below an anchor.
    pub self_issued_is_self_signed: bool,
}

/// What is asked of revocation lists.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Lists {
    /// All of them, by the policy.
    #[default]
    Ours,
    /// Any one that could be the one that decides: of the issuer's name and key, not over, without the certificate.
    AnyOne,
    /// All, and every one is plain: complete, numbered, fresh beyond this second, signed by the issuer, who may.
    Plain,
}

/// rustls-webpki 0.103: what it leaves out.
pub fn webpki_accepts_at_most() -> Dialect {
    Dialect {
        anchors_are_names_and_keys: true,
        issuers_need_no_cert_sign: true,
        leaf_may_sign: true,
        any_serial: true,
        any_criticality: true,
        constraints_are_read_late: true,
        nobody_needs_a_name: true,
        subject_emails_are_free: true,
        // The first list that it finds authoritative decides; thisUpdate, CRLNumber and an anchor's cRLSign are not
        // looked at.
        lists: Lists::AnyOne,
        ..Dialect::default()
    }
}

/// rustls-webpki 0.103: what it adds.
pub fn webpki_accepts_at_least() -> Dialect {
    Dialect {
        lists: Lists::Plain,
        names_are_bytes: true,
        self_issued_are_ordinary: true,
        any_purpose_is_none: true,
        only_hosts_are_compared: true,
        most_intermediates: Some(6),
        leaf_counts_as_a_repeat: true,
        ..Dialect::default()
    }
}

/// OpenSSL 3 with `-partial_chain -purpose sslclient`: what it leaves out.
pub fn openssl_accepts_at_most() -> Dialect {
    Dialect {
        leaf_may_sign: true,
        leaf_may_be_a_ca: true,
        any_version: true,
        cert_sign_makes_a_ca: true,
        anchor_algorithms_are_free: true,
        any_serial: true,
        any_criticality: true,
        policies_are_processed: true,
        constraints_are_read_late: true,
        nobody_needs_a_name: true,
        // One list of the issuer is picked, by a score.
        lists: Lists::AnyOne,
        ..Dialect::default()
    }
}

/// OpenSSL 3: what it adds.
pub fn openssl_accepts_at_least() -> Dialect {
    Dialect {
        lists: Lists::Plain,
        any_purpose_is_none: true,
        first_candidate_decides: true,
        self_issued_is_self_signed: true,
        last_second_is_over: true,
        anchors_are_asked_about: true,
        usages_name_something: true,
        ..Dialect::default()
    }
}
