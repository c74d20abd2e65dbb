//! Whatever the umask, what the gateway writes is for its owner alone.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::function_server::FunctionServer;
use crate::gateway_process::{GatewayProcess, program, wait_until};

/// The program with a umask that takes nothing away.
fn program_without_umask() -> Command {
    let program = program();
    let mut shell = Command::new("/bin/sh");
    shell.env_clear().env("AWS_EC2_METADATA_DISABLED", "true");
    shell
        .args(["-c", "umask 0; exec \"$0\" \"$@\""])
        .arg(program.get_program());
    shell
}

/// Everything below a folder, and the folder.
fn all_below(path: &Path) -> Vec<PathBuf> {
    let mut found = vec![path.to_owned()];
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            found.extend(all_below(&entry.unwrap().path()));
        }
    }
    found
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn files_and_folders_are_for_their_owner() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("new/data");
    let server = FunctionServer::answering("{}");
    let gateway = GatewayProcess::start_program(program_without_umask(), &data, &[]);
    gateway.event_type("ev");
    gateway.function("f", &server.url("/"));
    gateway.subscribe("async", "ev", "f", "/");
    assert_eq!(gateway.post_event("/", &[("Event", "ev")], "").status, 202);
    let is_noted = || {
        all_below(&data)
            .iter()
            .any(|path| path.extension().is_some_and(|end| end == "jsonl"))
    };
    wait_until("the attempt is noted", is_noted);
    let found = all_below(&data);
    for name in ["configuration.redb", "configuration.lock"] {
        assert!(found.contains(&data.join(name)), "{found:?}");
    }
    for path in found.iter().chain([&directory.path().join("new")]) {
        let want = if path.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode(path), want, "{}", path.display());
    }
}

#[test]
fn a_folder_that_is_open_to_others_is_warned_of() {
    for (mode, warning) in [
        (0o777, Some("Others than the owner may write to the data folder")),
        (0o755, Some("Others than the owner may look into the data folder")),
        (0o700, None),
    ] {
        let directory = tempfile::tempdir().unwrap();
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(mode)).unwrap();
        let gateway = GatewayProcess::start_in(directory.path(), &[]);
        // All warnings come before the line that says that it runs.
        let log = gateway.log.so_far();
        match warning {
            Some(warning) => assert!(
                log.contains(warning) && log.contains(&format!("{mode:04o}")),
                "{log}"
            ),
            None => assert!(!log.contains("data folder"), "{log}"),
        }
    }
}
