//! Why something is not a CloudEvent 0.3 or 1.0: the attribute, and what is wrong with it.

use super::content_type::ContentTypeError;
use super::time::TimeError;

/// Why something is not a CloudEvent 0.3 or 1.0.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CloudEventError {
    /// An attribute breaks the specification.
    #[error("attribute {name:?} {fault}")]
    Attribute {
        /// Its name.
        name: String,
        /// What is wrong with it.
        #[source]
        fault: AttributeFault,
    },
    /// There are two payloads.
    #[error("\"data\" and \"data_base64\" exclude each other")]
    TwoPayloads,
    /// The member with a binary payload is not a text in base64.
    #[error("\"{0}\" is not base64")]
    NotBase64(&'static str),
    /// A stored event lacks what it is known by.
    #[error("a stored event has no \"{0}\"")]
    Unstored(&'static str),
}

/// What is wrong with an attribute.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AttributeFault {
    /// It is required.
    #[error("is missing")]
    Missing,
    /// It is an empty text.
    #[error("must not be empty")]
    Empty,
    /// Its name has other signs than lower-case letters and digits.
    #[error("has a name with other signs than a to z and 0 to 9")]
    Name,
    /// It is no JSON string.
    #[error("must be a text")]
    NotText,
    /// It holds characters that no text of an attribute may hold.
    #[error("has control characters, or characters that Unicode reserves")]
    Characters,
    /// It is of no type that attributes have.
    #[error("must be a text, a truth value or an integer")]
    NotScalar,
    /// It is a number, but none of 32 bits without a fraction.
    #[error("must be an integer of 32 bits")]
    NotInteger,
    /// It is no version that is known.
    #[error("must be \"1.0\" or \"0.3\"")]
    Version,
    /// In a batch, it is another version than that of the first event.
    #[error("must be that of the first event of the batch")]
    VersionInBatch,
    /// It is no reference to a resource.
    #[error("must be a URI reference (RFC 3986)")]
    NotUriReference,
    /// It is no URI with a scheme.
    #[error("must be an absolute URI (RFC 3986)")]
    NotUri,
    /// It is no time.
    #[error("must be a time: {0}")]
    NotTime(#[source] TimeError),
    /// It cannot be parsed as a media type.
    #[error("must be a media type: {0}")]
    NotMediaType(#[source] ContentTypeError),
    /// It is only half a media type.
    #[error("must be a media type with a subtype (RFC 2046)")]
    NoSubtype,
    /// In binary mode, a header stands for it that must not be there.
    #[error("cannot be a header: the content type and the body say it")]
    Reserved,
    /// In binary mode, there are several headers for it.
    #[error("is there more than once")]
    Repeated,
    /// In binary mode, its header is no UTF-8.
    #[error("is not UTF-8")]
    NotUtf8,
}

impl AttributeFault {
    /// The fault of an attribute.
    pub(super) fn of(self, name: &str) -> CloudEventError {
        CloudEventError::Attribute {
            name: name.to_owned(),
            fault: self,
        }
    }
}
