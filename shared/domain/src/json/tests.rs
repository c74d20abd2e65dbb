//! What is read of JSON, and what is refused.

use super::*;

#[test]
fn keys_match_without_case_and_the_last_duplicate_wins() {
    let object = Object::from_slice(br#"{"NAME":"a","name":"b","Name":"c","x":null}"#).unwrap();
    assert_eq!(object.string("name").unwrap().unwrap(), "c");
    assert!(object.get("x").is_none());
    assert!(object.get("y").is_none());
}

#[test]
fn ends_are_told_apart_from_syntax_errors() {
    assert_eq!(Object::from_first_value(b" ").unwrap_err(), JsonError::Empty);
    assert_eq!(Object::from_first_value(b"{").unwrap_err(), JsonError::Truncated);
    assert_eq!(
        Object::from_first_value(br#"{"a":"b"#).unwrap_err(),
        JsonError::Truncated
    );
    assert_eq!(
        Object::from_slice(b"").unwrap_err().event_text(),
        "unexpected end of JSON input"
    );
    let text = Object::from_slice(b"{} x").unwrap_err().to_string();
    assert!(text.starts_with("invalid character 'x'"), "{text}");
    assert!(Object::from_first_value(b"{} x").is_ok());
    assert!(
        Object::from_first_value(b"null")
            .unwrap()
            .members()
            .next()
            .is_none()
    );
}

#[test]
fn nothing_is_coerced() {
    let object = Object::from_slice(br#"{"n":200.0,"s":"200","i":7,"l":["a",null],"m":{"a":5}}"#).unwrap();
    assert_eq!(
        object.integer("n").unwrap_err().to_string(),
        "json: cannot unmarshal number into Go struct field n of type int"
    );
    assert!(object.integer("s").is_err());
    assert_eq!(object.integer("i").unwrap(), Some(7));
    assert!(object.string("i").is_err());
    assert_eq!(object.list("l").unwrap().unwrap(), ["a", ""]);
    assert!(object.strings("m").is_err());
    assert!(
        Object::from_slice(b"[]")
            .unwrap_err()
            .to_string()
            .starts_with("json: cannot unmarshal array")
    );
}

#[test]
fn members_are_counted_while_they_are_read() {
    let text = br#"{"a":1,"a":2,"b":3"#;
    let too_many = JsonError::TooManyMembers { most: 2 };
    // What follows on the first member too many is not looked at.
    assert_eq!(Object::from_slice_within(text, 2).unwrap_err(), too_many);
    assert_eq!(
        Object::from_slice_within(text, 3).unwrap_err(),
        JsonError::Truncated
    );
    let object = Object::from_slice(br#"{"o":{"a":1,"b":2}}"#).unwrap();
    assert_eq!(object.object_within("o", 2).unwrap().unwrap().len(), 2);
    assert_eq!(
        object.object_within("o", 1).unwrap_err(),
        JsonError::TooManyMembers { most: 1 }
    );
}

#[test]
fn elements_are_counted_while_they_are_read() {
    let too_many = JsonError::TooManyElements { most: 2 };
    for text in [&b" [1,[2],3]"[..], b"[1,[2],3", b"[1,[2],?", b"[1,[2],{"] {
        // The first element too many is not looked at, nor is what follows on it.
        assert_eq!(elements_within(text, 2).unwrap_err(), too_many);
    }
    assert_eq!(elements_within(b"[1,[2],3", 3).unwrap_err(), JsonError::Truncated);
    assert_eq!(elements_within(b"[]", 0).unwrap().len(), 0);
    let two = elements_within(b" [1, [2] ] ", 2).unwrap();
    assert_eq!(two.iter().map(|raw| raw.get()).collect::<Vec<_>>(), ["1", "[2]"]);
    for (text, want) in [
        ("[1,2,]", "invalid character ']' at line 1 column 6"),
        ("[1,2] x", "invalid character 'x' at line 1 column 7"),
        (
            "{\"a\":1}",
            "json: cannot unmarshal object into Go value of type array",
        ),
        ("null", "json: cannot unmarshal null into Go value of type array"),
        ("", "EOF"),
        ("[", "unexpected EOF"),
    ] {
        assert_eq!(
            elements_within(text.as_bytes(), 2).unwrap_err().to_string(),
            want,
            "{text}"
        );
    }
}

#[test]
fn deep_nesting_is_kept_as_text() {
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let object = Object::from_slice(deep.as_bytes()).unwrap();
    assert_eq!(object.get("a").unwrap().get().len(), 200_000);
}
