//! What an operator says about trust: kinds of anchors, their constraints, revocation lists beside them.

use crate::harness::{Authority, Home, Key, Leaf, Setup, members, said};

fn check(home: &Home) -> (bool, String) {
    let output = home.command("check").output().unwrap();
    (output.status.success(), said(&output))
}

/// The whole of it in one file, as an operator would write it, and taken.
#[test]
fn everything_that_can_be_said_of_an_anchor_is_taken() {
    let acme = Authority::root("Acme Root");
    let mut setup = Setup::with(&acme).more(
        "[revocation]\nfetch = true\nallowed_hosts = [\"*.example.com\"]\nallowed_addresses = [\"10.1.0.0/16\"]\n",
    );
    setup.anchors[0].2 = r#"kind = "ca"

[trust_anchor.acme.constraints]
permitted_dns = ["example.com"]
permitted_directory = [[{ O = "Acme" }]]
extended_key_usage = ["clientAuth"]
keys = ["rsa-3072", "p256"]
max_leaf_lifetime_seconds = 7776000

[trust_anchor.acme.revocation]
mode = "require"
sources = ["crl", "ocsp"]
max_staleness_seconds = 3600
crl_urls = ["http://crl.example.com/acme.crl"]
ocsp_url = "http://ocsp.example.com/"
"#
    .into();
    let home = setup.write();
    let intermediate = acme.intermediate("Acme Intermediate");
    let lists = format!(
        "{}{}{}",
        acme.list(1, &[], (-1, 24)),
        intermediate.pem(),
        intermediate.list(7, &[], (-1, 24))
    );
    home.write("trust-anchors/acme.crl", &lists);
    let (fine, text) = check(&home);
    assert!(fine && !text.contains("warning"), "{text}");
    // A list that is over is taken too: it still refuses whom it lists.
    home.write("trust-anchors/acme.crl", &acme.list(1, &[], (-48, -24)));
    let (fine, text) = check(&home);
    assert!(fine && text.contains("acme.crl is over since"), "{text}");
}

/// Threats R2, R6, R7, R8: a list that cannot be used is a mistake of whoever put it there, and never a silence.
#[test]
fn a_list_that_cannot_be_used_is_told() {
    let (acme, other) = (Authority::root("Acme Root"), Authority::root("Acme Root"));
    let home = Setup::with(&acme).write();
    let good = acme.list(1, &[], (-1, 24));
    let table = "[trust_anchor.acme]\n";
    let plain = home.read("certrole.toml");
    for (name, lists, more, told, remedy) in [
        (
            "acme.crl",
            "nothing".into(),
            "",
            "there is no CRL in it",
            "openssl crl",
        ),
        (
            "acme.crl",
            format!("{good}{}", forged(&acme)),
            "",
            "list 2, of `CN=Acme Root`: it names `CN=Acme Root` as its issuer, and was not signed by",
            "get the list from its CA again",
        ),
        (
            "acme.crl",
            good.replace("-----END X509 CRL-----", ""),
            "",
            "acme.crl: line 1: the PEM block",
            "openssl crl",
        ),
        (
            "nobody.crl",
            good.clone(),
            "",
            "nobody.crl: no table",
            "[trust_anchor.nobody]",
        ),
        (
            "acme.crl",
            good.clone(),
            "[trust_anchor.acme.revocation]\nmode = \"off\"\n",
            "are not looked at",
            "move the file away",
        ),
        (
            "acme.crl",
            good.clone(),
            "[trust_anchor.acme.revocation]\nsources = [\"ocsp\"]\n",
            "are not looked at",
            "move the file away",
        ),
    ] {
        home.write("certrole.toml", &plain.replace(table, &format!("{table}{more}")));
        home.write(&format!("trust-anchors/{name}"), &lists);
        let (fine, text) = check(&home);
        assert!(
            !fine && text.contains(told) && text.contains(remedy),
            "{told}: {text}"
        );
        std::fs::remove_file(home.path(&format!("trust-anchors/{name}"))).unwrap();
    }
    // Another CA of the same name signed it, with the key identifier of its own: it may be met on a path, and is not
    // taken for this one's.
    home.write("certrole.toml", &plain);
    home.write("trust-anchors/acme.crl", &other.list(1, &[], (-1, 24)));
    let (fine, text) = check(&home);
    assert!(fine, "{text}");
    home.chmod("trust-anchors/acme.crl", 0o666);
    let (fine, text) = check(&home);
    assert!(
        !fine && text.contains("acme.crl") && text.contains("chmod go-w"),
        "{text}"
    );
}

/// A list of this issuer whose signature is another's.
fn forged(authority: &Authority) -> String {
    use base64::Engine as _;
    let list = authority.list(2, &[], (-1, 24));
    let mut der = x509::read_crls(list.as_bytes()).unwrap().crls.remove(0);
    *der.last_mut().unwrap() ^= 1;
    let base64 = base64::engine::general_purpose::STANDARD.encode(der);
    format!("-----BEGIN X509 CRL-----\n{base64}\n-----END X509 CRL-----\n")
}

/// Threat P19: what is pinned is trusted by itself, and issues nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_pinned_certificate_is_trusted_and_its_siblings_are_not() {
    let acme = Authority::root("Acme Root");
    let (pinned, sibling) = (acme.leaf("web-1"), acme.leaf("web-1"));
    let mut setup = Setup::with(&acme);
    setup.anchors[0].1 = pinned.pem.clone();
    setup.anchors[0].2 = "kind = \"pinned\"".into();
    let daemon = setup.start().await;
    let body = members("acme", "web", "Reader");
    assert_eq!(daemon.by_tls(&pinned, &body).await.status, 201);
    let refused = daemon.by_tls(&sibling, &body).await;
    assert_eq!(
        (
            refused.status,
            daemon.event(&refused)["certrole"]["rule"].as_str()
        ),
        (403, Some("path.not-pinned"))
    );
    let good = daemon.read("certrole.toml");
    for (from, to, told) in [
        ("kind = \"pinned\"", "kind = \"ca\"", "kind = \"pinned\""),
        (
            "kind = \"pinned\"",
            "kind = \"pinned\"\n[trust_anchor.acme.revocation]\nmode = \"require\"",
            "nobody issues what is pinned",
        ),
    ] {
        daemon.write("certrole.toml", &good.replace(from, to));
        let (fine, text) = check(&daemon);
        assert!(!fine && text.contains(told), "{told}: {text}");
    }
    daemon.write("certrole.toml", &good);
    daemon.write("trust-anchors/acme.crl", &acme.list(1, &[], (-1, 24)));
    let (fine, text) = check(&daemon);
    assert!(!fine && text.contains("nobody issues what is pinned"), "{text}");
}

/// The operator's constraints hold, whatever the CA says.
#[tokio::test(flavor = "multi_thread")]
async fn an_anchors_own_constraints_hold() {
    let acme = Authority::root("Acme Root");
    let (one, other) = (acme.intermediate("One"), acme.intermediate("Other"));
    let fingerprint = hex::encode(x509::Certificate::parse(&one.der()).unwrap().sha256());
    let mut setup = Setup::with(&acme);
    setup.anchors[0].2 = format!(
        "[trust_anchor.acme.constraints]\npermitted_dns = [\"example.com\"]\n\
         permitted_directory = [[{{ O = \"acme\" }}, {{ OU = \"Web\" }}]]\nkeys = [\"p256\"]\n\
         max_leaf_lifetime_seconds = 3000000\nissuing_ca = [\"{fingerprint}\"]\n"
    );
    let daemon = setup.start().await;
    let leaf = |from: &Authority, key: Key, change: &dyn Fn(&mut rcgen::CertificateParams)| -> Leaf {
        from.leaf_with(key, "web-1", change).with_chain(&[from])
    };
    let named = |name: &str| {
        let san = rcgen::SanType::DnsName(name.try_into().unwrap());
        move |params: &mut rcgen::CertificateParams| params.subject_alt_names = vec![san.clone()]
    };
    for (what, leaf, rule) in [
        (
            "all is well",
            leaf(&one, Key::P256, &named("a.example.com")),
            None,
        ),
        (
            "another name",
            leaf(&one, Key::P256, &named("a.example.net")),
            Some("path.name-constraints"),
        ),
        (
            "another key",
            leaf(&one, Key::P384, &|_| {}),
            Some("path.anchor-constraint"),
        ),
        (
            "too long a life",
            leaf(&one, Key::P256, &|params| {
                params.not_after += time::Duration::days(30)
            }),
            Some("path.anchor-constraint"),
        ),
        (
            "another CA",
            leaf(&other, Key::P256, &|_| {}),
            Some("path.anchor-constraint"),
        ),
        (
            "another subject",
            leaf(&one, Key::P256, &|params| {
                params
                    .distinguished_name
                    .push(rcgen::DnType::OrganizationName, "Emca");
            }),
            Some("path.name-constraints"),
        ),
    ] {
        let answer = daemon.by_tls(&leaf, &members("acme", "web", "Reader")).await;
        let event = daemon.event(&answer);
        assert_eq!(event["certrole"]["rule"].as_str(), rule, "{what}: {event}");
        assert_eq!(answer.status, if rule.is_none() { 201 } else { 403 }, "{what}");
    }
}
