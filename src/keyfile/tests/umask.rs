//! What we make under a hostile umask: a program of its own, since the umask is the whole process's.

#![allow(clippy::unwrap_used, missing_docs)]

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use keyfile::{FileProblem, check_private_folder, create_private, create_private_folder};

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// Threat O10: the final mode from the first moment, whatever the umask; nothing is overwritten or followed.
#[test]
fn what_is_made_is_private_and_new() {
    let folder = tempfile::tempdir().unwrap();
    for mask in [0o000, 0o777, 0o022] {
        let before = rustix::process::umask(rustix::fs::Mode::from_bits_truncate(mask));
        let state = folder.path().join(format!("state-{mask}"));
        let made = create_private_folder(&state).and_then(|()| create_private(&state.join("key"), b"k"));
        rustix::process::umask(before);
        made.unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o7777;
        assert_eq!(
            (mode(&state), mode(&state.join("key"))),
            (0o700, 0o600),
            "umask {mask:03o}"
        );
        check_private_folder(&state).unwrap();
        let error = create_private(&state.join("key"), b"other").unwrap_err();
        assert!(matches!(error.problem, FileProblem::Exists), "{error}");
        set_mode(&state, 0o750);
        assert!(
            check_private_folder(&state)
                .unwrap_err()
                .to_string()
                .contains("chmod 0700")
        );
    }
    let link = folder.path().join("link");
    symlink(folder.path().join("elsewhere"), &link).unwrap();
    assert!(create_private(&link, b"k").is_err());
}
