//! The rules on real files.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use keyfile::{FileProblem, Parents, Policy, check_trusted_folder, read_private, read_trusted};
use tempfile::TempDir;

fn key(mode: u32) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("server.key");
    std::fs::write(&path, "secret").unwrap();
    set_mode(&path, mode);
    (folder, path)
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

fn refused(path: &Path) -> String {
    read_private(path, Policy::Enforce, Parents::Warn)
        .unwrap_err()
        .to_string()
}

#[test]
fn a_private_key_is_read_and_a_loose_one_is_not() {
    let (_folder, path) = key(0o600);
    let read = read_private(&path, Policy::Enforce, Parents::Refuse).unwrap();
    assert_eq!(read.bytes.as_slice(), b"secret");
    assert_eq!(read.warnings, Vec::<String>::new());

    set_mode(&path, 0o644);
    let text = refused(&path);
    for part in ["server.key", "0644", "owner uid", "chmod 6"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let warned = read_private(&path, Policy::Warn, Parents::Warn).unwrap();
    assert!(
        warned.warnings.first().unwrap().contains("0644"),
        "{:?}",
        warned.warnings
    );
    let off = read_private(&path, Policy::Off, Parents::Warn).unwrap();
    assert!(
        off.warnings.first().unwrap().contains("not checked"),
        "{:?}",
        off.warnings
    );
}

/// Kubernetes mounts secrets behind links; the target is what is judged, and named.
#[test]
fn links_are_followed_and_the_target_is_judged() {
    let (folder, path) = key(0o644);
    let link = folder.path().join("tls.key");
    symlink(&path, &link).unwrap();
    let text = refused(&link);
    assert!(
        text.contains("tls.key") && text.contains("leads to") && text.contains("server.key"),
        "{text}"
    );
    set_mode(&path, 0o600);
    assert!(read_private(&link, Policy::Enforce, Parents::Refuse).is_ok());
}

/// Threat C1: the file that is judged is the file that is read, whatever happens to the path meanwhile. A descriptor
/// is opened on the loose file; a swap afterwards cannot lend it the strict one's mode.
#[test]
fn a_swapped_path_never_mixes_two_files() {
    let (folder, path) = key(0o600);
    let loose = folder.path().join("loose");
    std::fs::write(&loose, "stolen").unwrap();
    set_mode(&loose, 0o644);
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let swap = folder.path().join("swap");
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                for target in [&loose, &path] {
                    let _ = std::fs::remove_file(&swap);
                    symlink(target, &swap).unwrap();
                    std::fs::rename(&swap, folder.path().join("link")).unwrap();
                }
            }
        });
        let link = folder.path().join("link");
        for _ in 0..2000 {
            if let Ok(read) = read_private(&link, Policy::Enforce, Parents::Warn) {
                assert_eq!(read.bytes.as_slice(), b"secret");
            }
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}

/// Nothing hangs on a pipe, nothing reads a device or a folder, nothing is read without end.
#[test]
fn only_small_regular_files_are_read() {
    let (folder, path) = key(0o600);
    let pipe = folder.path().join("pipe");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &pipe,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_bits_truncate(0o600),
        0,
    )
    .unwrap();
    for odd in [pipe.as_path(), folder.path(), Path::new("/dev/null")] {
        let error = read_private(odd, Policy::Enforce, Parents::Warn).unwrap_err();
        assert!(matches!(error.problem, FileProblem::NotAFile), "{error}");
    }
    std::fs::write(&path, vec![0; 65 << 10]).unwrap();
    assert!(refused(&path).contains("larger"));
    assert!(refused(&folder.path().join("absent")).contains("check the path"));
}

#[test]
fn a_folder_that_others_may_change_is_told_or_refused() {
    let (folder, path) = key(0o600);
    set_mode(folder.path(), 0o777);
    let read = read_private(&path, Policy::Enforce, Parents::Warn).unwrap();
    assert!(
        read.warnings.first().unwrap().contains("0777"),
        "{:?}",
        read.warnings
    );
    assert!(read_private(&path, Policy::Enforce, Parents::Refuse).is_err());
    // Sticky, as /tmp and the mounts of Kubernetes are.
    set_mode(folder.path(), 0o1777);
    assert!(read_private(&path, Policy::Enforce, Parents::Refuse).is_ok());
}

#[test]
fn what_decides_about_trust_must_not_be_writable_by_others() {
    let (folder, path) = key(0o644);
    assert_eq!(read_trusted(&path).unwrap(), b"secret");
    check_trusted_folder(folder.path()).unwrap();
    set_mode(&path, 0o664);
    assert!(
        read_trusted(&path)
            .unwrap_err()
            .to_string()
            .contains("chmod go-w")
    );
    set_mode(folder.path(), 0o775);
    assert!(
        check_trusted_folder(folder.path())
            .unwrap_err()
            .to_string()
            .contains("chmod go-w")
    );
}
