//! POSIX access control lists, as the kernel keeps them in `system.posix_acl_access`.
//!
//! Where a file has one, the group bits of its mode are only the list's mask: systemd hands credentials to services as
//! `root:root 0440` with an entry for the service's user.

/// Whom an entry is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AclTag {
    /// The owner.
    Owner,
    /// A user by id.
    User(u32),
    /// The owning group.
    OwningGroup,
    /// A group by id.
    Group(u32),
    /// The most that all but owner and others may have.
    Mask,
    /// Everyone else.
    Others,
}

/// One entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AclEntry {
    /// For whom.
    pub tag: AclTag,
    /// Permission bits, `rwx` as 4, 2, 1.
    pub permissions: u16,
}

/// A whole list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acl(pub Vec<AclEntry>);

const VERSION: u32 = 2;

impl Acl {
    /// Reads the extended attribute; none when it is not of the form that is known.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let (version, entries) = bytes.split_first_chunk::<4>()?;
        if u32::from_le_bytes(*version) != VERSION || entries.len() % 8 != 0 {
            return None;
        }
        entries
            .chunks_exact(8)
            .map(|entry| {
                let (tag, rest) = entry.split_first_chunk::<2>()?;
                let (permissions, id) = rest.split_first_chunk::<2>()?;
                let id = u32::from_le_bytes(id.try_into().ok()?);
                let tag = match u16::from_le_bytes(*tag) {
                    0x01 => AclTag::Owner,
                    0x02 => AclTag::User(id),
                    0x04 => AclTag::OwningGroup,
                    0x08 => AclTag::Group(id),
                    0x10 => AclTag::Mask,
                    0x20 => AclTag::Others,
                    _ => return None,
                };
                Some(AclEntry {
                    tag,
                    permissions: u16::from_le_bytes(*permissions),
                })
            })
            .collect::<Option<Vec<_>>>()
            .map(Self)
    }

    /// The entries that let someone read, once the mask is applied.
    pub(crate) fn readers(&self) -> impl Iterator<Item = AclTag> {
        let mask = self
            .0
            .iter()
            .find(|entry| entry.tag == AclTag::Mask)
            .map_or(7, |entry| entry.permissions);
        self.0.iter().filter_map(move |entry| {
            let effective = match entry.tag {
                AclTag::Mask => 0,
                AclTag::Owner | AclTag::Others => entry.permissions,
                AclTag::User(_) | AclTag::OwningGroup | AclTag::Group(_) => entry.permissions & mask,
            };
            (effective & 4 != 0).then_some(entry.tag)
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    #[test]
    fn a_list_is_read_as_the_kernel_writes_it() {
        // u::rw-, u:1000:r--, g::---, m::r--, o::---
        let mut bytes = vec![2, 0, 0, 0];
        for (tag, permissions, id) in [
            (1_u16, 6_u16, u32::MAX),
            (2, 4, 1000),
            (4, 0, u32::MAX),
            (16, 4, u32::MAX),
            (32, 0, u32::MAX),
        ] {
            bytes.extend(tag.to_le_bytes());
            bytes.extend(permissions.to_le_bytes());
            bytes.extend(id.to_le_bytes());
        }
        let acl = Acl::parse(&bytes).unwrap();
        assert_eq!(
            acl.readers().collect::<Vec<_>>(),
            [AclTag::Owner, AclTag::User(1000)]
        );
        assert_eq!(Acl::parse(&bytes[..bytes.len() - 1]), None);
        bytes[0] = 3;
        assert_eq!(Acl::parse(&bytes), None);
    }
}
