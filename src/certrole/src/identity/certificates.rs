//! The certificate's file, and that of the intermediates.

use std::path::Path;

use keyfile::FileProblem;
use wire::Timestamp;
use x509::Certificate;

use crate::settings::Settings;
use crate::trouble::Trouble;

/// The broker takes at most five in the header, and ten from everywhere (contract 1.6).
const MOST_INTERMEDIATES: usize = 5;

/// The certificates as their files give them.
#[derive(Debug)]
pub(crate) struct Chain {
    pub(crate) leaf: Certificate,
    pub(crate) intermediates: Vec<Certificate>,
    /// Every certificate of the leaf's own file, in its order.
    pub(crate) file: Vec<Certificate>,
    pub(crate) warnings: Vec<String>,
}

/// Reads both files. The leaf is the first of its file; roots are left out, since no broker trusts one for being sent.
pub(crate) fn read_chain(settings: &Settings) -> Result<Chain, Trouble> {
    let mut warnings = Vec::new();
    let path = &settings.certificate;
    let file = read("the certificate", path, &mut warnings)?;
    let leaf = file.first().cloned().ok_or_else(|| Trouble::Certificates {
        what: "the certificate",
        path: path.clone(),
        problem: "there is none in it (no `-----BEGIN CERTIFICATE-----`)".into(),
    })?;
    let mut pool: Vec<Certificate> = file.iter().skip(1).cloned().collect();
    if let Some(path) = &settings.intermediates {
        pool.extend(read("intermediates", path, &mut warnings)?);
    }
    let mut intermediates: Vec<Certificate> = Vec::new();
    for candidate in pool {
        let known =
            candidate.der() == leaf.der() || intermediates.iter().any(|one| one.der() == candidate.der());
        if !known && !candidate.is_self_issued() {
            intermediates.push(candidate);
        }
    }
    if intermediates.len() > MOST_INTERMEDIATES {
        return Err(Trouble::Certificates {
            what: "intermediates",
            path: settings.intermediates.clone().unwrap_or_else(|| path.clone()),
            problem: format!(
                "there are {} of them, and a broker takes {MOST_INTERMEDIATES}",
                intermediates.len()
            ),
        });
    }
    Ok(Chain {
        leaf,
        intermediates,
        file,
        warnings,
    })
}

/// A certificate is no secret, and one that others may change can at worst not match the key: a warning is enough.
fn read(what: &'static str, path: &Path, warnings: &mut Vec<String>) -> Result<Vec<Certificate>, Trouble> {
    let refuse = |problem: String| Trouble::Certificates {
        what,
        path: path.to_owned(),
        problem,
    };
    let bytes = match keyfile::read_trusted(path) {
        Ok(bytes) => bytes,
        Err(refusal) if matches!(refusal.problem, FileProblem::Breach(..)) => {
            warnings.push(refusal.to_string());
            std::fs::read(path).map_err(|error| refuse(error.to_string()))?
        }
        Err(refusal) => return Err(Trouble::KeyFile(refusal)),
    };
    x509::read_certificates(&bytes).map_err(|error| refuse(error.to_string()))
}

/// Whether the certificate is valid now; both ends count (threat P1).
pub(crate) fn check_validity(settings: &Settings, leaf: &Certificate, now: Timestamp) -> Result<(), Trouble> {
    let problem = if now > leaf.not_after() {
        format!("expired at {}, and it is {now} here", leaf.not_after())
    } else if now < leaf.not_before() {
        format!("is valid from {} on, and it is {now} here", leaf.not_before())
    } else {
        return Ok(());
    };
    Err(Trouble::Validity {
        path: settings.certificate.clone(),
        problem,
    })
}
