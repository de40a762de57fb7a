//! The revocation lists of one case.

use std::collections::HashMap;
use std::sync::Arc;

use pki::{Algorithms, Answer, Evidence, List};
use x509::{Certificate, Name, Serial};

/// The lists of a case that may be used, by their issuer's name.
#[derive(Debug, Default)]
pub(crate) struct Lists(HashMap<Vec<u8>, Vec<Arc<List>>>);

impl Lists {
    /// Brings the lists of a case in; what may not be used counts as absent.
    pub(crate) fn of(ders: &[Vec<u8>], issuers: &[Certificate], algorithms: Algorithms<'_>) -> Self {
        let mut lists = Self::default();
        for list in ders
            .iter()
            .filter_map(|der| List::new(der, issuers, algorithms).ok())
        {
            let issuer = list.crl().issuer().comparable().to_vec();
            lists.0.entry(issuer).or_default().push(Arc::new(list));
        }
        lists
    }
}

impl Evidence for Lists {
    fn lists(&self, issuer: &Name) -> &[Arc<List>] {
        self.0
            .get(issuer.comparable())
            .map(Vec::as_slice)
            .unwrap_or_default()
    }

    fn answer(&self, _: &Certificate, _: &Serial) -> Option<Answer> {
        None
    }
}
