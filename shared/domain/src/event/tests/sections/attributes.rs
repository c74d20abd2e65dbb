//! CloudEvents 1.0.2 and 0.3, "Context Attributes" and "Type System", in structured mode.

use super::*;

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn of_both_versions() {
    for required in [V1_0, V0_3] {
        for (section, more, want) in [
            ("naming", r#""a1":"x""#, Same),
            ("naming", r#""abcdefghijklmnopqrstuvwxyz0123456789":"x""#, Same),
            (
                "naming",
                r#""myExt":"x""#,
                Refused(r#"attribute "myExt" has a name"#),
            ),
            (
                "naming",
                r#""my_ext":"x""#,
                Refused(r#"attribute "my_ext" has a name"#),
            ),
            (
                "naming",
                r#""my-ext":"x""#,
                Refused(r#"attribute "my-ext" has a name"#),
            ),
            ("naming", r#""é":"x""#, Refused(r#"attribute "é" has a name"#)),
            ("naming", r#""":"x""#, Refused(r#"attribute "" has a name"#)),
            ("boolean", r#""a":true,"b":false"#, Same),
            ("integer", r#""a":0,"b":-0,"c":2147483647,"d":-2147483648"#, Same),
            (
                "integer",
                r#""a":2147483648"#,
                Refused(r#"attribute "a" must be an integer of 32 bits"#),
            ),
            (
                "integer",
                r#""a":-2147483649"#,
                Refused(r#"attribute "a" must be an integer"#),
            ),
            (
                "integer",
                r#""a":1.0"#,
                Refused(r#"attribute "a" must be an integer"#),
            ),
            (
                "integer",
                r#""a":1e3"#,
                Refused(r#"attribute "a" must be an integer"#),
            ),
            ("string", r#""a":"é €\ud83d\ude00\"\\""#, Same),
            (
                "string",
                r#""a":"\u0000""#,
                Refused(r#"attribute "a" has control characters"#),
            ),
            ("string", r#""a":"\n""#, Refused(r#"attribute "a" has control"#)),
            (
                "string",
                "\"a\":\"\u{7f}\"",
                Refused(r#"attribute "a" has control"#),
            ),
            (
                "string",
                "\"a\":\"\u{9f}\"",
                Refused(r#"attribute "a" has control"#),
            ),
            (
                "string",
                "\"a\":\"\u{fdd0}\"",
                Refused(r#"attribute "a" has control"#),
            ),
            (
                "string",
                "\"a\":\"\u{1fffe}\"",
                Refused(r#"attribute "a" has control"#),
            ),
            (
                "string",
                r#""a":"\uffff""#,
                Refused(r#"attribute "a" has control"#),
            ),
            (
                "string",
                r#""a":"\ud800""#,
                Refused(r#"attribute "a" has control"#),
            ),
            (
                "other types",
                r#""a":[]"#,
                Refused(r#"attribute "a" must be a text, a truth value"#),
            ),
            ("subject", r#""subject":"a b""#, Same),
            (
                "subject",
                r#""subject":"""#,
                Refused(r#"attribute "subject" must not be empty"#),
            ),
            (
                "subject",
                r#""subject":5"#,
                Refused(r#"attribute "subject" must be a text"#),
            ),
            (
                "datacontenttype",
                r#""datacontenttype":"text/plain; charset=\"utf-8\"""#,
                Same,
            ),
            (
                "datacontenttype",
                r#""datacontenttype":"""#,
                Refused(r#"attribute "datacontenttype" must not be"#),
            ),
            (
                "datacontenttype",
                r#""datacontenttype":"text""#,
                Refused(r#"attribute "datacontenttype" must be a media"#),
            ),
            (
                "datacontenttype",
                r#""datacontenttype":"/x""#,
                Refused(r#"attribute "datacontenttype" must be a media"#),
            ),
            (
                "datacontenttype",
                r#""datacontenttype":";a=b/c""#,
                Refused(r#"attribute "datacontenttype" must be a media"#),
            ),
            (
                "datacontenttype",
                r#""datacontenttype":"a/b; c""#,
                Refused("mime: invalid media parameter"),
            ),
            ("time", r#""time":"2018-04-05T17:31:00Z""#, Same),
            ("time", r#""time":"2018-04-30t17:31:00.123456789z""#, Same),
            ("time", r#""time":"2018-04-05T17:31:00.5-07:30""#, Same),
            ("time", r#""time":"2016-12-31T23:59:60Z""#, Same),
            (
                "time",
                r#""time":"2018-04-05 17:31:00Z""#,
                Refused(r#"attribute "time" must be a time"#),
            ),
            (
                "time",
                "\"time\":\"2018-04-05T17:31:00\u{2212}07:00\"",
                Refused(r#"attribute "time" must be a time"#),
            ),
            (
                "time",
                r#""time":"2018-02-29T17:31:00Z""#,
                Refused(r#"attribute "time" must be a time"#),
            ),
            (
                "time",
                r#""time":"2018-04-05T17:31:00""#,
                Refused(r#"attribute "time" must be a time"#),
            ),
            (
                "time",
                r#""time":"""#,
                Refused(r#"attribute "time" must not be empty"#),
            ),
            (
                "time",
                r#""time":1522949460"#,
                Refused(r#"attribute "time" must be a text"#),
            ),
        ] {
            structured(section, required, more, &want);
        }
    }
}

#[test]
fn required_ones() {
    for version in ["1.0", "0.3"] {
        for (name, value, want) in [
            ("type", r#""com.example""#, Same),
            ("type", r#""""#, Refused(r#"attribute "type" must not be empty"#)),
            ("type", "5", Refused(r#"attribute "type" must be a text"#)),
            ("type", "null", Refused(r#"attribute "type" is missing"#)),
            ("id", r#""é""#, Same),
            ("id", r#""""#, Refused(r#"attribute "id" must not be empty"#)),
            ("id", "1", Refused(r#"attribute "id" must be a text"#)),
            ("id", "null", Refused(r#"attribute "id" is missing"#)),
            ("source", r#""https://github.com/cloudevents""#, Same),
            ("source", r#""mailto:cncf-wg-serverless@lists.cncf.io""#, Same),
            (
                "source",
                r#""urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66""#,
                Same,
            ),
            ("source", r#""cloudevents/spec/pull/123""#, Same),
            ("source", r#""1-555-123-4567""#, Same),
            (
                "source",
                r#""""#,
                Refused(r#"attribute "source" must not be empty"#),
            ),
            (
                "source",
                r#""a b""#,
                Refused(r#"attribute "source" must be a URI reference"#),
            ),
            (
                "source",
                r#""/%zz""#,
                Refused(r#"attribute "source" must be a URI reference"#),
            ),
            ("source", "true", Refused(r#"attribute "source" must be a text"#)),
            ("source", "null", Refused(r#"attribute "source" is missing"#)),
        ] {
            let others = [("type", r#""t""#), ("id", r#""1""#), ("source", r#""/s""#)];
            let others = others.iter().filter(|(known, _)| *known != name);
            let others: Vec<_> = others
                .map(|(name, value)| format!(r#""{name}":{value}"#))
                .collect();
            let required = format!(r#""specversion":"{version}",{}"#, others.join(","));
            structured(name, &required, &format!(r#""{name}":{value}"#), &want);
            structured(
                name,
                &required,
                "",
                &Refused(&format!("attribute \"{name}\" is missing")),
            );
        }
    }
    for (version, want) in [
        (r#""1.1""#, r#"attribute "specversion" must be "1.0" or "0.3""#),
        (r#""""#, r#"attribute "specversion" must not be empty"#),
        ("1.0", r#"attribute "specversion" must be "1.0" or "0.3""#),
        ("null", r#"attribute "specversion" is missing"#),
    ] {
        let required = format!(r#""specversion":{version},"type":"t","source":"/s","id":"1""#);
        structured("specversion", &required, "", &Refused(want));
    }
}

#[test]
fn of_one_version() {
    for (section, required, more, want) in [
        ("dataschema", V1_0, r#""dataschema":"https://a/b#c""#, Same),
        (
            "dataschema",
            V1_0,
            r#""dataschema":"/b""#,
            Refused(r#"attribute "dataschema" must be an absolute URI"#),
        ),
        (
            "dataschema",
            V1_0,
            r#""dataschema":"""#,
            Refused(r#"attribute "dataschema" must not be empty"#),
        ),
        ("schemaurl", V0_3, r#""schemaurl":"/b""#, Same),
        (
            "schemaurl",
            V0_3,
            r#""schemaurl":"a b""#,
            Refused(r#"attribute "schemaurl" must be a URI reference"#),
        ),
        // 0.3 has maps.
        ("map", V0_3, r#""a":{},"b":{"C":{"d":[1.50,null]}}"#, Same),
        (
            "map",
            V0_3,
            r#""subject":{}"#,
            Refused(r#"attribute "subject" must be a text"#),
        ),
        (
            "map",
            V1_0,
            r#""a":{}"#,
            Refused(r#"attribute "a" must be a text, a truth value"#),
        ),
        // Extensions to the other version.
        ("dataschema", V0_3, r#""dataschema":"a b""#, Same),
        ("schemaurl", V1_0, r#""schemaurl":"a b""#, Same),
        // The SDK for JavaScript sends it.
        ("data_base64", V0_3, r#""data_base64":"AA==""#, Same),
        (
            "data_base64",
            V0_3,
            r#""data_base64":"?""#,
            Refused(r#""data_base64" is not base64"#),
        ),
    ] {
        structured(section, required, more, &want);
    }
}
