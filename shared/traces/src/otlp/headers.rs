//! Headers that go with what is sent, written as OpenTelemetry has it: `name=value,name=value`, values percent-encoded.

use std::str::FromStr;

use http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::percent_decode_str;

/// Most headers.
const MOST: usize = 32;

/// Headers that go with what is sent. Their values are not shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OtlpHeaders(pub(crate) HeaderMap);

/// A text that is no list of headers. It is not shown: it may hold a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be name=value,name=value with at most {MOST} headers, and values percent-encoded")]
pub struct OtlpHeadersError;

impl FromStr for OtlpHeaders {
    type Err = OtlpHeadersError;

    fn from_str(text: &str) -> Result<Self, OtlpHeadersError> {
        let mut headers = HeaderMap::new();
        for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').ok_or(OtlpHeadersError)?;
            let name: HeaderName = name.trim().parse().map_err(|_| OtlpHeadersError)?;
            let value: Vec<u8> = percent_decode_str(value.trim()).collect();
            let mut value = HeaderValue::try_from(value).map_err(|_| OtlpHeadersError)?;
            value.set_sensitive(true);
            if headers.len() >= MOST {
                return Err(OtlpHeadersError);
            }
            headers.append(name, value);
        }
        Ok(Self(headers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_decoded_and_never_shown() {
        let headers: OtlpHeaders = "api-key=s3cret, authorization=Basic%20czNjcmV0=,"
            .parse()
            .unwrap();
        assert_eq!(headers.0["api-key"], "s3cret");
        assert_eq!(headers.0["authorization"], "Basic czNjcmV0=");
        assert!(!format!("{headers:?}").contains("s3cret"), "{headers:?}");
        assert_eq!("".parse(), Ok(OtlpHeaders::default()));
        let many = (0..=MOST).map(|number| format!("h{number}=v"));
        let many = many.collect::<Vec<_>>().join(",");
        for text in ["s3cret", "a b=c", "a=%0a", &many] {
            assert_eq!(text.parse::<OtlpHeaders>(), Err(OtlpHeadersError), "{text}");
        }
    }
}
