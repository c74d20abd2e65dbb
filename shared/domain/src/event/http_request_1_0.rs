//! Events in version 1.0 for functions that ask for it. The data of `http.request` has more than in 0.1, whose form the
//! wire contract fixes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{COOKIE, HeaderMap};
use serde::Serialize;

use super::{Event, HTTP_REQUEST, HttpRequest};
use crate::json::Json;
use crate::passthrough::OriginalRequest;
use crate::routing::path_parameters;

/// Name of the cookies among the headers.
const COOKIES: &str = "Cookie";

/// What the data of a request has in version 1.0.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct HttpRequest1_0 {
    #[serde(flatten)]
    request: HttpRequest,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_ip: Option<String>,
    scheme: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    raw_body: Option<String>,
}

impl Event {
    /// The event in version 1.0. Where it was made of the request that it came with, and nobody has put another payload in its
    /// place, its data says who sent that, by which scheme, has its cookies as one text, and, if wanted, the very bytes of
    /// its body.
    #[must_use]
    pub fn in_version_1_0(&self, original: Option<&OriginalRequest<'_>>, with_raw_body: bool) -> Self {
        let mut event = self.to_cloud_event_1_0();
        if self.is_made_of_request()
            && let Some(original) = original
        {
            event.set("data", Json::from_value(&data(original, with_raw_body)));
        }
        Self::CloudEvent(event)
    }

    /// An event that somebody gave in the place of the one that the gateway has made: nothing of the request is added to it.
    #[must_use]
    pub fn in_place_of_made(mut self) -> Self {
        if let Self::V0_1(envelope) = &mut self {
            envelope.is_replaced = true;
        }
        self
    }

    /// Whether it is a request, and not an event of that type that a client sent, or that a hook or a transform has made.
    pub fn is_made_of_request(&self) -> bool {
        match self {
            Self::V0_1(envelope) => envelope.event_type == HTTP_REQUEST && envelope.is_generated(),
            Self::CloudEvent(_) => false,
        }
    }
}

fn data(original: &OriginalRequest<'_>, with_raw_body: bool) -> HttpRequest1_0 {
    let parameters = path_parameters(original.pattern, original.path);
    let mut request = HttpRequest::new(original.parts, original.body, &parameters);
    let headers = &original.parts.headers;
    if let Some(cookies) = cookies(headers) {
        request.headers.insert(COOKIES.to_owned(), cookies);
    }
    HttpRequest1_0 {
        request,
        client_ip: original.client().map(|address| address.to_string()),
        scheme: original.scheme(),
        raw_body: with_raw_body.then(|| STANDARD.encode(original.body)),
    }
}

/// Cookies that came in several lines, as the one that they stand for (RFC 9113, section 8.2.3).
fn cookies(headers: &HeaderMap) -> Option<String> {
    let lines: Vec<_> = headers
        .get_all(COOKIE)
        .iter()
        .map(|line| String::from_utf8_lossy(line.as_bytes()))
        .collect();
    (lines.len() > 1).then(|| lines.join("; "))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use serde_json::{Value, json};

    use super::super::{EventStamp, Incoming};
    use super::*;
    use crate::origin::{Origin, TrustedProxies};

    fn event_1_0(with_raw_body: bool, on_its_way: impl FnOnce(Event) -> Event) -> Value {
        let request = http::Request::post("/hooks/7?a=b")
            .header("host", "h")
            .header("content-type", "application/json")
            .header("cookie", "a=1")
            .header("cookie", "b=2")
            .body(());
        let (parts, ()) = request.unwrap().into_parts();
        let body = Bytes::from_static(b"{\"k\": 1.0}");
        let stamp = EventStamp {
            id: "i".to_owned(),
            time: "2026-01-02T03:04:05Z".to_owned(),
        };
        let event = Incoming::request_event(&stamp, &parts, &body, &[("id", "7")]);
        let original = OriginalRequest {
            parts: &parts,
            body: &body,
            path: "/hooks/7",
            pattern: "/hooks/:id",
            origin: Origin {
                address: "192.0.2.1".parse().ok(),
                is_encrypted: true,
            },
            trusted: &TrustedProxies::default(),
            is_batch: false,
            can_upgrade: false,
        };
        let event = on_its_way(event).in_version_1_0(Some(&original), with_raw_body);
        serde_json::from_slice(&event.to_json()).unwrap()
    }

    #[test]
    fn requests_say_more_in_1_0() {
        let data = json!({
            "headers": {"Content-Type": "application/json", "Cookie": "a=1; b=2"},
            "query": {"a": ["b"]},
            "body": {"k": 1.0},
            "host": "h",
            "path": "/hooks/7",
            "method": "POST",
            "params": {"id": "7"},
            "clientIp": "192.0.2.1",
            "scheme": "https",
        });
        let event = event_1_0(false, |event| event);
        assert_eq!(event["data"], data);
        assert_eq!(
            (&event["specversion"], &event["type"], &event["id"]),
            (&json!("1.0"), &json!("http.request"), &json!("i"))
        );
        assert_eq!(
            event_1_0(true, |event| event)["data"]["rawBody"],
            STANDARD.encode(r#"{"k": 1.0}"#)
        );
    }

    #[test]
    fn what_was_put_in_the_place_of_a_request_stays() {
        let transformed = event_1_0(true, |event| event.transformed(r#"{"a":1}"#).unwrap());
        assert_eq!(transformed["data"], json!({"a": 1}));
        let hooked = |event: Event| {
            let text = String::from_utf8(event.to_json()).unwrap();
            let text = text.replace(r#""method":"POST""#, r#""method":"-""#);
            let event: Event = serde_json::from_str(&text).unwrap();
            event.in_place_of_made()
        };
        let data = &event_1_0(true, hooked)["data"];
        assert_eq!((&data["method"], &data["rawBody"]), (&json!("-"), &Value::Null));
    }

    #[test]
    fn events_of_clients_keep_their_data() {
        let text = r#"{"eventType":"http.request","cloudEventsVersion":"0.1","source":"/s","eventID":"1","data":{"a":1}}"#;
        let event: Event = serde_json::from_str(text).unwrap();
        let event: Value = serde_json::from_slice(&event.in_version_1_0(None, true).to_json()).unwrap();
        assert_eq!(
            (&event["specversion"], &event["data"]),
            (&json!("1.0"), &json!({"a": 1}))
        );
    }
}
