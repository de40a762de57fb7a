//! OCSP responses: which of them count as answers (RFC 6960, 3.2; threats R2, R3, R4).

#![allow(clippy::unwrap_used)]

mod support;

use pki::{
    Answer, AnswerError, AnswerStatus, Mode, ResponderError, RevocationPolicy, Source, WITHOUT_NEXT_UPDATE,
    verify_answer,
};
use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose};
use support::bent::{Bent, ECDSA_SHA1, RSA_MD5};
use support::certificates::{
    Ca, again, custom, intermediate, key, leaf, now, of, params, read, root, root_with, serial,
};
use support::der::{extension, name};
use support::evidence::Known;
use support::questions::{Ask, anchor};
use support::responses::{Fields, Single, UNKNOWN, by_key, by_name, id, nonce, revoked};
use time::Duration;
use x509::{Certificate, IssuerHash, OcspResponse, RevocationReason};

/// A CA, one of its certificates, and whoever answers for it.
struct World {
    ca: Ca,
    issuer: Certificate,
    leaf: Certificate,
    key: KeyPair,
}

impl World {
    fn new() -> Self {
        let ca = root(|_| {});
        let leaf = leaf(&ca, |_| {});
        let (issuer, key) = (of(&ca), again(ca.key()));
        Self {
            ca,
            issuer,
            leaf,
            key,
        }
    }

    fn single(&self) -> Single {
        Single::about(&self.leaf, &self.issuer)
    }

    /// A good response that the CA makes itself.
    fn own(&self) -> Fields {
        Fields::by(&self.issuer, self.single())
    }

    fn judge(&self, response: &OcspResponse, sent: Option<&[u8]>) -> Result<Answer, AnswerError> {
        let algorithms = webpki::ALL_VERIFICATION_ALGS;
        verify_answer(response, &self.leaf, &self.issuer, now(), sent, algorithms)
    }

    /// A responder's certificate, and a good response that it makes.
    fn delegated(&self, change: impl FnOnce(&mut CertificateParams)) -> Result<Answer, AnswerError> {
        let key = key();
        let delegate = self.delegate(&key, change);
        let response = Fields::by(&delegate, self.single()).beside(&[&delegate]);
        self.judge(&response.signed_by(&key), None)
    }

    fn delegate(&self, key: &KeyPair, change: impl FnOnce(&mut CertificateParams)) -> Certificate {
        let params = delegate_params(change);
        read(params.signed_by(key, &self.ca).unwrap().der())
    }
}

const NO_CHECK: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 48, 1, 5];

fn delegate_params(change: impl FnOnce(&mut CertificateParams)) -> CertificateParams {
    let mut params = params("Responder");
    params.serial_number = serial(&[9]);
    params.not_after = params.not_before + Duration::days(365);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::OcspSigning];
    params.custom_extensions = vec![custom(NO_CHECK, false, &[5, 0])];
    change(&mut params);
    params
}

#[test]
fn what_the_issuer_itself_says_is_told() {
    let world = World::new();
    let told = |fields: Fields| world.judge(&fields.signed_by(&world.key), None).unwrap();
    let good = told(world.own());
    assert_eq!(
        good,
        Answer {
            status: AnswerStatus::Good,
            this_update: now().plus(-3600),
            next_update: now().plus(3600),
        }
    );
    let unknown = world.own().single(|one| one.status = UNKNOWN.to_vec());
    assert_eq!(told(unknown).status, AnswerStatus::Unknown);
    let AnswerStatus::Revoked(revoked) = told(world.own().single(|one| one.status = revoked(1))).status
    else {
        panic!("not revoked");
    };
    assert_eq!(revoked.date, now().plus(-60));
    assert_eq!(revoked.reason, Some(RevocationReason::KeyCompromise));
    // By the responder's key, and with the issuer hashed otherwise.
    let by_key = world
        .own()
        .with(|fields| fields.responder = by_key(&world.issuer))
        .single(|one| one.id = id(&world.leaf, &world.issuer, IssuerHash::Sha256));
    assert_eq!(told(by_key).status, AnswerStatus::Good);
    // A responder that always has news gives no nextUpdate: its answer counts for an hour.
    let newest = told(world.own().single(|one| one.next_update = None));
    assert_eq!(newest.next_update, newest.this_update.plus(WITHOUT_NEXT_UPDATE));
    // Whether it is over is judged when it is used, by the anchor's grace.
    let over = world.own().single(|one| one.next_update = Some(now().plus(-1)));
    assert_eq!(told(over).next_update, now().plus(-1));
}

/// Threat R3: an answer is about one certificate of one issuer.
#[test]
fn answers_about_other_certificates_are_none() {
    let world = World::new();
    let other_leaf = leaf(&world.ca, |params| params.serial_number = serial(&[4]));
    let namesake = root(|_| {});
    let about = |certificate: &Certificate, issuer: &Certificate| Single::about(certificate, issuer);
    let cases = [
        (
            "another serial number",
            vec![about(&other_leaf, &world.issuer)],
            "none of the 1 answers",
        ),
        (
            "the key of another CA of the same name",
            vec![about(&world.leaf, &of(&namesake))],
            "none of the 1 answers",
        ),
        ("none at all", vec![], "none of the 0 answers"),
        (
            "both hashes",
            vec![
                world.single(),
                Single {
                    id: id(&world.leaf, &world.issuer, IssuerHash::Sha256),
                    status: revoked(1),
                    ..world.single()
                },
            ],
            "2 answers",
        ),
        (
            "the same twice",
            vec![world.single(), world.single()],
            "2 answers",
        ),
    ];
    for (case, answers, said) in cases {
        let fields = world.own().with(|fields| fields.answers = answers);
        let error = world.judge(&fields.signed_by(&world.key), None).unwrap_err();
        assert!(error.to_string().contains(said), "{case}: {error}");
    }
    // Answers about others beside the one do not matter.
    let several = world
        .own()
        .with(|fields| fields.answers.push(about(&other_leaf, &world.issuer)));
    assert!(world.judge(&several.signed_by(&world.key), None).is_ok());
    // Nor is a certificate of another issuer asked about.
    let elsewhere = intermediate("Elsewhere", &world.ca, |_| {});
    let response = world.own().signed_by(&world.key);
    let algorithms = webpki::ALL_VERIFICATION_ALGS;
    let error = verify_answer(&response, &world.leaf, &of(&elsewhere), now(), None, algorithms);
    assert!(
        matches!(error, Err(AnswerError::NotTheIssuer { .. })),
        "{error:?}"
    );
}

/// The issuer may be spelled as the certificate has it, or as its own certificate does (threat P25).
#[test]
fn either_spelling_of_the_issuer_names_it() {
    let world = World::new();
    // PrintableString in the leaf's issuer, UTF8String in the CA's subject.
    let spelled = Bent::of(&world.leaf)
        .with(|bent| bent.issuer = name(&[0x55, 4, 3], 0x13, b"Root"))
        .signed_by(&world.key);
    let algorithms = webpki::ALL_VERIFICATION_ALGS;
    for named in [&spelled, &world.leaf] {
        let single = Single::about(named, &world.issuer);
        let response = Fields::by(&world.issuer, single).signed_by(&world.key);
        let answer = verify_answer(&response, &spelled, &world.issuer, now(), None, algorithms);
        assert!(answer.is_ok(), "{answer:?}");
    }
}

#[test]
fn what_is_critical_and_unknown_refuses() {
    let world = World::new();
    let odd = |critical| extension(&[0x2a, 3], critical, &[5, 0]);
    for (critical, refused) in [(false, false), (true, true)] {
        let whole = world.own().with(|fields| fields.extensions = vec![odd(critical)]);
        let single = world.own().single(|one| one.extensions = vec![odd(critical)]);
        for fields in [whole, single] {
            let result = world.judge(&fields.signed_by(&world.key), None);
            let unknown = Err(AnswerError::CriticalExtension("1.2.3".to_owned()));
            assert_eq!(result == unknown, refused, "{result:?}");
            assert_eq!(result.is_ok(), !refused, "{result:?}");
        }
    }
}

/// One that comes back must be the one that was sent; most responders send none back.
#[test]
fn a_nonce_that_comes_back_is_the_one_that_was_sent() {
    let world = World::new();
    for (sent, back, taken) in [
        (None, None, true),
        (Some(&[1; 32][..]), None, true),
        (None, Some(&[1; 32][..]), true),
        (Some(&[1; 32]), Some(&[1; 32]), true),
        (Some(&[1; 32]), Some(&[2; 32]), false),
        (Some(&[1; 32]), Some(&[1; 31]), false),
    ] {
        let fields = world
            .own()
            .with(|fields| fields.extensions.extend(back.map(nonce)));
        let result = world.judge(&fields.signed_by(&world.key), sent);
        assert_eq!(result.is_ok(), taken, "{sent:?} {back:?} {result:?}");
        assert!(
            taken || matches!(result, Err(AnswerError::Nonce { .. })),
            "{result:?}"
        );
    }
}

/// Threat R4, to the second: a responder's clock may be five minutes ahead.
#[test]
fn answers_from_the_future_are_refused() {
    let world = World::new();
    for (late, taken) in [(0, true), (2, true), (300, true), (301, false)] {
        let this = world.own().single(|one| one.this_update = now().plus(late));
        let produced = world.own().with(|fields| fields.produced_at = now().plus(late));
        for fields in [this, produced] {
            let result = world.judge(&fields.signed_by(&world.key), None);
            assert_eq!(result.is_ok(), taken, "{late}: {result:?}");
            assert!(
                taken || matches!(result, Err(AnswerError::Future { .. })),
                "{result:?}"
            );
        }
    }
    let backwards = world
        .own()
        .single(|one| one.next_update = Some(one.this_update.plus(-1)));
    let result = world.judge(&backwards.signed_by(&world.key), None);
    assert!(matches!(result, Err(AnswerError::Backwards { .. })), "{result:?}");
}

/// An answer that was taken early counts from its thisUpdate on, and not before.
#[test]
fn an_answer_of_a_clock_that_is_ahead_counts_from_its_own_time_on() {
    let world = World::new();
    let early = world.own().single(|one| one.this_update = now().plus(2));
    let answer = world.judge(&early.signed_by(&world.key), None).unwrap();
    let anchor = anchor(&[&world.ca]).with_revocation(RevocationPolicy {
        mode: Mode::Require,
        sources: vec![Source::Ocsp],
        max_staleness: 0,
    });
    let known = Known::default().answer(&world.leaf, &of(&world.ca), answer);
    for (at, wanted) in [
        (0, "path.revocation-not-yet"),
        (1, "path.revocation-not-yet"),
        (2, "valid"),
    ] {
        let ask = Ask::new(&world.leaf, &[], &anchor)
            .knowing(&known)
            .at(now().plus(at));
        assert_eq!(ask.rule(), wanted, "{at}");
    }
}

/// Threat R2: the signature is the issuer's or it is nothing.
#[test]
fn what_somebody_else_signed_is_no_answer() {
    let world = World::new();
    let stranger = key();
    let strange_ca = root_with(again(&stranger), |_| {});
    let error = |fields: Fields, key: &KeyPair| world.judge(&fields.signed_by(key), None).unwrap_err();
    let wrong = |error: AnswerError, said: &str| assert!(error.to_string().contains(said), "{said}: {error}");
    wrong(error(world.own(), &stranger), "not signed by that key");
    // The same name, another key; with and without its certificate beside it.
    wrong(
        error(world.own().beside(&[&of(&strange_ca)]), &stranger),
        "CA certificate",
    );
    let by_hash = world
        .own()
        .with(|fields| fields.responder = by_key(&of(&strange_ca)));
    wrong(error(by_hash, &stranger), "neither its issuer");
    // The issuer's signature under another responder's name proves that the issuer said something, and not what.
    let misnamed = world.own().with(|fields| fields.responder = by_name(&world.leaf));
    wrong(error(misnamed, &world.key), "neither its issuer");
    for weak in [ECDSA_SHA1, RSA_MD5] {
        let fields = world.own().with(|fields| fields.algorithm = weak.to_vec());
        let error = error(fields, &world.key);
        assert!(
            matches!(error, AnswerError::Responder(ResponderError::Weak(_))),
            "{error}"
        );
    }
    // An algorithm that this key does not sign with.
    let ed25519 = world
        .own()
        .with(|fields| fields.algorithm = vec![0x30, 5, 6, 3, 0x2b, 0x65, 0x70]);
    wrong(error(ed25519, &world.key), "Ed25519 by a key of type P-256");
}

/// A responder answers where the issuer made it one, and for nobody else.
#[test]
fn responders_are_those_whom_the_issuer_made_so() {
    let world = World::new();
    assert_eq!(world.delegated(|_| {}).unwrap().status, AnswerStatus::Good);
    type Change = fn(&mut CertificateParams);
    let cases: [(&str, Change, Option<&str>); 12] = [
        ("no key usage at all", |params| params.key_usages.clear(), None),
        (
            "short-lived, and nobody asks for its own revocation",
            |params| {
                params.custom_extensions.clear();
                params.not_after = params.not_before + Duration::days(30);
            },
            None,
        ),
        (
            "long-lived without no-check",
            |params| {
                params.custom_extensions.clear();
                params.not_after = params.not_before + Duration::days(30) + Duration::seconds(1);
            },
            Some("no id-pkix-ocsp-nocheck"),
        ),
        (
            "no extended key usage",
            |params| params.extended_key_usages.clear(),
            Some("must name OCSPSigning"),
        ),
        (
            "another purpose",
            |params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth],
            Some("must name OCSPSigning"),
        ),
        (
            "any purpose is not this one",
            |params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::Any],
            Some("must name OCSPSigning"),
        ),
        (
            "may not sign data",
            |params| params.key_usages = vec![KeyUsagePurpose::KeyEncipherment],
            Some("must have digitalSignature"),
        ),
        (
            "over",
            |params| params.not_after = params.not_before + Duration::seconds(3599),
            Some("expired"),
        ),
        (
            "not begun",
            |params| params.not_before += Duration::seconds(3601),
            Some("not valid before"),
        ),
        (
            "a CA",
            |params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained),
            Some("CA certificate"),
        ),
        (
            "an unknown critical extension",
            |params| params.custom_extensions.push(custom(&[1, 2, 3], true, &[5, 0])),
            Some("critical extension"),
        ),
        (
            "a serial number of 21 octets",
            |params| params.serial_number = serial(&[1; 21]),
            Some("serial number"),
        ),
    ];
    for (case, change, refused) in cases {
        match (world.delegated(change), refused) {
            (Ok(answer), None) => assert_eq!(answer.status, AnswerStatus::Good, "{case}"),
            (Err(error), Some(said)) => assert!(error.to_string().contains(said), "{case}: {error}"),
            (result, _) => panic!("{case}: {result:?}"),
        }
    }
}

/// The issuer's key itself vouches for the responder: no other CA's does, whatever its name, and no chain of them.
#[test]
fn a_responder_of_another_ca_is_none() {
    let world = World::new();
    let namesake = root(|_| {});
    let below = intermediate("Below", &world.ca, |_| {});
    for (case, ca, beside_too) in [
        ("another CA of the same name", &namesake, None),
        ("a CA below the issuer", &below, Some(of(&below))),
    ] {
        let key = key();
        let delegate = read(delegate_params(|_| {}).signed_by(&key, ca).unwrap().der());
        let mut beside = vec![&delegate];
        beside.extend(&beside_too);
        let response = Fields::by(&delegate, world.single()).beside(&beside);
        let error = world.judge(&response.signed_by(&key), None).unwrap_err();
        assert!(error.to_string().contains("was not issued by"), "{case}: {error}");
    }
    // A certificate of the issuer's, signed with what is weak.
    let key = key();
    let weak = Bent::of(&world.delegate(&key, |_| {}))
        .algorithm(ECDSA_SHA1)
        .signed_by(&world.key);
    let response = Fields::by(&weak, world.single()).beside(&[&weak]);
    let error = world.judge(&response.signed_by(&key), None).unwrap_err();
    assert!(error.to_string().contains("SHA-1"), "{error}");
    // A responder's certificate, and the signature of somebody else.
    let delegate = world.delegate(&key, |_| {});
    let response = Fields::by(&delegate, world.single()).beside(&[&delegate]);
    let error = world.judge(&response.signed_by(&self::key()), None).unwrap_err();
    let wanted = ResponderError::Signature("CN=Responder".to_owned());
    assert_eq!(error, AnswerError::Responder(wanted));
}

#[test]
fn the_certificates_beside_a_response_are_counted_and_hints_only() {
    let world = World::new();
    let key = key();
    let delegate = world.delegate(&key, |_| {});
    let stranger = leaf(&root(|_| {}), |_| {});
    let fields = |strangers: usize| {
        let mut beside = vec![&stranger; strangers];
        beside.push(&delegate);
        Fields::by(&delegate, world.single()).beside(&beside)
    };
    // By name, by key, and with strangers and what is no certificate before it.
    let by_key = fields(0).with(|fields| fields.responder = by_key(&delegate));
    let unreadable = fields(0).with(|fields| fields.certificates.insert(0, vec![0x30, 2, 5, 0]));
    for good in [by_key, fields(7), unreadable] {
        let answer = world.judge(&good.signed_by(&key), None);
        assert!(answer.is_ok(), "{answer:?}");
    }
    let error = world.judge(&fields(8).signed_by(&key), None).unwrap_err();
    assert_eq!(
        error,
        AnswerError::Responder(ResponderError::TooManyCertificates(9))
    );
}
