//! From the response of a router to the event that Lambda makes the client's answer of.

use std::borrow::Cow;
use std::collections::BTreeMap;

use axum::response::Response;
use bytes::Bytes;
use domain::function_response::may_have_content;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use lambda_http::Body as EventBody;
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpResponse;

use super::request::MalformedEvent;

/// Most bytes of a response that Lambda passes on, counted in the JSON that it takes. Of a larger one the client
/// would get nothing but status 502, so that a smaller one takes its place.
pub const MAX_RESPONSE_BYTES: usize = 6_291_556;

/// Bound of what the JSON of a response has beside its headers and its body.
const ENVELOPE_BYTES: usize = 256;

/// What the JSON of a header has beside its name and its value.
const HEADER_BYTES: usize = 6;

/// A response as Lambda takes it. The body comes without its text being touched: as text where all of it is UTF-8 and
/// base64 would not be shorter, else as base64.
pub(super) async fn into_event(response: Response, is_head: bool) -> ApiGatewayV2httpResponse {
    let (mut parts, body) = response.into_parts();
    // What is longer needs no more of it to be read.
    let bytes = match Limited::new(body, MAX_RESPONSE_BYTES).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => return too_large(&parts.headers),
        Err(error) => {
            tracing::error!(%error, "The body of a response broke off.");
            return error_event(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error");
        }
    };
    // A server sends none of these either.
    let bytes = if is_head || !may_have_content(parts.status) {
        Bytes::new()
    } else {
        bytes
    };
    remove_framing(parts.status, &mut parts.headers);
    if !bytes.is_empty() && !parts.headers.contains_key(header::CONTENT_TYPE) {
        // Without one, AWS would make one up.
        let octets = HeaderValue::from_static("application/octet-stream");
        parts.headers.insert(header::CONTENT_TYPE, octets);
    }
    let (body, body_bytes) = encode(bytes);
    if ENVELOPE_BYTES + head_bytes(&parts.headers) + body_bytes > MAX_RESPONSE_BYTES {
        return too_large(&parts.headers);
    }
    event(parts.status, &parts.headers, body)
}

/// AWS frames what it passes on by itself. A length that is not that of the body would be wrong (RFC 9110, section 8.6):
/// it stays only where it tells what a `GET` would bring.
pub(super) fn remove_framing(status: StatusCode, headers: &mut HeaderMap) {
    if !may_have_content(status) {
        headers.remove(header::CONTENT_LENGTH);
    }
    headers.remove(header::TRANSFER_ENCODING);
}

/// The answer to an event that is no request.
pub(super) fn of_malformed_event(err: &MalformedEvent) -> ApiGatewayV2httpResponse {
    error_event(status_of(err), &err.to_string())
}

/// The same as a response.
pub(super) fn refusal_of_malformed_event(err: &MalformedEvent) -> Response {
    let content_type = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let mut response = Response::new(error_body(&err.to_string()).into());
    *response.status_mut() = status_of(err);
    response.headers_mut().extend([content_type]);
    response
}

fn status_of(err: &MalformedEvent) -> StatusCode {
    match err {
        MalformedEvent::Target(_) => StatusCode::URI_TOO_LONG,
        MalformedEvent::Body(_) => StatusCode::BAD_REQUEST,
    }
}

/// The head of a response that is passed on while it comes in.
#[derive(Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ResponseHead<'r> {
    status_code: u16,
    headers: BTreeMap<String, String>,
    cookies: Vec<Cow<'r, str>>,
}

impl<'r> ResponseHead<'r> {
    pub(super) fn new(status: StatusCode, headers: &'r HeaderMap) -> Self {
        let joined = joined(headers);
        Self {
            status_code: status.as_u16(),
            headers: joined
                .iter()
                .map(|(name, value)| (name.to_string(), text(value).into_owned()))
                .collect(),
            cookies: headers.get_all(header::SET_COOKIE).iter().map(text).collect(),
        }
    }

    /// The metadata of a response stream.
    pub(super) fn to_json(&self) -> Vec<u8> {
        // Text under names that are text cannot fail.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

fn too_large(headers: &HeaderMap) -> ApiGatewayV2httpResponse {
    tracing::error!("A response is larger than AWS Lambda returns.");
    let message = format!("response is larger than the {MAX_RESPONSE_BYTES} bytes that AWS Lambda returns");
    let mut event = error_event(StatusCode::INTERNAL_SERVER_ERROR, &message);
    // A page of another origin may learn as much as it could have learnt from the response.
    let kept = headers
        .iter()
        .filter(|(name, _)| **name == header::VARY || name.as_str().starts_with("access-control-"));
    for (name, value) in kept {
        event.headers.append(name.clone(), value.clone());
    }
    event.headers = joined(&event.headers);
    event
}

/// An error in the form that all errors of the APIs have (docs/contract.md §0.2).
fn error_event(status: StatusCode, message: &str) -> ApiGatewayV2httpResponse {
    let content_type = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    event(
        status,
        &HeaderMap::from_iter([content_type]),
        EventBody::Text(error_body(message)),
    )
}

fn error_body(message: &str) -> String {
    let mut body = serde_json::json!({ "errors": [{ "message": message }] }).to_string();
    body.push('\n');
    body
}

fn event(status: StatusCode, headers: &HeaderMap, body: EventBody) -> ApiGatewayV2httpResponse {
    let cookies = headers.get_all(header::SET_COOKIE);
    let mut event = ApiGatewayV2httpResponse::default();
    event.status_code = status.as_u16().into();
    event.cookies = cookies.iter().map(|cookie| text(cookie).into_owned()).collect();
    event.headers = joined(headers);
    event.is_base64_encoded = matches!(body, EventBody::Binary(_));
    event.body = Some(body);
    event
}

/// One value for each name, which is all that an event can hold; cookies, which cannot be joined, have their own place.
fn joined(headers: &HeaderMap) -> HeaderMap {
    let names = headers.keys().filter(|name| **name != header::SET_COOKIE);
    let join = |name: &HeaderName| {
        let values: Vec<_> = headers.get_all(name).iter().map(text).collect();
        // Values that were valid by themselves are so together.
        Some((name.clone(), HeaderValue::try_from(values.join(", ")).ok()?))
    };
    names.filter_map(join).collect()
}

/// A header as text, which it is but for what a target may have made of it.
fn text(value: &HeaderValue) -> Cow<'_, str> {
    String::from_utf8_lossy(value.as_bytes())
}

/// A body and the bytes that it takes in JSON, quotes not counted.
fn encode(bytes: Bytes) -> (EventBody, usize) {
    let base64_bytes = bytes.len().div_ceil(3) * 4;
    match String::from_utf8(bytes.into()) {
        Ok(text) => match json_bytes(text.as_bytes()) {
            text_bytes if text_bytes <= base64_bytes => (EventBody::Text(text), text_bytes),
            _ => (EventBody::Binary(text.into_bytes()), base64_bytes),
        },
        Err(err) => (EventBody::Binary(err.into_bytes()), base64_bytes),
    }
}

/// How long a text is in JSON, quotes not counted.
fn json_bytes(text: &[u8]) -> usize {
    let escaped = |byte: &u8| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c => 2,
        0x00..=0x1f => 6,
        _ => 1,
    };
    text.iter().map(escaped).sum()
}

fn head_bytes(headers: &HeaderMap) -> usize {
    // A byte that is no UTF-8 becomes a character of three.
    let value_bytes = |value: &HeaderValue| json_bytes(text(value).as_bytes());
    headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value_bytes(value) + HEADER_BYTES)
        .sum()
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    async fn event_of(response: Response<Body>) -> serde_json::Value {
        serde_json::to_value(into_event(response, false).await).unwrap()
    }

    #[tokio::test]
    async fn bodies_keep_their_bytes() {
        for (content_type, bytes, want, is_base64) in [
            (Some("text/plain; charset=iso-8859-1"), &b"\xe9"[..], "6Q==", true),
            (Some("application/json"), b"{\"a\":1}", "{\"a\":1}", false),
            (Some("image/png"), "ä".as_bytes(), "ä", false),
            (None, b"\xff\xfe\x00", "//4A", true),
            (None, b"\x00\x00\x00", "AAAA", true),
            (None, b"", "", false),
        ] {
            let mut response = Response::new(Body::from(bytes));
            if let Some(value) = content_type {
                let value = HeaderValue::from_static(value);
                response.headers_mut().insert(header::CONTENT_TYPE, value);
            }
            let event = event_of(response).await;
            assert_eq!(
                (&event["body"], &event["isBase64Encoded"]),
                (&want.into(), &is_base64.into())
            );
            let default = (!bytes.is_empty()).then_some("application/octet-stream");
            let got = event["headers"]
                .get("content-type")
                .and_then(|value| value.as_str());
            assert_eq!(got, content_type.or(default));
        }
    }

    #[tokio::test]
    async fn headers_keep_all_values() {
        let mut response = Response::new(Body::empty());
        for (name, value) in [
            ("vary", "Origin"),
            ("vary", "Accept"),
            ("set-cookie", "a=1; Path=/"),
            ("set-cookie", "b=2"),
            ("x-odd", "grün"),
        ] {
            let value = HeaderValue::from_str(value).unwrap();
            response
                .headers_mut()
                .append(HeaderName::from_static(name), value);
        }
        let latin1 = HeaderValue::from_bytes(b"\xe9").unwrap();
        response.headers_mut().append("x-latin1", latin1);
        let event = event_of(response).await;
        let want = serde_json::json!({ "vary": "Origin, Accept", "x-odd": "grün", "x-latin1": "\u{fffd}" });
        assert_eq!(event["headers"], want);
        assert_eq!(event["cookies"], serde_json::json!(["a=1; Path=/", "b=2"]));
    }

    #[tokio::test]
    async fn what_is_counted_bounds_what_is_sent() {
        let mut random = fastrand::Rng::with_seed(7);
        for length in (0..2_000).step_by(7) {
            let mut bytes: Vec<u8> = (0..length).map(|_| random.u8(..)).collect();
            if length % 2 == 0 {
                for byte in &mut bytes {
                    *byte %= 128;
                }
            }
            let mut headers = HeaderMap::new();
            for n in 0..random.usize(..5) {
                let name = HeaderName::try_from(format!("x-{n}")).unwrap();
                let value: Vec<u8> = (0..random.usize(..50)).map(|_| random.u8(b' '..=b'~')).collect();
                headers.append(name, HeaderValue::from_bytes(&value).unwrap());
                headers.append(header::SET_COOKIE, HeaderValue::from_bytes(&value).unwrap());
            }
            let (body, body_bytes) = encode(bytes.into());
            let counted = ENVELOPE_BYTES + head_bytes(&headers) + body_bytes;
            let sent = serde_json::to_vec(&event(StatusCode::OK, &headers, body))
                .unwrap()
                .len();
            assert!(
                (sent..=sent + ENVELOPE_BYTES).contains(&counted),
                "{sent} {counted}"
            );
        }
    }

    #[tokio::test]
    async fn responses_are_replaced_when_lambda_would_lose_them() {
        let room = MAX_RESPONSE_BYTES - ENVELOPE_BYTES - "content-typetext/plain".len() - HEADER_BYTES;
        for (bytes, want) in [
            (vec![b'a'; room], 200),
            (vec![b'a'; room + 1], 500),
            (vec![0xff; room], 500),
        ] {
            let response = Response::builder()
                .header("content-type", "text/plain")
                .header("cache-control", "max-age=60")
                .header("access-control-allow-origin", "https://example.com")
                .header("vary", "Origin")
                .body(Body::from(bytes));
            let mut response = response.unwrap();
            if want == 200 {
                *response.headers_mut() =
                    HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"))]);
            }
            let event = into_event(response, false).await;
            assert_eq!(event.status_code, want);
            assert!(serde_json::to_vec(&event).unwrap().len() <= MAX_RESPONSE_BYTES);
            if want == 500 {
                let want = serde_json::json!({
                    "content-type": "application/json",
                    "access-control-allow-origin": "https://example.com",
                    "vary": "Origin",
                });
                let event = serde_json::to_value(&event).unwrap();
                assert_eq!(event["headers"], want);
                let body = "{\"errors\":[{\"message\":\"response is larger than the 6291556 bytes that AWS Lambda returns\"}]}\n";
                assert_eq!(event["body"], body);
            }
        }
    }
}
