//! `certrole doctor`: everything that can be wrong, in the order in which it would matter, each with its remedy.

use std::process::ExitCode;

use wire::Timestamp;
use x509::{Certificate, KeyAlgorithm};

use super::{print, runtime};
use crate::cli;
use crate::clock::now;
use crate::exchange::{Exchange, broker_time};
use crate::identity::{Chain, Identity, check_match, check_validity, parse_key, read_chain, read_key_file};
use crate::log::{Log, printable, say};
use crate::network::{Proxy, read_roots};
use crate::settings::{Environment, Settings, gather};
use crate::trouble::Trouble;

/// A certificate with fewer seconds left deserves a word.
const SOON: i64 = 7 * 24 * 3600;
/// The broker takes a signed request that is this many seconds off (contract of `/sessions`).
const SKEW: i64 = 300;

/// Checks, tells, and ends with status 1 when anything is wrong.
pub(crate) fn doctor(arguments: &cli::Doctor) -> ExitCode {
    let mut report = Report::default();
    report.examine(arguments);
    if report.failed > 0 {
        report.line(&format!(
            "\n{} to mend; the first may be the cause of the others.",
            report.failed
        ));
        ExitCode::FAILURE
    } else {
        report.line("\nAll is well.");
        ExitCode::SUCCESS
    }
}

#[derive(Debug, Default)]
struct Report {
    failed: usize,
}

impl Report {
    fn line(&self, text: &str) {
        if let Err(trouble) = print(format!("{}\n", printable(text)).as_bytes()) {
            say(&trouble.to_string());
        }
    }

    fn ok(&self, text: &str) {
        self.line(&format!("ok    {text}"));
    }

    fn warn(&self, text: &str) {
        self.line(&format!("warn  {text}"));
    }

    /// The value, if there is one; else tells the trouble and its remedy.
    fn check<T>(&mut self, outcome: Result<T, Trouble>) -> Option<T> {
        match outcome {
            Ok(value) => Some(value),
            Err(trouble) => {
                self.failed += 1;
                self.line(&format!("FAIL  {trouble}\n      fix: {}", trouble.remedy()));
                None
            }
        }
    }

    fn examine(&mut self, arguments: &cli::Doctor) {
        let log = Log::new(arguments.selection.debug == Some(true));
        let Some(settings) = self.check(gather(&arguments.selection, Environment::read(), log)) else {
            return;
        };
        self.ok(&format!(
            "settings: role {} at {}",
            settings.role, settings.endpoint
        ));
        let identity = self.identity(&settings);
        let roots = self.check(read_roots(&settings));
        if let Some((roots, path)) = &roots {
            self.ok(&format!(
                "the broker may bear a certificate of {} authorities in {}",
                roots.len(),
                path.display()
            ));
        }
        let proxy = self.check(Proxy::choose(&settings.environment, &settings.endpoint));
        match &proxy {
            Some(Some(proxy)) => self.ok(&format!("the broker is reached by the proxy {}", proxy.shown())),
            Some(None) => self.ok("the broker is reached without a proxy"),
            None => {}
        }
        let (Some(identity), Some((roots, _)), Some(proxy)) = (identity, roots, proxy) else {
            return;
        };
        if arguments.no_exchange {
            return;
        }
        let exchange = Exchange {
            settings: &settings,
            identity: &identity,
            roots,
            proxy,
            log,
        };
        self.exchange(&exchange);
    }

    fn identity(&mut self, settings: &Settings) -> Option<Identity> {
        let file = self.check(read_key_file(settings));
        let key = file.and_then(|file| {
            file.warnings.iter().for_each(|warning| self.warn(warning));
            self.ok(&format!(
                "the key's file {} keeps the rules",
                settings.private_key.display()
            ));
            self.check(parse_key(settings, &file.bytes))
        });
        let chain = self.check(read_chain(settings));
        if let Some(chain) = &chain {
            chain.warnings.iter().for_each(|warning| self.warn(warning));
            self.certificate(settings, chain);
        }
        let (key, chain) = (key?, chain?);
        self.check(check_match(settings, &key, &chain))?;
        self.ok("the key belongs to the certificate");
        Some(Identity {
            leaf: chain.leaf,
            intermediates: chain.intermediates,
            key,
        })
    }

    fn certificate(&mut self, settings: &Settings, chain: &Chain) {
        let leaf = &chain.leaf;
        let (subject, key) = (leaf.subject().display(), leaf.public_key().algorithm());
        self.ok(&format!(
            "certificate: {subject}, {key}, serial number {}",
            leaf.serial().hex()
        ));
        let now = now();
        if self.check(check_validity(settings, leaf, now)).is_some() {
            let left = leaf.not_after().since(now);
            let text = format!("the certificate is valid until {}", leaf.not_after());
            if left < SOON {
                self.warn(&format!("{text}: renew it"))
            } else {
                self.ok(&text)
            }
        }
        unfit(leaf)
            .iter()
            .for_each(|reason| self.warn(&format!("a broker will refuse the certificate: {reason}")));
        let issuer = leaf.issuer();
        let linked = chain
            .intermediates
            .iter()
            .any(|above| above.subject().raw() == issuer.raw());
        if linked {
            self.ok(&format!(
                "its issuer {} is among the intermediates",
                issuer.display()
            ));
        } else {
            self.ok(&format!(
                "its issuer {} must be the trust anchor itself: no intermediate of that name is given",
                issuer.display()
            ));
        }
    }

    fn exchange(&mut self, exchange: &Exchange<'_>) {
        let Some(runtime) = self.check(runtime()) else {
            return;
        };
        let Some(answer) = self.check(runtime.block_on(exchange.attempt(1))) else {
            return;
        };
        self.ok("the broker answers, and its certificate is trusted");
        if let Some(time) = broker_time(&answer.headers) {
            self.clock(time);
        }
        if let Some(issued) = self.check(exchange.judge(&answer)) {
            let (id, until) = (issued.output.key_id(), issued.output.expiration());
            let session = issued
                .assumed_role
                .unwrap_or_else(|| "a session that the broker does not name".into());
            self.ok(&format!(
                "credentials were issued: {id}, for {session}, until {until}"
            ));
        }
    }

    fn clock(&self, broker: Timestamp) {
        let off = now().since(broker);
        if off.abs() > SKEW {
            self.warn(&format!(
                "this machine's clock is {off} seconds from the broker's; at most {SKEW} are taken: set it"
            ));
        } else {
            self.ok(&format!(
                "this machine's clock is {off} seconds from the broker's"
            ));
        }
    }
}

/// What every broker refuses in an end-entity certificate (contract, section 2).
fn unfit(leaf: &Certificate) -> Vec<String> {
    let mut reasons = Vec::new();
    if !leaf.key_usage().is_some_and(|usage| usage.digital_signature()) {
        reasons.push("its key usage does not name digitalSignature".to_owned());
    }
    if leaf
        .extended_key_usage()
        .is_some_and(|usage| !usage.client_auth())
    {
        reasons.push("its extended key usage does not name clientAuth".to_owned());
    }
    if leaf.basic_constraints().is_some_and(|constraints| constraints.ca) {
        reasons.push("it is a CA's".to_owned());
    }
    if leaf.subject().is_empty() {
        reasons.push("its subject is empty".to_owned());
    }
    if matches!(leaf.public_key().algorithm(), KeyAlgorithm::Rsa { bits } if *bits < 2048) {
        reasons.push("its RSA key is shorter than 2048 bits".to_owned());
    }
    reasons
}
