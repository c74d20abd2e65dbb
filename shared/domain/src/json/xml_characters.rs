//! JSON for services that take the characters of XML only, as Amazon SQS and SNS do.

/// The same JSON, of the characters of XML 1.0. JSON has to escape all others that a Rust string can hold but these two; they
/// can only stand in JSON strings, where an escape means the same.
pub fn in_xml_characters(json: String) -> String {
    if json.contains(['\u{FFFE}', '\u{FFFF}']) {
        json.replace('\u{FFFE}', "\\ufffe").replace('\u{FFFF}', "\\uffff")
    } else {
        json
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_lacks_is_escaped_and_means_the_same() {
        let json = "[\"a\u{FFFE}\u{FFFF}\u{FFFD}\u{1FFFE}\u{7F}ä\"]";
        let made = in_xml_characters(json.to_owned());
        assert_eq!(made, "[\"a\\ufffe\\uffff\u{FFFD}\u{1FFFE}\u{7F}ä\"]");
        let read = |json: &str| serde_json::from_str::<Vec<String>>(json).unwrap();
        assert_eq!(read(&made), read(json));
    }
}
