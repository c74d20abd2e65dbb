//! Names that strangers chose, as headers and logs can hold them.

/// Most bytes of a name.
const MOST_BYTES: usize = 64;

/// A name with nothing in it but printable ASCII without quotes and backslashes, cut where it is long.
pub(super) fn shown(name: &str) -> String {
    let mut chars = name.chars();
    let mut shown: String = chars
        .by_ref()
        .take(MOST_BYTES)
        .map(|c| {
            if c.is_ascii_graphic() && c != '"' && c != '\\' {
                c
            } else {
                '?'
            }
        })
        .collect();
    if chars.next().is_some() {
        shown.push_str("...");
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_gets_out_of_its_quotes() {
        for (name, want) in [
            ("retry", "retry"),
            ("a\r\nSet-Cookie: x", "a??Set-Cookie:?x"),
            ("a\"b\\c", "a?b?c"),
            ("\u{e4}\u{202e}", "??"),
            ("", ""),
        ] {
            assert_eq!(shown(name), want);
        }
        assert_eq!(shown(&"x".repeat(64)), "x".repeat(64));
        assert_eq!(shown(&"x".repeat(65)), "x".repeat(64) + "...");
    }
}
