//! Which answers are compressed, and what becomes of their headers and of the budget.

use std::io::Read as _;

use super::*;

fn answer(headers: &[(&'static str, &'static str)], bytes: usize) -> Response {
    let mut response = Response::new(Body::from(
        "a text ".repeat(bytes.div_ceil(7))[..bytes].to_owned(),
    ));
    for (name, value) in headers {
        response
            .headers_mut()
            .append(*name, HeaderValue::from_static(value));
    }
    response
}

async fn sent(accept: &str, response: Response, in_flight: BytesInFlight) -> (HeaderMap, Bytes) {
    let mut request = HeaderMap::new();
    request.insert(header::ACCEPT_ENCODING, accept.parse().unwrap());
    let (parts, body) = compressed(AskedCodings::of(&request), response, in_flight)
        .await
        .into_parts();
    (parts.headers, body.collect().await.unwrap().to_bytes())
}

const TEXT: (&str, &str) = ("content-type", "text/plain; charset=utf-8");

#[tokio::test]
async fn clients_get_what_they_prefer() {
    for bytes in [2_000, 100_000] {
        for (accept, want) in [
            ("gzip", Some("gzip")),
            ("gzip, deflate, br, zstd", Some("zstd")),
            ("br;q=1.0, zstd;q=0.5", Some("br")),
            ("gzip;q=0", None),
            ("deflate", None),
            ("", None),
        ] {
            let budget = BytesInFlight::default();
            let (headers, body) = sent(accept, answer(&[TEXT, ("vary", "Origin")], bytes), budget).await;
            let coding = headers
                .get("content-encoding")
                .map(|value| value.to_str().unwrap());
            assert_eq!(coding, want, "{accept}");
            let vary: Vec<_> = headers.get_all("vary").iter().collect();
            assert_eq!(vary, ["Origin", "accept-encoding"], "{accept}");
            let text = "a text ".repeat(bytes.div_ceil(7));
            let mut read = Vec::new();
            match want {
                Some("gzip") => flate2::read::GzDecoder::new(&*body)
                    .read_to_end(&mut read)
                    .map(drop),
                Some("br") => brotli_decompressor::Decompressor::new(&*body, 4096)
                    .read_to_end(&mut read)
                    .map(drop),
                Some(_) => zstd::stream::copy_decode(&*body, &mut read),
                None => std::io::copy(&mut &*body, &mut read).map(drop),
            }
            .unwrap();
            assert!(read == text.as_bytes()[..bytes], "{accept}");
        }
    }
}

#[tokio::test]
async fn what_is_not_to_be_compressed_stays_as_it_is() {
    let mut streamed = answer(&[TEXT], 2_000);
    streamed.extensions_mut().insert(Streamed);
    let mut partial = answer(&[TEXT], 2_000);
    *partial.status_mut() = StatusCode::PARTIAL_CONTENT;
    for response in [
        streamed,
        partial,
        answer(&[TEXT], 1_023),
        answer(&[], 2_000),
        answer(&[("content-type", "image/png")], 2_000),
        answer(&[("content-type", "text/event-stream")], 2_000),
        answer(&[TEXT, ("content-encoding", "gzip")], 2_000),
        answer(&[TEXT, ("content-range", "bytes 0-1/2")], 2_000),
        answer(&[TEXT, ("content-digest", "sha-256=:x:")], 2_000),
        answer(&[TEXT, ("cache-control", "max-age=1, No-Transform")], 2_000),
    ] {
        let (before, size) = (response.headers().clone(), response.body().size_hint().exact());
        let (headers, body) = sent("gzip", response, BytesInFlight::default()).await;
        assert_eq!((headers, Some(body.len() as u64)), (before, size));
    }
}

#[tokio::test]
async fn types_of_text() {
    for (content_type, want) in [
        ("application/json", true),
        ("Application/Problem+JSON;charset=x", true),
        ("image/svg+xml", true),
        ("text/html", true),
        ("application/octet-stream", false),
        ("application/zip", false),
        ("json", false),
    ] {
        assert_eq!(
            is_text(&HeaderValue::from_static(content_type)),
            want,
            "{content_type}"
        );
    }
}

#[tokio::test]
async fn tags_become_weak() {
    for (tag, want) in [("\"a\"", "W/\"a\""), ("W/\"a\"", "W/\"a\"")] {
        let tagged = |accept| {
            sent(
                accept,
                answer(&[TEXT, ("etag", tag)], 2_000),
                BytesInFlight::default(),
            )
        };
        assert_eq!(tagged("gzip").await.0["etag"], want);
        assert_eq!(tagged("identity").await.0["etag"], tag);
    }
}

#[tokio::test]
async fn answers_that_there_is_no_room_for_twice_are_not_compressed() {
    let budget = BytesInFlight::new(5_000);
    let (headers, body) = sent("gzip", answer(&[TEXT], 6_000), budget).await;
    assert!(!headers.contains_key("content-encoding") && body.len() == 6_000);
    let (headers, body) = sent("gzip", answer(&[TEXT], 4_000), budget).await;
    assert_eq!(headers["content-encoding"], "gzip");
    assert_eq!(budget.held(), body.len());
    drop(body);
    assert_eq!(budget.held(), 0);
}
