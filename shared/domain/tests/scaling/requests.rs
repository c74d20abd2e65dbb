//! Readers of headers and of bodies that are no events yet, and bodies on their way out.

use domain::event::{Event, Incoming, LegacyVersion, decode};
use domain::system_event::SystemEvent;
use scaling::assert_linear;

use crate::SIZE;
use crate::events::{UNLIMITED, V1_0, request, stamp};
use crate::shapes::VALUES;

/// Name and value of the header with a number.
type Header = fn(usize) -> (String, String);

#[test]
fn binary_events_and_requests() {
    let headers: [(&str, Header); 4] = [
        ("attributes", |i| (format!("ce-a{i}"), "v%20w".to_owned())),
        ("extensions", |i| (format!("ce-x-a{i}"), "v".to_owned())),
        ("one name", |i| ("ce-same".to_owned(), i.to_string())),
        ("other headers", |i| (format!("x-{i}"), "v".to_owned())),
    ];
    for (name, header) in headers {
        for (is_later, head) in [true, false].into_iter().zip([
            [
                ("ce-specversion", "1.0"),
                ("ce-id", "1"),
                ("ce-source", "/s"),
                ("ce-type", "t"),
            ],
            [
                ("ce-cloudeventsversion", "0.1"),
                ("ce-eventid", "1"),
                ("ce-source", "/s"),
                ("ce-eventtype", "t"),
            ],
        ]) {
            let parts = |n: usize| {
                let mut parts = request(&head);
                for i in 0..n {
                    let (name, value) = header(i);
                    let name = http::HeaderName::try_from(name).unwrap();
                    parts.headers.append(name, value.parse().unwrap());
                }
                parts
            };
            // A map of headers takes no more.
            assert_linear(name, 1_200, parts, |parts| {
                let decoded = decode(parts, b"", UNLIMITED, stamp);
                // In the later versions no header is there twice, and no name has a hyphen.
                let is_refused = is_later && matches!(name, "extensions" | "one name");
                assert_eq!(decoded.is_err(), is_refused, "{name}");
                decoded
            });
            assert_linear(name, 1_200, parts, |parts| {
                let event = Incoming::request_event(&stamp(), parts, b"{}", &[]);
                SystemEvent::EventReceived {
                    path: "/",
                    event: &event,
                    headers: &parts.headers,
                }
                .to_event(stamp())
            });
        }
    }
}

#[test]
fn long_headers() {
    for (name, sign) in [
        ("ce-subject", "%C3%A9"),
        ("ce-source", "%20"),
        ("ce-other", "\\a"),
    ] {
        let parts = |n: usize| {
            let mut parts = request(&[
                ("ce-specversion", "1.0"),
                ("ce-id", "1"),
                ("ce-source", "/s"),
                ("ce-type", "t"),
            ]);
            let value = format!("\"/{}\"", sign.repeat(n * 4));
            parts.headers.insert(name, value.parse().unwrap());
            parts
        };
        assert_linear(name, SIZE, parts, |parts| {
            decode(parts, b"", UNLIMITED, stamp).unwrap()
        });
    }
}

/// Those that are text, and those that only nearly are.
#[test]
fn texts_in_a_charset() {
    for charset in ["utf-8", "us-ascii", "iso-8859-1", "utf-16"] {
        let text = move |n: usize| {
            let content_type = format!("text/plain; charset={charset}");
            format!(
                r#"{{{V1_0},"datacontenttype":"{content_type}","data":"{}é"}}"#,
                "a".repeat(n * 16)
            )
        };
        let event = |n: usize| serde_json::from_str::<Event>(&text(n)).unwrap();
        assert_linear(&format!("text: {charset}"), SIZE, event, Event::to_binary);
        let content_type = format!("multipart/form-data; charset={charset}");
        let parts = request(&[("content-type", &content_type)]);
        let body = |n: usize| [&b"a".repeat(n * 16)[..], b"\xff"].concat();
        assert_linear(&format!("form: {charset}"), SIZE, body, |body| {
            Incoming::request_event(&stamp(), &parts, body, &[])
        });
    }
}

#[test]
fn bodies_of_requests() {
    for content_type in [
        "application/json",
        "application/x-www-form-urlencoded",
        "text/plain",
        "image/png",
    ] {
        for (shape, value) in VALUES {
            let name = format!("{content_type}, {shape}");
            let parts = request(&[("content-type", content_type)]);
            assert_linear(&name, SIZE, value, |body| {
                Incoming::request_event(&stamp(), &parts, body.as_bytes(), &[])
            });
        }
    }
}

/// Of requests the gateway makes events whose data old functions get in another form.
#[test]
fn requests_in_the_form_of_old_versions() {
    for (shape, value) in VALUES {
        let event = |n: usize| {
            let parts = request(&[("content-type", "application/json")]);
            Incoming::request_event(&stamp(), &parts, value(n).as_bytes(), &[])
        };
        for version in [LegacyVersion::V0_5, LegacyVersion::V0_6, LegacyVersion::V0_7] {
            assert_linear(&format!("{version:?}: {shape}"), SIZE, event, |event| {
                event.to_legacy_json(version)
            });
        }
    }
}
