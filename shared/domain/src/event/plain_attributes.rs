//! The attributes of a CloudEvent 0.3 or 1.0 that need no second look: nearly all events have no others. What is not of this
//! form the CloudEvents SDK reads, which costs as much as all the rest of decoding.

use crate::json::Json;

/// The attributes that an event is known by.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PlainAttributes<'m> {
    pub(super) event_type: &'m str,
    pub(super) id: &'m str,
    pub(super) source: &'m str,
}

impl<'m> PlainAttributes<'m> {
    /// Those of an event whose names are all different; `None` unless each is of a form that the SDK takes for certain.
    pub(super) fn of(members: &'m [(String, Json)]) -> Option<Self> {
        let (mut event_type, mut id, mut source, mut version) = (None, None, None, None);
        for (name, value) in members {
            let value = value.get();
            match name.as_str() {
                // The payload is none of them.
                "data" | "data_base64" | "datacontentencoding" => {}
                "type" => event_type = Some(plain_text(value)?),
                "id" => id = Some(plain_text(value)?),
                "source" => source = Some(plain_text(value)?),
                "specversion" => version = Some(plain_text(value)?),
                "subject" | "datacontenttype" => drop(plain_text(value)?),
                "time" => is_plain_time(plain_text(value)?).then_some(())?,
                // They are URLs.
                "dataschema" | "schemaurl" => return None,
                _ => is_plain_extension(value).then_some(())?,
            }
        }
        matches!(version?, "0.3" | "1.0").then_some(())?;
        Some(Self {
            event_type: event_type?,
            id: id?,
            source: source?,
        })
    }
}

/// The content of a JSON string without an escape.
fn plain_text(json: &str) -> Option<&str> {
    let content = json.strip_prefix('"')?.strip_suffix('"')?;
    (!content.contains('\\')).then_some(content)
}

/// Whether an extension is a text, a truth value, or a number that surely fits into 64 bits.
fn is_plain_extension(json: &str) -> bool {
    /// One digit less than the largest has.
    const MOST_DIGITS: usize = 18;
    let is_number = || {
        let digits = json.strip_prefix('-').unwrap_or(json);
        (1..=MOST_DIGITS).contains(&digits.len())
            && digits.bytes().all(|b| b.is_ascii_digit())
            // JSON knows a negative zero, which is no integer to everybody.
            && (digits.len() == json.len() || digits != "0")
    };
    plain_text(json).is_some() || matches!(json, "true" | "false") || is_number()
}

/// Whether a text is a time in UTC (RFC 3339) on a day that every month has.
fn is_plain_time(text: &str) -> bool {
    const FORM: &[u8; 19] = b"0000-00-00T00:00:00";
    /// Where a two-digit number stands, its least and its greatest.
    const RANGES: [(usize, u8, u8); 5] = [(5, 1, 12), (8, 1, 28), (11, 0, 23), (14, 0, 59), (17, 0, 59)];
    let Some((seconds, rest)) = text.as_bytes().split_at_checked(FORM.len()) else {
        return false;
    };
    let has_form = seconds.iter().zip(FORM).all(|(b, form)| match form {
        b'0' => b.is_ascii_digit(),
        sign => b == sign,
    });
    let is_in_range = |(at, least, most): &(usize, u8, u8)| {
        let number = (seconds[*at] - b'0') * 10 + (seconds[*at + 1] - b'0');
        (*least..=*most).contains(&number)
    };
    let is_end = match rest {
        b"Z" => true,
        [b'.', digits @ .., b'Z'] => (1..=9).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    is_end && has_form && RANGES.iter().all(is_in_range)
}

#[cfg(test)]
mod tests;
