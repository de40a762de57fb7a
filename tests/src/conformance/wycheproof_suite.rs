//! Wycheproof: signatures, each through the one entry that certificates and lists are verified by.
//!
//! What this build has no verifier for is passed over, and counted as such; so is a signature under an ML-DSA context,
//! which X.509 does not have.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use pki::{BadSignature, verify_signature};
use rustls::pki_types::{AlgorithmIdentifier, alg_id};
use serde::Deserialize;
use x509::{PublicKey, Signed};

use crate::suite_file;
use crate::tally::{Outcome, Tally, Tier};
use crate::verifiers;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Suite {
    algorithm: String,
    test_groups: Vec<Group>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    public_key_der: Option<String>,
    sha: Option<String>,
    tests: Vec<Case>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Case {
    tc_id: usize,
    msg: String,
    sig: String,
    result: String,
    #[serde(default)]
    ctx: String,
}

pub(crate) fn run(folder: &Path) -> anyhow::Result<Tally> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .with_context(|| folder.display().to_string())?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.sort();
    let mut tally = Tally::new("wycheproof")?;
    let mut passed_over = 0;
    for file in files {
        let name = file
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let suite: Suite = serde_json::from_slice(&suite_file::read(&file)?).with_context(|| name.clone())?;
        for group in &suite.test_groups {
            let algorithm = algorithm(&suite.algorithm, group.sha.as_deref())?;
            for case in &group.tests {
                match case.judge(group, algorithm) {
                    Some(outcome) => tally.count(&format!("{name} {}", case.tc_id), Tier::Must, outcome),
                    None => passed_over += 1,
                }
            }
        }
    }
    tally.close(true);
    writeln!(
        std::io::stdout(),
        "{passed_over} signatures are of algorithms that this build has no verifier for"
    )?;
    Ok(tally)
}

/// The identifier that a certificate with such a signature bears.
fn algorithm(name: &str, sha: Option<&str>) -> anyhow::Result<AlgorithmIdentifier> {
    Ok(match (name, sha) {
        ("ECDSA", Some("SHA-256")) => alg_id::ECDSA_SHA256,
        ("ECDSA", Some("SHA-384")) => alg_id::ECDSA_SHA384,
        ("ECDSA", Some("SHA-512")) => alg_id::ECDSA_SHA512,
        ("EDDSA", None) => alg_id::ED25519,
        ("RSASSA-PKCS1-v1_5", Some("SHA-256")) => alg_id::RSA_PKCS1_SHA256,
        ("RSASSA-PKCS1-v1_5", Some("SHA-384")) => alg_id::RSA_PKCS1_SHA384,
        ("RSASSA-PKCS1-v1_5", Some("SHA-512")) => alg_id::RSA_PKCS1_SHA512,
        ("RSASSA-PSS", Some("SHA-256")) => alg_id::RSA_PSS_SHA256,
        ("RSASSA-PSS", Some("SHA-384")) => alg_id::RSA_PSS_SHA384,
        ("RSASSA-PSS", Some("SHA-512")) => alg_id::RSA_PSS_SHA512,
        ("ML-DSA-44", None) => alg_id::ML_DSA_44,
        ("ML-DSA-65", None) => alg_id::ML_DSA_65,
        ("ML-DSA-87", None) => alg_id::ML_DSA_87,
        other => bail!("a suite of an algorithm that nobody here knows: {other:?}"),
    })
}

impl Case {
    /// None where this build has nothing to verify it with.
    fn judge(&self, group: &Group, algorithm: AlgorithmIdentifier) -> Option<Outcome> {
        if !self.ctx.is_empty() {
            return None;
        }
        let got = match self.verify(group, algorithm) {
            Err(Some(BadSignature::Algorithm)) => return None,
            Ok(()) => Ok(()),
            Err(_) => Err("it does not verify".to_owned()),
        };
        Some(match self.result.as_str() {
            // Either is right.
            "acceptable" => Outcome::Passed,
            wanted => Outcome::of(wanted == "valid", got),
        })
    }

    /// None as the error: the key or the bytes are not even that.
    fn verify(&self, group: &Group, algorithm: AlgorithmIdentifier) -> Result<(), Option<BadSignature>> {
        let bytes = |text: &str| hex::decode(text).map_err(|_| None);
        let key = bytes(group.public_key_der.as_deref().unwrap_or_default())?;
        let key = PublicKey::parse(&key).map_err(|_| None)?;
        let (tbs, signature) = (bytes(&self.msg)?, bytes(&self.sig)?);
        let signed = Signed {
            tbs: &tbs,
            algorithm: algorithm.as_ref(),
            signature: &signature,
        };
        verify_signature(signed, &key, verifiers::all()).map_err(Some)
    }
}
