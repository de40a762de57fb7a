//! The control socket: how the operator's commands reach the running daemon (design section 4).
//!
//! A Unix socket of mode 0600; the peer must be root or the daemon's own user. One JSON line asks, one answers.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::os::unix::net::UnixStream as StdStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;

use crate::reload::Reloader;
use crate::server;

/// The longest question.
const LONGEST: u64 = 4096;
const PATIENCE: Duration = Duration::from_secs(10);
/// How long the operator's side waits: reading thousands of files may take a while.
const REPLY_PATIENCE: Duration = Duration::from_secs(120);

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "lowercase", deny_unknown_fields)]
pub(crate) enum Question {
    /// Read everything anew.
    Reload,
    /// Put on record that someone looks into the log, and for what. The log itself is read from its files, so that it
    /// can be read without a daemon too.
    Explain { asked: String },
    /// Take the revocation lists of a file, for the trust anchor of this name.
    #[serde(rename = "import-crl")]
    ImportCrl { file: String, trust_anchor: String },
}

/// What comes back.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Reply {
    pub(crate) ok: bool,
    pub(crate) text: String,
}

/// The daemon's side.
#[derive(Debug)]
pub(crate) struct Control {
    listener: UnixListener,
    path: PathBuf,
}

impl Control {
    /// Binds the socket; one that a killed daemon left behind is replaced, one that answers is not.
    pub(crate) fn bind(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display();
        if let Ok(metadata) = std::fs::symlink_metadata(path) {
            if !metadata.file_type().is_socket() {
                bail!("{shown} is there and is no socket: choose another `control_socket`");
            }
            if StdStream::connect(path).is_ok() {
                bail!(
                    "another certroled answers at {shown}: stop it first, or give this one a state folder of its own"
                );
            }
            std::fs::remove_file(path)
                .with_context(|| format!("the old socket {shown} cannot be removed"))?;
        }
        // The mode is right from the first moment, not only after a chmod.
        let mask = rustix::process::umask(rustix::fs::Mode::from_bits_truncate(0o177));
        let bound = UnixListener::bind(path);
        rustix::process::umask(mask);
        let listener = bound.with_context(|| {
            format!("the control socket {shown} cannot be made; is its path longer than 107 bytes?")
        })?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
            .with_context(|| format!("the control socket {shown} cannot be given mode 0600"))?;
        Ok(Self {
            listener,
            path: path.to_owned(),
        })
    }

    /// Answers until told to stop.
    pub(crate) async fn serve(self, reloader: Arc<Reloader>, mut stop: watch::Receiver<bool>) {
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                _ = stop.wait_for(|stop| *stop) => break,
            };
            match accepted {
                Ok((stream, _)) => {
                    let reloader = Arc::clone(&reloader);
                    tokio::spawn(async move {
                        if let Err(error) = answer(stream, &reloader).await {
                            tracing::debug!(%error, "the control socket");
                        }
                    });
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
        let _ = std::fs::remove_file(&self.path);
    }
}

async fn answer(stream: UnixStream, reloader: &Arc<Reloader>) -> anyhow::Result<()> {
    let uid = stream.peer_cred()?.uid();
    if uid != 0 && uid != rustix::process::geteuid().as_raw() {
        tracing::warn!(uid, "someone else's command on the control socket is refused");
        bail!("uid {uid} is neither root nor this daemon's");
    }
    let (read, mut write) = stream.into_split();
    let mut line = String::new();
    let mut reader = tokio::io::BufReader::new(read.take(LONGEST));
    tokio::time::timeout(PATIENCE, reader.read_line(&mut line)).await??;
    let reply = match serde_json::from_str(&line) {
        Ok(Question::Reload) => {
            server::reloading();
            let outcome = reloader.reload(uid).await;
            server::ready();
            reply(outcome)
        }
        Ok(Question::Explain { asked }) => {
            let outcome = reloader.record("Explain", uid, vec![("asked", asked)]).await;
            Reply {
                ok: outcome.is_ok(),
                text: outcome.err().unwrap_or_default(),
            }
        }
        Ok(Question::ImportCrl { file, trust_anchor }) => {
            reply(reloader.import_crl(uid, file.into(), trust_anchor).await)
        }
        Err(error) => Reply {
            ok: false,
            text: format!("the command is not understood: {error}"),
        },
    };
    let mut text = serde_json::to_vec(&reply)?;
    text.push(b'\n');
    tokio::time::timeout(PATIENCE, write.write_all(&text)).await??;
    Ok(())
}

fn reply(outcome: Result<String, String>) -> Reply {
    match outcome {
        Ok(text) => Reply { ok: true, text },
        Err(text) => Reply { ok: false, text },
    }
}

/// The operator's side: asks and waits.
pub(crate) fn ask(path: &Path, question: Question) -> anyhow::Result<Reply> {
    let mut stream = StdStream::connect(path).map_err(|error| {
        anyhow!(
            "no certroled answers at {}: {error}; is it running, with this configuration?",
            path.display()
        )
    })?;
    stream.set_read_timeout(Some(REPLY_PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut text = serde_json::to_vec(&question)?;
    text.push(b'\n');
    stream.write_all(&text)?;
    let mut line = String::new();
    BufReader::new(stream).take(1 << 20).read_line(&mut line)?;
    if line.is_empty() {
        bail!("the daemon refused to listen: run this as root or as the daemon's own user");
    }
    Ok(serde_json::from_str(&line)?)
}
