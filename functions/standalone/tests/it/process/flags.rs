//! The spellings of flags that launchers use.

use crate::gateway_process::{GatewayProcess, run};

#[test]
fn every_spelling_starts_a_gateway() {
    for flags in [
        &[
            "-log-level",
            "debug",
            "-workers=3",
            "--workers-backlog",
            "7",
            "-dev=true",
        ][..],
        &[
            "--log-level=debug",
            "--db-hosts=h:1,h2:2",
            "-embed-peer-addr",
            "http://127.0.0.1:2380",
            "-embed-cli-addr=http://127.0.0.1:2379",
        ],
        &["--dev"],
        &["-dev", "-log-level", "ERR", "-log-level=info"],
        &["-hosted-domains=slsgateway.com,eventgateway.io"],
    ] {
        GatewayProcess::start(flags).assert_serving();
    }
}

#[test]
fn workers_say_how_many_they_are() {
    let gateway = GatewayProcess::start(&["-log-level", "debug", "-workers=3", "-log-format=text"]);
    let told = gateway.log.wait_for(crate::gateway_process::PATIENCE, |line| {
        line.contains("Starting processing workers.")
            .then(|| line.to_owned())
    });
    assert!(told.is_some_and(|line| line.ends_with("\t{\"workers\":3}")));
}

#[test]
fn the_version_goes_to_stdout() {
    for flag in ["-version", "--version", "-version=true"] {
        let output = run([flag]);
        let version = concat!("Event Gateway version: ", env!("CARGO_PKG_VERSION"), "\n");
        assert_eq!(String::from_utf8(output.stdout).unwrap(), version, "{flag}");
        assert_eq!((output.status.code(), output.stderr), (Some(0), vec![]), "{flag}");
    }
}

#[test]
fn help_goes_to_stdout() {
    let output = run(["-help"]);
    let help = String::from_utf8(output.stdout).unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), vec![]));
    for flag in [
        "--embed-data-dir",
        "--events-port",
        "--workers-backlog",
        "--plugin",
    ] {
        assert!(help.contains(flag), "{flag}");
    }
}

#[test]
fn an_unknown_flag_gives_usage_and_exit_code_2() {
    for flags in [
        &["-nope"][..],
        &["--events-port=x"],
        &["-events-port", "65536"],
        &["-log-level", "loud"],
        &["-log-format=xml"],
        &["word"],
        &["-workers", "-1"],
    ] {
        let output = run(flags);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{flags:?}: {stderr}");
        assert!(
            stderr.contains("Usage:") || stderr.contains("--help"),
            "{flags:?}: {stderr}"
        );
        assert!(output.stdout.is_empty(), "{flags:?}");
    }
}
