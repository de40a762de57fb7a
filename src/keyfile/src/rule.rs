//! The rules themselves: pure verdicts on what `fstat` said.

use crate::acl::{Acl, AclTag};

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The effective user id.
    pub uid: u32,
    /// The effective group id and the supplementary groups.
    pub groups: Vec<u32>,
}

impl Caller {
    /// This process.
    pub fn current() -> Self {
        let mut groups: Vec<u32> = rustix::process::getgroups()
            .unwrap_or_default()
            .into_iter()
            .map(|group| group.as_raw())
            .collect();
        groups.push(rustix::process::getegid().as_raw());
        Self {
            uid: rustix::process::geteuid().as_raw(),
            groups,
        }
    }
}

/// What is known of an open file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The owner's user id.
    pub owner: u32,
    /// The group's id.
    pub group: u32,
    /// The permission bits.
    pub mode: u32,
    /// The access control list, where there is one; `Err` when there is one that cannot be read.
    pub acl: Option<Result<Acl, ()>>,
}

/// Which rule is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Breach {
    /// It belongs to someone who is neither root nor the one who reads it.
    Owner,
    /// Others, or a group, may read or write it.
    OthersMayRead,
    /// It belongs to root, and more than its group's reading is allowed.
    RootOwnedTooOpen,
    /// It belongs to root and a group may read it that the reader is not in.
    ForeignGroup,
    /// An access control list lets someone else read it.
    AclReader,
    /// An access control list that cannot be understood.
    UnknownAcl,
    /// Others, or a group, may write it.
    OthersMayWrite,
}

impl Breach {
    /// The rule, as a sentence.
    pub const fn rule(self) -> &'static str {
        match self {
            Self::Owner => "a private key must belong to the user who uses it, or to root",
            Self::OthersMayRead => "nobody but its owner may read or write a private key (at most 0600)",
            Self::RootOwnedTooOpen => {
                "a private key that belongs to root may at most be read by its group (0640)"
            }
            Self::ForeignGroup => {
                "the group that may read a private key of root's must be one that this user is in"
            }
            Self::AclReader => "no access control list may let anyone else read a private key",
            Self::UnknownAcl => "an access control list that cannot be understood may let anyone in",
            Self::OthersMayWrite => "nobody but root and its owner may write what decides about trust",
        }
    }
}

/// Judges a private key's file, as libpq and OpenSSH do, with the cases that systemd and Kubernetes need.
pub fn judge_private(facts: &Facts, caller: &Caller) -> Result<(), Breach> {
    let own = facts.owner == caller.uid;
    // Root may use anyone's key: people run clients as root on a service's key.
    if !own && facts.owner != 0 && caller.uid != 0 {
        return Err(Breach::Owner);
    }
    if facts.owner != 0 {
        // The group bits include a list's mask: without them no entry of a list lets anyone in.
        return if facts.mode & 0o077 == 0 {
            Ok(())
        } else {
            Err(Breach::OthersMayRead)
        };
    }
    if facts.mode & 0o037 != 0 {
        return Err(Breach::RootOwnedTooOpen);
    }
    if facts.mode & 0o040 == 0 {
        return Ok(());
    }
    match &facts.acl {
        Some(Err(())) => Err(Breach::UnknownAcl),
        Some(Ok(acl)) => {
            let stranger = acl.readers().any(|reader| match reader {
                AclTag::User(user) => user != caller.uid && user != 0,
                AclTag::Group(group) => !caller.groups.contains(&group),
                AclTag::OwningGroup => facts.group != 0 && !caller.groups.contains(&facts.group),
                AclTag::Others => true,
                AclTag::Owner | AclTag::Mask => false,
            });
            if stranger { Err(Breach::AclReader) } else { Ok(()) }
        }
        None if caller.uid == 0 || caller.groups.contains(&facts.group) => Ok(()),
        None => Err(Breach::ForeignGroup),
    }
}

/// Judges what needs no secrecy but decides about trust: configuration, anchors, their folders. As OpenSSH's for its
/// own configuration.
pub fn judge_trusted(facts: &Facts, caller: &Caller) -> Result<(), Breach> {
    if facts.owner != 0 && facts.owner != caller.uid {
        return Err(Breach::Owner);
    }
    if facts.mode & 0o022 != 0 {
        Err(Breach::OthersMayWrite)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::acl::AclEntry;

    const ME: u32 = 1000;

    fn caller(uid: u32) -> Caller {
        Caller {
            uid,
            groups: vec![uid, 50],
        }
    }

    fn facts(owner: u32, group: u32, mode: u32) -> Facts {
        Facts {
            owner,
            group,
            mode,
            acl: None,
        }
    }

    /// The whole table of contract section (d), by owner and mode.
    #[test]
    fn the_mode_table() {
        use Breach::{ForeignGroup, OthersMayRead, Owner, RootOwnedTooOpen};
        type Row = (u32, u32, u32, u32, Result<(), Breach>);
        let table: &[Row] = &[
            // who, owner, group, mode
            (ME, ME, ME, 0o600, Ok(())),
            (ME, ME, ME, 0o400, Ok(())),
            (ME, ME, ME, 0o700, Ok(())),
            (ME, ME, ME, 0o640, Err(OthersMayRead)),
            (ME, ME, ME, 0o604, Err(OthersMayRead)),
            (ME, ME, ME, 0o620, Err(OthersMayRead)),
            (ME, ME, ME, 0o610, Err(OthersMayRead)),
            (ME, ME, ME, 0o644, Err(OthersMayRead)),
            (ME, 1001, 50, 0o600, Err(Owner)),
            (ME, 0, 50, 0o640, Ok(())),
            (ME, 0, 50, 0o440, Ok(())),
            (ME, 0, 77, 0o440, Err(ForeignGroup)),
            (ME, 0, 0, 0o640, Err(ForeignGroup)),
            (ME, 0, 0, 0o600, Ok(())),
            (ME, 0, 50, 0o660, Err(RootOwnedTooOpen)),
            (ME, 0, 50, 0o650, Err(RootOwnedTooOpen)),
            (ME, 0, 50, 0o644, Err(RootOwnedTooOpen)),
            (ME, 0, 50, 0o641, Err(RootOwnedTooOpen)),
            (0, 0, 0, 0o640, Ok(())),
            (0, 0, 77, 0o640, Ok(())),
            (0, 0, 0, 0o644, Err(RootOwnedTooOpen)),
            (0, ME, ME, 0o600, Ok(())),
            (0, ME, ME, 0o640, Err(OthersMayRead)),
        ];
        for (who, owner, group, mode, verdict) in table {
            assert_eq!(
                judge_private(&facts(*owner, *group, *mode), &caller(*who)),
                *verdict,
                "uid {who} reads {owner}:{group} {mode:04o}"
            );
        }
    }

    #[test]
    fn lists_let_in_only_who_asks() {
        let list = |reader: AclTag, permissions: u16, mask: u16| {
            let entry = |tag, permissions| AclEntry { tag, permissions };
            let entries = vec![
                entry(AclTag::Owner, 4),
                entry(reader, permissions),
                entry(AclTag::OwningGroup, 0),
                entry(AclTag::Mask, mask),
                entry(AclTag::Others, 0),
            ];
            Facts {
                acl: Some(Ok(Acl(entries))),
                ..facts(0, 0, 0o440)
            }
        };
        // What systemd makes for a service that runs as another user.
        assert_eq!(judge_private(&list(AclTag::User(ME), 4, 4), &caller(ME)), Ok(()));
        assert_eq!(
            judge_private(&list(AclTag::User(1001), 4, 4), &caller(ME)),
            Err(Breach::AclReader)
        );
        assert_eq!(
            judge_private(&list(AclTag::User(1001), 4, 0), &caller(ME)),
            Ok(()),
            "the mask takes it away"
        );
        assert_eq!(judge_private(&list(AclTag::Group(50), 4, 4), &caller(ME)), Ok(()));
        assert_eq!(
            judge_private(&list(AclTag::Group(51), 4, 4), &caller(ME)),
            Err(Breach::AclReader)
        );
        let unknown = Facts {
            acl: Some(Err(())),
            ..facts(0, 50, 0o440)
        };
        assert_eq!(judge_private(&unknown, &caller(ME)), Err(Breach::UnknownAcl));
    }

    #[test]
    fn what_decides_about_trust_is_written_by_nobody_else() {
        for (owner, mode, verdict) in [
            (ME, 0o644, Ok(())),
            (0, 0o644, Ok(())),
            (0, 0o755, Ok(())),
            (ME, 0o664, Err(Breach::OthersMayWrite)),
            (0, 0o646, Err(Breach::OthersMayWrite)),
            (1001, 0o600, Err(Breach::Owner)),
        ] {
            assert_eq!(
                judge_trusted(&facts(owner, 0, mode), &caller(ME)),
                verdict,
                "{owner} {mode:04o}"
            );
        }
    }
}
