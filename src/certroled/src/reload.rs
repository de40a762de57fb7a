//! Reading everything anew while the daemon runs: a set that does not validate is refused whole, and the old one stays
//! in force, visibly (design section 5).

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use arc_swap::ArcSwap;
use broker::{Broker, OperatorCommand, Randomness, Snapshot};
use store::StoreError;
use wire::{RoleId, Timestamp};

use crate::config::{Configuration, Lab, Objects, Settings, load};
use crate::revocation::{Collector, Keeper};
use crate::server::{Metrics, ServerCertificate, Status};
use crate::state::State;
use crate::{clock, primitives};

/// What a reload changes, and where it reads.
pub(crate) struct Reloader {
    pub(crate) file: PathBuf,
    pub(crate) lab: Lab,
    /// The settings that the daemon started with.
    pub(crate) settings: Settings,
    pub(crate) state: Arc<State>,
    pub(crate) broker: Arc<Broker>,
    pub(crate) snapshot: Arc<ArcSwap<Snapshot>>,
    pub(crate) certificate: Arc<ServerCertificate>,
    pub(crate) randomness: Arc<dyn Randomness>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) status: Arc<Status>,
    pub(crate) loaded: Arc<AtomicI64>,
    pub(crate) keeper: Arc<Keeper>,
    pub(crate) collector: Arc<Collector>,
    /// Whose turn it is: two at once could put the set that was read first in force last.
    pub(crate) turn: tokio::sync::Mutex<()>,
}

impl Reloader {
    /// Reads everything anew and puts it in force, or says why not. `uid` is whose command it was.
    pub(crate) async fn reload(self: &Arc<Self>, uid: u32) -> Result<String, String> {
        let _turn = self.turn.lock().await;
        let reader = Arc::clone(self);
        let read = tokio::task::spawn_blocking(move || reader.read()).await;
        let read = read.unwrap_or_else(|_| Err("reading the configuration ended in a panic".to_owned()));
        let now = clock::now();
        let outcome = match read {
            Ok(fresh) => self.put_in_force(fresh, uid, now).await,
            Err(reason) => Err(reason),
        };
        match &outcome {
            Ok(summary) => {
                self.metrics.reloaded("ok");
                self.status.reloaded(None);
                tracing::info!(uid, summary, "reloaded");
            }
            Err(reason) => {
                self.metrics.reloaded("refused");
                self.status.reloaded(Some((now, reason.clone())));
                tracing::error!(
                    uid,
                    reason,
                    "the reload is refused; the set before it stays in force"
                );
                let command = OperatorCommand {
                    name: "Reload",
                    uid,
                    at: now,
                    values: Vec::new(),
                    failed: Some(reason),
                };
                if let Err(error) = self
                    .broker
                    .operator_command(&self.snapshot.load(), &command)
                    .await
                {
                    tracing::error!(%error, "the refused reload could not be recorded");
                }
            }
        }
        outcome
    }

    /// Puts a command of the operator that changes nothing on record.
    pub(crate) async fn record(
        &self,
        name: &'static str,
        uid: u32,
        values: Vec<(&'static str, String)>,
    ) -> Result<(), String> {
        let command = OperatorCommand {
            name,
            uid,
            at: clock::now(),
            values,
            failed: None,
        };
        let recorded = self
            .broker
            .operator_command(&self.snapshot.load(), &command)
            .await;
        recorded
            .map(|_| ())
            .map_err(|error| format!("the command cannot be recorded: {error}"))
    }

    /// Takes the revocation lists of a file. On record first, whatever comes of it.
    pub(crate) async fn import_crl(
        self: &Arc<Self>,
        uid: u32,
        file: PathBuf,
        trust_anchor: String,
    ) -> Result<String, String> {
        let values = vec![
            ("file", file.display().to_string()),
            ("trust anchor", trust_anchor.clone()),
        ];
        self.record("ImportCrl", uid, values).await?;
        let anchor = {
            let snapshot = self.snapshot.load();
            let mut anchors = snapshot.anchors();
            anchors
                .find(|anchor| anchor.name == trust_anchor)
                .map(|anchor| anchor.arn.clone())
        };
        let anchor = anchor.ok_or_else(|| {
            format!("there is no trust anchor `{trust_anchor}`: name a table [trust_anchor.NAME] of the configuration")
        })?;
        let keeper = Arc::clone(&self.keeper);
        let imported = tokio::task::spawn_blocking(move || keeper.import(&file, &anchor, clock::now())).await;
        let outcome = imported.unwrap_or_else(|_| Err("reading the lists ended in a panic".to_owned()));
        match &outcome {
            Ok(told) => tracing::info!(uid, trust_anchor, told, "revocation lists were imported"),
            Err(reason) => tracing::error!(uid, trust_anchor, reason, "revocation lists are not imported"),
        }
        outcome
    }

    fn read(&self) -> Result<Fresh, String> {
        let Configuration { settings, objects } =
            load(&self.file, self.lab).map_err(|problems| problems.to_string())?;
        let provider = primitives::provider();
        let certificate = ServerCertificate::read(&settings.listen, &provider, clock::now())
            .map_err(|error| format!("the server's certificate cannot be used: {error}"))?;
        Ok(Fresh {
            settings,
            objects,
            certificate,
        })
    }

    async fn put_in_force(&self, fresh: Fresh, uid: u32, now: Timestamp) -> Result<String, String> {
        let objects = &fresh.objects;
        let (anchors, profiles, roles) = (objects.anchors.len(), objects.profiles.len(), objects.roles.len());
        let command = OperatorCommand {
            name: "Reload",
            uid,
            at: now,
            values: vec![
                ("trust anchors", anchors.to_string()),
                ("profiles", profiles.to_string()),
                ("roles", roles.to_string()),
            ],
            failed: None,
        };
        // Recorded first: what changes who may have what is never done unseen.
        self.broker
            .operator_command(&self.snapshot.load(), &command)
            .await
            .map_err(|error| format!("the reload cannot be recorded: {error}"))?;
        // Reading lists of a million entries takes a while: no other task waits for it.
        tokio::task::block_in_place(|| self.replace(objects, fresh.certificate, now))?;
        self.loaded.store(now.seconds(), Ordering::Relaxed);
        self.status.accept_clock();
        let mut summary = format!(
            "in force now: {anchors} trust anchors, {profiles} profiles, {roles} roles, and the server's certificate"
        );
        if without_what_reloads(&fresh.settings) != without_what_reloads(&self.settings) {
            summary.push_str("; what else changed (listeners, limits, folders, logs) waits for a restart");
        }
        Ok(summary)
    }

    /// Everything that is judged by changes in one step, or nothing does.
    fn replace(
        &self,
        objects: &Objects,
        certificate: ServerCertificate,
        now: Timestamp,
    ) -> Result<(), String> {
        let prepared = self
            .keeper
            .prepare(objects)
            .map_err(|error| format!("the revocation lists cannot be used: {error:#}"))?;
        let snapshot = settle(objects, &self.state, self.randomness.as_ref(), now)
            .map_err(|error| format!("{error:#}"))?;
        // A clock that was set back may have left no sealing key in use.
        let keys = self
            .state
            .key_ring(now, self.randomness.as_ref())
            .map_err(|error| format!("{error:#}"))?;
        self.broker.replace_key_ring(keys);
        self.certificate.replace(certificate);
        // Where to fetch is known before a path can be met that wants it.
        self.collector.follow(objects);
        self.keeper.put_in_force(prepared, &snapshot);
        Ok(())
    }
}

struct Fresh {
    settings: Settings,
    objects: Objects,
    certificate: ServerCertificate,
}

/// The settings but for those that a reload puts in force.
fn without_what_reloads(settings: &Settings) -> Settings {
    Settings {
        server_names: Vec::new(),
        replay: broker::Replay::Refuse,
        ..settings.clone()
    }
}

/// Gives each role the id of its present life, and makes the snapshot.
pub(crate) fn settle(
    objects: &Objects,
    state: &State,
    randomness: &dyn Randomness,
    now: Timestamp,
) -> anyhow::Result<Snapshot> {
    let mut fresh = || {
        let mut bytes = [0; 11];
        randomness
            .fill(&mut bytes)
            .map_err(|error| StoreError::NoId(error.to_string()))?;
        Ok(RoleId::from_random(bytes))
    };
    objects.warn(now);
    let ids = state.store.settle_roles(&objects.role_arns(), now, &mut fresh)?;
    objects.snapshot(ids).map_err(|errors| {
        let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("the objects do not fit together: {}", errors.join("; "))
    })
}
