//! What a rehearsal knows of revocation: the lists beside the anchors, and what the daemon keeps in its state.
//!
//! What lives here: gathering both for one anchor, with what could not be used and why. What does not: any verdict.

use std::path::Path;
use std::sync::Arc;

use broker::{IssuerLists, OcspAnswers, RevocationLists};
use pki::{Algorithms, List, verify_answer};
use store::{Store, StoredAnswer, StoredList};
use wire::{Timestamp, TrustAnchorArn};
use x509::{Certificate, OcspResponse};

use crate::config::Objects;
use crate::state::State;

/// A list, and where it came from.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) list: Arc<List>,
    pub(crate) from: &'static str,
}

/// What is known of revocation for one anchor.
#[derive(Debug, Default)]
pub(crate) struct Evidence {
    anchor: Option<TrustAnchorArn>,
    pub(crate) known: Vec<Known>,
    answers: OcspAnswers,
    /// How many OCSP answers about these certificates are used.
    pub(crate) answer_count: usize,
    /// What could not be used, and why.
    pub(crate) notes: Vec<String>,
}

impl Evidence {
    /// Gathers what there is about these certificates.
    pub(crate) fn gather<'c>(
        state: &Path,
        objects: &Objects,
        named: &TrustAnchorArn,
        certificates: impl Iterator<Item = &'c Certificate>,
        at: Timestamp,
        algorithms: Algorithms<'_>,
    ) -> Self {
        let mut this = Self::default();
        let Some(beside) = objects.revocation.iter().find(|beside| beside.anchor == *named) else {
            return this;
        };
        this.anchor = Some(named.clone());
        this.known = beside
            .lists
            .iter()
            .map(|list| Known {
                list: Arc::clone(list),
                from: "the file beside the trust anchor",
            })
            .collect();
        let anchor = objects.anchors.iter().find(|anchor| anchor.arn == *named);
        let mut issuers = beside.certificates.clone();
        issuers.extend(
            anchor
                .into_iter()
                .flat_map(|anchor| anchor.trust.certificates())
                .cloned(),
        );
        let certificates: Vec<&Certificate> = certificates.collect();
        match State::open(state) {
            Ok(state) => {
                this.take_lists(state.store.as_ref(), named, &issuers, algorithms);
                this.take_answers(state.store.as_ref(), &certificates, at, algorithms);
            }
            Err(error) => this.notes.push(format!(
                "what the daemon fetched was not read, only files were: {error:#}"
            )),
        }
        this
    }

    fn take_lists(
        &mut self,
        store: &dyn Store,
        named: &TrustAnchorArn,
        issuers: &[Certificate],
        algorithms: Algorithms<'_>,
    ) {
        let stored = match store.revocation_lists() {
            Ok(stored) => stored,
            Err(error) => return self.notes.push(format!("the state's revocation lists: {error}")),
        };
        let (account, id) = (named.account().to_string(), named.id().to_string());
        for stored in stored {
            if stored.account != account || stored.trust_anchor != id {
                continue;
            }
            match read_list(&stored, issuers, algorithms) {
                Ok(list) => self.known.push(Known {
                    list: Arc::new(list),
                    from: "the state",
                }),
                Err(error) => self
                    .notes
                    .push(format!("a revocation list of the state: {error}")),
            }
        }
    }

    fn take_answers(
        &mut self,
        store: &dyn Store,
        certificates: &[&Certificate],
        at: Timestamp,
        algorithms: Algorithms<'_>,
    ) {
        let stored = match store.ocsp_answers() {
            Ok(stored) => stored,
            Err(error) => return self.notes.push(format!("the state's OCSP answers: {error}")),
        };
        for stored in stored {
            // The others are about certificates that are not looked at.
            let about = certificates.iter().find(|one| one.der() == stored.certificate);
            let Some(certificate) = about else { continue };
            match self.put_answer(&stored, certificate, at, algorithms) {
                Ok(()) => self.answer_count = self.answer_count.saturating_add(1),
                Err(error) => {
                    let subject = certificate.subject().display();
                    self.notes
                        .push(format!("the state's OCSP answer about `{subject}`: {error}"));
                }
            }
        }
    }

    fn put_answer(
        &self,
        stored: &StoredAnswer,
        certificate: &Certificate,
        at: Timestamp,
        algorithms: Algorithms<'_>,
    ) -> anyhow::Result<()> {
        let issuer = Certificate::parse(&stored.issuer_certificate)?;
        let response = OcspResponse::parse(&stored.der)?;
        let answer = verify_answer(&response, certificate, &issuer, at, None, algorithms)?;
        self.answers
            .put(issuer.spki_sha256(), certificate.serial(), answer);
        Ok(())
    }

    /// The lists, for the snapshot.
    pub(crate) fn lists(&self) -> Arc<RevocationLists> {
        let mut lists = RevocationLists::default();
        if let Some(anchor) = &self.anchor {
            let known = self.known.iter().map(|known| Arc::clone(&known.list));
            lists.replace(anchor.clone(), IssuerLists::new(known));
        }
        Arc::new(lists)
    }

    /// The answers.
    pub(crate) fn answers(&self) -> &OcspAnswers {
        &self.answers
    }
}

/// A list of the state is judged again: the state is not trusted to hold what was put there (threat R2).
fn read_list(
    stored: &StoredList,
    issuers: &[Certificate],
    algorithms: Algorithms<'_>,
) -> anyhow::Result<List> {
    let mut issuers = issuers.to_vec();
    if let Some(der) = &stored.issuer_certificate {
        issuers.push(Certificate::parse(der)?);
    }
    Ok(List::new(&stored.der, &issuers, algorithms)?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use rcgen::{
        BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, DnType, IsCa,
        KeyIdMethod, KeyPair, KeyUsagePurpose, SerialNumber, date_time_ymd,
    };
    use store::{ListSource, SqliteStore};

    use super::*;
    use crate::primitives;

    /// What the daemon fetched counts for the anchor that it was fetched for and for no other (threat R11), and is judged
    /// anew (threat R2).
    #[test]
    fn lists_of_the_state_count_for_their_anchor() {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "Acme Root");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let list = CertificateRevocationListParams {
            this_update: date_time_ymd(2026, 1, 1),
            next_update: date_time_ymd(2026, 2, 1),
            crl_number: SerialNumber::from(5u64),
            issuing_distribution_point: None,
            revoked_certs: Vec::new(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        let der = list.signed_by(&issuer).unwrap().der().to_vec();
        let mut forged = der.clone();
        *forged.last_mut().unwrap() ^= 1;
        let anchor = |id: &str| -> TrustAnchorArn {
            format!("arn:aws:rolesanywhere:eu-local-1:111122223333:trust-anchor/{id}")
                .parse()
                .unwrap()
        };
        let here = anchor("11111111-2222-3333-4444-555555555555");
        let elsewhere = anchor("11111111-2222-3333-4444-666666666666");

        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::create(&folder.path().join("state.sqlite")).unwrap();
        for (scope, arn, der) in [(1, &here, &der), (2, &here, &forged), (3, &elsewhere, &der)] {
            store
                .put_revocation_list(&StoredList {
                    account: arn.account().to_string(),
                    trust_anchor: arn.id().to_string(),
                    scope: vec![scope],
                    source: ListSource::Fetched,
                    url: None,
                    der: der.clone(),
                    issuer_certificate: None,
                    number: vec![5],
                    sha256: [scope; 32],
                    stored_at: Timestamp::from_seconds(0),
                })
                .unwrap();
        }
        let mut evidence = Evidence::default();
        let issuers = [Certificate::parse(issuer.der()).unwrap()];
        let algorithms = primitives::provider().signature_verification_algorithms.all;
        evidence.take_lists(&store, &here, &issuers, algorithms);
        assert_eq!(evidence.known.len(), 1);
        assert!(evidence.known.iter().all(|known| known.list.is_verified()));
        assert_eq!(evidence.notes.len(), 1, "{:?}", evidence.notes);
        assert!(
            evidence
                .notes
                .iter()
                .all(|note| note.contains("was not signed by")),
            "{:?}",
            evidence.notes
        );
    }
}
