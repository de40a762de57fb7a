//! `[account.ID]`: the accounts that objects belong to.

use wire::AccountId;

use super::section::{Placed, Section};

/// The accounts of a configuration.
#[derive(Debug)]
pub(crate) struct Accounts {
    known: Vec<AccountId>,
}

impl Accounts {
    pub(crate) fn read(top: &mut Section<'_, '_>) -> Self {
        let line = top.line;
        let tables = top.named("account");
        if tables.is_empty() {
            let remedy = "write [account.111122223333], twelve digits of your own choice, for your objects to belong to";
            top.source.report(line, "there is no account", remedy);
        }
        let mut known = Vec::new();
        for (name, mut section) in tables {
            let remedy = "an account's id is twelve digits: [account.111122223333]";
            known.extend(section.parsed::<AccountId>("account", &name, remedy));
            // For people only.
            let _ = section.text("name");
            section.close();
        }
        Self { known }
    }

    /// The account of an object: the one it names, or the only one there is.
    pub(crate) fn of(&self, section: &mut Section<'_, '_>) -> Option<AccountId> {
        match (section.text("account"), self.known.as_slice()) {
            (Some(text), _) => self.named(section, &text),
            (None, [only]) => Some(*only),
            (None, []) => None,
            (None, _) => {
                let remedy = "there are several accounts: write account = \"…\" with the one it belongs to";
                section.source.report(
                    section.line,
                    format!("[{}] names no account", section.name),
                    remedy,
                );
                None
            }
        }
    }

    fn named(&self, section: &Section<'_, '_>, text: &Placed<String>) -> Option<AccountId> {
        let account = section.parsed("account", text, "an account's id is twelve digits in quotes")?;
        if !self.known.contains(&account) {
            let remedy = format!("add [account.{account}], or correct the number");
            section
                .source
                .report(text.line, format!("account {account} is not defined"), remedy);
            return None;
        }
        Some(account)
    }
}
