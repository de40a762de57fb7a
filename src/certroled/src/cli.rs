//! The command line.

use std::net::IpAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::commands;
use crate::primitives::VERSION;

/// The certrole broker: X.509 certificates in, temporary credentials out.
#[derive(Debug, Parser)]
#[command(name = "certroled", version = VERSION, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Args)]
pub(crate) struct WithConfig {
    /// The configuration
    #[arg(long, value_name = "FILE", default_value = "/etc/certrole/certrole.toml")]
    pub(crate) config: PathBuf,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make the state folder and the root key that `serve` needs, once for each broker
    Init(WithConfig),
    /// Run the daemon
    Serve(WithConfig),
    /// Check the configuration, keys and certificates without starting; every mistake is told at once
    Check(WithConfig),
    /// Tell the running daemon to read configuration, trust anchors and server certificate anew; waits for its verdict
    Reload(WithConfig),
    /// Run a broker on a fresh lab with its own CA, for trying things out on this machine
    Dev(Dev),
    /// Say in sentences what happened to a request, or what would become of a certificate, and what to do about it
    Explain(Explain),
    /// Hand a revocation list to the running daemon, which keeps it over restarts
    ImportCrl(ImportCrl),
    /// The audit log: verify it, print its key or its last checkpoint
    #[command(subcommand)]
    Audit(Audit),
}

#[derive(Debug, Args)]
pub(crate) struct Dev {
    /// The port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 8443)]
    pub(crate) port: u16,
    /// The port of /healthz, /readyz and /metrics; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    pub(crate) admin_port: u16,
    /// The folder that `certs/lab` is made in
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    pub(crate) dir: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    #[command(flatten)]
    pub(crate) config: WithConfig,
    /// The id that the caller was told (`x-amzn-requestid`)
    #[arg(long, value_name = "ID")]
    pub(crate) request_id: Option<String>,
    /// The address that it came from; finds what has no id, such as failed handshakes. With --certificate, the address
    /// that conditions are judged by
    #[arg(long, value_name = "IP")]
    pub(crate) address: Option<IpAddr>,
    /// From when on: a time (2026-01-31T12:00:00Z), or how long ago (10m, 2h, 1d)
    #[arg(long, value_name = "WHEN")]
    pub(crate) since: Option<String>,
    /// How many events at most, the latest ones
    #[arg(long, default_value_t = 20)]
    pub(crate) most: usize,
    /// Print JSON: the events one a line, or the rehearsal
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) rehearsal: Rehearsal,
}

/// A rehearsal: what would be decided about a certificate, without its key and without credentials.
#[derive(Debug, Args)]
pub(crate) struct Rehearsal {
    /// Rehearse an exchange with this certificate: PEM, what follows the first one comes with it. Exit status 0 when
    /// it would be granted
    #[arg(
        long,
        value_name = "FILE",
        requires_all = ["trust_anchor", "profile", "role"],
        conflicts_with_all = ["request_id", "since"]
    )]
    pub(crate) certificate: Option<PathBuf>,
    /// Certificates that would come with it: its intermediates, PEM
    #[arg(long, value_name = "FILE", requires = "certificate")]
    pub(crate) chain: Option<PathBuf>,
    /// The trust anchor that would be named
    #[arg(long, value_name = "NAME|ARN", requires = "certificate")]
    pub(crate) trust_anchor: Option<String>,
    /// The profile
    #[arg(long, value_name = "NAME|ARN", requires = "certificate")]
    pub(crate) profile: Option<String>,
    /// The role
    #[arg(long, value_name = "NAME|ARN", requires = "certificate")]
    pub(crate) role: Option<String>,
    /// The time to judge by, such as 2026-01-31T12:00:00Z; now, if it is left out
    #[arg(long, value_name = "TIME", requires = "certificate")]
    pub(crate) at: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ImportCrl {
    #[command(flatten)]
    pub(crate) config: WithConfig,
    /// The list, or several, in PEM (`X509 CRL`), or one in DER; their issuers' certificates may stand beside them
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The name of the trust anchor whose certificates it is about
    #[arg(long, value_name = "NAME")]
    pub(crate) trust_anchor: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Verify that nothing was changed, removed or added; says where the chain breaks
    Verify(Verify),
    /// Print the public key that checkpoints are signed with: all that an auditor needs
    Key(WithConfig),
    /// Print the last checkpoint, to be kept somewhere else
    Checkpoint(WithConfig),
    /// Forget where the log stood, after its folder was moved away on purpose
    Forget(WithConfig),
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    #[command(flatten)]
    pub(crate) config: WithConfig,
    /// The log's folder, for an auditor who has no configuration
    #[arg(long, value_name = "FOLDER", requires = "key")]
    pub(crate) folder: Option<PathBuf>,
    /// The public key, as `certroled audit key` prints it
    #[arg(long, value_name = "KEY")]
    pub(crate) key: Option<String>,
    /// A file with a checkpoint that was kept elsewhere
    #[arg(long, value_name = "FILE")]
    pub(crate) checkpoint: Option<PathBuf>,
    /// The oldest files were archived: the log may begin in the middle
    #[arg(long)]
    pub(crate) archived: bool,
}

/// Runs the program: exit status 0 when all is well, 1 when it is not, 2 for a command line that cannot be read.
pub fn main() -> ExitCode {
    keyfile::no_core_dumps();
    let outcome = match Cli::parse().command {
        Command::Init(arguments) => commands::init(&arguments.config),
        Command::Serve(arguments) => commands::serve(&arguments.config),
        Command::Check(arguments) => commands::check(&arguments.config),
        Command::Reload(arguments) => commands::reload(&arguments.config),
        Command::Dev(arguments) => commands::dev(&arguments),
        Command::Explain(arguments) => commands::explain(&arguments),
        Command::ImportCrl(arguments) => {
            commands::import_crl(&arguments.config.config, &arguments.file, &arguments.trust_anchor)
        }
        Command::Audit(audit) => commands::audit(&audit),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            commands::complain(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_sound() {
        super::Cli::command().debug_assert();
    }
}
