//! A place in a trace, as `traceparent` names it.

use std::fmt;

use http::HeaderValue;

/// Bytes of the parts of `traceparent` that every version has.
const TRACEPARENT_BYTES: usize = 55;
/// Most bytes of it in a version that is not known yet.
const MAX_TRACEPARENT_BYTES: usize = 128;
/// Where its parts stand in a `traceparent` of any version.
const TRACE: std::ops::Range<usize> = 3..35;
const SPAN: std::ops::Range<usize> = 36..52;
const FLAGS: std::ops::Range<usize> = 53..55;

/// The flag of what is recorded.
const SAMPLED: u8 = 1;

/// A span of a trace, as others refer to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpanContext {
    /// Id of the trace; not 0.
    pub trace: u128,
    /// Id of the span; not 0.
    pub span: u64,
    /// Whether the trace is recorded.
    pub is_sampled: bool,
}

impl SpanContext {
    /// Reads a `traceparent`. `None` where it is malformed, and where an id is 0, which stands for none.
    pub fn of_traceparent(text: &str) -> Option<Self> {
        if !is_traceparent(text.as_bytes()) {
            return None;
        }
        let trace = u128::from_str_radix(text.get(TRACE)?, 16).ok()?;
        let span = u64::from_str_radix(text.get(SPAN)?, 16).ok()?;
        let flags = u8::from_str_radix(text.get(FLAGS)?, 16).ok()?;
        (trace != 0 && span != 0).then_some(Self {
            trace,
            span,
            is_sampled: flags & SAMPLED != 0,
        })
    }

    /// It as a `traceparent`.
    pub fn to_traceparent(&self) -> HeaderValue {
        // Hexadecimal digits and dashes are characters of a header.
        HeaderValue::try_from(self.to_string()).unwrap_or(HeaderValue::from_static(""))
    }
}

impl fmt::Display for SpanContext {
    /// The form of a `traceparent`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags = if self.is_sampled { SAMPLED } else { 0 };
        write!(f, "00-{:032x}-{:016x}-{flags:02x}", self.trace, self.span)
    }
}

/// Whether a value has the form of a version: `00-<32 digits>-<16 digits>-<2 digits>`, and only later ones go on.
pub(super) fn is_traceparent(bytes: &[u8]) -> bool {
    let Some((known, rest)) = bytes.split_at_checked(TRACEPARENT_BYTES) else {
        return false;
    };
    let is_hex = |part: &[u8]| part.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let mut parts = known.split(|b| *b == b'-');
    let lengths = [2, 32, 16, 2];
    let are_right = lengths.into_iter().all(|length| {
        parts
            .next()
            .is_some_and(|part| part.len() == length && is_hex(part))
    });
    let is_later =
        known[..2] != *b"00" && rest.first() == Some(&b'-') && rest.iter().all(u8::is_ascii_graphic);
    are_right && known[..2] != *b"ff" && bytes.len() <= MAX_TRACEPARENT_BYTES && (rest.is_empty() || is_later)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_traceparent_is_read_and_written() {
        let text = "00-0af7651916cd43dd8448eb211c80319c-00ad6b7169203331-01";
        let context = SpanContext::of_traceparent(text).unwrap();
        assert_eq!(
            context,
            SpanContext {
                trace: 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c,
                span: 0x00ad_6b71_6920_3331,
                is_sampled: true,
            }
        );
        assert_eq!(context.to_traceparent(), text);
        for (flags, is_sampled) in [("00", false), ("02", false), ("03", true)] {
            let text = format!("{}{flags}", &text[..53]);
            assert_eq!(
                SpanContext::of_traceparent(&text).unwrap().is_sampled,
                is_sampled,
                "{text}"
            );
        }
        let unsampled = SpanContext {
            is_sampled: false,
            ..context
        };
        assert_eq!(unsampled.to_traceparent(), format!("{}00", &text[..53]));
        // A later version may say more.
        let later = format!("01{}-more", &text[2..]);
        assert_eq!(SpanContext::of_traceparent(&later), Some(context));
    }

    #[test]
    fn what_names_no_span_is_none() {
        for text in [
            "",
            "00-0af7651916cd43dd8448eb211c80319c-00ad6b7169203331-0",
            "00-0AF7651916cd43dd8448eb211c80319c-00ad6b7169203331-01",
            "ff-0af7651916cd43dd8448eb211c80319c-00ad6b7169203331-01",
            "00-00000000000000000000000000000000-00ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        ] {
            assert_eq!(SpanContext::of_traceparent(text), None, "{text}");
        }
    }
}
