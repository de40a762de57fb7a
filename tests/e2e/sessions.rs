//! What issued credentials are worth, and for how long.

use serde_json::{Value, json};
use sigv4::{PathRule, Request, Scope, sign_header_form};
use time::{Duration, OffsetDateTime};
use wire::Timestamp;

use crate::harness::{Answer, Authority, Daemon, Identity, Key, REGION, Setup, members};

const BODY: &str = "Action=GetCallerIdentity&Version=2011-06-15";

/// GetCallerIdentity, signed with these credentials; the test bends its parts.
struct Caller {
    key_id: String,
    secret: String,
    token: String,
    host: String,
    region: String,
    service: String,
    at: Timestamp,
}

impl Caller {
    fn of(daemon: &Daemon, answer: &Answer) -> Self {
        let body = answer.json();
        let credentials = &body["credentialSet"][0]["credentials"];
        let text = |name: &str| credentials[name].as_str().unwrap().to_owned();
        Self {
            key_id: text("accessKeyId"),
            secret: text("secretAccessKey"),
            token: text("sessionToken"),
            host: daemon.host(),
            region: REGION.into(),
            service: "sts".into(),
            at: Timestamp::from_seconds(OffsetDateTime::now_utc().unix_timestamp()),
        }
    }

    async fn ask(&self, daemon: &Daemon) -> Answer {
        let date = self.at.basic();
        let mut headers = vec![
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("Host", self.host.as_str()),
            ("X-Amz-Date", date.as_str()),
        ];
        if !self.token.is_empty() {
            headers.push(("X-Amz-Security-Token", self.token.as_str()));
        }
        let bytes: Vec<(&str, &[u8])> = headers
            .iter()
            .map(|(name, value)| (*name, value.as_bytes()))
            .collect();
        let request = Request {
            method: "POST",
            path: "/",
            query: None,
            headers: &bytes,
            body: BODY.as_bytes(),
        };
        let names: Vec<String> = headers.iter().map(|(name, _)| name.to_lowercase()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let scope = Scope {
            credential_id: self.key_id.clone(),
            date: self.at.date(),
            region: self.region.clone(),
            service: self.service.clone(),
        };
        let (name, value) = sign_header_form(
            &request,
            PathRule::Normalized,
            &scope,
            &self.secret,
            &names,
            self.at,
        );
        headers.push((name, &value));
        let headers: Vec<(String, String)> = headers
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let mut wire = daemon.open(&Identity::Nobody).await;
        wire.request("POST", "/", &headers, BODY.as_bytes())
            .await
            .unwrap()
    }
}

fn assert_sts_refused(daemon: &Daemon, answer: &Answer, code: &str, rule: &str) {
    assert_eq!(
        answer.status,
        if code == "SignatureDoesNotMatch" {
            403
        } else {
            answer.status
        }
    );
    assert!(
        answer.body.contains(&format!("<Code>{code}</Code>")),
        "{rule}: {}",
        answer.body
    );
    assert_eq!(daemon.event(answer)["certrole"]["rule"], rule);
}

#[tokio::test(flavor = "multi_thread")]
async fn issued_credentials_say_whose_they_are() {
    let acme = Authority::root("Acme Root");
    let daemon = Setup::with(&acme).start().await;
    let issued = daemon
        .by_tls(&acme.leaf("web-1"), &members("acme", "web", "Reader"))
        .await;
    let answer = Caller::of(&daemon, &issued).ask(&daemon).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let user = &issued.json()["credentialSet"][0]["assumedRoleUser"];
    for member in ["arn", "assumedRoleId"] {
        assert!(
            answer.body.contains(user[member].as_str().unwrap()),
            "{}",
            answer.body
        );
    }
    let event = daemon.event(&answer);
    assert_eq!(event["eventName"], "GetCallerIdentity");
    assert_eq!(event["userIdentity"]["arn"], user["arn"]);
}

/// Threats K1, S3, S6: a token, a key and a request that do not belong together.
#[tokio::test(flavor = "multi_thread")]
async fn credentials_that_were_tampered_with() {
    let acme = Authority::root("Acme Root");
    let daemon = Setup::with(&acme).start().await;
    let leaf = acme.leaf("web-1");
    let body = members("acme", "web", "Reader");
    let issued = daemon.by_tls(&leaf, &body).await;
    let other = Caller::of(&daemon, &daemon.by_tls(&leaf, &body).await);
    type Bend = Box<dyn Fn(&mut Caller)>;
    let cases: Vec<(&str, &str, Bend)> = vec![
        (
            "InvalidClientTokenId",
            "identity.no-token",
            Box::new(|caller| caller.token.clear()),
        ),
        (
            "InvalidClientTokenId",
            "identity.token",
            Box::new(|caller| {
                // The middle of the token: one bit of the sealed part.
                let at = caller.token.len() / 2;
                let changed = if &caller.token[at..=at] == "A" { "B" } else { "A" };
                caller.token.replace_range(at..=at, changed);
            }),
        ),
        ("InvalidClientTokenId", "identity.other-key", {
            let token = other.token.clone();
            Box::new(move |caller| caller.token.clone_from(&token))
        }),
        ("SignatureDoesNotMatch", "identity.signature", {
            let secret = other.secret.clone();
            Box::new(move |caller| caller.secret.clone_from(&secret))
        }),
        (
            "SignatureDoesNotMatch",
            "identity.other-region",
            Box::new(|caller| caller.region = "us-east-1".into()),
        ),
        (
            "SignatureDoesNotMatch",
            "identity.other-service",
            Box::new(|caller| caller.service = "s3".into()),
        ),
        (
            "SignatureDoesNotMatch",
            "identity.clock",
            Box::new(|caller| caller.at = caller.at.plus(-1000)),
        ),
    ];
    for (code, rule, bend) in cases {
        let mut caller = Caller::of(&daemon, &issued);
        bend(&mut caller);
        let answer = caller.ask(&daemon).await;
        assert!(
            answer.status == 403 || answer.status == 400,
            "{rule}: {}",
            answer.body
        );
        let told = daemon.event(&answer)["certrole"]["rule"].clone();
        assert_eq!(told, rule, "{}", answer.body);
        assert_sts_refused(&daemon, &answer, code, rule);
    }
    assert_eq!(Caller::of(&daemon, &issued).ask(&daemon).await.status, 200);
}

/// Threats R10, K8, A2: what the session rests on is withdrawn, and so is the session.
#[tokio::test(flavor = "multi_thread")]
async fn credentials_end_with_what_they_rest_on() {
    let acme = Authority::root("Acme Root");
    let daemon = Setup::with(&acme).start().await;
    let issued = daemon
        .by_tls(&acme.leaf("web-1"), &members("acme", "web", "Reader"))
        .await;
    let caller = || Caller::of(&daemon, &issued);
    assert_eq!(caller().ask(&daemon).await.status, 200);
    for (from, to) in [
        ("[trust_anchor.acme]\n", "[trust_anchor.acme]\nenabled = false\n"),
        ("[profile.web]\n", "[profile.web]\nenabled = false\n"),
    ] {
        daemon.change(from, to);
        assert!(daemon.reload().status.success());
        let answer = caller().ask(&daemon).await;
        assert_eq!(answer.status, 403, "{}", answer.body);
        assert_eq!(daemon.event(&answer)["certrole"]["rule"], "identity.withdrawn");
        daemon.change(to, from);
        assert!(daemon.reload().status.success());
        assert_eq!(caller().ask(&daemon).await.status, 200);
    }
    // A role that is gone, and made anew under the same name, is another role.
    daemon.change("roles = [\"Reader\"]", "roles = [\"Writer\"]");
    daemon.change("[role.Reader]", "[role.Writer]");
    assert!(daemon.reload().status.success());
    assert_eq!(caller().ask(&daemon).await.status, 403);
    daemon.change("roles = [\"Writer\"]", "roles = [\"Reader\"]");
    daemon.change("[role.Writer]", "[role.Reader]");
    assert!(daemon.reload().status.success());
    assert_eq!(
        caller().ask(&daemon).await.status,
        403,
        "the role of an earlier life is back"
    );
}

/// They survive a restart, and a kill.
#[tokio::test(flavor = "multi_thread")]
async fn credentials_survive_a_restart() {
    let acme = Authority::root("Acme Root");
    let daemon = Setup::with(&acme).start().await;
    let issued = daemon
        .by_tls(&acme.leaf("web-1"), &members("acme", "web", "Reader"))
        .await;
    let caller = Caller::of(&daemon, &issued);
    let daemon = daemon.end().start().await;
    assert_eq!(caller.ask(&daemon).await.status, 200);
    let daemon = daemon.kill().start().await;
    assert_eq!(caller.ask(&daemon).await.status, 200);
}

fn expiry(answer: &Answer) -> i64 {
    let body = answer.json();
    let text = body["credentialSet"][0]["credentials"]["expiration"]
        .as_str()
        .unwrap();
    Timestamp::parse_rfc3339(text).unwrap().seconds()
}

/// Contract 1.8, and the rule that credentials never outlive what they rest on.
#[tokio::test(flavor = "multi_thread")]
async fn the_expiry_is_the_earliest_of_all_ends() {
    let acme = Authority::root("Acme Root");
    let daemon = Setup::with(&acme).start().await;
    let body = |seconds: Value| {
        let mut body = members("acme", "web", "Reader");
        body["durationSeconds"] = seconds;
        body
    };
    let leaf = acme.leaf("web-1");
    for (asked, lives) in [
        (json!(900), 900),
        (json!(3600), 3600),
        (json!(43_200), 3600),
        (Value::Null, 3600),
    ] {
        let before = OffsetDateTime::now_utc().unix_timestamp();
        let answer = daemon.by_tls(&leaf, &body(asked)).await;
        let after = OffsetDateTime::now_utc().unix_timestamp();
        assert!(
            (before + lives..=after + lives).contains(&expiry(&answer)),
            "{}",
            answer.body
        );
    }
    // Ten minutes are left of the certificate: below the least that may be asked for, and granted all the same.
    let end = (OffsetDateTime::now_utc() + Duration::minutes(10))
        .replace_nanosecond(0)
        .unwrap();
    let short = acme.leaf_with(Key::P256, "web-1", |params| params.not_after = end);
    assert_eq!(
        expiry(&daemon.by_tls(&short, &body(json!(3600))).await),
        end.unix_timestamp()
    );
}

/// Contract 1.9.
#[tokio::test(flavor = "multi_thread")]
async fn names_come_from_the_certificate_or_where_allowed_the_caller() {
    let acme = Authority::root("Acme Root");
    let setup = Setup::with(&acme);
    let setup = setup.more("[profile.named]\nroles = [\"Reader\"]\naccept_role_session_name = true\n");
    let daemon = setup.start().await;
    let mut body = members("acme", "named", "Reader");
    body["roleSessionName"] = json!("web-7@rack.3");
    let answer = daemon.by_tls(&acme.leaf("web-1"), &body).await;
    assert!(
        answer.body.contains(":assumed-role/Reader/web-7@rack.3\""),
        "{}",
        answer.body
    );

    // An odd-length serial number is padded; a common name that does not fit gives way to the serial number.
    let long = "n".repeat(62);
    let odd = "two, words!".to_owned();
    for (name, identity) in [
        ("web-1", "CN=web-1"),
        (long.as_str(), long.as_str()),
        (odd.as_str(), "ID=0123"),
    ] {
        let leaf = acme.leaf_with(Key::P256, name, |params| {
            params.serial_number = Some(rcgen::SerialNumber::from(vec![0x01, 0x23]));
        });
        let answer = daemon.by_tls(&leaf, &members("acme", "web", "Reader")).await;
        let body = answer.json();
        let set = &body["credentialSet"][0];
        assert_eq!(set["sourceIdentity"], identity, "{body}");
        assert!(
            set["assumedRoleUser"]["arn"].as_str().unwrap().ends_with("/0123"),
            "{body}"
        );
    }
}

/// Threat A2: what is kept of a certificate that comes again is kept by profile, and goes with the configuration that it
/// was made by.
#[tokio::test(flavor = "multi_thread")]
async fn each_profile_gives_its_own_tags_at_once() {
    let acme = Authority::root("Acme Root");
    let small = "[profile.small]\nroles = [\"Reader\"]\nattribute_mappings = [\n\
                 { field = \"x509Subject\", specifiers = [\"OU\"] },\n]\n";
    let daemon = Setup::with(&acme).more(small).start().await;
    let leaf = acme.leaf("web-1");
    let config = daemon.tls(&Identity::Certificate(&leaf));
    let mut wire = crate::harness::Wire::open(daemon.address, &config).await.unwrap();
    for (profile, keys) in [
        ("web", 4),
        ("small", 1),
        ("web", 4),
        ("small", 1),
        ("reload", 0),
        ("web", 4),
        ("small", 2),
    ] {
        if profile == "reload" {
            daemon.change("specifiers = [\"OU\"]", "specifiers = [\"OU\", \"CN\"]");
            assert!(daemon.reload().status.success());
            continue;
        }
        let answer = daemon
            .exchange_on(&mut wire, &members("acme", profile, "Reader"))
            .await
            .unwrap();
        assert_eq!(answer.status, 201, "{}", answer.body);
        let tags = daemon.event(&answer)["certrole"]["tags"].clone();
        assert_eq!(tags.as_object().unwrap().len(), keys, "{profile}: {tags}");
        assert_eq!(tags["x509Subject/OU"], "Web");
        if keys > 1 {
            assert_eq!(tags["x509Subject/CN"], "web-1");
        }
        // Another leaf's are its own.
        let other = daemon
            .by_tls(&acme.leaf("web-2"), &members("acme", profile, "Reader"))
            .await;
        let tags = daemon.event(&other)["certrole"]["tags"].clone();
        assert_eq!(tags.as_object().unwrap().len(), keys, "{profile}: {tags}");
        assert!(keys == 1 || tags["x509Subject/CN"] == "web-2", "{tags}");
    }
}

/// The event tells of the certificate when it comes for the first time, when it is known, and when it is refused before and
/// after it is trusted; and of its tags, where it has any.
#[tokio::test(flavor = "multi_thread")]
async fn events_tell_of_the_certificate_whatever_becomes_of_it() {
    let (acme, stranger) = (Authority::root("Acme Root"), Authority::root("Stranger"));
    // A name that is cut.
    let long = acme.leaf_with(Key::P256, &"\u{e9}".repeat(60), |params| {
        params
            .distinguished_name
            .push(rcgen::DnType::LocalityName, "l".repeat(600));
        params
            .distinguished_name
            .push(rcgen::DnType::StateOrProvinceName, "s".repeat(600));
    });
    let bare = "[profile.bare]\nroles = [\"Reader\"]\nattribute_mappings = []\n";
    let daemon = Setup::with(&acme).more(bare).start().await;
    for (leaf, profile, role, status) in [
        (&acme.leaf("web-1"), "web", "Reader", 201),
        (&acme.leaf("web-2"), "web", "Nobody", 403),
        (&stranger.leaf("web-3"), "web", "Reader", 403),
        (&acme.leaf("web-4"), "bare", "Reader", 403),
        (&long, "web", "Reader", 201),
    ] {
        let certificate = x509::Certificate::parse(&leaf.der).unwrap();
        let is_cut = certificate.subject().shown().ends_with('…');
        assert_eq!(is_cut, leaf.der == long.der);
        for _ in 0..2 {
            let answer = daemon.by_tls(leaf, &members("acme", profile, role)).await;
            assert_eq!(answer.status, status, "{}", answer.body);
            let event = daemon.event(&answer);
            let told = &event["certrole"];
            assert_eq!(
                told["certificate"],
                json!({
                    "subject": certificate.subject().shown().as_ref(),
                    "issuer": certificate.issuer().shown().as_ref(),
                    "serial": certificate.serial().hex().as_ref(),
                    "sha256": hex::encode(certificate.sha256()),
                    "notBefore": certificate.not_before().rfc3339(),
                    "notAfter": certificate.not_after().rfc3339(),
                })
            );
            assert_eq!(told["tags"].is_object(), status == 201, "{event}");
            if status == 201 && leaf.der != long.der {
                assert_eq!(
                    format!("CN={}", told["tags"]["x509Subject/CN"].as_str().unwrap()),
                    answer.json()["credentialSet"][0]["sourceIdentity"]
                );
            }
        }
    }
}

/// Small clients take at most 2 KiB (the issue's own figures: a 32-character role, a 40-character session, a 60-byte
/// issuer, a 64-byte source identity, 8 tags with 300 bytes of values).
#[tokio::test(flavor = "multi_thread")]
async fn the_body_of_a_session_stays_small() {
    let acme = Authority::root(&"I".repeat(57));
    let role = "R".repeat(32);
    let setup = Setup::with(&acme).more(&format!(
        "[profile.small]\nroles = [\"{role}\"]\naccept_role_session_name = true\nattribute_mappings = [\n\
         {{ field = \"x509Subject\", specifiers = [\"O\", \"OU\", \"CN\", \"L\", \"ST\", \"C\"] }},\n\
         {{ field = \"x509Issuer\", specifiers = [\"CN\"] }},\n{{ field = \"x509SAN\", specifiers = [\"DNS\"] }},\n]\n\n\
         [role.{role}]\n{}",
        crate::harness::policy(
            &[&crate::harness::anchor_arn("acme")],
            r#""aws:PrincipalTag/x509Subject/OU": "Web""#
        )
    ));
    let daemon = setup.start().await;
    let leaf = acme.leaf_with(Key::P256, &"c".repeat(64), |params| {
        params
            .distinguished_name
            .push(rcgen::DnType::LocalityName, "l".repeat(64));
        params
            .distinguished_name
            .push(rcgen::DnType::StateOrProvinceName, "s".repeat(46));
        params.distinguished_name.push(rcgen::DnType::CountryName, "DE");
        params.subject_alt_names = vec![rcgen::SanType::DnsName(
            "d".repeat(60).as_str().try_into().unwrap(),
        )];
    });
    let mut body = members("acme", "small", &role);
    body["roleSessionName"] = json!("s".repeat(40));
    let answer = daemon.by_tls(&leaf, &body).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let tags = daemon.event(&answer)["certrole"]["tags"].clone();
    let values: usize = tags
        .as_object()
        .unwrap()
        .values()
        .map(|value| value.as_str().unwrap().len())
        .sum();
    assert_eq!(tags.as_object().unwrap().len(), 8, "{tags}");
    assert!(values >= 300, "{values}: {tags}");
    assert_eq!(
        answer.json()["credentialSet"][0]["sourceIdentity"]
            .as_str()
            .unwrap()
            .len(),
        64
    );
    assert!(answer.body.len() < 1900, "{} bytes", answer.body.len());
}
