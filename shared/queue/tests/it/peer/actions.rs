//! The actions of the peer, with the limits that SQS has.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};

use super::queue::{Refusal, Sent};
use super::{Call, EntryFault, Fault, MAX_MESSAGE_BYTES, Shared};

type Answer = Result<Value, Refusal>;

pub(super) async fn run(shared: &Shared, action: &str, input: Value) -> Answer {
    let fault = {
        let mut state = shared.state.lock().unwrap();
        state.calls.push(Call {
            action: action.to_owned(),
            input: input.clone(),
        });
        state.fault(action)
    };
    shared.changed();
    let entry_faults = match fault {
        Some(Fault::Error(status, code)) => return Err((status, code)),
        Some(Fault::Silence) => std::future::pending().await,
        Some(Fault::Entries(places, fault)) => Some((places, fault)),
        None => None,
    };
    let answer = match action {
        "SendMessage" => send(shared, text(&input, "QueueUrl"), &input),
        "SendMessageBatch" => send_batch(shared, &input, entry_faults),
        "ReceiveMessage" => Ok(receive(shared, &input).await),
        "DeleteMessage" => {
            let mut state = shared.state.lock().unwrap();
            let queue = state.queue(text(&input, "QueueUrl"));
            queue.delete(text(&input, "ReceiptHandle")).map(|()| json!({}))
        }
        "ChangeMessageVisibility" => {
            change_visibility(shared, text(&input, "QueueUrl"), &input).map(|()| json!({}))
        }
        "ChangeMessageVisibilityBatch" => change_visibility_batch(shared, &input),
        _ => Err((400, "InvalidAction")),
    };
    shared.changed();
    answer
}

fn text<'a>(input: &'a Value, name: &str) -> &'a str {
    input[name].as_str().unwrap_or_default()
}

fn entries(input: &Value) -> Result<&[Value], Refusal> {
    let entries = input["Entries"].as_array().map_or(&[][..], |entries| entries);
    let ids: HashSet<_> = entries.iter().map(|entry| text(entry, "Id")).collect();
    match entries.len() {
        0 => Err((400, "EmptyBatchRequest")),
        11.. => Err((400, "TooManyEntriesInBatchRequest")),
        len if ids.len() < len => Err((400, "BatchEntryIdsNotDistinct")),
        _ => Ok(entries),
    }
}

fn check_message(is_fifo: bool, message: &Value) -> Result<(), Refusal> {
    let body = text(message, "MessageBody");
    let is_taken =
        |c| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..);
    if !body.chars().all(is_taken) {
        return Err((400, "InvalidMessageContents"));
    }
    let is_name = |name: &str| (1..=128).contains(&name.len()) && name.chars().all(|c| c.is_ascii_graphic());
    let is_group = match message.get("MessageGroupId") {
        Some(group) => group.as_str().is_some_and(is_name),
        None => !is_fifo,
    };
    // A FIFO queue holds nothing back by itself, and only it looks for repetitions.
    let is_of_queue = if is_fifo {
        is_name(text(message, "MessageDeduplicationId")) && message.get("DelaySeconds").is_none()
    } else {
        message.get("MessageDeduplicationId").is_none() && seconds(message, "DelaySeconds") <= 900
    };
    if body.is_empty() || body.len() > MAX_MESSAGE_BYTES || !is_group || !is_of_queue {
        return Err((400, "InvalidParameterValue"));
    }
    Ok(())
}

fn seconds(input: &Value, name: &str) -> u64 {
    input.get(name).map_or(0, |seconds| seconds.as_u64().unwrap())
}

fn send(shared: &Shared, url: &str, message: &Value) -> Answer {
    let mut state = shared.state.lock().unwrap();
    let queue = state.queue(url);
    check_message(queue.is_fifo() || url.rsplit('.').next() == Some("fifo"), message)?;
    let id = queue.put(Sent {
        body: text(message, "MessageBody"),
        group_id: text(message, "MessageGroupId"),
        delay: Duration::from_secs(seconds(message, "DelaySeconds")),
        deduplication_id: message.get("MessageDeduplicationId").and_then(Value::as_str),
    });
    Ok(json!({"MessageId": id, "MD5OfMessageBody": ""}))
}

fn send_batch(shared: &Shared, input: &Value, faults: Option<(&[usize], EntryFault)>) -> Answer {
    let entries = entries(input)?;
    if entries
        .iter()
        .map(|entry| text(entry, "MessageBody").len())
        .sum::<usize>()
        > MAX_MESSAGE_BYTES
    {
        return Err((400, "BatchRequestTooLong"));
    }
    let (mut successful, mut failed) = (Vec::new(), Vec::new());
    for (place, entry) in entries.iter().enumerate() {
        let refusal = |code: &str, sender_fault: bool| json!({"Id": entry["Id"], "Code": code, "SenderFault": sender_fault, "Message": "SECRET"});
        match faults.filter(|(places, _)| places.contains(&place)) {
            Some((_, EntryFault::Service)) => failed.push(refusal("InternalError", false)),
            Some((_, EntryFault::Sender)) => failed.push(refusal("InvalidParameterValue", true)),
            Some((_, EntryFault::Unmentioned)) => {}
            None => match send(shared, text(input, "QueueUrl"), entry) {
                Ok(mut sent) => {
                    sent["Id"] = entry["Id"].clone();
                    successful.push(sent);
                }
                Err((_, code)) => failed.push(refusal(code, true)),
            },
        }
    }
    Ok(json!({"Successful": successful, "Failed": failed}))
}

async fn receive(shared: &Shared, input: &Value) -> Value {
    let number = |name: &str| input[name].as_u64().unwrap();
    let most = usize::try_from(number("MaxNumberOfMessages")).unwrap();
    let hidden_for = input["VisibilityTimeout"].as_u64().map(Duration::from_secs);
    let end = Instant::now() + Duration::from_secs(number("WaitTimeSeconds"));
    let mut changes = shared.changes.subscribe();
    loop {
        changes.mark_unchanged();
        let (messages, next) = {
            let mut state = shared.state.lock().unwrap();
            let queue = state.queue(text(input, "QueueUrl"));
            (queue.take(most, hidden_for), queue.next_visible())
        };
        if !messages.is_empty() || Instant::now() >= end {
            return json!({"Messages": messages});
        }
        tokio::select! {
            _ = changes.changed() => {}
            () = sleep_until(next.unwrap_or(end).min(end)) => {}
        }
    }
}

fn change_visibility(shared: &Shared, url: &str, input: &Value) -> Result<(), Refusal> {
    let seconds = seconds(input, "VisibilityTimeout");
    if seconds > 43_200 {
        return Err((400, "InvalidParameterValue"));
    }
    let mut state = shared.state.lock().unwrap();
    state
        .queue(url)
        .hide(text(input, "ReceiptHandle"), Duration::from_secs(seconds))
}

fn change_visibility_batch(shared: &Shared, input: &Value) -> Answer {
    let (mut successful, mut failed) = (Vec::new(), Vec::new());
    for entry in entries(input)? {
        match change_visibility(shared, text(input, "QueueUrl"), entry) {
            Ok(()) => successful.push(json!({"Id": entry["Id"]})),
            Err((_, code)) => failed.push(json!({"Id": entry["Id"], "Code": code, "SenderFault": true})),
        }
    }
    Ok(json!({"Successful": successful, "Failed": failed}))
}
