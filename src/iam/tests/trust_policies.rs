//! Trust policies as Roles Anywhere users write them: what is refused at load, and what is decided.

#![allow(clippy::unwrap_used, clippy::panic)]

use iam::{
    Allowances, AttributeMapping, ContextBuilder, Decision, SessionTags, TrustPolicy, source_identity,
};
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, SanType, SerialNumber};
use wire::Timestamp;
use x509::Certificate;

const ANCHOR: &str =
    "arn:aws:rolesanywhere:eu-local-1:111122223333:trust-anchor/11111111-2222-3333-4444-555555555555";

fn certificate(change: impl FnOnce(&mut CertificateParams)) -> Certificate {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::OrganizationName, "Acme");
    params
        .distinguished_name
        .push(DnType::OrganizationalUnitName, "Web");
    params.distinguished_name.push(DnType::CommonName, "web-1");
    params.serial_number = Some(SerialNumber::from(vec![0x01, 0x23]));
    params.subject_alt_names = vec![
        SanType::DnsName("one.example".try_into().unwrap()),
        SanType::DnsName("two.example".try_into().unwrap()),
    ];
    change(&mut params);
    Certificate::parse(params.self_signed(&KeyPair::generate().unwrap()).unwrap().der()).unwrap()
}

fn policy(statements: &str) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#)
}

fn allow(condition: &str) -> String {
    format!(
        r#"{{"Effect":"Allow","Principal":{{"Service":"rolesanywhere.amazonaws.com"}},
        "Action":["sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"],"Condition":{condition}}}"#
    )
}

fn good(extra: &str) -> String {
    let extra = if extra.is_empty() {
        String::new()
    } else {
        format!(",{extra}")
    };
    allow(&format!(
        r#"{{"ArnEquals":{{"aws:SourceArn":"{ANCHOR}"}},"StringEquals":{{"aws:PrincipalTag/x509Subject/OU":"Web"}}{extra}}}"#
    ))
}

fn decide(text: &str, certificate: &Certificate) -> Result<(), String> {
    let open = Allowances {
        any_anchor: true,
        any_certificate: true,
        negated_conditions: true,
    };
    let policy = TrustPolicy::parse(text, open).unwrap_or_else(|errors| panic!("{errors:?}"));
    let tags = AttributeMapping::default().tags(certificate);
    let anchor = ANCHOR.parse().unwrap();
    let identity = source_identity(certificate).unwrap();
    let session_name = "0123".parse().unwrap();
    let context = ContextBuilder::new(Timestamp::from_seconds(1_800_000_000))
        .source_arn(&anchor)
        .source_account("111122223333".parse().unwrap())
        .source_ip("10.1.2.3".parse().unwrap())
        .source_identity(&identity)
        .role_session_name(&session_name)
        .tags(&tags)
        .build();
    match policy.decide(&tags, &context) {
        Decision::Allowed => Ok(()),
        Decision::Refused(explanation) => Err(explanation.to_string()),
    }
}

#[test]
fn the_usual_policy_allows_its_certificate_and_no_other() {
    let text = policy(&good(""));
    assert!(TrustPolicy::parse(&text, Allowances::default()).is_ok());
    assert_eq!(decide(&text, &certificate(|_| {})), Ok(()));
    let other = certificate(|params| {
        params
            .distinguished_name
            .push(DnType::OrganizationalUnitName, "Database");
    });
    let why = decide(&text, &other).unwrap_err();
    assert!(
        why.contains("x509Subject/OU") && why.contains("Database"),
        "{why}"
    );
}

/// Threats A3, A4, A9: an Allow that is wider than its author may think is refused, with the key that allows it.
#[test]
fn an_open_allow_is_refused_unless_the_role_says_so() {
    let anchor = format!(r#""ArnEquals":{{"aws:SourceArn":"{ANCHOR}"}}"#);
    let ou = r#""StringEquals":{"aws:PrincipalTag/x509Subject/OU":"Web"}"#;
    let both = |one: &str, two: &str| policy(&allow(&format!("{{{one},{two}}}")));
    let any_in_id = ANCHOR.replace("11111111-2222-3333-4444-555555555555", "*");
    for (text, key) in [
        (policy(&allow("{}")), "any_anchor"),
        (policy(&allow(&format!("{{{ou}}}"))), "any_anchor"),
        (policy(&allow(&format!("{{{anchor}}}"))), "any_certificate"),
        (
            both(&format!(r#""ArnLike":{{"aws:SourceArn":"{any_in_id}"}}"#), ou),
            "any_anchor",
        ),
        (
            both(
                &format!(r#""ArnEqualsIfExists":{{"aws:SourceArn":"{ANCHOR}"}}"#),
                ou,
            ),
            "any_anchor",
        ),
        (
            both(
                &format!(r#""ForAllValues:ArnEquals":{{"aws:SourceArn":"{ANCHOR}"}}"#),
                ou,
            ),
            "any_anchor",
        ),
        (
            both(
                &format!(r#""ArnEquals":{{"aws:SourceArn":["{ANCHOR}","{any_in_id}"]}}"#),
                ou,
            ),
            "any_anchor",
        ),
        (both(r#""Null":{"aws:SourceArn":"false"}"#, ou), "any_anchor"),
        (
            both(&anchor, r#""StringLike":{"aws:PrincipalTag/x509Subject/OU":"*"}"#),
            "any_certificate",
        ),
        (
            both(
                &anchor,
                r#""StringLike":{"aws:PrincipalTag/x509Subject/OU":["Web","*"]}"#,
            ),
            "any_certificate",
        ),
        (
            both(
                &anchor,
                r#""StringEquals":{"aws:PrincipalTag/x509Issuer/CN":"CA"}"#,
            ),
            "any_certificate",
        ),
        (
            both(
                &anchor,
                r#""StringEquals":{"aws:PrincipalTag/x509Subject/CN":"${sts:RoleSessionName}"}"#,
            ),
            "any_certificate",
        ),
        (
            both(
                &anchor,
                r#""StringEqualsIfExists":{"aws:PrincipalTag/x509Subject/OU":"Web"}"#,
            ),
            "any_certificate",
        ),
        (
            both(&anchor, r#""Null":{"aws:PrincipalTag/x509Subject/OU":"false"}"#),
            "any_certificate",
        ),
        (
            both(
                &anchor,
                r#""StringNotEquals":{"aws:PrincipalTag/x509Subject/OU":"Web"}"#,
            ),
            "negated_conditions",
        ),
        (
            policy(&allow("{}").replace(r#"{"Service":"rolesanywhere.amazonaws.com"}"#, r#""*""#)),
            "any_anchor",
        ),
        (
            policy(&allow("{}").replace("Service\":\"rolesanywhere.amazonaws.com", "AWS\":\"*")),
            "any_anchor",
        ),
        (
            policy(&allow("{}").replace(
                r#"["sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"]"#,
                r#""sts:*""#,
            )),
            "any_anchor",
        ),
        (
            policy(&allow("{}").replace(
                r#""Action":["sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"]"#,
                r#""NotAction":"sts:TagSession""#,
            )),
            "any_anchor",
        ),
    ] {
        let errors = TrustPolicy::parse(&text, Allowances::default()).unwrap_err();
        assert!(
            errors.iter().any(|error| error.remedy.contains(key)),
            "{text}\n{errors:?}"
        );
        let open = Allowances {
            any_anchor: true,
            any_certificate: true,
            negated_conditions: true,
        };
        assert!(TrustPolicy::parse(&text, open).is_ok(), "{text}");
    }
    // What does not grant the assumption need not say more.
    let tags_only = allow("{}").replace(
        r#"["sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"]"#,
        r#""sts:TagSession""#,
    );
    assert!(TrustPolicy::parse(&policy(&tags_only), Allowances::default()).is_ok());
    // Positive conditions of every form that counts.
    for condition in [
        r#""StringLike":{"sts:SourceIdentity":"CN=web-*"}"#,
        r#""StringEqualsIgnoreCase":{"aws:PrincipalTag/x509SAN/DNS":["a.example","b.example"]}"#,
        r#""ForAnyValue:StringEquals":{"aws:RequestTag/x509Subject/CN":"web"}"#,
    ] {
        assert!(
            TrustPolicy::parse(&both(&anchor, condition), Allowances::default()).is_ok(),
            "{condition}"
        );
    }
}

/// What is not understood is refused at load, never ignored.
#[test]
fn mistakes_are_refused_with_their_place() {
    let swap = |from: &str, to: &str| policy(&good("")).replace(from, to);
    for (text, place) in [
        (swap("2012-10-17", "2013-01-01"), "/Version"),
        (swap("\"Version\"", "\"version\""), "/version"),
        (
            swap("\"Effect\":\"Allow\"", "\"Effect\":\"allow\""),
            "/Statement/0/Effect",
        ),
        (swap("\"Effect\":\"Allow\",", ""), "/Statement/0"),
        (swap("\"Principal\"", "\"Principals\""), "/Statement/0"),
        (swap("\"Condition\"", "\"Conditions\""), "/Statement/0/Conditions"),
        (
            swap("StringEquals", "StringEqual"),
            "/Statement/0/Condition/StringEqual",
        ),
        (
            swap("StringEquals", "stringequals"),
            "/Statement/0/Condition/stringequals",
        ),
        (
            swap("StringEquals", "BinaryEquals"),
            "/Statement/0/Condition/BinaryEquals",
        ),
        (
            swap("aws:PrincipalTag/x509Subject/OU", "aws:PrincipalTag/Team"),
            "/Statement/0/Condition/StringEquals/aws:PrincipalTag/Team",
        ),
        (
            swap("aws:PrincipalTag/x509Subject/OU", "aws:SourceVpc"),
            "aws:SourceVpc",
        ),
        (swap("\"Web\"", "[]"), "x509Subject/OU"),
        (swap("\"Web\"", "null"), "x509Subject/OU"),
        (swap("\"Web\"", "\"${aws:username}\""), "x509Subject/OU"),
        (swap("\"Web\"", "\"${aws\""), "x509Subject/OU"),
        (swap("sts:AssumeRole", "s3:GetObject"), "/Statement/0/Action"),
        (swap("sts:AssumeRole", "sts:"), "/Statement/0/Action"),
        (
            swap("\"Effect\"", "\"Resource\":\"*\",\"Effect\""),
            "/Statement/0/Resource",
        ),
        (
            swap("\"Effect\"", "\"Sid\":\"a b\",\"Effect\""),
            "/Statement/0/Sid",
        ),
        (
            swap("Service\":\"roles", "Services\":\"roles"),
            "/Statement/0/Principal/Services",
        ),
        (
            swap("rolesanywhere.amazonaws.com", "*"),
            "/Statement/0/Principal/Service",
        ),
        (swap("Principal\":{", "NotPrincipal\":{"), "/Statement/0"),
        (
            swap(ANCHOR, "arn:aws:rolesanywhere"),
            "/Statement/0/Condition/ArnEquals/aws:SourceArn",
        ),
        (
            policy(&good(r#""IpAddress":{"aws:SourceIp":"10.0.0.0/33"}"#)),
            "aws:SourceIp",
        ),
        (
            policy(&good(r#""DateLessThan":{"aws:CurrentTime":"tomorrow"}"#)),
            "aws:CurrentTime",
        ),
        (
            policy(&good(r#""NullIfExists":{"aws:SourceIp":"true"}"#)),
            "NullIfExists",
        ),
        (
            policy(&good(r#""Bool":{"aws:SecureTransport":"yes"}"#)),
            "aws:SecureTransport",
        ),
        (
            policy(&good(
                r#""StringLike":{"sts:SourceIdentity":"a","STS:sourceidentity":"b"}"#,
            )),
            "STS:sourceidentity",
        ),
        (
            policy(&good(r#""StringEquals":{"sts:SourceIdentity":"a"}"#)),
            "line",
        ),
        (
            policy(&format!(
                "{0},{0}",
                good("").replace("\"Effect\"", "\"Sid\":\"x\",\"Effect\"")
            )),
            "/Statement/1/Sid",
        ),
        (policy(""), "/Statement"),
        ("[]".to_owned(), "/"),
        (format!("{} x", policy(&good(""))), "line"),
    ] {
        let errors = TrustPolicy::parse(&text, Allowances::default())
            .map(|_| ())
            .unwrap_err();
        assert!(
            errors.iter().any(|error| error.place.contains(place)),
            "{place}: {errors:?}"
        );
        assert!(errors.iter().all(|error| !error.remedy.is_empty()));
    }
    // All of them at once.
    let text = swap("\"Web\"", "[]")
        .replace("sts:AssumeRole", "s3:X")
        .replace("2012-10-17", "x");
    assert!(
        TrustPolicy::parse(&text, Allowances::default())
            .unwrap_err()
            .len()
            >= 3
    );
}

#[test]
fn a_deny_wins_and_each_action_is_judged_by_itself() {
    let deny = r#"{"Sid":"NoWeb1","Effect":"Deny","Principal":"*","Action":"sts:AssumeRole",
        "Condition":{"StringEquals":{"aws:PrincipalTag/x509Subject/CN":"web-1"}}}"#;
    let why = decide(&policy(&format!("{},{deny}", good(""))), &certificate(|_| {})).unwrap_err();
    assert!(why.contains("denied by statement `NoWeb1`"), "{why}");

    for missing in ["sts:TagSession", "sts:SetSourceIdentity", "sts:AssumeRole"] {
        let text = policy(&good("")).replace(missing, "sts:SetContext");
        let why = decide(&text, &certificate(|_| {})).unwrap_err();
        assert!(why.contains(missing), "{why}");
    }
    // A statement for somebody else allows nothing.
    let others = policy(&good("")).replace("rolesanywhere.amazonaws.com", "ec2.amazonaws.com");
    assert!(decide(&others, &certificate(|_| {})).is_err());
    // A Deny that leaves the service out by name does not apply to it.
    let deny = r#"{"Effect":"Deny","NotPrincipal":{"Service":"rolesanywhere.amazonaws.com"},"Action":"*"}"#;
    assert_eq!(
        decide(&policy(&format!("{},{deny}", good(""))), &certificate(|_| {})),
        Ok(())
    );
}

/// Threat A5: what a certificate says is compared as text, whatever it holds.
#[test]
fn attribute_values_are_data() {
    let like = |pattern: &str| {
        policy(&allow(&format!(
            r#"{{"StringLike":{{"aws:PrincipalTag/x509Subject/CN":"{pattern}"}}}}"#
        )))
    };
    for (name, pattern, allowed) in [
        ("web-1", "web-?", true),
        ("web/admin", "web/admin", true),
        ("a+b", "a+b", true),
        ("a=b", "a=?", true),
    ] {
        let certificate = certificate(|params| params.distinguished_name.push(DnType::CommonName, name));
        assert_eq!(
            decide(&like(pattern), &certificate).is_ok(),
            allowed,
            "{name} {pattern}"
        );
    }
    // Not the characters of a tag: the attribute is absent, so that no positive condition on it holds.
    for name in ["*", "web*", "${aws:SourceIp}", "a,b", "a\\b", "a\"b"] {
        let certificate = certificate(|params| params.distinguished_name.push(DnType::CommonName, name));
        assert!(decide(&like("*"), &certificate).is_err(), "{name}");
    }
}

/// Contract 3.1, threat A11: one tag a key, in certificate order, and nothing that is not in the certificate.
#[test]
fn tags_are_mapped_as_the_contract_has_it() {
    let pairs = |tags: &SessionTags| -> Vec<String> {
        tags.iter().map(|(key, value)| format!("{key}={value}")).collect()
    };
    let one = certificate(|_| {});
    assert_eq!(
        pairs(&AttributeMapping::default().tags(&one)),
        [
            "x509Subject/O=Acme",
            "x509Subject/OU=Web",
            "x509Subject/CN=web-1",
            "x509Issuer/O=Acme",
            "x509Issuer/OU=Web",
            "x509Issuer/CN=web-1",
            "x509SAN/DNS=one.example",
        ]
    );
    let mapping = AttributeMapping::new([
        ("x509Subject", vec!["CN", "2.5.4.11"]),
        ("x509SAN", vec!["URI", "Name"]),
    ])
    .unwrap();
    assert_eq!(
        pairs(&mapping.tags(&one)),
        ["x509Subject/OU=Web", "x509Subject/CN=web-1"]
    );
    let long = certificate(|params| {
        params
            .distinguished_name
            .push(DnType::CommonName, "n".repeat(257))
    });
    assert_eq!(mapping.tags(&long).dropped(), ["x509Subject/CN"]);
    for (field, specifier) in [
        ("x509Name", "CN"),
        ("x509Subject", ""),
        ("x509SAN", "*"),
        ("x509SAN", "IP"),
        ("x509Subject", "C N"),
    ] {
        assert!(
            AttributeMapping::new([(field, vec![specifier])]).is_err(),
            "{field} {specifier}"
        );
    }
    assert!(AttributeMapping::new([("x509Subject", vec![]), ("x509Subject", vec![])]).is_err());
}

/// Contract 1.9.
#[test]
fn source_identities_are_those_of_the_contract() {
    for (name, wanted) in [
        ("web-1".to_owned(), "CN=web-1".to_owned()),
        ("n".repeat(61), format!("CN={}", "n".repeat(61))),
        ("n".repeat(62), "n".repeat(62)),
        ("n".repeat(64), "n".repeat(64)),
        ("n".repeat(65), "ID=0123".to_owned()),
        ("a*b".to_owned(), "ID=0123".to_owned()),
    ] {
        let certificate =
            certificate(|params| params.distinguished_name.push(DnType::CommonName, name.as_str()));
        assert_eq!(source_identity(&certificate).unwrap().as_str(), wanted);
    }
    let nameless = certificate(|params| {
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::OrganizationName, "Acme");
    });
    assert_eq!(source_identity(&nameless).unwrap().as_str(), "ID=0123");
}
