//! What a line of the access log says of a request. Of the path it has the pattern, as paths hold what is nobody's business;
//! it never has the query. What a client sends is cut.

use std::fmt::Write as _;
use std::net::IpAddr;
use std::time::Duration;

use domain::ids::Space;
use http::{HeaderMap, Version, header};
use serde::{Serialize, Serializer};
use time::OffsetDateTime;
use time::macros::format_description;

/// Most bytes of what a client makes up.
const MOST_BYTES: usize = 256;
/// Most bytes of a method: all that are known have less.
const MOST_METHOD_BYTES: usize = 32;

/// What a line says. Members without a value are left out.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Entry {
    #[serde(skip)]
    at: OffsetDateTime,
    #[serde(skip)]
    version: Version,
    #[serde(skip)]
    user_agent: Option<String>,
    /// Which API it came to.
    pub(crate) api: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) request_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) trace_id: Option<String>,
    /// The other end of the connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) client: Option<IpAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    space: Option<String>,
    pub(crate) method: String,
    /// The pattern that its path has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) path: Option<String>,
    pub(crate) status: u16,
    pub(crate) bytes_in: usize,
    pub(crate) bytes_out: u64,
    /// From the request to the end of its answer.
    #[serde(serialize_with = "milliseconds")]
    pub(crate) ms: Duration,
    /// To the head of its answer, without what follows.
    #[serde(serialize_with = "milliseconds")]
    pub(crate) gateway_ms: Duration,
    /// In which its sync functions were waited for.
    #[serde(serialize_with = "milliseconds")]
    pub(crate) target_ms: Duration,
    #[serde(rename = "event.id", skip_serializing_if = "Option::is_none")]
    pub(crate) event_id: Option<String>,
    #[serde(rename = "event.type", skip_serializing_if = "Option::is_none")]
    pub(crate) event_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) function_id: Option<String>,
    /// Whether nobody subscribes to what it brought.
    #[serde(skip_serializing_if = "is_false")]
    pub(crate) unmatched: bool,
    /// Whether the answer did not come to its end.
    #[serde(skip_serializing_if = "is_false")]
    pub(crate) broken_off: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants it so")]
fn is_false(value: &bool) -> bool {
    !value
}

#[expect(clippy::cast_precision_loss, reason = "beyond a thousand years")]
fn in_milliseconds(time: Duration) -> f64 {
    time.as_micros() as f64 / 1000.0
}

fn milliseconds<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(in_milliseconds(*time))
}

/// The beginning of a text.
pub(crate) fn cut(text: &str, most: usize) -> String {
    let end = text.floor_char_boundary(most.min(text.len()));
    let more = if end < text.len() { "…" } else { "" };
    format!("{}{more}", &text[..end])
}

impl Entry {
    /// A request that came in just now, of which nothing else is known.
    pub(crate) fn new(api: &'static str, method: &http::Method, version: Version) -> Self {
        Self {
            at: OffsetDateTime::now_utc(),
            version,
            user_agent: None,
            api,
            request_id: None,
            trace_id: None,
            client: None,
            space: None,
            method: cut(method.as_str(), MOST_METHOD_BYTES),
            path: None,
            status: 0,
            bytes_in: 0,
            bytes_out: 0,
            ms: Duration::ZERO,
            gateway_ms: Duration::ZERO,
            target_ms: Duration::ZERO,
            event_id: None,
            event_type: None,
            function_id: None,
            unmatched: false,
            broken_off: false,
        }
    }

    /// Takes what the headers of the request say.
    pub(crate) fn read(&mut self, headers: &HeaderMap) {
        let user_agent = headers.get(header::USER_AGENT);
        self.user_agent = user_agent.map(|value| cut(&String::from_utf8_lossy(value.as_bytes()), MOST_BYTES));
        self.trace_id = domain::trace::trace_id(headers).map(str::to_owned);
    }

    /// Takes the space that it is about, which paths of strangers name as well.
    pub(crate) fn set_space(&mut self, space: Option<&Space>) {
        self.space = space.map(|space| cut(space.as_str(), MOST_BYTES));
    }

    /// Takes what is known of its event.
    pub(crate) fn set_event(&mut self, id: &str, event_type: &str) {
        self.event_id = Some(cut(id, MOST_BYTES));
        self.event_type = Some(cut(event_type, MOST_BYTES));
    }

    /// A JSON object and the end of the line.
    pub(crate) fn json(&self) -> String {
        let (seconds, micros) = (self.at.unix_timestamp(), self.at.microsecond());
        let members = serde_json::to_string(self).unwrap_or_default();
        let members = members.strip_prefix('{').unwrap_or("}");
        format!("{{\"level\":\"info\",\"ts\":{seconds}.{micros:06},\"msg\":\"Request.\",{members}\n")
    }

    /// A line in the combined format: client, time, request, status, bytes, referrer (never told), user agent; then the id of
    /// the request, and the milliseconds in the gateway and in functions.
    pub(crate) fn combined(&self) -> String {
        let mut line = match self.client {
            Some(client) => client.to_string(),
            None => "-".to_owned(),
        };
        let date = format_description!("[day]/[month repr:short]/[year]:[hour]:[minute]:[second] +0000");
        let date = self.at.format(date).unwrap_or_default();
        // Writing to a text does not fail, here and below.
        let _ = write!(line, " - - [{date}] \"");
        escape(&mut line, &self.method);
        line.push(' ');
        escape(&mut line, self.path.as_deref().unwrap_or("-"));
        let (status, bytes) = (self.status, self.bytes_out);
        let _ = write!(line, " {:?}\" {status} {bytes} \"-\" \"", self.version);
        escape(&mut line, self.user_agent.as_deref().unwrap_or("-"));
        line.push_str("\" ");
        escape(&mut line, self.request_id.as_deref().unwrap_or("-"));
        let _ = writeln!(
            line,
            " {:.3} {:.3}",
            in_milliseconds(self.gateway_ms),
            in_milliseconds(self.target_ms)
        );
        line
    }
}

/// Adds a text in which nothing ends a quotation or a line.
fn escape(line: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '"' | '\\' => {
                line.push('\\');
                line.push(character);
            }
            control if control.is_control() => {
                let _ = write!(line, "\\x{:02x}", u32::from(control));
            }
            other => line.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn entry() -> Entry {
        let mut entry = Entry::new("events", &http::Method::POST, Version::HTTP_11);
        entry.at = OffsetDateTime::from_unix_timestamp(1_795_238_116).unwrap();
        entry.at += Duration::from_micros(29);
        entry.status = 202;
        entry
    }

    #[test]
    fn members_without_a_value_are_left_out() {
        let line = entry().json();
        let start = r#"{"level":"info","ts":1795238116.000029,"msg":"Request.","api":"events","method":"POST","status":202,"#;
        let rest = r#""bytesIn":0,"bytesOut":0,"ms":0.0,"gatewayMs":0.0,"targetMs":0.0}"#;
        assert_eq!(line, format!("{start}{rest}\n"));
    }

    #[test]
    fn lines_are_one_line_whatever_they_hold() {
        let mut headers = HeaderMap::new();
        let agent = b"a\"b\\c \xff\x80";
        headers.insert("user-agent", http::HeaderValue::from_bytes(agent).unwrap());
        headers.insert(
            "traceparent",
            http::HeaderValue::from_static("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        );
        let mut entry = entry();
        entry.read(&headers);
        entry.set_event(&"é\n".repeat(200), "a\u{1b}[2J");
        entry.set_space(Some(&"s".repeat(10_000).into()));
        entry.client = Some([192, 0, 2, 1].into());
        entry.path = Some("/users/:id".to_owned());
        entry.request_id = Some("r-1".to_owned());
        entry.function_id = Some("f".to_owned());
        entry.target_ms = Duration::from_micros(1_500);
        entry.unmatched = true;
        let line: serde_json::Value = serde_json::from_str(&entry.json()).unwrap();
        assert_eq!(entry.json().matches('\n').count(), 1);
        for name in ["event.id", "space"] {
            assert!(line[name].as_str().unwrap().len() <= MOST_BYTES + "…".len());
        }
        for (name, want) in [
            ("traceId", json!("0af7651916cd43dd8448eb211c80319c")),
            ("event.type", json!("a\u{1b}[2J")),
            ("path", json!("/users/:id")),
            ("functionId", json!("f")),
            ("targetMs", json!(1.5)),
            ("unmatched", json!(true)),
        ] {
            assert_eq!(line[name], want, "{name}");
        }
        let date = "[21/Nov/2026:05:15:16 +0000]";
        let request = r#""POST /users/:id HTTP/1.1" 202 0 "-" "a\"b\\c ��" r-1 0.000 1.500"#;
        assert_eq!(entry.combined(), format!("192.0.2.1 - - {date} {request}\n"));
    }
}
