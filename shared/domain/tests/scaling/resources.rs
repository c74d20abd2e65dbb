//! Readers of what is registered, and what is told of it.

use std::sync::Arc;

use domain::audit::{AuditTrail, Author};
use domain::configuration::{Change, Stored};
use domain::explain::{ExplainRequest, Explanation, SpaceResources};
use domain::resource::{Cors, EventType, Function, Kind, PathMode, Resource, Subscription, masked};
use domain::routing::PathOwnership;
use domain::unknown_members::UnknownMembers;
use scaling::assert_linear;

use crate::SIZE;
use crate::shapes::{Row, SHAPES, VALUES, Wrapped, list};

fn decode<R: Resource>(body: &str) -> Result<R, String> {
    R::decode(&"default".into(), None, body.as_bytes()).map_err(|err| err.to_string())
}

/// Bodies with each shape at the top, among the labels, and in what else the resource has.
fn bodies(head: &'static str, inner: &'static [&'static str]) -> Vec<Wrapped> {
    let mut bodies: Vec<Wrapped> = Vec::new();
    for (shape, members) in SHAPES {
        let top = move |n: usize| format!("{{{},{head}}}", members(n));
        bodies.push((shape.to_owned(), Box::new(top)));
        for name in ["metadata"].iter().chain(inner) {
            let below = move |n: usize| format!(r#"{{{head},"{name}":{{{}}}}}"#, members(n));
            bodies.push((format!("{name}, {shape}"), Box::new(below)));
        }
    }
    for (shape, value) in VALUES {
        for name in ["metadata", "name", "path"].iter().chain(inner) {
            let below = move |n: usize| format!(r#"{{{head},"{name}":{}}}"#, value(n));
            bodies.push((format!("{name}, {shape}"), Box::new(below)));
        }
    }
    bodies
}

#[test]
fn event_types() {
    for (name, body) in bodies(r#""name":"t""#, &[]) {
        assert_linear(&name, SIZE, &body, |body| decode::<EventType>(body));
    }
}

#[test]
fn subscriptions() {
    let head = r#""type":"async","eventType":"t","functionId":"f","path":"/a","method":"GET""#;
    for (name, body) in bodies(head, &["retry"]) {
        assert_linear(&name, SIZE, &body, |body| decode::<Subscription>(body));
    }
}

#[test]
fn cors_configurations() {
    for (name, body) in bodies(r#""method":"GET","path":"/a""#, &["allowedOrigins"]) {
        assert_linear(&name, SIZE, &body, |body| decode::<Cors>(body));
    }
    for member in ["allowedOrigins", "allowedMethods", "allowedHeaders"] {
        let body = |n: usize| {
            format!(
                r#"{{"method":"GET","path":"/a","{member}":[{}]}}"#,
                list(n, |i| format!("\"x{i}\""))
            )
        };
        assert_linear(member, SIZE, body, |body| decode::<Cors>(body));
    }
}

#[test]
fn what_is_recorded_of_changes() {
    let labels = |n: usize, value: &str| {
        let labels = list(n, |i| format!(r#""l{i}":"{value}""#));
        let body = format!(r#"{{"name":"t","metadata":{{{labels}}}}}"#);
        let resource = Arc::new(decode::<EventType>(&body).unwrap());
        Some(Stored { resource, created: 1 })
    };
    let change = |n: usize| Change {
        before: labels(n, "before"),
        after: labels(n, "after"),
    };
    assert_linear("labels", SIZE, change, |change| {
        let mut trail = AuditTrail::default();
        trail.note(change);
        trail.sealed(&"default".into(), &Author::gateway(), (0, None), 0)
    });
}

const TYPES: [&str; 15] = [
    "http",
    "awslambda",
    "awskinesis",
    "awsfirehose",
    "awssqs",
    "awssns",
    "awseventbridge",
    "awsstepfunctions",
    "googlecloudfunction",
    "googlepubsub",
    "azurefunction",
    "azureeventgrid",
    "openwhisk",
    "weighted",
    "jwt",
];

#[test]
fn functions_of_every_type() {
    for kind in TYPES {
        for (shape, members) in SHAPES {
            let body = |n: usize| {
                let provider = r#""url":"https://x","arn":"a","region":"r","weighted":[{"functionId":"f","weight":1}],"issuer":"i","audience":["a"],"jwksUrl":"https://x""#;
                let members = members(n);
                format!(r#"{{"functionId":"f","type":"{kind}","provider":{{{members},{provider}}}}}"#)
            };
            assert_linear(&format!("{kind}, {shape}"), SIZE, body, |body| {
                decode::<Function>(body)
            });
        }
    }
}

#[test]
fn unknown_members() {
    let search = |kind| move |body: &str| UnknownMembers::of(kind, body.as_bytes(), false);
    for (name, body) in bodies(r#""type":"async","eventType":"t""#, &["retry"]) {
        assert_linear(&name, SIZE, &body, |body| search(Kind::Subscription)(body));
    }
    for (name, body) in bodies(r#""functionId":"f""#, &["provider"]) {
        assert_linear(&name, SIZE, &body, |body| search(Kind::Function)(body));
    }
    let members: [Row; 3] = [
        ("names that are nearly known", |n| {
            list(n, |_| r#""urll":1"#.to_owned())
        }),
        ("a name without an end", |n| {
            format!(r#""{}":1"#, "x".repeat(n * 8))
        }),
        ("headers", |n| {
            format!(
                r#""headers":{{{}}}"#,
                list(n, |i| format!(r#""x-{i}":{{"fil":"v"}}"#))
            )
        }),
    ];
    for (name, members) in members {
        for kind in ["http", "unheard"] {
            let body = |n: usize| format!(r#"{{"type":"{kind}","provider":{{{}}}}}"#, members(n));
            assert_linear(&format!("{kind}, {name}"), SIZE, body, |body| {
                search(Kind::Function)(body)
            });
        }
    }
    let weighted = |n: usize| {
        let entries = list(n, |_| r#"{"functionId":"f","weigth":1}"#.to_owned());
        format!(r#"{{"type":"weighted","provider":{{"weighted":[{entries}]}}}}"#)
    };
    assert_linear("weighted", SIZE, weighted, |body| search(Kind::Function)(body));
}

#[test]
fn members_of_functions() {
    let members: [Row; 7] = [
        ("headers", |n| {
            format!(r#""headers":{{{}}}"#, list(n, |i| format!(r#""x-{i}":"v""#)))
        }),
        ("one header", |n| {
            format!(r#""headers":{{{}}}"#, list(n, |_| r#""x-a":"v""#.to_owned()))
        }),
        ("signing secrets", |n| {
            format!(r#""signingSecrets":[{}]"#, list(n, |i| format!("\"{i}\"")))
        }),
        ("scopes", |n| {
            format!(
                r#""authorization":{{"type":"oauth2ClientCredentials","tokenUrl":"https://x","clientId":"c","clientSecret":"s","scopes":[{}]}}"#,
                list(n, |i| format!("\"s{i}\""))
            )
        }),
        ("certificates", |n| {
            let pem = r"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".repeat(n / 16);
            format!(
                r#""tls":{{"caCertificates":"{pem}","ca":"{pem}","clientCertificate":"{pem}","clientKey":"{pem}"}}"#
            )
        }),
        ("a long method", |n| {
            format!(r#""method":"{}""#, "A".repeat(n * 16))
        }),
        ("a long timeout", |n| {
            format!(r#""timeoutSeconds":{}"#, "1".repeat(n * 16))
        }),
    ];
    for (name, members) in members {
        let body = |n: usize| {
            format!(
                r#"{{"functionId":"f","type":"http","provider":{{"url":"https://x",{}}}}}"#,
                members(n)
            )
        };
        assert_linear(name, SIZE, body, |body| decode::<Function>(body));
    }
    let url = |n: usize| {
        let query = (0..n).map(|i| format!("p{i}=v&")).collect::<Vec<_>>().concat();
        let key = r#""authorization":{"type":"apiKey","name":"k","in":"query","value":"v"}"#;
        format!(r#"{{"functionId":"f","type":"http","provider":{{"url":"https://x/?{query}",{key}}}}}"#)
    };
    assert_linear("a long query", SIZE, url, |body| decode::<Function>(body));
    let weighted = |n: usize| {
        let entries = list(n, |i| format!(r#"{{"functionId":"f{i}","weight":1}}"#));
        format!(r#"{{"functionId":"w","type":"weighted","provider":{{"weighted":[{entries}]}}}}"#)
    };
    assert_linear("weighted", SIZE, weighted, |body| decode::<Function>(body));
}

/// The most headers that a function may have, with values of any length.
#[test]
fn masks() {
    let function = |n: usize| {
        let headers = list(64, |i| format!(r#""x-{i}":"{}""#, "v".repeat(n)));
        let text = format!(
            r#"{{"functionId":"f","type":"http","provider":{{"url":"http://x","headers":{{{headers}}}}}}}"#
        );
        decode::<Function>(&text).unwrap()
    };
    assert_linear("masks", 64, function, |stored| {
        let mut back = masked(stored).into_owned();
        back.keep_masked(Some(stored)).unwrap();
        assert_eq!(&back, stored);
    });
}

#[test]
fn explanations() {
    let space = |n: usize| -> Vec<Arc<Subscription>> {
        let subscription = |i: usize| {
            let body = format!(
                r#"{{"type":"sync","eventType":"http.request","functionId":"f{i}","path":"/a{i}/:b/*c","method":"GET"}}"#
            );
            Arc::new(decode(&body).unwrap())
        };
        (0..n).map(subscription).collect()
    };
    assert_linear("subscriptions", SIZE / 4, space, |subscriptions| {
        let request = ExplainRequest::decode(br#"{"path":"/a1/b/c","method":"GET"}"#).unwrap();
        let resources = SpaceResources {
            filter_steps: usize::MAX,
            subscriptions,
            event_types: &[],
            functions: &[],
            paths: PathOwnership::Shared,
            mode: PathMode::Strict,
            answering: None,
        };
        Explanation::of(request, resources)
    });
    let one = space(2);
    let path = |n: usize| format!(r#"{{"path":"{}","method":"GET"}}"#, "/a1".repeat(n));
    assert_linear("a long path", SIZE, path, |body| {
        let request = ExplainRequest::decode(body.as_bytes()).unwrap();
        let resources = SpaceResources {
            filter_steps: usize::MAX,
            subscriptions: &one,
            event_types: &[],
            functions: &[],
            paths: PathOwnership::Shared,
            mode: PathMode::Strict,
            answering: None,
        };
        Explanation::of(request, resources)
    });
}
