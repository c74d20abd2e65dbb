//! The two protocols, as far as headers tell them apart.

/// What requests of a service are written in, and its answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// JSON, with the operation in a header.
    Json {
        /// Media type of requests.
        content_type: &'static str,
        /// What precedes the operation in the header.
        target: &'static str,
    },
    /// A form, which has the operation among its fields, answered with XML.
    Query {
        /// Version of the API.
        version: &'static str,
    },
}

impl Protocol {
    /// AWS JSON 1.0.
    pub(crate) const fn json_1_0(target: &'static str) -> Self {
        Self::Json {
            content_type: "application/x-amz-json-1.0",
            target,
        }
    }

    /// AWS JSON 1.1.
    pub(crate) const fn json_1_1(target: &'static str) -> Self {
        Self::Json {
            content_type: "application/x-amz-json-1.1",
            target,
        }
    }

    /// The headers by which a service knows what is asked of it.
    pub(crate) fn headers(self, operation: &str) -> Vec<(&'static str, String)> {
        match self {
            Self::Json { content_type, target } => vec![
                ("content-type", content_type.to_owned()),
                ("x-amz-target", format!("{target}.{operation}")),
            ],
            Self::Query { .. } => vec![("content-type", "application/x-www-form-urlencoded".to_owned())],
        }
    }
}
