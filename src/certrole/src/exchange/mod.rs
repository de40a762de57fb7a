//! The exchange, as the client sees it: a proof goes out, credentials or a refusal come back.

mod answer;
mod request;
mod retry;

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};
use sigv4::X509Algorithm;

pub(crate) use answer::{Issued, broker_time};
use request::Prepared;

use crate::clock::now;
use crate::identity::Identity;
use crate::log::Log;
use crate::network::{Answer, Connection, Possession, Proxy, client_config, connect};
use crate::settings::{Proof, Settings};
use crate::trouble::Trouble;

/// Everything that an exchange needs, loaded and judged.
#[derive(Debug)]
pub(crate) struct Exchange<'s> {
    pub(crate) settings: &'s Settings,
    pub(crate) identity: &'s Identity,
    pub(crate) roots: RootCertStore,
    pub(crate) proxy: Option<Proxy>,
    pub(crate) log: Log,
}

impl Exchange<'_> {
    /// Asks for credentials, as often as is worth it.
    pub(crate) async fn run(&self) -> Result<Issued, Trouble> {
        let mut number = 1;
        loop {
            let trouble = match self.attempt(number).await {
                Ok(answer) => match self.judge(&answer) {
                    Ok(credentials) => return Ok(credentials),
                    Err(trouble) => trouble,
                },
                Err(trouble) => trouble,
            };
            if number >= self.settings.attempts || !retry::is_worth_it(&trouble) {
                return Err(trouble);
            }
            let pause = retry::pause(number)?;
            self.log
                .step(|| format!("{trouble}; trying again in {} ms", pause.as_millis()));
            tokio::time::sleep(pause).await;
            number += 1;
        }
    }

    /// What an answer holds.
    pub(crate) fn judge(&self, answer: &Answer) -> Result<Issued, Trouble> {
        answer::credentials(&self.settings.endpoint, answer, now())
    }

    /// One attempt: connects, proves, reads the answer, whatever it says; all of it within the time-out.
    pub(crate) async fn attempt(&self, number: u32) -> Result<Answer, Trouble> {
        let limit = self.settings.timeout;
        match tokio::time::timeout(limit, self.prove(number)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Trouble::TooSlow {
                from: self.settings.endpoint.to_string(),
                seconds: limit.as_secs(),
            }),
        }
    }

    async fn prove(&self, number: u32) -> Result<Answer, Trouble> {
        let (settings, log) = (self.settings, self.log);
        let possession = (settings.proof != Proof::Signature).then(|| Possession::new(self.identity));
        let config = self.tls(possession.as_ref())?;
        let mut connection = self.connect(&config).await?;
        let prepared = Prepared::new(settings, number)?;

        let shown = possession
            .as_ref()
            .is_some_and(|possession| possession.was_shown());
        if settings.proof == Proof::Tls && !shown {
            return Err(Trouble::NotAsked(settings.endpoint.to_string()));
        }
        if !shown {
            log.step(|| "proof by signature".into());
            return connection.send(self.signed(&prepared)?).await;
        }
        log.step(|| "proof by TLS".into());
        let answer = connection.send(prepared.by_handshake()?).await?;
        let lost = answer::error_code(&answer).as_deref() == Some("MissingAuthenticationTokenException");
        if settings.proof == Proof::Tls || !lost || !self.can_sign() {
            return Ok(answer);
        }
        log.step(|| "the certificate did not reach the broker: proof by signature".into());
        if !connection.is_open() {
            connection = self.connect(&config).await?;
        }
        connection.send(self.signed(&prepared)?).await
    }

    fn tls(&self, possession: Option<&Arc<Possession>>) -> Result<Arc<ClientConfig>, Trouble> {
        client_config(self.roots.clone(), possession).map_err(|error| Trouble::Handshake {
            at: self.settings.endpoint.to_string(),
            problem: error.to_string(),
        })
    }

    async fn connect(&self, config: &Arc<ClientConfig>) -> Result<Connection, Trouble> {
        connect(&self.settings.endpoint, self.proxy.as_ref(), config, self.log).await
    }

    fn can_sign(&self) -> bool {
        X509Algorithm::for_key(self.identity.leaf.public_key().algorithm()).is_some()
    }

    fn signed(
        &self,
        prepared: &Prepared,
    ) -> Result<hyper::Request<http_body_util::Full<hyper::body::Bytes>>, Trouble> {
        if !self.can_sign() {
            let kind = self.identity.leaf.public_key().algorithm().to_string();
            return Err(Trouble::NoProof(
                kind,
                "the broker asked for no certificate in the handshake",
            ));
        }
        prepared.by_signature(self.settings, self.identity, now())
    }
}
