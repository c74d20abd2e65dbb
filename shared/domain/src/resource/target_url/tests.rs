//! What of URLs is secret, and what their masks stand for.

use super::*;

fn url(text: &str) -> TargetUrl {
    text.into()
}

#[test]
fn userinfo_and_values_of_the_query_are_masked() {
    for (text, want) in [
        ("http://h/p", "http://h/p"),
        ("http://u:p@h:1/p#f", "http://*****@h:1/p#f"),
        ("http://TOKEN@h", "http://*****@h"),
        ("http://a@b@h/@c", "http://*****@h/@c"),
        (
            "https://h/?a=1&b=&&c=x=y&TOKEN#f",
            "https://h/?a=*****&b=&&c=*****&*****#f",
        ),
        ("https://u@h?k=v", "https://*****@h?k=*****"),
        ("https://h/?=v", "https://h/?=*****"),
        ("https://h/#?a=b", "https://h/#?a=b"),
        ("https://h/a@b?c", "https://h/a@b?*****"),
        ("mailto:u:p@h", "mailto:*****@h"),
        ("http:u:p@h/x", "http:*****@h/x"),
        ("queue", "queue"),
        ("", ""),
    ] {
        let url = url(text);
        assert_eq!(url.masked().as_str(), want, "{text}");
        assert_eq!(format!("{url:?}"), format!("{want:?}"), "{text}");
        assert_eq!(url.has_credentials(), text != want, "{text}");
        assert_eq!(url.masked().is_masked(), text != want, "{text}");
        // Whoever sends back what was shown changes nothing.
        let mut back = url.masked();
        if back.is_masked() && text.contains("://") {
            back.keep_masked(&url).unwrap();
            assert_eq!(back, url);
        }
    }
}

#[test]
fn masks_keep_parts_of_the_same_server_only() {
    let stored = url("https://u:p@h.example/a?k=ONE&k=TWO&x=X&BARE");
    for (given, want) in [
        (
            "https://*****@h.example/b?k=*****&k=*****",
            Ok("https://u:p@h.example/b?k=ONE&k=TWO"),
        ),
        (
            "HTTPS://*****@H.example:443/?x=*****",
            Ok("HTTPS://u:p@H.example:443/?x=X"),
        ),
        (
            "https://h.example/?x=%2A%2a***&*****",
            Ok("https://h.example/?x=X&BARE"),
        ),
        (
            "https://new@h.example/?k=NEW&k=*****",
            Ok("https://new@h.example/?k=NEW&k=TWO"),
        ),
        ("https://h.example/?k=*****", Err(Unkept::Nothing)),
        ("https://h.example/?k=*****&k=*****&k=*****", Err(Unkept::Nothing)),
        ("https://h.example/?y=*****", Err(Unkept::Nothing)),
        ("https://evil.example/?x=*****", Err(Unkept::Elsewhere)),
        ("https://h.example:8443/?x=*****", Err(Unkept::Elsewhere)),
        ("http://h.example/?x=*****", Err(Unkept::Elsewhere)),
        ("https://*****@h.example\\@evil.example/", Err(Unkept::Elsewhere)),
        (
            "https://evil.example\\@h.example/?x=*****",
            Err(Unkept::Elsewhere),
        ),
        ("https://h.example.evil.example/?x=*****", Err(Unkept::Elsewhere)),
        ("https:///h.example/?x=*****", Err(Unkept::Elsewhere)),
        ("https:h.example/?x=*****", Err(Unkept::Elsewhere)),
        ("https://h.example\t/?x=*****", Err(Unkept::Elsewhere)),
    ] {
        let mut url = url(given);
        assert!(url.is_masked(), "{given}");
        let kept = url.keep_masked(&stored).map(|()| url.as_str().to_owned());
        assert_eq!(kept, want.map(str::to_owned), "{given}");
    }
    // What only begins like a mask is none.
    assert!(!url("https://*****@h.example@evil.example/").is_masked());
    let mut asks = url("https://*****@h.example/");
    assert_eq!(asks.keep_masked(&url("https://h.example/")), Err(Unkept::Nothing));
}

#[test]
fn servers_are_told_apart() {
    for (one, other, same) in [
        ("http://h/a", "HTTP://H:80/b?c", true),
        ("https://u@h", "https://h:443", true),
        ("https://h:", "https://h", true),
        ("https://h:80", "https://h", false),
        ("http://[::1]/", "http://[::1]:80/", true),
        ("http://[::1]/", "http://[::1]:81/", false),
        ("https://b\u{fc}cher/", "https://B\u{dc}cher/", true),
        ("q", "q", true),
        ("q", "r", false),
        ("ftp://h:21", "ftp://h", false),
    ] {
        assert_eq!(url(one).server() == url(other).server(), same, "{one} {other}");
    }
}

#[test]
fn credentials_are_found_in_every_form() {
    let url = url("https://u%40:p%3A@h/?a=x%20y+z&TOKEN&b=#no");
    assert_eq!(
        url.credentials(),
        [
            "u@", "u%40", "p:", "p%3A", "dUA6cDo=", "x y z", "x%20y+z", "TOKEN"
        ]
    );
    assert!(super::TargetUrl::from("https://h/p#f").credentials().is_empty());
}

/// What takes minutes where each value is looked for among all others.
#[test]
fn many_values_take_no_longer_each() {
    let distinct: Vec<_> = (0..200_000).map(|number| format!("n{number}=v")).collect();
    let distinct = distinct.join("&");
    let alike = "&n=v".repeat(200_000);
    for query in [distinct, alike] {
        let stored = url(&format!("https://h/?{query}"));
        let mut back = stored.masked();
        back.keep_masked(&stored).unwrap();
        assert_eq!(back, stored);
        assert_eq!(stored.credentials().len(), 200_000);
    }
}
