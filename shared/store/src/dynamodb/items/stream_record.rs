//! Records of the table's stream: which are changes of spaces, and which change.

use std::collections::HashMap;

use aws_sdk_dynamodbstreams::types::{AttributeValue, Record};

use super::super::change::SpaceChange;
use super::change::CHANGE;
use super::{NEWEST_CHANGE, PK, SK};
use crate::error::{CorruptValue, StoreError};

/// The change of a space that a record tells; `None` if it tells of something else.
pub(in super::super) fn change_of(record: &Record) -> Option<Result<SpaceChange, StoreError>> {
    let record = record.dynamodb()?;
    let keys = record.keys()?;
    if text(keys, SK) != Some(NEWEST_CHANGE) {
        return None;
    }
    let change = text(record.new_image()?, CHANGE)
        .ok_or(CorruptValue::Attribute { name: CHANGE })
        .and_then(SpaceChange::parse);
    let key = || format!("{}/{NEWEST_CHANGE}", text(keys, PK).unwrap_or("?"));
    Some(change.map_err(|source| StoreError::Corrupt { key: key(), source }))
}

fn text<'a>(item: &'a HashMap<String, AttributeValue>, name: &str) -> Option<&'a str> {
    match item.get(name) {
        Some(AttributeValue::S(value)) => Some(value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodbstreams::types::StreamRecord;

    use super::*;

    fn record(sk: &str, attributes: &[(&str, &str)]) -> Record {
        let text = |value: &str| AttributeValue::S(value.to_owned());
        let stream_record = StreamRecord::builder()
            .keys(PK, text("SPACE#one"))
            .keys(SK, text(sk));
        let image = attributes
            .iter()
            .map(|(name, value)| ((*name).to_owned(), text(value)));
        let stream_record = stream_record.set_new_image(Some(image.collect()));
        Record::builder().dynamodb(stream_record.build()).build()
    }

    #[test]
    fn changes_are_told_from_the_rest() {
        let change = r#"{"space":"one","version":3,"kind":"function","id":"f"}"#;
        let read = change_of(&record("CHANGE", &[(CHANGE, change)]))
            .unwrap()
            .unwrap();
        assert_eq!((read.space.as_str(), read.version), ("one", 3));
        assert!(change_of(&record("FUNCTION#f", &[(CHANGE, change)])).is_none());
        assert!(change_of(&Record::builder().build()).is_none());
        for attributes in [&[][..], &[(CHANGE, "{")]] {
            let err = change_of(&record("CHANGE", attributes)).unwrap().unwrap_err();
            assert_eq!(
                err.to_string(),
                "stored configuration SPACE#one/CHANGE cannot be read"
            );
        }
    }
}
