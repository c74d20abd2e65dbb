//! Command lines that launchers use, and those that must be refused.

use super::*;

fn parse(args: &[&str]) -> Result<Settings, clap::Error> {
    Settings::try_from_args(["event-gateway"].iter().chain(args).copied())
}

#[test]
fn defaults() {
    let settings = parse(&[]).unwrap();
    assert_eq!(
        (settings.listen.events_port, settings.listen.config_port),
        (4000, 4001)
    );
    assert_eq!(
        (settings.queue.workers, settings.queue.workers_backlog),
        (100, None)
    );
    assert_eq!(settings.functions.function_timeout, Duration::from_secs(5));
    assert!(!settings.log.dev);
}

#[test]
fn command_lines_of_existing_launchers() {
    for args in [
        &[
            "--dev",
            "--embed-data-dir=X",
            "--config-port=1",
            "--events-port=2",
        ][..],
        &["-dev", "-log-level", "debug"],
        &["--db-hosts=h:2379,i:2379", "--log-level=debug"],
        &["-embed-data-dir", "/home/data", "-dev"],
        &[
            "-dev=true",
            "-log-level",
            "ERR",
            "-log-format=json",
            "-embed-peer-addr",
            "http://127.0.0.1:2380",
        ],
        &["-plugin", "a", "-plugin=b"],
    ] {
        parse(args).unwrap_or_else(|err| panic!("{args:?}: {err}"));
    }
    assert!(!parse(&["-dev=false"]).unwrap().log.dev);
    assert_eq!(
        parse(&["--hosted-domains", "a.io,b.com"])
            .unwrap()
            .access
            .hosted_domains,
        ["a.io", "b.com"]
    );
}

#[test]
fn a_configuration_api_without_a_key_is_for_this_machine() {
    let at = |address: &str| ConfigListener::At(address.parse().unwrap());
    for (args, want) in [
        (&[][..], ConfigListener::Loopback),
        (&["--bind-address=0.0.0.0"], ConfigListener::Loopback),
        (&["--bind-address=192.0.2.1"], ConfigListener::Loopback),
        (&["--bind-address=127.0.0.1"], at("127.0.0.1")),
        (&["--bind-address=::1"], at("::1")),
        (&["--config-access-key=k"], at("::")),
        (
            &["--config-access-key=k", "--bind-address=192.0.2.1"],
            at("192.0.2.1"),
        ),
        (&["--config-bind-address=0.0.0.0"], at("0.0.0.0")),
        (
            &["--config-bind-address=127.0.0.1", "--config-access-key=k"],
            at("127.0.0.1"),
        ),
        (
            &["--config-bind-address=::1", "--bind-address=0.0.0.0"],
            at("::1"),
        ),
    ] {
        assert_eq!(parse(args).unwrap().config_listener(), want, "{args:?}");
    }
}

#[test]
fn the_events_api_listens_where_it_is_told() {
    for (args, want) in [
        (&[][..], "::"),
        (&["--bind-address=192.0.2.1"], "192.0.2.1"),
        (&["--events-bind-address=127.0.0.1"], "127.0.0.1"),
        (
            &["--events-bind-address=0.0.0.0", "--bind-address=127.0.0.1"],
            "0.0.0.0",
        ),
    ] {
        let address = parse(args).unwrap().listen.events_address();
        assert_eq!(address, want.parse::<IpAddr>().unwrap(), "{args:?}");
    }
}

#[test]
fn bad_command_lines() {
    for args in [
        &["-nope"][..],
        &["-events-port", "x"],
        &["-log-level", "loud"],
        &["-log-format", "xml"],
        &["x"],
    ] {
        assert_eq!(parse(args).unwrap_err().exit_code(), 2, "{args:?}");
    }
}

#[test]
fn secrets_do_not_show() {
    let settings = parse(&["--config-access-key", "s3cret"]).unwrap();
    assert!(!format!("{settings:?}").contains("s3cret"));
}

#[test]
fn tenants_of_a_hosted_gateway_refer_to_nothing_of_its_own() {
    for (args, want) in [
        (&[][..], 4),
        (&["--hosted-domains="], 4),
        (&["--hosted-domains=."], 4),
        (&["--hosted-domains=a.io"], 0),
        (&["--secret-references=none"], 0),
        (&["--secret-references=secretArn"], 1),
        (
            &["--hosted-domains=a.io", "--secret-references=secretArn,file"],
            2,
        ),
    ] {
        assert_eq!(parse(args).unwrap().secret_places().len(), want, "{args:?}");
    }
    assert!(parse(&["--secret-references=all"]).is_err());
}

#[test]
fn http2_is_spoken_unless_that_is_said() {
    for (args, want) in [
        (&[][..], true),
        (&["--http2=off"], false),
        (&["--hosted-domains=a.io"], true),
        (&["--hosted-domains=a.io", "--http2=off"], false),
    ] {
        assert_eq!(parse(args).unwrap().speaks_http2(), want, "{args:?}");
    }
}

#[test]
fn requests_over_http2_have_a_budget_of_their_own() {
    for (args, fits, too_much) in [
        // A quarter of the bytes in flight, of which a client may have half.
        (&["--max-bytes-in-flight=16000000"][..], 2_000_000, 2_000_001),
        // Room for some heads.
        (&["--max-bytes-in-flight=1"], 500_000, 600_000),
    ] {
        let budget = parse(args).unwrap().limits.http2_in_flight().of_space("a");
        assert!(budget.none_held().grow(fits), "{args:?}");
        assert!(!budget.none_held().grow(too_much), "{args:?}");
    }
    let unlimited = parse(&["--max-bytes-in-flight=0"]).unwrap();
    let budget = unlimited.limits.http2_in_flight().of_space("a");
    assert!(budget.none_held().grow(1 << 40));
}

#[test]
fn hosted_gateways_refuse_members_that_are_not_known() {
    for (args, want) in [
        (&[][..], false),
        (&["--unknown-members=reject"], true),
        (&["--hosted-domains=a.io"], true),
        (&["--hosted-domains=a.io", "--unknown-members=accept"], false),
    ] {
        assert_eq!(parse(args).unwrap().rejects_unknown_members(), want, "{args:?}");
    }
    let error = parse(&["--unknown-members=maybe"]).unwrap_err();
    assert!(error.to_string().contains("accept|reject"), "{error}");
}

#[test]
fn stores_and_queues() {
    let settings = parse(&[]).unwrap();
    assert_eq!(
        (settings.store.kind, settings.queue.kind),
        (StoreKind::Embedded, QueueKind::Embedded)
    );
    let url = "http://127.0.0.1/1/q";
    let settings = parse(&["--store", "dynamodb", "--queue=sqs", "--sqs-queue-url", url]).unwrap();
    assert_eq!(
        (settings.store.kind, settings.queue.kind),
        (StoreKind::DynamoDb, QueueKind::Sqs)
    );
    assert_eq!(settings.queue.sqs_queue_url.as_deref(), Some(url));
    for refused in [
        &["--queue", "sqs"][..],
        &["--store", "etcd"],
        &["--queue", "kafka"],
    ] {
        assert!(parse(refused).is_err(), "{refused:?}");
    }
}

#[test]
fn a_function_may_have_half_of_the_workers() {
    for (args, want) in [
        (&[][..], (100, 50)),
        (&["-workers=1"], (1, 1)),
        (&["--workers=0"], (1, 1)),
        (&["--workers=7"], (7, 4)),
        (&["--workers=7", "--workers-per-function=9"], (7, 9)),
        (&["--workers-per-function=0"], (100, 1)),
    ] {
        let queue = parse(args).unwrap().queue;
        assert_eq!((queue.workers(), queue.workers_per_function()), want, "{args:?}");
    }
}

#[test]
fn clients_that_wait_for_a_space_are_bounded_in_hosted_mode() {
    for (args, want) in [
        (&[][..], None),
        (&["--hosted-domains=example.com"], Some(8192)),
        (&["--hosted-domains=example.com", "--max-connections=9"], Some(5)),
        (
            &["--hosted-domains=example.com", "--max-sync-calls-per-space=0"],
            None,
        ),
        (&["--max-sync-calls-per-space=7"], Some(7)),
    ] {
        let settings = parse(args).unwrap();
        let most = settings
            .limits
            .max_sync_calls_per_space(settings.access.is_hosted());
        assert_eq!(most, want, "{args:?}");
    }
}

#[test]
fn a_space_has_a_quarter_of_the_bytes_in_flight_in_hosted_mode() {
    for (args, want) in [
        (&[][..], None),
        (&["--hosted-domains=example.com"], Some(64 << 20)),
        (
            &["--hosted-domains=example.com", "--max-bytes-in-flight=9"],
            Some(3),
        ),
        (&["--hosted-domains=example.com", "--max-bytes-in-flight=0"], None),
        (&["--max-bytes-in-flight-per-space=7"], Some(7)),
        (
            &[
                "--hosted-domains=example.com",
                "--max-bytes-in-flight-per-space=0",
            ],
            None,
        ),
    ] {
        let settings = parse(args).unwrap();
        let most = settings
            .limits
            .max_bytes_in_flight_per_space(settings.access.is_hosted());
        assert_eq!(most, want, "{args:?}");
    }
}

#[test]
fn a_deployed_configuration_api_is_protected() {
    let digest = "0f".repeat(32);
    for (args, want) in [
        (&[][..], Err(OpenConfigApi)),
        (&["--config-auth=key"], Err(OpenConfigApi)),
        (&["--config-auth=iam"], Ok(())),
        (&["--config-access-key=s3cret"], Ok(())),
        (&["--config-access-key-sha256", &digest], Ok(())),
    ] {
        assert_eq!(parse(args).unwrap().access.require_protection(), want, "{args:?}");
    }
    let both = [
        "--config-access-key=s3cret",
        "--config-access-key-sha256",
        &digest,
    ];
    assert!(parse(&both).is_err());
}
