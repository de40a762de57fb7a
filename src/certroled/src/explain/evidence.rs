//! What a rehearsal knows of revocation: the lists beside the anchors, and what the daemon keeps in its state.
//!
//! What lives here: gathering both for one anchor, with what could not be used and why. What does not: any verdict.

use std::path::Path;
use std::sync::Arc;

use broker::{IssuerLists, OcspAnswers, RevocationLists};
use pki::List;
use store::Store;
use wire::TrustAnchorArn;
use x509::Certificate;

use crate::config::Objects;
use crate::revocation::{Kept, names_of, read_back, read_stored};
use crate::state::State;

/// A list that is in force, and where it came from.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) list: Arc<List>,
    pub(crate) from: &'static str,
}

/// What is known of revocation for one anchor, by the rules that the daemon keeps it by.
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
    ) -> Self {
        let mut this = Self::default();
        let mut anchors = objects.anchors.iter().zip(&objects.revocation);
        let Some((anchor, beside)) = anchors.find(|(anchor, _)| anchor.arn == *named) else {
            return this;
        };
        this.anchor = Some(named.clone());
        let mut kept = Kept::new(named.clone());
        for certificate in anchor.trust.certificates().iter().chain(&beside.certificates) {
            kept.add_issuer(certificate);
        }
        match State::open(state) {
            Ok(state) => {
                this.take_lists(state.store.as_ref(), named, &mut kept);
                this.take_answers(state.store.as_ref(), &certificates.collect::<Vec<_>>());
            }
            Err(error) => this.notes.push(format!(
                "what the daemon fetched was not read, only files were: {error:#}"
            )),
        }
        for list in &beside.lists {
            this.take(Arc::clone(list), "the file beside the trust anchor", &mut kept);
        }
        let in_force = kept.lists();
        this.known
            .retain(|known| in_force.all().any(|list| Arc::ptr_eq(list, &known.list)));
        this
    }

    fn take(&mut self, list: Arc<List>, from: &'static str, kept: &mut Kept) {
        kept.add(Arc::clone(&list), None);
        self.known.push(Known { list, from });
    }

    fn take_lists(&mut self, store: &dyn Store, named: &TrustAnchorArn, kept: &mut Kept) {
        let rows = match store.revocation_lists() {
            Ok(rows) => rows,
            Err(error) => return self.notes.push(format!("the state's revocation lists: {error}")),
        };
        let (account, id) = names_of(named);
        for row in rows {
            if row.account != account || row.trust_anchor != id {
                continue;
            }
            match read_stored(store, &row, kept) {
                Ok(list) => self.take(list, "the state", kept),
                Err(error) => self
                    .notes
                    .push(format!("a revocation list of the state: {error}")),
            }
        }
    }

    fn take_answers(&mut self, store: &dyn Store, certificates: &[&Certificate]) {
        let rows = match store.ocsp_answers() {
            Ok(rows) => rows,
            Err(error) => return self.notes.push(format!("the state's OCSP answers: {error}")),
        };
        for row in rows {
            // The others are about certificates that are not looked at.
            let about = certificates.iter().find(|one| one.der() == row.certificate);
            let Some(about) = about else { continue };
            if let Some((certificate, issuer, answer)) = read_back(&row) {
                self.answers.put(&issuer, &certificate, answer);
                self.answer_count = self.answer_count.saturating_add(1);
            } else {
                let subject = about.subject().display();
                self.notes.push(format!(
                    "the state's OCSP answer about `{subject}` cannot be used any more"
                ));
            }
        }
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use rcgen::{
        BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, DnType, IsCa,
        KeyIdMethod, KeyPair, KeyUsagePurpose, SerialNumber, date_time_ymd,
    };
    use store::{ListSource, SqliteStore, StoredList};
    use wire::Timestamp;

    use super::*;

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
        let mut kept = Kept::new(here.clone());
        kept.add_issuer(&Certificate::parse(issuer.der()).unwrap());
        evidence.take_lists(&store, &here, &mut kept);
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
