//! Starts that cannot succeed end with one clear line and exit code 1.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;

use crate::gateway_process::{GatewayProcess, run};

/// Runs the program, which must fail; gives the one line that it says.
fn failure(directory: &Path, flags: &[&str]) -> String {
    let directory = directory.to_str().unwrap();
    let always = [
        "-dev",
        "-bind-address=127.0.0.1",
        "-events-port=0",
        "-config-port=0",
        "-embed-data-dir",
        directory,
    ];
    let output = run(always.iter().chain(flags));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{flags:?}: {stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(
        stderr.contains("\tERROR\tEvent Gateway could not start.\t"),
        "{stderr}"
    );
    assert!(output.stdout.is_empty());
    stderr
}

#[test]
fn ports_in_use_are_named_and_their_owner_is_unharmed() {
    let mut first = GatewayProcess::start(&[]);
    let second = tempfile::tempdir().unwrap();
    for (flag, api, port) in [
        ("-events-port", "Events", first.events.port()),
        ("-config-port", "Config", first.config.port()),
    ] {
        let line = failure(second.path(), &[flag, &port.to_string()]);
        assert!(
            line.contains(&format!("{api} API cannot listen on 127.0.0.1:{port}: ")),
            "{line}"
        );
        first.assert_serving();
    }
    assert_eq!(
        std::fs::read_dir(second.path()).unwrap().count(),
        0,
        "the store is not touched"
    );
}

#[test]
fn a_port_of_one_family_in_use_is_found_when_all_addresses_are_asked_for() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let directory = tempfile::tempdir().unwrap();
    let line = failure(directory.path(), &["-bind-address=::", "-events-port", &port]);
    assert!(
        line.contains(&format!("Events API cannot listen on [::]:{port}: ")),
        "{line}"
    );
}

#[test]
fn a_folder_serves_one_process() {
    let directory = tempfile::tempdir().unwrap();
    let mut first = GatewayProcess::start_in(directory.path(), &[]);
    let line = failure(directory.path(), &[]);
    assert!(line.contains("is in use by another process"), "{line}");
    assert!(line.contains(directory.path().to_str().unwrap()), "{line}");
    first.assert_serving();
}

#[test]
fn a_folder_that_is_a_file_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    std::fs::write(&file, "").unwrap();
    let line = failure(&file, &[]);
    assert!(
        line.contains(&format!("{} cannot be opened", file.display())),
        "{line}"
    );
}

#[test]
fn plugins_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let line = failure(directory.path(), &["-plugin", "./plugin"]);
    assert!(line.contains("remove the flag -plugin"), "{line}");
}

#[test]
fn unusable_certificates_are_named() {
    let directory = tempfile::tempdir().unwrap();
    let certificate = directory.path().join("cert.pem");
    let (certificate, key) = (certificate.to_str().unwrap(), "missing-key.pem");
    let line = failure(
        directory.path(),
        &["-events-tls-cert", certificate, "-events-tls-key", key],
    );
    assert!(line.contains(certificate), "{line}");
    std::fs::write(certificate, "no certificate").unwrap();
    let line = failure(
        directory.path(),
        &["-config-tls-cert", certificate, "-config-tls-key", certificate],
    );
    assert!(line.contains(certificate), "{line}");
}

#[test]
fn half_of_what_tls_needs_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    for api in ["events", "config"] {
        for (set, missing) in [("cert", "key"), ("key", "cert")] {
            let line = failure(directory.path(), &[&format!("-{api}-tls-{set}"), "file.pem"]);
            let want = format!("--{api}-tls-{set} is set without --{api}-tls-{missing}: TLS needs both");
            assert!(line.contains(&want), "{line}");
        }
    }
}

#[test]
fn an_endpoint_that_is_no_url_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    failure(directory.path(), &["-aws-endpoint-url", "nowhere"]);
}
