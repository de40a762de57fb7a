//! The command line: the official helper's commands and flags by the same names, and ours.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::commands;
use crate::log::say;
use crate::settings::{Choices, Foreign};

/// Temporary credentials for a certificate, whose private key never leaves this machine.
#[derive(Debug, Parser)]
#[command(
    name = "certrole",
    version,
    disable_help_subcommand = true,
    args_override_self = true
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print credentials as an AWS SDK's `credential_process` reads them
    CredentialProcess(CredentialProcess),
    /// Check everything that can be wrong, in order, and say how to mend it
    Doctor(Doctor),
    /// Print what the broker will see of a certificate
    ReadCertificateData(ReadCertificateData),
    /// Print the version
    Version,
}

/// Everything that says which credentials to get, and how.
#[derive(Debug, Args)]
pub(crate) struct Selection {
    /// Configuration file; without it /etc/certrole/client.toml, then certrole/client.toml below $XDG_CONFIG_HOME
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The [use.NAME] table of the configuration file
    #[arg(long = "use", value_name = "NAME")]
    pub(crate) use_name: Option<String>,
    #[command(flatten)]
    pub(crate) choices: Choices,
    #[command(flatten)]
    pub(crate) foreign: Foreign,
    /// Tell each step on standard error; no secret, no body
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    pub(crate) debug: Option<bool>,
}

#[derive(Debug, Args)]
#[command(args_override_self = true)]
pub(crate) struct CredentialProcess {
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// Print the secrets even when standard output is a terminal
    #[arg(long)]
    pub(crate) to_terminal: bool,
}

#[derive(Debug, Args)]
#[command(args_override_self = true)]
pub(crate) struct Doctor {
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// Stop before credentials are asked for
    #[arg(long)]
    pub(crate) no_exchange: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ReadCertificateData {
    /// The certificate, PEM
    #[arg(long, value_name = "FILE")]
    pub(crate) certificate: PathBuf,
}

/// Runs the program: exit status 0 with credentials, 1 without, as the official helper has it.
pub fn main() -> ExitCode {
    keyfile::no_core_dumps();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(answer) => {
            // Help and version are answers, and go to standard output; a mistake has status 1, as there.
            let _ = answer.print();
            return if answer.use_stderr() {
                ExitCode::FAILURE
            } else {
                ExitCode::SUCCESS
            };
        }
    };
    let outcome = match cli.command {
        Command::CredentialProcess(arguments) => commands::credential_process(&arguments),
        Command::Doctor(arguments) => return commands::doctor(&arguments),
        Command::ReadCertificateData(arguments) => commands::read_certificate_data(&arguments.certificate),
        Command::Version => commands::version(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => {
            say(&format!("certrole: {trouble}\n  fix: {}", trouble.remedy()));
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
