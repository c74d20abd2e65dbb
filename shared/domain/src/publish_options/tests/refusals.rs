//! Options that cannot be followed.

use super::*;

#[test]
fn keys_have_bounds() {
    let longest = "é".repeat(64);
    let too_long = "k".repeat(129);
    let of_header = |name, value: &str| PublishOptions::of(&headers(&[(name, value)]), &v0_1("{}"));
    assert_eq!(
        of_header("x-partition-key", &longest),
        Ok(options(Some(&longest), None, None))
    );
    for (name, value) in [
        ("x-partition-key", ""),
        ("x-partition-key", "  "),
        ("x-deduplication-key", &too_long),
    ] {
        let error = of_header(name, value).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("{name} must be 1 to 128 bytes of text")
        );
    }
    let mut binary = HeaderMap::new();
    binary.insert("x-partition-key", HeaderValue::from_bytes(b"\xff").unwrap());
    assert_eq!(
        PublishOptions::of(&binary, &v0_1("{}")),
        Err(PublishOptionsError::Key {
            name: "x-partition-key"
        })
    );
    for attributes in [
        r#"{"deduplicationkey":""}"#.to_owned(),
        format!(r#"{{"deduplicationkey":"{too_long}"}}"#),
    ] {
        for event in events(&attributes) {
            let error = PublishOptions::of(&HeaderMap::new(), &event).unwrap_err();
            assert_eq!(
                error.to_string(),
                "deduplicationkey must be 1 to 128 bytes of text"
            );
        }
    }
    // Later versions cannot have these.
    for value in ["[]", "{}", r#"["a"]"#] {
        let event = v0_1(&format!(r#"{{"partitionkey":{value}}}"#));
        let error = PublishOptions::of(&HeaderMap::new(), &event).unwrap_err();
        assert_eq!(error.to_string(), "partitionkey must be 1 to 128 bytes of text");
    }
}

#[test]
fn times_must_be_times() {
    for text in [
        "soon",
        "",
        "1795255200",
        "2026-11-21T10:00:00",
        "2026-11-21 10:00:00Z",
    ] {
        let start = format!(": parsing time {text:?} as RFC 3339: ");
        let error = PublishOptions::of(&headers(&[("x-deliver-at", text)]), &v0_1("{}")).unwrap_err();
        assert!(
            error.to_string().starts_with(&format!("x-deliver-at{start}")),
            "{error}"
        );
        for event in events(&format!(r#"{{"deliverat":"{text}"}}"#)) {
            let error = PublishOptions::of(&HeaderMap::new(), &event).unwrap_err();
            assert!(
                error.to_string().starts_with(&format!("deliverat{start}")),
                "{error}"
            );
        }
    }
    for value in ["5", "true", "[1]", r#"{"at":1}"#] {
        let event = v0_1(&format!(r#"{{"deliverat":{value}}}"#));
        assert!(matches!(
            PublishOptions::of(&HeaderMap::new(), &event),
            Err(PublishOptionsError::Time {
                name: "deliverat",
                ..
            })
        ));
    }
    let mut binary = HeaderMap::new();
    binary.insert("x-deliver-at", HeaderValue::from_bytes(b"\xff").unwrap());
    assert!(matches!(
        PublishOptions::of(&binary, &v0_1("{}")),
        Err(PublishOptionsError::Time {
            name: "x-deliver-at",
            ..
        })
    ));
}

#[test]
fn delays_have_a_longest() {
    let week = Duration::from_hours(7 * 24);
    let end = TEN + 604_800_000;
    let check = |headers: &HeaderMap, event: &Event, now: u64| {
        let options = PublishOptions::of(headers, event).unwrap();
        let checked = options.check_delay(headers, event, || now, week);
        checked.map_err(|error| error.to_string())
    };
    let by_header = headers(&[("x-deliver-at", "2026-11-28T10:00:00Z")]);
    let too_far = "2026-11-28T10:00:00Z is more than 604800 seconds ahead, which is the longest delay";
    assert_eq!(check(&by_header, &v0_1("{}"), TEN), Ok(()));
    assert_eq!(check(&by_header, &v0_1("{}"), end + 1), Ok(()));
    assert_eq!(
        check(&by_header, &v0_1("{}"), TEN - 1),
        Err(format!("x-deliver-at: {too_far}"))
    );
    for event in events(r#"{"deliverat":"2026-11-28T10:00:00Z"}"#) {
        assert_eq!(check(&HeaderMap::new(), &event, TEN), Ok(()));
        let refused = check(&HeaderMap::new(), &event, TEN - 1);
        assert_eq!(refused, Err(format!("deliverat: {too_far}")));
    }
    let last = headers(&[("x-deliver-at", "9999-12-31T23:59:59Z")]);
    assert!(check(&last, &v0_1("{}"), TEN).is_err());
    assert_eq!(check(&HeaderMap::new(), &v0_1("{}"), TEN), Ok(()));
    // What is shown of a time is short, however long it was sent.
    let long = format!("9999-12-31T23:59:59.{}Z", "9".repeat(5000));
    let refused = check(&headers(&[("x-deliver-at", &long)]), &v0_1("{}"), TEN);
    assert!(refused.is_err_and(|text| text.len() < 300));
}
