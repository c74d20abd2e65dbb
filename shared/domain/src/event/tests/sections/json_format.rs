//! The JSON format, 1.0.2 and 0.3.

use super::*;

#[test]
fn of_1_0() {
    for (section, more, want) in [
        (
            "2.2: what is null is not set",
            r#""subject":null,"time":null,"dataschema":null,"unsetextension":null"#,
            Same,
        ),
        (
            "3: extensions are members like any other",
            r#""comexampleextension1":"value","comexampleothervalue":5"#,
            Same,
        ),
        (
            "3.1.1: binary data",
            r#""datacontenttype":"application/vnd.apache.thrift.binary","data_base64":"AAE=""#,
            Same,
        ),
        (
            "3.1.1: one payload",
            r#""data":1,"data_base64":"AAE=""#,
            Refused("exclude each other"),
        ),
        ("3.1.1: null is a payload", r#""data":null"#, Same),
        (
            "3.1.1: any JSON",
            r#""datacontenttype":"application/json","data":[1.50,{"a":"\u00e9"}]"#,
            Same,
        ),
        (
            "3.1.2: base64",
            r#""data_base64":"?""#,
            Refused(r#""data_base64" is not base64"#),
        ),
        (
            "3.1.2: base64",
            r#""data_base64":5"#,
            Refused(r#""data_base64" is not base64"#),
        ),
        (
            "3.1.2: what is null is not set",
            r#""data":1,"data_base64":null"#,
            Same,
        ),
        (
            "3.1.2: a text is no document",
            r#""datacontenttype":"application/json","data":"{\"a\":1}""#,
            Same,
        ),
        (
            "3.1.2: a text of another type",
            r#""datacontenttype":"application/xml","data":"<much wow=\"xml\"/>""#,
            Same,
        ),
        ("3.1.2: without a type", r#""data":"I'm just a string""#, Same),
    ] {
        structured(section, V1_0, more, &want);
    }
}

#[test]
fn of_0_3() {
    for (section, more, want) in [
        (
            "3.1: base64",
            r#""datacontentencoding":"base64","data":"AAE=""#,
            Same,
        ),
        (
            "3.1: base64 in any letter case",
            r#""datacontentencoding":"Base64","data":"AAE=""#,
            Same,
        ),
        (
            "3.1: base64",
            r#""datacontentencoding":"base64","data":"?""#,
            Refused(r#""data" is not base64"#),
        ),
        (
            "3.1: base64",
            r#""datacontentencoding":"base64","data":{}"#,
            Refused(r#""data" is not base64"#),
        ),
        (
            "3.1: an empty encoding",
            r#""datacontentencoding":"""#,
            Refused(r#"attribute "datacontentencoding" must not"#),
        ),
        (
            "3.1: JSON",
            r#""datacontenttype":"application/json","data":{"a":1}"#,
            Same,
        ),
    ] {
        structured(section, V0_3, more, &want);
    }
}

#[test]
fn batches() {
    let batch = |body: String| read(&[("content-type", CLOUDEVENTS_BATCH_JSON)], body.as_bytes());
    let event = format!(r#"{{{V1_0},"data_base64":"AAE="}}"#);
    let Ok(Incoming::Batch(events)) = batch(format!("[{event},{event}]")) else {
        panic!("4.1: no batch");
    };
    assert_eq!(
        events.iter().map(json).collect::<Vec<_>>(),
        [&*event, &*event],
        "4.1"
    );
    assert_eq!(batch("[]".to_owned()), Ok(Incoming::Batch(vec![])), "4.1");
    let error = batch(format!(r#"[{event},{{{V1_0},"A":1}}]"#))
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("event 1 of the batch: CloudEvent doesn't validate: attribute \"A\" "),
        "{error}"
    );
}
