//! A topic that takes messages, one by one or several with a request.

use aws::{Client, Form};
use bytes::Bytes;

use super::batch::{BatchService, Limits};
use super::key::Marks;
use super::{AwsFailure, AwsIdentity, EntryError, EntryResults, retries};
use crate::call::Caller;

/// A topic to publish to.
#[derive(Clone)]
pub(crate) struct Topic {
    pub(crate) client: Client,
    pub(crate) arn: String,
    pub(crate) identity: AwsIdentity,
}

/// An event on its way to a topic.
#[derive(Clone)]
pub(crate) struct Message {
    pub(crate) text: String,
    pub(crate) marks: Marks,
}

impl Message {
    /// Adds what is sent of it. `place`: what precedes the names of its fields.
    fn write(&self, place: &str, form: Form) -> Form {
        let marks = &self.marks;
        form.with(format_args!("{place}Message"), &self.text)
            .with_any(
                format_args!("{place}MessageDeduplicationId"),
                marks.deduplication.as_deref(),
            )
            .with_any(format_args!("{place}MessageGroupId"), marks.group.as_deref())
    }
}

impl BatchService for Topic {
    type Entry = Message;
    // A topic may take more by its settings, but not every one does.
    const LIMITS: Limits = Limits {
        entries: 10,
        bytes: 256 * 1024,
        in_flight: 8,
    };

    fn size(message: &Message) -> usize {
        message.text.len() + message.marks.size()
    }

    async fn send(&self, message: Message, caller: Caller) -> Result<Bytes, AwsFailure> {
        let form = message.write("", Form::default().with("TopicArn", &self.arn));
        let call = retries::call(&self.client, "Publish", caller.waits());
        let sent = call.form(form, "PublishResponse").await;
        let answer = sent.map_err(|error| AwsFailure::of(error, &self.identity))?;
        let mut ids = answer.rows(&["PublishResult"], ["MessageId"]).into_iter();
        let id = ids.next().and_then(|[id]| id);
        Ok(id.map(Bytes::from).unwrap_or_default())
    }

    async fn send_all(&self, messages: Vec<Message>) -> Result<Vec<Result<Bytes, AwsFailure>>, AwsFailure> {
        let mut results = EntryResults::of(messages.len());
        let mut form = Form::default().with("TopicArn", &self.arn);
        for (index, message) in messages.iter().enumerate() {
            let place = format!("PublishBatchRequestEntries.member.{}.", index + 1);
            form = form.with(format_args!("{place}Id"), &index.to_string());
            form = message.write(&place, form);
        }
        let call = retries::call(&self.client, "PublishBatch", false);
        let sent = call.form(form, "PublishBatchResponse").await;
        let answer = sent.map_err(|error| AwsFailure::of(error, &self.identity))?;
        let taken = ["PublishBatchResult", "Successful", "member"];
        for [entry, id] in answer.rows(&taken, ["Id", "MessageId"]) {
            let id = id.map(Bytes::from).unwrap_or_default();
            results.set(&entry.unwrap_or_default(), Ok(id));
        }
        let failed = ["PublishBatchResult", "Failed", "member"];
        let fields = ["Id", "Code", "Message", "SenderFault"];
        for [entry, code, message, sender_fault] in answer.rows(&failed, fields) {
            let error = EntryError {
                code: code.as_deref(),
                message: message.as_deref(),
                sender_fault: sender_fault.as_deref() == Some("true"),
            };
            let failure = AwsFailure::of_entry(error, &self.identity);
            results.set(&entry.unwrap_or_default(), Err(failure));
        }
        Ok(results.into())
    }
}
