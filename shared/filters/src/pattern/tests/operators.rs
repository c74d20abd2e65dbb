//! Every operator: which values pass, and what is refused.

use super::{compile, verdict};

/// Alternatives of a pattern, the value of an event, and whether it passes.
const CASES: &[(&str, &str, bool)] = &[
    // Values.
    (r#"["a"]"#, r#""a""#, true),
    (r#"["a"]"#, r#""A""#, false),
    (r#"["a"]"#, r#"["b","a"]"#, true),
    (r#"["a"]"#, r#"[["a"]]"#, true),
    (r#"["a"]"#, r#"{"a":"a"}"#, false),
    (r#"["é"]"#, r#""\u00e9""#, true),
    (r#"[""]"#, r#""""#, true),
    (r#"["a","b"]"#, r#""b""#, true),
    ("[null]", "null", true),
    ("[null]", r#""null""#, false),
    ("[null]", "[]", false),
    ("[true]", "true", true),
    ("[true]", r#""true""#, false),
    ("[false]", "true", false),
    ("[1]", "1.0", true),
    ("[1]", "1e0", true),
    ("[1]", r#""1""#, false),
    ("[0]", "-0.0", true),
    ("[12345678901234567678]", "12345678901234567678.0", true),
    ("[12345678901234567678]", "12345678901234567679", false),
    (r#"["10.0.0.7"]"#, r#""10.0.0.7""#, true),
    (r#"["2001:db8::1"]"#, r#""2001:DB8:0::1""#, true),
    (r#"["10.0.0.7"]"#, r#""::ffff:a00:7""#, true),
    (r#"["2001:db8::1"]"#, r#""2001:db8::2""#, false),
    (r#"[{"exactly":"a"}]"#, r#""a""#, true),
    // Beginnings and ends.
    (r#"[{"prefix":"ab"}]"#, r#""abc""#, true),
    (r#"[{"prefix":"ab"}]"#, r#""a""#, false),
    (r#"[{"prefix":""}]"#, r#""""#, true),
    (r#"[{"prefix":""}]"#, "5", false),
    (r#"[{"prefix":"1"}]"#, "12", false),
    (r#"[{"suffix":"bc"}]"#, r#""abc""#, true),
    (r#"[{"suffix":"bc"}]"#, r#""c""#, false),
    (r#"[{"suffix":""}]"#, "null", false),
    (r#"[{"prefix":"\""}]"#, r#""""#, true),
    (r#"[{"prefix":"a\""}]"#, r#""ab""#, false),
    (r#"[{"prefix":{"equals-ignore-case":"aB"}}]"#, r#""Abc""#, true),
    (r#"[{"prefix":{"equals-ignore-case":"aB"}}]"#, r#""A""#, false),
    (r#"[{"suffix":{"equals-ignore-case":"Bc"}}]"#, r#""aBC""#, true),
    (
        r#"[{"suffix":{"equals-ignore-case":"ße"}}]"#,
        r#""STRASSE""#,
        true,
    ),
    (r#"[{"equals-ignore-case":"straße"}]"#, r#""STRASSE""#, true),
    (r#"[{"equals-ignore-case":"ǆ"}]"#, r#""ǅ""#, false),
    (r#"[{"equals-ignore-case":"1"}]"#, "1", false),
    // Wildcards.
    (r#"[{"wildcard":"a*c"}]"#, r#""abc""#, true),
    (r#"[{"wildcard":"*"}]"#, "5", false),
    (r#"[{"wildcard":"*"}]"#, r#""""#, true),
    (r#"[{"wildcard":"a\\*"}]"#, r#""a*""#, true),
    (r#"[{"wildcard":"a\\*"}]"#, r#""ab""#, false),
    // Anything but.
    (r#"[{"anything-but":"a"}]"#, r#""b""#, true),
    (r#"[{"anything-but":"a"}]"#, r#""a""#, false),
    (r#"[{"anything-but":"a"}]"#, "5", true),
    (r#"[{"anything-but":"a"}]"#, "null", true),
    (r#"[{"anything-but":"a"}]"#, "[]", false),
    (r#"[{"anything-but":"a"}]"#, "{}", false),
    (r#"[{"anything-but":"a"}]"#, r#"["a","b"]"#, true),
    (r#"[{"anything-but":["a","b"]}]"#, r#"["a","b"]"#, false),
    (r#"[{"anything-but":5}]"#, "5.0", false),
    (r#"[{"anything-but":5}]"#, r#""5""#, true),
    (r#"[{"anything-but":[5,6]}]"#, "7", true),
    (r#"[{"anything-but":{"prefix":"a"}}]"#, r#""ab""#, false),
    (r#"[{"anything-but":{"prefix":"a"}}]"#, "1", true),
    (r#"[{"anything-but":{"prefix":["a","b"]}}]"#, r#""bc""#, false),
    (r#"[{"anything-but":{"suffix":"a"}}]"#, r#""ba""#, false),
    (r#"[{"anything-but":{"suffix":["a","b"]}}]"#, r#""c""#, true),
    (
        r#"[{"anything-but":{"equals-ignore-case":"a"}}]"#,
        r#""A""#,
        false,
    ),
    (
        r#"[{"anything-but":{"equals-ignore-case":["a","b"]}}]"#,
        r#""B""#,
        false,
    ),
    (r#"[{"anything-but":{"wildcard":"*a*"}}]"#, r#""bab""#, false),
    (r#"[{"anything-but":{"wildcard":["*a*","b"]}}]"#, r#""bb""#, true),
    // Numbers.
    (r#"[{"numeric":["=",3.018e2]}]"#, "301.8", true),
    (r#"[{"numeric":["<",10]}]"#, "10", false),
    (r#"[{"numeric":["<=",10]}]"#, "1e1", true),
    (r#"[{"numeric":[">",-1]}]"#, "-0", true),
    (
        r#"[{"numeric":[">=",9007199254740993]}]"#,
        "9007199254740992",
        false,
    ),
    (r#"[{"numeric":[">",0,"<=",5]}]"#, "5", true),
    (r#"[{"numeric":[">",0,"<=",5]}]"#, "0", false),
    (r#"[{"numeric":[">=",0,"<",5]}]"#, "5.0", false),
    (r#"[{"numeric":[">",0]}]"#, r#""1""#, false),
    (r#"[{"numeric":[">",0]}]"#, "1e999999999", true),
    // Addresses.
    (r#"[{"cidr":"10.0.0.0/24"}]"#, r#""10.0.0.255""#, true),
    (r#"[{"cidr":"10.0.0.0/24"}]"#, r#""10.0.1.0""#, false),
    (r#"[{"cidr":"10.0.0.0/24"}]"#, r#""10.0.0""#, false),
    (r#"[{"cidr":"2001:db8::/32"}]"#, r#""2001:DB8::1""#, true),
    (r#"[{"cidr":"2001:db8::/32"}]"#, r#""10.0.0.1""#, false),
    (r#"[{"cidr":"0.0.0.0/0"}]"#, "100", true),
    (r#"[{"cidr":"0.0.0.0/0"},{"numeric":["<",5]}]"#, "100", false),
    // Whether there is a value.
    (r#"[{"exists":true}]"#, "null", true),
    (r#"[{"exists":true}]"#, r#""""#, true),
    (r#"[{"exists":true}]"#, "[]", false),
    (r#"[{"exists":true}]"#, r#"{"b":1}"#, false),
    (r#"[{"exists":false}]"#, "null", false),
    (r#"[{"exists":false}]"#, "[]", true),
    (r#"[{"exists":false}]"#, "{}", true),
    (r#"["a",{"exists":false}]"#, "{}", true),
    (r#"["a",{"exists":false}]"#, r#""b""#, false),
];

#[test]
fn values_pass_or_do_not() {
    for (alternatives, value, expected) in CASES {
        let pattern = format!(r#"{{"a":{alternatives}}}"#);
        let event = format!(r#"{{"a":{value},"z":1}}"#);
        assert_eq!(
            verdict(&pattern, &event),
            expected.to_string(),
            "{pattern} {event}"
        );
    }
}

#[test]
fn only_absence_passes_without_a_value() {
    for (alternatives, _, _) in CASES {
        let pattern = format!(r#"{{"a":{alternatives}}}"#);
        let expected = alternatives.contains(r#""exists":false"#).to_string();
        assert_eq!(verdict(&pattern, r#"{"z":1}"#), expected, "{pattern}");
    }
}

/// Patterns that are refused, where, and a part of the reason.
const REFUSED: &[(&str, &str, &str)] = &[
    ("{}", "", "empty object"),
    (r#"{"a":{}}"#, "/a", "empty object"),
    (r#"{"a":1}"#, "/a", "write [ ] around it"),
    (r#"{"a":"x"}"#, "/a", "is a string"),
    (r#"{"a":[]}"#, "/a", "empty array"),
    (r#"{"a":[[1]]}"#, "/a/0", "array within an array"),
    (r#"{"a":[1,{}]}"#, "/a/1", "without exactly one key"),
    (
        r#"{"a":[{"prefix":"a","suffix":"b"}]}"#,
        "/a/0",
        "without exactly one key",
    ),
    (r#"{"a":[{"regex":"a"}]}"#, "/a/0/regex", "no operator"),
    (r#"{"a":[{"PREFIX":"a"}]}"#, "/a/0/PREFIX", "no operator"),
    (r#"{"a/b~":[{"prefix":5}]}"#, "/a~1b~0/0/prefix", "is a number"),
    (r#"{"a":[{"prefix":["a"]}]}"#, "/a/0/prefix", "is an array"),
    (
        r#"{"a":[{"prefix":{"suffix":"a"}}]}"#,
        "/a/0/prefix/suffix",
        "no operator here",
    ),
    (
        r#"{"a":[{"suffix":{"equals-ignore-case":["a"]}}]}"#,
        "/a/0/suffix/equals-ignore-case",
        "is an array",
    ),
    (
        r#"{"a":[{"equals-ignore-case":{"prefix":"a"}}]}"#,
        "/a/0/equals-ignore-case",
        "is an object",
    ),
    (r#"{"a":[{"wildcard":"**"}]}"#, "/a/0/wildcard", "**"),
    (r#"{"a":[{"wildcard":"\\a"}]}"#, "/a/0/wildcard", "backslash"),
    (r#"{"a":[{"anything-but":null}]}"#, "/a/0/anything-but", "is null"),
    (
        r#"{"a":[{"anything-but":[]}]}"#,
        "/a/0/anything-but",
        "empty list",
    ),
    (
        r#"{"a":[{"anything-but":["a",1]}]}"#,
        "/a/0/anything-but",
        "strings and numbers",
    ),
    (
        r#"{"a":[{"anything-but":["a",null]}]}"#,
        "/a/0/anything-but/1",
        "is null",
    ),
    (
        r#"{"a":[{"anything-but":{"prefix":""}}]}"#,
        "/a/0/anything-but/prefix",
        "is empty",
    ),
    (
        r#"{"a":[{"anything-but":{"suffix":["a",""]}}]}"#,
        "/a/0/anything-but/suffix/1",
        "is empty",
    ),
    (
        r#"{"a":[{"anything-but":{"prefix":{"equals-ignore-case":"a"}}}]}"#,
        "/a/0/anything-but/prefix",
        "is an object",
    ),
    (
        r#"{"a":[{"anything-but":{"exists":true}}]}"#,
        "/a/0/anything-but/exists",
        "no operator of anything-but",
    ),
    (
        r#"{"a":[{"numeric":10}]}"#,
        "/a/0/numeric",
        "no numeric condition",
    ),
    (
        r#"{"a":[{"numeric":["=","a"]}]}"#,
        "/a/0/numeric",
        "no numeric condition",
    ),
    (
        r#"{"a":[{"numeric":[">"]}]}"#,
        "/a/0/numeric",
        "no numeric condition",
    ),
    (
        r#"{"a":[{"numeric":["<",0,">",5]}]}"#,
        "/a/0/numeric",
        "no numeric condition",
    ),
    (
        r#"{"a":[{"numeric":["!=",0]}]}"#,
        "/a/0/numeric",
        "no numeric condition",
    ),
    (
        r#"{"a":[{"numeric":[">",5,"<",5]}]}"#,
        "/a/0/numeric",
        "ends before it begins",
    ),
    (r#"{"a":[{"exists":"yes"}]}"#, "/a/0/exists", "is a string"),
    (r#"{"a":[{"cidr":5}]}"#, "/a/0/cidr", "is a number"),
    (r#"{"a":[{"cidr":"10.0.0.7/32"}]}"#, "/a/0/cidr", "at most 31"),
    (r#"{"a":[{"cidr":"10.0.0.7"}]}"#, "/a/0/cidr", "a slash"),
    (r#"{"$or":[{"a":[1]}]}"#, "/$or", "at least two"),
    (r#"{"$or":[{"a":[1]},5]}"#, "/$or", "at least two"),
    (
        r#"{"$or":[{"a":[1]},{"prefix":[1]}]}"#,
        "/$or/1/prefix",
        "name of an operator",
    ),
    (
        r#"{"$or":[1],"a":[{"anything-but":{"wildcard":"a"}}]}"#,
        "/$or",
        "at least two",
    ),
];

#[test]
fn what_makes_no_sense_is_refused_where_it_is() {
    for (pattern, pointer, reason) in REFUSED {
        let error = compile(pattern).expect_err(pattern);
        assert_eq!(error.pointer, format!("/data{pointer}"), "{pattern}: {error}");
        assert!(error.reason.contains(reason), "{pattern}: {error}");
    }
}
