//! Flags of the official helper that are refused, each with what to do instead: what puts a secret into the process
//! list or turns verification off (threats C3, C8), and keys that are not in a file.

use clap::Args;

use crate::trouble::Trouble;

#[derive(Debug, Args)]
pub(crate) struct Foreign {
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    no_verify_ssl: Option<bool>,
    #[arg(long, hide = true)]
    pkcs8_password: Option<String>,
    #[arg(long, hide = true)]
    tpm_key_password: Option<String>,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    no_tpm_key_password: Option<bool>,
    #[arg(long, hide = true)]
    cert_selector: Option<String>,
    #[arg(long, hide = true)]
    system_store_name: Option<String>,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    use_latest_expiring_certificate: Option<bool>,
    #[arg(long, hide = true)]
    pkcs11_lib: Option<String>,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    reuse_pin: Option<bool>,
}

impl Foreign {
    /// Refuses the first that was given. The value is never repeated: it may be a secret.
    pub(super) fn refuse(&self) -> Result<(), Trouble> {
        const ARGV: &str = "a password on the command line can be read by every user of this machine";
        const FILES: &str = "only keys in PEM files can be used yet";
        const NAME_FILES: &str = "name the files with --certificate and --private-key";
        const DECRYPT: &str = "decrypt the key into a file of mode 0600: `openssl pkey -in FILE -out NEW`";
        let on = |flag: Option<bool>| flag == Some(true);
        let given: [(bool, &'static str, &'static str, &'static str); 9] = [
            (
                on(self.no_verify_ssl),
                "--no-verify-ssl",
                "whoever is between could take the credentials",
                "name the CA of the broker's certificate with --ca-bundle",
            ),
            (self.pkcs8_password.is_some(), "--pkcs8-password", ARGV, DECRYPT),
            (
                self.tpm_key_password.is_some(),
                "--tpm-key-password",
                ARGV,
                NAME_FILES,
            ),
            (
                on(self.no_tpm_key_password),
                "--no-tpm-key-password",
                FILES,
                NAME_FILES,
            ),
            (self.cert_selector.is_some(), "--cert-selector", FILES, NAME_FILES),
            (
                self.system_store_name.is_some(),
                "--system-store-name",
                FILES,
                NAME_FILES,
            ),
            (
                on(self.use_latest_expiring_certificate),
                "--use-latest-expiring-certificate",
                FILES,
                NAME_FILES,
            ),
            (self.pkcs11_lib.is_some(), "--pkcs11-lib", FILES, NAME_FILES),
            (on(self.reuse_pin), "--reuse-pin", FILES, NAME_FILES),
        ];
        match given.into_iter().find(|(given, ..)| *given) {
            Some((_, flag, reason, instead)) => Err(Trouble::Refused {
                flag,
                reason,
                instead,
            }),
            None => Ok(()),
        }
    }
}
