//! What a handshake was about, kept while it runs, so that one that fails still has something to tell.

use std::cell::RefCell;

use x509::Certificate;

tokio::task_local! {
    static NOTES: RefCell<Notes>;
}

/// What was seen of the client's certificate before a handshake failed.
#[derive(Debug, Default, Clone)]
pub(crate) struct Notes {
    values: Vec<(&'static str, String)>,
    leaf: Option<Certificate>,
}

impl Notes {
    /// Runs a handshake, and gives its notes beside what came of it.
    pub(crate) async fn beside<T>(handshake: impl Future<Output = T>) -> (T, Self) {
        NOTES
            .scope(RefCell::default(), async {
                let outcome = handshake.await;
                (outcome, NOTES.with(RefCell::take))
            })
            .await
    }

    /// The leaf as it was read, so that nothing reads it again.
    pub(crate) fn leaf(&self) -> Option<&Certificate> {
        self.leaf.as_ref()
    }

    /// Everything there is to tell of a handshake that failed. Only then is any of it written out.
    pub(crate) fn into_values(self) -> Vec<(&'static str, String)> {
        let mut values = Vec::new();
        if let Some(leaf) = &self.leaf {
            values.push(("subject", leaf.subject().display()));
            values.push(("issuer", leaf.issuer().display()));
            values.push(("serial", leaf.serial().hex().to_string()));
            values.push(("key", leaf.public_key().algorithm().to_string()));
        }
        values.extend(self.values);
        values
    }

    /// Keeps the leaf.
    pub(super) fn keep(leaf: &Certificate) {
        let _ = NOTES.try_with(|notes| notes.borrow_mut().leaf = Some(leaf.clone()));
    }

    /// The leaf, if these very bytes were read before in this handshake.
    pub(super) fn kept(der: &[u8]) -> Option<Certificate> {
        let kept = NOTES.try_with(|notes| notes.borrow().leaf.clone()).ok().flatten();
        kept.filter(|leaf| leaf.der() == der)
    }

    pub(super) fn note(name: &'static str, value: impl ToString) {
        // Outside a scope, as in a test of the verifier alone, there is nobody to tell.
        let _ = NOTES.try_with(|notes| notes.borrow_mut().values.push((name, value.to_string())));
    }
}
