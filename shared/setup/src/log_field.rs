//! How much of one field is logged: what strangers send must not fill the log, whoever logs it.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

/// Most bytes of a field, the message among them, before they are escaped for JSON.
const MAX_BYTES: usize = 1024;

/// A text as it is logged: whole, or its beginning and how long it is.
pub(crate) fn cut(text: &str) -> Cow<'_, str> {
    if text.len() <= MAX_BYTES {
        return Cow::Borrowed(text);
    }
    let beginning = &text[..text.floor_char_boundary(MAX_BYTES)];
    Cow::Owned(format!("{beginning}…({} bytes)", text.len()))
}

/// What a value is shown as, cut likewise. Showing it ends where the cut is: how long the whole would be is not known.
pub(crate) fn cut_debug(value: &dyn fmt::Debug) -> String {
    let mut shown = Beginning::default();
    // The error says that there is more than what is kept.
    let is_whole = write!(shown, "{value:?}").is_ok();
    if !is_whole && shown.is_full {
        shown.text.push('…');
    }
    shown.text
}

/// Takes so many bytes and refuses more.
#[derive(Default)]
struct Beginning {
    text: String,
    is_full: bool,
}

impl fmt::Write for Beginning {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = MAX_BYTES - self.text.len();
        if text.len() <= room {
            self.text.push_str(text);
            return Ok(());
        }
        self.text.push_str(&text[..text.floor_char_boundary(room)]);
        self.is_full = true;
        Err(fmt::Error)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn what_fits_is_left_alone() {
        for text in ["", "short", &"x".repeat(MAX_BYTES), &"é".repeat(MAX_BYTES / 2)] {
            assert_eq!(cut(text), text);
            assert_eq!(cut_debug(&format_args!("{text}")), text);
        }
    }

    #[test]
    fn what_is_longer_ends_between_two_characters() {
        for (text, kept) in [
            ("x".repeat(MAX_BYTES + 1), MAX_BYTES),
            ("x".repeat(9 << 20), MAX_BYTES),
            (format!("x{}", "é".repeat(MAX_BYTES)), MAX_BYTES - 1),
            ("\u{1f980}".repeat(MAX_BYTES), MAX_BYTES),
        ] {
            let beginning = &text[..kept];
            assert_eq!(cut(&text), format!("{beginning}…({} bytes)", text.len()));
            assert_eq!(cut_debug(&format_args!("{text}")), format!("{beginning}…"));
        }
    }

    #[test]
    fn values_are_not_shown_beyond_the_cut() {
        struct Endless<'c>(&'c Cell<u64>);
        impl fmt::Debug for Endless<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                loop {
                    self.0.set(self.0.get() + 1);
                    f.write_str("0123456789")?;
                }
            }
        }
        let pieces = Cell::new(0);
        assert_eq!(cut_debug(&Endless(&pieces)).len(), MAX_BYTES + '…'.len_utf8());
        assert_eq!(pieces.get(), 103);
    }

    #[test]
    fn a_value_that_cannot_be_shown_is_not_said_to_be_long() {
        struct Broken;
        impl fmt::Debug for Broken {
            fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
                Err(fmt::Error)
            }
        }
        assert_eq!(cut_debug(&Broken), "");
    }
}
