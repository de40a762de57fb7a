//! From a name to addresses.

use std::io;
use std::net::IpAddr;

/// Where names are looked up.
#[derive(Debug)]
pub(super) enum Names {
    /// By the system, as everything else on this machine.
    System,
    /// By a test: an answer for each look-up, in order.
    #[cfg(test)]
    Scripted(std::sync::Mutex<std::collections::VecDeque<Vec<IpAddr>>>),
}

impl Names {
    pub(super) async fn look_up(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        match self {
            Self::System => {
                let found = tokio::net::lookup_host((name, 0)).await?;
                Ok(found.map(|address| address.ip()).collect())
            }
            #[cfg(test)]
            Self::Scripted(answers) => {
                let answer = answers.lock().ok().and_then(|mut answers| answers.pop_front());
                answer.ok_or_else(|| io::Error::other("the script has no further answer"))
            }
        }
    }
}
