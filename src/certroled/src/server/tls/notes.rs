//! What a handshake was about, kept while it runs, so that one that fails still has something to tell.

use std::cell::RefCell;

tokio::task_local! {
    static NOTES: RefCell<Notes>;
}

/// What was seen of the client's certificate before a handshake failed.
#[derive(Debug, Default, Clone)]
pub(crate) struct Notes {
    pub(crate) values: Vec<(&'static str, String)>,
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

    pub(super) fn note(name: &'static str, value: impl ToString) {
        // Outside a scope, as in a test of the verifier alone, there is nobody to tell.
        let _ = NOTES.try_with(|notes| notes.borrow_mut().values.push((name, value.to_string())));
    }
}
