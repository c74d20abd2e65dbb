//! Where a list of dead letters goes on: the sort key of the last one, as text that clients hand back unread.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::dynamodb::items::is_pointer_sort_key;

/// The text for a sort key.
pub(super) fn encode(sort_key: &str) -> String {
    URL_SAFE_NO_PAD.encode(sort_key)
}

/// The sort key of a text; `None` for one that [`encode`] did not make.
pub(super) fn decode(text: &str) -> Option<String> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let sort_key = String::from_utf8(bytes).ok()?;
    is_pointer_sort_key(&sort_key).then_some(sort_key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_back_and_garbage_is_not() {
        let sort_key = "00000001700000000000#0b7c";
        assert_eq!(decode(&encode(sort_key)).as_deref(), Some(sort_key));
        let long = format!("00000001700000000000#{}", "x".repeat(2000));
        for garbage in ["", "%%%", "AA", &encode("0000"), &encode(&long), sort_key] {
            assert_eq!(decode(garbage), None, "{garbage}");
        }
        assert_eq!(decode(&URL_SAFE_NO_PAD.encode([0xff, 0xfe])), None);
    }
}
