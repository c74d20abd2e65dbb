//! Errors that services answer with.

use std::error::Error;
use std::fmt;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use serde::Deserialize;

use crate::protocol::Protocol;
use crate::xml;

/// What a service says of a call that failed: a code, such as `AccessDeniedException`, and a message. Of the message the
/// first line: what follows it repeats the request, session token included, to those who sign wrongly.
#[derive(Clone)]
pub struct ErrorAnswer(ErrorMetadata);

#[derive(Deserialize, Default)]
#[serde(default)]
struct JsonError {
    code: Option<String>,
    #[serde(rename = "__type")]
    kind: Option<String>,
    #[serde(alias = "Message", alias = "errorMessage")]
    message: Option<String>,
}

impl ErrorAnswer {
    /// Reads the answer to a call that failed. One that cannot be read has no code.
    pub(crate) fn of(response: &HttpResponse, protocol: Protocol) -> Self {
        let body = response.body().bytes().unwrap_or_default();
        let [code, message] = match protocol {
            Protocol::Json { .. } => {
                let error: JsonError = serde_json::from_slice(body).unwrap_or_default();
                let header = response.headers().get("x-amzn-errortype").map(str::to_owned);
                let code = header.or(error.code).or(error.kind);
                [code.map(|code| bare(&code).to_owned()), error.message]
            }
            Protocol::Query { .. } => {
                let mut errors = Vec::new();
                let _ = xml::rows_of(body, &["Error"], ["Code", "Message"], &mut errors);
                errors.pop().unwrap_or_default()
            }
        };
        let mut error = ErrorMetadata::builder();
        if let Some(code) = code {
            error = error.code(code);
        }
        if let Some(line) = message.as_deref().and_then(|message| message.lines().next()) {
            error = error.message(line);
        }
        Self(error.build())
    }
}

/// A code without the namespace before it and the address behind it.
fn bare(code: &str) -> &str {
    let code = code.split(':').next().unwrap_or_default();
    code.split_once('#').map_or(code, |(_, code)| code)
}

impl ProvideErrorMetadata for ErrorAnswer {
    fn meta(&self) -> &ErrorMetadata {
        &self.0
    }
}

impl fmt::Display for ErrorAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code().unwrap_or("unknown AWS error"))?;
        match self.message() {
            Some(message) => write!(f, ": {message}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for ErrorAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ErrorAnswer({self})")
    }
}

impl Error for ErrorAnswer {}

#[cfg(test)]
mod tests {
    use aws_smithy_types::body::SdkBody;

    use super::*;

    fn read(protocol: Protocol, header: Option<&'static str>, body: &'static str) -> String {
        let mut response = HttpResponse::new(400.try_into().unwrap(), SdkBody::from(body));
        if let Some(header) = header {
            response.headers_mut().insert("x-amzn-errortype", header);
        }
        ErrorAnswer::of(&response, protocol).to_string()
    }

    #[test]
    fn errors_in_json() {
        for (header, body, want) in [
            (None, r#"{"__type":"ns#Code","message":"text"}"#, "Code: text"),
            (None, r#"{"__type":"Code","Message":"text"}"#, "Code: text"),
            (
                Some("Code:http://internal.amazon.com/"),
                r#"{"__type":"Other"}"#,
                "Code",
            ),
            (
                None,
                r#"{"code":"First","__type":"Other","message":null}"#,
                "First",
            ),
            (
                None,
                r#"{"message":"line\n\nx-amz-security-token:T"}"#,
                "unknown AWS error: line",
            ),
            (None, "", "unknown AWS error"),
            (None, "{", "unknown AWS error"),
            (None, "[]", "unknown AWS error"),
            (Some("Code"), "<html>", "Code"),
        ] {
            assert_eq!(read(Protocol::json_1_1("T"), header, body), want, "{body}");
        }
    }

    #[test]
    fn errors_in_xml() {
        let query = Protocol::Query { version: "1" };
        for (body, want) in [
            (
                "<ErrorResponse><Error><Type>Sender</Type><Code>NotFound</Code><Message>a &lt; b\n\nmore</Message>\
                 </Error><RequestId>r</RequestId></ErrorResponse>",
                "NotFound: a < b",
            ),
            ("<ErrorResponse/>", "unknown AWS error"),
            ("", "unknown AWS error"),
            ("{}", "unknown AWS error"),
        ] {
            assert_eq!(read(query, None, body), want, "{body}");
        }
    }
}
