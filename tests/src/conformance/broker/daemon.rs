//! The broker as a process.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::Duration;

use anyhow::bail;

use super::home::Home;

/// How often it is asked whether it is ready, and how long between two times.
const PATIENCE: (u32, Duration) = (600, Duration::from_millis(50));

/// A running broker. It is killed when dropped.
#[derive(Debug)]
pub(crate) struct Daemon {
    pub(super) home: Home,
    child: Child,
}

impl Daemon {
    /// Starts it, and waits until it is ready.
    pub(crate) fn start(home: Home) -> anyhow::Result<Self> {
        let log = File::create(home.path("log"))?;
        let mut command = home.command("serve");
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let child = command.spawn()?;
        let mut daemon = Self { home, child };
        let (times, pause) = PATIENCE;
        for _ in 0..times {
            if let Some(status) = daemon.child.try_wait()? {
                bail!("the broker ended with {status}:\n{}", daemon.log());
            }
            if daemon.is_ready().unwrap_or(false) {
                return Ok(daemon);
            }
            std::thread::sleep(pause);
        }
        bail!("the broker is not ready:\n{}", daemon.log());
    }

    fn is_ready(&self) -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(self.home.admin)?;
        stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer.starts_with("HTTP/1.1 200 "))
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.home.path("log")).unwrap_or_default()
    }

    /// Fails where it is not running any more, or a task of it panicked.
    pub(crate) fn is_well(&mut self) -> anyhow::Result<()> {
        if let Some(status) = self.child.try_wait()? {
            bail!("the broker ended with {status}:\n{}", self.log());
        }
        match self.log().lines().find(|line| line.contains("panicked")) {
            Some(line) => bail!("a task of the broker panicked: {line}"),
            None => Ok(()),
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
