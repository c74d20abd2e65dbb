//! What a service of AWS says of a record or an entry in JSON, where it is in the order in which they were sent.

use bytes::Bytes;
use serde::Deserialize;

use super::{AwsFailure, AwsIdentity, EntryError};

/// Either an id or an error.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct EntryAnswer {
    #[serde(alias = "SequenceNumber", alias = "RecordId", alias = "EventId")]
    id: Option<String>,
    error_code: Option<String>,
    error_message: Option<String>,
}

impl EntryAnswer {
    /// The id of what was taken.
    pub(super) fn into_id(self) -> Bytes {
        self.id.map(Bytes::from).unwrap_or_default()
    }

    /// What became of an entry that was sent as this identity. `is_of_sender`: whether a code says that the entry itself
    /// is at fault.
    pub(super) fn into_result(
        self,
        is_of_sender: impl FnOnce(&str) -> bool,
        identity: &AwsIdentity,
    ) -> Result<Bytes, AwsFailure> {
        if self.error_code.is_none() && self.id.is_some() {
            return Ok(self.into_id());
        }
        let code = self.error_code.as_deref();
        let error = EntryError {
            code,
            message: self.error_message.as_deref(),
            sender_fault: code.is_some_and(is_of_sender),
        };
        Err(AwsFailure::of_entry(error, identity))
    }
}

#[cfg(test)]
mod tests {
    use domain::retry::FailureClass;

    use super::*;

    fn result(text: &str, is_of_sender: bool) -> Result<Bytes, AwsFailure> {
        let answer: EntryAnswer = serde_json::from_str(text).unwrap();
        answer.into_result(|_| is_of_sender, &AwsIdentity::default())
    }

    #[test]
    fn ids_by_any_name() {
        for text in [
            r#"{"SequenceNumber":"1","ShardId":"s"}"#,
            r#"{"RecordId":"1","ErrorCode":null}"#,
            r#"{"EventId":"1"}"#,
        ] {
            assert_eq!(result(text, true).unwrap(), "1");
        }
    }

    #[test]
    fn errors_and_silence() {
        use FailureClass::{Permanent, Throttled, Transient};
        for (text, is_of_sender, class) in [
            (r#"{"ErrorCode":"Bad","ErrorMessage":"m"}"#, true, Permanent),
            (r#"{"ErrorCode":"InternalFailure"}"#, false, Transient),
            (
                r#"{"EventId":"1","ErrorCode":"ThrottlingException"}"#,
                true,
                Throttled,
            ),
            ("{}", true, Transient),
        ] {
            assert_eq!(result(text, is_of_sender).unwrap_err().class(), class, "{text}");
        }
    }
}
