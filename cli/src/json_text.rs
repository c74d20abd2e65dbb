//! JSON as text: numbers keep their digits and members their order, whatever this program knows of them.

use std::fmt::Write as _;

use crate::console::is_steering;

/// The same text with a line for each member and element.
pub(crate) fn indented(json: &str) -> String {
    let mut out = String::with_capacity(json.len() * 2);
    let mut depth = 0_usize;
    let mut characters = json.chars().peekable();
    let mut is_in_text = false;
    let mut is_escaped = false;
    while let Some(character) = characters.next() {
        if is_in_text {
            push_seen(&mut out, character);
            is_in_text = is_escaped || character != '"';
            is_escaped = !is_escaped && character == '\\';
            continue;
        }
        match character {
            ' ' | '\t' | '\r' | '\n' => {}
            '"' => {
                is_in_text = true;
                out.push('"');
            }
            '{' | '[' => {
                while characters.next_if(char::is_ascii_whitespace).is_some() {}
                out.push(character);
                // An empty one stays on its line.
                if let Some(closing) = characters.next_if(|next| matches!(next, '}' | ']')) {
                    out.push(closing);
                } else {
                    depth += 1;
                    new_line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut out, depth);
                out.push(character);
            }
            ',' => {
                out.push(',');
                new_line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            other => out.push(other),
        }
    }
    out
}

/// JSON texts hold some characters as they are that steer terminals; escaped they are the same.
fn push_seen(out: &mut String, character: char) {
    if is_steering(character) {
        // None of them needs more than four digits.
        let _ = write!(out, "\\u{:04x}", u32::from(character));
    } else {
        out.push(character);
    }
}

/// The same text without characters that steer terminals.
pub(crate) fn seen(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    json.chars().for_each(|character| push_seen(&mut out, character));
    out
}

fn new_line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_escaped() {
        let json = "{\"\u{9b}a\":\"\\u001b \u{7f}\u{202e}ü\"}";
        let want = r#"{"\u009ba":"\u001b \u007f\u202eü"}"#;
        assert_eq!(seen(json), want);
        assert_eq!(
            indented(json)
                .replace(['\n'], "")
                .replace("  ", "")
                .replace("\": ", "\":"),
            want
        );
        let read = |json: &str| serde_json::from_str::<serde_json::Value>(json).unwrap();
        assert_eq!(read(json), read(want));
    }

    #[test]
    fn only_blanks_change() {
        for (json, want) in [
            ("1.50", "1.50"),
            ("{}", "{}"),
            ("[ ]", "[]"),
            (
                r#"{"b":12345678901234567890123,"a":[1, {"x":"{,:\"]\\"}]}"#,
                "{\n  \"b\": 12345678901234567890123,\n  \"a\": [\n    1,\n    {\n      \"x\": \"{,:\\\"]\\\\\"\n    }\n  ]\n}",
            ),
        ] {
            assert_eq!(indented(json), want);
        }
    }
}
