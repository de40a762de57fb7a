//! Lists that an operator brings: `certroled import-crl`.

use std::path::Path;

use store::ListSource;
use wire::{Timestamp, TrustAnchorArn};

use super::keeper::Keeper;

/// A list of a million entries is some 40 MB, and a third more in PEM.
const LARGEST: u64 = 256 << 20;

impl Keeper {
    /// Takes every list of a file, or says which one is not taken; those before it are then. Certificates beside the lists
    /// may have signed them: it is the operator who says that they belong to the anchor.
    pub(crate) fn import(
        &self,
        file: &Path,
        anchor: &TrustAnchorArn,
        now: Timestamp,
    ) -> Result<String, String> {
        let bytes = keyfile::read_trusted_up_to(file, LARGEST).map_err(|refusal| refusal.to_string())?;
        let read = x509::read_crls(&bytes).map_err(|error| format!("{}: {error}", file.display()))?;
        let mut told = Vec::new();
        for (at, der) in read.crls.iter().enumerate() {
            let source = (ListSource::Imported, None);
            let list = self
                .accept_list(anchor, der, &read.certificates, source, now)
                .map_err(|error| {
                    let before = told.iter().map(|line| format!("{line}\n")).collect::<String>();
                    format!("{before}list {} of {}: {error}", at + 1, file.display())
                })?;
            let crl = list.crl();
            let passed_over = match crl.passed_over() {
                0 => String::new(),
                some => format!(
                    " ({some} entries have serial numbers that no certificate may have, and are passed over)"
                ),
            };
            told.push(format!(
                "in force now: list {} of `{}`, {} certificates revoked{passed_over}, counts until {}",
                crl.number().map(ToString::to_string).unwrap_or_default(),
                crl.issuer().display(),
                crl.len(),
                list.next_update()
            ));
        }
        Ok(told.join("\n"))
    }
}
