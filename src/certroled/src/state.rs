//! The state folder: the root key, the store, the audit log; made once by `certroled init`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail};
use audit::CheckpointKey;
use broker::{KeyRing, Randomness, RootKey, SealingKey};
use store::{SqliteStore, Store, StoreError, StoredKey};
use wire::Timestamp;
use zeroize::Zeroizing;

const ROOT_KEY: &str = "root.key";
const DATABASE: &str = "state.sqlite";
const AUDIT: &str = "audit";
/// The name that the checkpoint key is sealed and stored under.
const CHECKPOINT_KEY: &str = "audit-checkpoint-key";

/// An open state folder.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) folder: PathBuf,
    pub(crate) store: Arc<dyn Store>,
    root: RootKey,
}

impl State {
    /// Makes the folder and everything in it. Nothing that is there is touched.
    pub(crate) fn init(folder: &Path, randomness: &dyn Randomness) -> anyhow::Result<Self> {
        if !folder.exists() {
            keyfile::create_private_folder(folder)?;
        }
        keyfile::check_private_folder(folder)?;
        let root = RootKey::generate(randomness)?;
        let text = Zeroizing::new(hex::encode(root.expose()));
        keyfile::create_private(&folder.join(ROOT_KEY), text.as_bytes())
            .context("there is a root key already, and everything sealed under it would be lost")?;
        let store = Arc::new(SqliteStore::create(&folder.join(DATABASE))?);
        let mut seed = Zeroizing::new([0; 32]);
        randomness.fill(seed.as_mut_slice())?;
        store.add_secret(
            CHECKPOINT_KEY,
            &root.seal(CHECKPOINT_KEY, seed.as_slice(), randomness)?,
        )?;
        Ok(Self {
            folder: folder.to_owned(),
            store,
            root,
        })
    }

    /// Opens the folder, if nobody else may look into it.
    pub(crate) fn open(folder: &Path) -> anyhow::Result<Self> {
        if !folder.exists() {
            bail!(
                "there is no state folder {}: run `certroled init` first",
                folder.display()
            );
        }
        keyfile::check_private_folder(folder)?;
        let path = folder.join(ROOT_KEY);
        if !path.exists() {
            bail!(
                "there is no root key {}: run `certroled init` first",
                path.display()
            );
        }
        let file = keyfile::read_private(&path, keyfile::Policy::Enforce, keyfile::Parents::Warn)?;
        let unreadable = || {
            anyhow!(
                "{} is not a root key: 64 hexadecimal digits, as `certroled init` writes",
                path.display()
            )
        };
        let text = std::str::from_utf8(&file.bytes).map_err(|_| unreadable())?;
        let bytes = Zeroizing::new(hex::decode(text.trim()).map_err(|_| unreadable())?);
        let root = RootKey::new(&bytes).ok_or_else(unreadable)?;
        let store = Arc::new(SqliteStore::open(&folder.join(DATABASE))?);
        Ok(Self {
            folder: folder.to_owned(),
            store,
            root,
        })
    }

    /// The folder of the audit log.
    pub(crate) fn audit_folder(&self) -> PathBuf {
        self.folder.join(AUDIT)
    }

    /// The key that signs the audit log's checkpoints.
    pub(crate) fn checkpoint_key(&self) -> anyhow::Result<CheckpointKey> {
        let sealed = self.store.secret(CHECKPOINT_KEY)?.ok_or_else(|| {
            anyhow!("the state has no checkpoint key: it was not made by `certroled init`, or not to its end")
        })?;
        let opened = self
            .root
            .open(CHECKPOINT_KEY, &sealed)
            .with_context(|| self.other_root_key())?;
        let seed =
            <[u8; 32]>::try_from(opened.as_slice()).map_err(|_| anyhow!("the checkpoint key is damaged"))?;
        Ok(CheckpointKey::from_seed(&Zeroizing::new(seed))?)
    }

    fn other_root_key(&self) -> String {
        format!(
            "{} does not open the state beside it: put the root key back that belongs to this state",
            self.folder.join(ROOT_KEY).display()
        )
    }

    /// The sealing keys in force, with the next one made if it is due and spent ones forgotten. Called at the start and
    /// from time to time (threat K7).
    pub(crate) fn key_ring(&self, now: Timestamp, randomness: &dyn Randomness) -> anyhow::Result<KeyRing> {
        let mut ring = self.read_key_ring()?;
        if let Some((id, first_use)) = ring.due(now) {
            let key = SealingKey::generate(id, first_use, randomness)?;
            let sealed = self.root.seal(&name_of(id), key.expose(), randomness)?;
            match self.store.add_sealing_key(&StoredKey {
                id,
                sealed,
                first_use,
                retired: key.retired,
            }) {
                Ok(()) => tracing::info!(id, %first_use, "a new sealing key"),
                // Another writer was first: its key is as good.
                Err(StoreError::Taken(_)) => {}
                Err(error) => return Err(error.into()),
            }
            ring = self.read_key_ring()?;
        }
        let spent = ring.spent(now);
        if !spent.is_empty() {
            self.store.forget_sealing_keys(&spent)?;
            tracing::info!(?spent, "sealing keys that open nothing any more are forgotten");
        }
        Ok(ring)
    }

    fn read_key_ring(&self) -> anyhow::Result<KeyRing> {
        let mut keys = Vec::new();
        for stored in self.store.sealing_keys()? {
            let secret = self
                .root
                .open(&name_of(stored.id), &stored.sealed)
                .with_context(|| self.other_root_key())?;
            let key = SealingKey::new(stored.id, &secret, stored.first_use, stored.retired)
                .ok_or_else(|| anyhow!("sealing key {} is damaged", stored.id))?;
            keys.push(key);
        }
        Ok(KeyRing::new(keys))
    }
}

fn name_of(id: u32) -> String {
    format!("sealing-key/{id}")
}
