//! The HTTP binding, 1.0.2 and 0.3, on the way in.

use super::*;

/// A binary event as JSON, with these members behind the required ones.
fn with(version: &str, more: &str) -> String {
    format!(r#"{{"specversion":"{version}","type":"t","source":"/s","id":"1"{more}}}"#)
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn headers() {
    for version in ["1.0", "0.3"] {
        for (section, headers, want) in [
            (
                "3.1.3.1: names",
                &[("CE-Subject", "a"), ("Ce-PartitionKey", "k")][..],
                r#","subject":"a","partitionkey":"k""#,
            ),
            (
                "3.1.3.1: other headers",
                &[("x-subject", "a"), ("cesubject", "b")],
                "",
            ),
            (
                "3.1.3.2: percent-encoding",
                &[("ce-subject", "Euro%20%E2%82%AC%20%F0%9F%98%80")],
                r#","subject":"Euro € 😀""#,
            ),
            (
                "3.1.3.2: small letters",
                &[("ce-subject", "%e2%82%ac")],
                r#","subject":"€""#,
            ),
            (
                "3.1.3.2: needless encoding",
                &[("ce-subject", "%41")],
                r#","subject":"A""#,
            ),
            (
                "3.1.3.2: one round",
                &[("ce-subject", "%2541")],
                r#","subject":"%41""#,
            ),
            (
                "3.1.3.2: a sign that encodes nothing",
                &[("ce-subject", "100%")],
                r#","subject":"100%""#,
            ),
            (
                "3.1.3.2: quotation marks",
                &[("ce-subject", r#""a b""#)],
                r#","subject":"a b""#,
            ),
            (
                "3.1.3.2: escapes in them",
                &[("ce-subject", r#""a\"b\\c%20d""#)],
                r#","subject":"a\"b\\c d""#,
            ),
            (
                "3.1.3.2: one quotation mark",
                &[("ce-subject", r#"""#)],
                r#","subject":"\"""#,
            ),
            (
                "3.1.3.2: types are not told",
                &[("ce-n", "5"), ("ce-flag", "true")],
                r#","n":"5","flag":"true""#,
            ),
            (
                "3.1.3.2: UTF-8 as it is",
                &[("ce-subject", "é")],
                r#","subject":"é""#,
            ),
        ] {
            binary(section, version, headers, b"", &Is(&with(version, want)));
        }
        for (section, headers, want) in [
            (
                "3.1.1: the content type",
                &[("ce-datacontenttype", "a/b")][..],
                r#"attribute "datacontenttype" cannot be a header"#,
            ),
            (
                "3.1.1: the content type",
                &[("content-type", "text")],
                r#"attribute "datacontenttype" must be a media type"#,
            ),
            (
                "3.1.1: the content type",
                &[("content-type", "a/b"), ("content-type", "a/c")],
                r#"attribute "datacontenttype" is there more"#,
            ),
            (
                "3.1.2: the payload",
                &[("ce-data", "1")],
                r#"attribute "data" cannot be a header"#,
            ),
            (
                "3.1.2: the payload",
                &[("ce-data_base64", "AA==")],
                r#"attribute "data_base64" cannot be a header"#,
            ),
            (
                "3.1.2: the payload",
                &[("ce-datacontentencoding", "base64")],
                r#"attribute "datacontentencoding" cannot be a header"#,
            ),
            (
                "3.1.3: distinct headers",
                &[("ce-a", "1"), ("ce-a", "1")],
                r#"attribute "a" is there more than once"#,
            ),
            (
                "3.1.3: distinct headers",
                &[("ce-id", "1"), ("ce-b", "1"), ("ce-id", "2")],
                r#"attribute "id" is there more"#,
            ),
            (
                "3.1.3.1: names",
                &[("ce-my_ext", "1")],
                r#"attribute "my_ext" has a name"#,
            ),
            (
                "3.1.3.2: UTF-8",
                &[("ce-subject", "%C0%A0")],
                r#"attribute "subject" is not UTF-8"#,
            ),
            (
                "3.1.3.2: UTF-8",
                &[("ce-subject", "a%ff")],
                r#"attribute "subject" is not UTF-8"#,
            ),
            (
                "3.1.3.2: control characters",
                &[("ce-subject", "%0a")],
                r#"attribute "subject" has control"#,
            ),
            (
                "empty values",
                &[("ce-subject", "")],
                r#"attribute "subject" must not be empty"#,
            ),
            (
                "empty values",
                &[("ce-time", r#""""#)],
                r#"attribute "time" must not be empty"#,
            ),
            (
                "time",
                &[("ce-time", "2018-04-05 03:56:24Z")],
                r#"attribute "time" must be a time"#,
            ),
            (
                "source",
                &[("ce-source", "a b")],
                r#"attribute "source" must be a URI reference"#,
            ),
        ] {
            binary(section, version, headers, b"", &Refused(want));
        }
    }
    binary(
        "3.1.3.1: names",
        "1.0",
        &[("ce-my-ext", "1")],
        b"",
        &Refused(r#"attribute "my-ext" has a name"#),
    );
    let version = [("ce-specversion", "1.1")];
    binary(
        "specversion",
        "1.1",
        &version,
        b"",
        &Refused(r#"attribute "specversion" must be"#),
    );
}

#[test]
fn bytes_that_are_no_utf_8_are_refused() {
    for name in ["ce-subject", "content-type"] {
        let mut request = Request::post("/");
        for (name, value) in [
            ("ce-specversion", "1.0"),
            ("ce-type", "t"),
            ("ce-source", "/s"),
            ("ce-id", "1"),
        ] {
            request = request.header(name, value);
        }
        let value = http::HeaderValue::from_bytes(b"a/b; c=\"\xff\"").unwrap();
        let (parts, ()) = request.header(name, value).body(()).unwrap().into_parts();
        let error = decode(&parts, b"", LIMITS, stamp).unwrap_err().to_string();
        assert!(error.ends_with(" is not UTF-8"), "{error}");
    }
}

/// As they should encode the escapes of a URI once more, and many do not.
#[test]
fn uris_with_escapes() {
    for (sent, want) in [
        ("/a%2520b", "/a%20b"),
        ("/a%20b", "/a%20b"),
        ("/caf%C3%A9", "/caf%C3%A9"),
        ("/a%41", "/aA"),
    ] {
        let want = format!(r#"{{"specversion":"1.0","type":"t","id":"1","source":"{want}"}}"#);
        binary("3.1.3.2", "1.0", &[("ce-source", sent)], b"", &Is(&want));
    }
}

#[test]
fn data() {
    let rows: [(&str, &[u8], &str); 14] = [
        ("application/json", br#"{"a":1.50}"#, r#""data":{"a":1.50}"#),
        ("application/json; charset=utf-8", b"\"x\"", r#""data":"x""#),
        ("text/json", b"[1]", r#""data":[1]"#),
        ("application/vnd.x+json", b"null", r#""data":null"#),
        ("application/json", b"nope", r#""data_base64":"bm9wZQ==""#),
        ("text/plain", "é".as_bytes(), r#""data":"é""#),
        ("text/plain; charset=US-ASCII", b"e", r#""data":"e""#),
        ("text/plain", b"\xe9", r#""data_base64":"6Q==""#),
        (
            "text/plain; charset=us-ascii",
            "é".as_bytes(),
            r#""data_base64":"w6k=""#,
        ),
        (
            "text/plain; charset=iso-8859-1",
            b"caf\xe9",
            r#""data_base64":"Y2Fm6Q==""#,
        ),
        (
            "text/plain; charset=iso-8859-1",
            b"cafe",
            r#""data_base64":"Y2FmZQ==""#,
        ),
        ("text/plain; charset=utf-16", b"\0a", r#""data_base64":"AGE=""#),
        ("image/png", b"\x89PNG", r#""data_base64":"iVBORw==""#),
        ("application/xml", b"<a/>", r#""data_base64":"PGEvPg==""#),
    ];
    for (content_type, body, data) in rows {
        let old = match data.strip_prefix(r#""data_base64""#) {
            Some(text) => format!(r#""datacontentencoding":"base64","data"{text}"#),
            None => data.to_owned(),
        };
        for (version, data) in [("1.0", data), ("0.3", &old)] {
            let want = with(version, &format!(r#","datacontenttype":"{content_type}",{data}"#));
            binary(
                "3.1.2",
                version,
                &[("content-type", content_type)],
                body,
                &Is(&want),
            );
        }
    }
}

#[test]
fn structured_mode() {
    // 3.2.3: headers may be there as well, and do not count.
    let sent = format!(r#"{{{V1_0},"data":1}}"#);
    for content_type in [CLOUDEVENTS_JSON, "application/cloudevents+json; charset=UTF-8"] {
        let headers = [
            ("content-type", content_type),
            ("ce-id", "other"),
            ("ce-data", "x"),
        ];
        assert_eq!(
            outcome(&headers, sent.as_bytes()).as_deref(),
            Ok(&*sent),
            "{content_type}"
        );
    }
    // JSON is UTF-8.
    let error = read(&[STRUCTURED], b"{\"specversion\":\"1.0\",\"id\":\"\xe9\"}").unwrap_err();
    assert!(matches!(error, EventError::Json(_)), "{error}");
}

/// 3: the content type says the mode, whatever headers are there as well.
#[test]
fn modes() {
    let events = [format!("{{{V1_0}}}"), format!("{{{V1_0},\"a\":1}}")];
    let batch = format!("[{}]", events.join(","));
    let headers = |content_type| {
        [
            ("content-type", content_type),
            ("ce-specversion", "1.0"),
            ("ce-type", "t"),
            ("ce-source", "/s"),
            ("ce-id", "1"),
        ]
    };
    for content_type in [
        CLOUDEVENTS_BATCH_JSON,
        "Application/CloudEvents-Batch+JSON; charset=UTF-8",
    ] {
        let Ok(Incoming::Batch(read)) = read(&headers(content_type), batch.as_bytes()) else {
            panic!("{content_type} is no batch");
        };
        assert_eq!(read.iter().map(json).collect::<Vec<_>>(), events);
    }
    // A format that nobody here can read is passed on as it is.
    let content_type = "application/cloudevents+avro";
    let want = with(
        "1.0",
        r#","datacontenttype":"application/cloudevents+avro","data_base64":"AAE=""#,
    );
    assert_eq!(outcome(&headers(content_type), b"\0\x01"), Ok(want));
}

/// 3.3.2: a batch has one version.
#[test]
fn versions_of_a_batch() {
    let old = r#"{"eventType":"t","cloudEventsVersion":"0.1","source":"/s","eventID":"1"}"#;
    let (new, middle) = (format!("{{{V1_0}}}"), format!("{{{V0_3}}}"));
    for (batch, place) in [
        ([&*new, &*new, &*new], None),
        ([&*middle, &*middle, &*middle], None),
        ([old, old, old], None),
        ([&*new, &*new, &*middle], Some(2)),
        ([&*middle, &*new, &*middle], Some(1)),
        ([&*new, old, &*new], Some(1)),
        ([old, &*new, &*new], Some(1)),
    ] {
        let body = format!("[{}]", batch.join(","));
        let got = read(&[("content-type", CLOUDEVENTS_BATCH_JSON)], body.as_bytes());
        let want = place.map(|index| {
            format!(
                "event {index} of the batch: CloudEvent doesn't validate: \
                 attribute \"specversion\" must be that of the first event of the batch"
            )
        });
        assert_eq!(got.err().map(|error| error.to_string()), want, "{body}");
    }
}

/// 3.1.3.1 of 0.3: the entries of maps have headers of their own.
#[test]
fn maps() {
    for (headers, want) in [
        (
            &[("ce-a-b", "1"), ("CE-A-c-d", "%22"), ("ce-e-f", "\"x y\"")][..],
            Ok(r#","a":{"b":"1","c-d":"\""},"e":{"f":"x y"}"#),
        ),
        (
            &[("ce-a", "1"), ("ce-a-b", "1")],
            Err(r#"attribute "a" is there more than once"#),
        ),
        (
            &[("ce-a-b", "1"), ("ce-a-b", "2")],
            Err(r#"attribute "a" is there more"#),
        ),
        (&[("ce-type-b", "1")], Err(r#"attribute "type" is there more"#)),
        (&[("ce-time-b", "1")], Err(r#"attribute "time" must be a text"#)),
        (
            &[("ce-data-b", "1")],
            Err(r#"attribute "data" cannot be a header"#),
        ),
        (&[("ce-a-b", "%ff")], Err(r#"attribute "a" is not UTF-8"#)),
        (&[("ce-my_a-b", "1")], Err(r#"attribute "my_a" has a name"#)),
        (&[("ce-a-", "1")], Err(r#"attribute "a-" has a name"#)),
        (&[("ce--b", "1")], Err(r#"attribute "-b" has a name"#)),
    ] {
        let event = want.map(|more| with("0.3", more));
        let want = event.as_deref().map_or_else(|error| Refused(error), Is);
        binary("3.1.3.1: maps", "0.3", headers, b"", &want);
    }
}
