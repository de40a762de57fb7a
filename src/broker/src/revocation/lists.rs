//! Revocation lists, by anchor and by the name of their issuer.

use std::collections::HashMap;
use std::sync::Arc;

use pki::List;
use wire::TrustAnchorArn;
use x509::Name;

/// The lists of one anchor. A look-up is a hash, whatever is known.
#[derive(Debug, Clone, Default)]
pub struct IssuerLists {
    by_issuer: HashMap<Vec<u8>, Vec<Arc<List>>>,
}

impl IssuerLists {
    /// Of these lists.
    pub fn new(lists: impl IntoIterator<Item = Arc<List>>) -> Self {
        let mut this = Self::default();
        for list in lists {
            let issuer = list.crl().issuer().comparable().to_vec();
            this.by_issuer.entry(issuer).or_default().push(list);
        }
        this
    }

    /// The lists whose issuer bears this name.
    pub fn of(&self, issuer: &Name) -> &[Arc<List>] {
        self.by_issuer
            .get(issuer.comparable())
            .map(Vec::as_slice)
            .unwrap_or_default()
    }

    /// Every list.
    pub fn all(&self) -> impl Iterator<Item = &Arc<List>> {
        self.by_issuer.values().flatten()
    }
}

/// The lists of every anchor. A value: whoever brings a list in makes a new one.
#[derive(Debug, Clone, Default)]
pub struct RevocationLists {
    by_anchor: HashMap<TrustAnchorArn, Arc<IssuerLists>>,
}

impl RevocationLists {
    /// The lists of this anchor, in place of those that it had.
    pub fn replace(&mut self, anchor: TrustAnchorArn, lists: IssuerLists) {
        self.by_anchor.insert(anchor, Arc::new(lists));
    }

    /// The lists of this anchor.
    pub fn of(&self, anchor: &TrustAnchorArn) -> Option<&IssuerLists> {
        self.by_anchor.get(anchor).map(Arc::as_ref)
    }
}
