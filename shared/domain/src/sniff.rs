//! The content type of a text that came without one (docs/contract.md §2.6), by its first 512 bytes.

const HTML_MARKERS: [&[u8]; 16] = [
    b"<!doctype html",
    b"<html",
    b"<head",
    b"<script",
    b"<iframe",
    b"<h1",
    b"<div",
    b"<font",
    b"<table",
    b"<a",
    b"<style",
    b"<title",
    b"<b",
    b"<body",
    b"<br",
    b"<p",
];

/// The content type of a body.
pub fn sniff(body: &[u8]) -> &'static str {
    let body = &body[..body.len().min(512)];
    let text = body.trim_ascii_start();
    if HTML_MARKERS.iter().any(|marker| is_tag(text, marker)) || text.starts_with(b"<!--") {
        return "text/html; charset=utf-8";
    }
    if text.starts_with(b"<?xml") {
        return "text/xml; charset=utf-8";
    }
    if body.starts_with(b"%PDF-") {
        return "application/pdf";
    }
    if body.iter().copied().any(is_binary) {
        return "application/octet-stream";
    }
    "text/plain; charset=utf-8"
}

/// Whether a text starts with a tag of that name, in any letter case.
fn is_tag(text: &[u8], marker: &[u8]) -> bool {
    text.len() > marker.len()
        && text[..marker.len()].eq_ignore_ascii_case(marker)
        && matches!(text[marker.len()], b' ' | b'>')
}

/// Control characters other than TAB, LF, FF, CR and ESC.
fn is_binary(byte: u8) -> bool {
    byte < 0x20 && !matches!(byte, b'\t' | b'\n' | 0x0c | b'\r' | 0x1b)
}

#[cfg(test)]
mod tests {
    use super::sniff;

    #[test]
    fn bodies() {
        for (body, want) in [
            (r#"{"a":1}"#, "text/plain; charset=utf-8"),
            ("  \n<!DOCTYPE html>", "text/html; charset=utf-8"),
            ("<P >x", "text/html; charset=utf-8"),
            ("<!-- c -->", "text/html; charset=utf-8"),
            ("<bogus>", "text/plain; charset=utf-8"),
            ("<b", "text/plain; charset=utf-8"),
            ("<?xml version=\"1.0\"?>", "text/xml; charset=utf-8"),
            ("%PDF-1", "application/pdf"),
            (" %PDF-1", "text/plain; charset=utf-8"),
            ("a\u{1}b", "application/octet-stream"),
            ("a\u{1b}b", "text/plain; charset=utf-8"),
        ] {
            assert_eq!(sniff(body.as_bytes()), want, "{body}");
        }
    }
}
