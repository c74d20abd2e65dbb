//! Where the body of a streamed answer begins. Nothing but the bytes themselves tells: the type by which AWS knows
//! them is not among what the SDK gives.

use std::fmt;

use serde::de::{Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// What metadata end with.
const DELIMITER: [u8; 8] = [0; 8];
/// Most bytes of metadata; what is longer is a body.
const MAX_PRELUDE_BYTES: usize = 64 * 1024;

/// Bytes that are looked at, repeatedly, before looks become rare.
const MOST_LOOKED_AT: usize = 8 * MAX_PRELUDE_BYTES;

/// What metadata begin with: what heads of answers are made of, and what response objects have besides. JSON that begins
/// with anything else is a body, and need not be complete to be known as one.
const FIRST_MEMBERS: [&str; 6] = [
    "statusCode",
    "headers",
    "multiValueHeaders",
    "cookies",
    "isBase64Encoded",
    "statusDescription",
];

/// What may be metadata, complete.
struct Metadata;

impl<'de> Deserialize<'de> for Metadata {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Self)
    }
}

impl<'de> Visitor<'de> for Metadata {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("metadata")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut members: M) -> Result<Self, M::Error> {
        if let Some(name) = members.next_key::<String>()? {
            if !FIRST_MEMBERS
                .iter()
                .any(|known| known.eq_ignore_ascii_case(&name))
            {
                return Err(M::Error::custom("no member of metadata"));
            }
            members.next_value::<IgnoredAny>()?;
        }
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(self)
    }
}

/// What the beginning of an answer is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Opening {
    /// There is too little of it to tell.
    Unknown,
    /// Metadata: so many bytes of JSON, and the body from there on.
    Prelude { json: usize, body_at: usize },
    /// The body itself.
    Body,
}

/// Looks at an answer while it comes in.
#[derive(Debug, Default)]
pub(super) struct Lookout {
    looked_at: usize,
    next: usize,
}

impl Lookout {
    /// Looks at what has come so far, from the beginning each time. An answer in very many pieces is only looked at when
    /// there is twice as much of it as the last time, so that all looks together take time in proportion to it.
    pub(super) fn look(&mut self, begun: &[u8], is_over: bool) -> Opening {
        if begun.len() < self.next && !is_over {
            return Opening::Unknown;
        }
        self.looked_at += begun.len();
        if self.looked_at > MOST_LOOKED_AT {
            self.next = (begun.len() * 2).min(MAX_PRELUDE_BYTES + 1);
        }
        opening(begun)
    }
}

/// Looks at what has come so far.
fn opening(begun: &[u8]) -> Opening {
    let waiting = if begun.len() > MAX_PRELUDE_BYTES {
        Opening::Body
    } else {
        Opening::Unknown
    };
    match begun.first() {
        None => return Opening::Unknown,
        Some(b'{') => {}
        Some(_) => return Opening::Body,
    }
    let looked_at = &begun[..begun.len().min(MAX_PRELUDE_BYTES)];
    let mut values = serde_json::Deserializer::from_slice(looked_at).into_iter::<Metadata>();
    match values.next() {
        Some(Ok(_)) => {}
        Some(Err(error)) if error.is_eof() => return waiting,
        Some(Err(_)) | None => return Opening::Body,
    }
    let json = values.byte_offset();
    let after = &begun[json..];
    if after.starts_with(&DELIMITER) {
        let body_at = json + DELIMITER.len();
        Opening::Prelude { json, body_at }
    } else if DELIMITER.starts_with(after) {
        waiting
    } else {
        Opening::Body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn openings() {
        let prelude = |json| Opening::Prelude {
            json,
            body_at: json + 8,
        };
        for (begun, want) in [
            (&b""[..], Opening::Unknown),
            (b"{", Opening::Unknown),
            (b"{\"statusCode\":20", Opening::Unknown),
            (b"{}", Opening::Unknown),
            (b"{}\0\0\0\0\0\0\0", Opening::Unknown),
            (b"{}\0\0\0\0\0\0\0\0", prelude(2)),
            (b"{\"cookies\":\"\\u0000{\"}\0\0\0\0\0\0\0\0body", prelude(21)),
            (
                b"{\"STATUSCODE\":200,\"isBase64Encoded\":false}\0\0\0\0\0\0\0\0",
                prelude(42),
            ),
            (b"{\"statusCode\":302,\"body\":\"\"}\0\0\0\0\0\0\0\0", prelude(28)),
            // JSON that takes its time is known as a body by its first name.
            (b"{\"items\"", Opening::Body),
            (b"{\"headers\":[],\"rows\":[1,", Opening::Unknown),
            (b"{\"items\":[]}\0\0\0\0\0\0\0\0", Opening::Body),
            (b"{\"item", Opening::Unknown),
            (b"{}\0\0\0\0\0\0\0x", Opening::Body),
            (b"{}\n{}\0\0\0\0\0\0\0\0", Opening::Body),
            (b"{\0\0\0\0\0\0\0\0", Opening::Body),
            (b"data: 1\n\n", Opening::Body),
            (b"\0\0\0\0\0\0\0\0", Opening::Body),
            (b"\x7b\xff", Opening::Body),
        ] {
            assert_eq!(opening(begun), want, "{:?}", String::from_utf8_lossy(begun));
        }
        // Every beginning of it leaves the question open.
        let whole = b"{\"statusCode\":200,\"headers\":{\"a\":\"b\"}}\0\0\0\0\0\0\0\0";
        for length in 0..whole.len() {
            assert_eq!(opening(&whole[..length]), Opening::Unknown, "{length}");
        }
    }

    #[test]
    fn answers_in_very_many_pieces_are_looked_at_rarely() {
        let whole = format!("{{\"headers\":{{\"a\":\"{}\"}}}}", "}".repeat(30_000));
        let whole = [whole.as_bytes(), &DELIMITER, b"body"].concat();
        let mut lookout = Lookout::default();
        let found = (1..=whole.len()).find_map(|length| {
            let opening = lookout.look(&whole[..length], length == whole.len());
            (opening != Opening::Unknown).then_some(opening)
        });
        let json = whole.len() - DELIMITER.len() - b"body".len();
        let body_at = json + DELIMITER.len();
        assert_eq!(found, Some(Opening::Prelude { json, body_at }));
        // Looks at each of these lengths would come to hundreds of megabytes.
        assert!(
            lookout.looked_at < MOST_LOOKED_AT + 8 * whole.len(),
            "{}",
            lookout.looked_at
        );
    }

    #[test]
    fn long_json_is_a_body() {
        let long = format!("{{\"headers\":\"{}", "x".repeat(MAX_PRELUDE_BYTES));
        assert_eq!(opening(long.as_bytes()), Opening::Body);
        let short = format!("{{\"headers\":\"{}", "x".repeat(1000));
        assert_eq!(opening(short.as_bytes()), Opening::Unknown);
    }
}
