//! `certrole credential-process`.

use std::io::IsTerminal as _;

use zeroize::Zeroizing;

use super::{print, runtime};
use crate::cli::CredentialProcess;
use crate::clock::now;
use crate::exchange::Exchange;
use crate::identity::Identity;
use crate::log::Log;
use crate::network::{Proxy, read_roots};
use crate::settings::{Environment, gather};
use crate::trouble::Trouble;

/// Gets credentials and prints them in one line; nothing is printed when anything fails.
pub(crate) fn credential_process(arguments: &CredentialProcess) -> Result<(), Trouble> {
    if !arguments.to_terminal && std::io::stdout().is_terminal() {
        return Err(Trouble::Terminal);
    }
    let log = Log::new(arguments.selection.debug == Some(true));
    let settings = gather(&arguments.selection, Environment::read(), log)?;
    let identity = Identity::load(&settings, now(), log)?;
    let (roots, _) = read_roots(&settings)?;
    let proxy = Proxy::choose(&settings.environment, &settings.endpoint)?;
    let exchange = Exchange {
        settings: &settings,
        identity: &identity,
        roots,
        proxy,
        log,
    };
    let issued = runtime()?.block_on(exchange.run())?;
    let mut line = Zeroizing::new(Vec::with_capacity(64 << 10));
    serde_json::to_writer(&mut *line, &issued.output).map_err(|error| Trouble::Output(error.into()))?;
    line.push(b'\n');
    print(&line)
}
