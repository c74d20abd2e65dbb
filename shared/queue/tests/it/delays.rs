//! Deliveries that are due later: SQS holds them back for a quarter of an hour, and then they are put off.

use std::time::Duration;

use domain::delivery::Delivery;
use queue::DeliveryQueue;
use serde_json::Value;

use crate::deliveries::{complete, now, ordered, process, receive, send, single};
use crate::peer::{Call, Fault, HIDDEN, Peer};

const RECEIVE: &str = "ReceiveMessage";
const SEND: &str = "SendMessage";
const DELETE: &str = "DeleteMessage";

fn due_in(delivery: Delivery, left: Duration) -> Delivery {
    let left: u64 = left.as_millis().try_into().unwrap();
    Delivery {
        deliver_at: Some(now() + left),
        ..delivery
    }
}

fn body(call: &Call) -> Value {
    serde_json::from_str(call.input["MessageBody"].as_str().unwrap()).unwrap()
}

/// Has a worker wait for messages until the peer was asked so often for something.
async fn wait_for(queue: &DeliveryQueue, peer: &Peer, action: &str, times: usize) {
    tokio::select! {
        received = queue.receive() => panic!("{received:?}"),
        () = peer.called(action, times) => {}
    }
}

#[tokio::test]
async fn sqs_holds_back_what_is_due_soon() {
    let peer = Peer::start(HIDDEN).await;
    let queue = peer.queue();
    let sent = due_in(single("1"), Duration::from_mins(10));
    send(&queue, vec![sent.clone()]).await.unwrap();
    let call = &peer.calls(SEND)[0];
    assert_eq!(call.input["DelaySeconds"], 600);
    assert_eq!(body(call)["deliverAt"], sent.deliver_at.unwrap());
    assert_eq!(body(call)["notBefore"], Value::Null);
    assert_eq!(peer.messages(), (1, 0));
}

/// It takes many receipts until it is due, and none of them is an attempt.
#[tokio::test]
async fn what_is_due_much_later_is_put_off_again_and_again() {
    let peer = Peer::start(HIDDEN).await;
    let queue = peer.queue();
    let sent = due_in(single("1"), Duration::from_hours(40 * 24));
    send(&queue, vec![sent.clone()]).await.unwrap();
    for times in 1..4 {
        let call = peer.calls(SEND).pop().unwrap();
        assert_eq!(call.input["DelaySeconds"], 900);
        assert_eq!(
            body(&call)["notBefore"],
            sent.deliver_at.unwrap().div_ceil(1000) * 1000
        );
        assert_eq!(
            (body(&call)["attempts"].clone(), peer.messages()),
            (Value::Null, (1, 0))
        );
        peer.show_all();
        wait_for(&queue, &peer, DELETE, times).await;
        // The one before is gone, and the one that took its place is held back.
        peer.reached((1, 0), (0, 0)).await;
        assert_eq!(peer.calls(SEND).len(), times + 1);
    }
}

/// One that is early by the clock of who receives it, for instance because that is behind.
#[tokio::test]
async fn what_is_early_for_any_reason_is_put_off() {
    let peer = Peer::start(HIDDEN).await;
    let queue = peer.queue();
    let sent = due_in(single("1"), Duration::from_millis(1_500));
    send(&queue, vec![sent.clone()]).await.unwrap();
    peer.show_all();
    let received = receive(&queue).await;
    assert!(now() >= sent.deliver_at.unwrap());
    assert_eq!(received.deliveries, [sent]);
    assert!(received.waited < Duration::from_secs(2), "{:?}", received.waited);
    complete(&queue, received).await;
    assert_eq!((peer.calls(SEND).len(), peer.calls(DELETE).len()), (2, 2));
}

#[tokio::test]
async fn what_cannot_be_put_off_is_hidden() {
    let peer = Peer::start(HIDDEN).await;
    let queue = peer.queue();
    send(&queue, vec![due_in(single("1"), Duration::from_hours(1))])
        .await
        .unwrap();
    peer.fail(SEND, [Fault::Error(500, "InternalFailure")]);
    peer.show_all();
    wait_for(&queue, &peer, "ChangeMessageVisibility", 1).await;
    assert_eq!((peer.messages(), peer.calls(DELETE).len()), ((1, 0), 0));
}

/// A FIFO queue holds nothing back. The one that is early is hidden, and those behind it stay behind it.
#[tokio::test]
async fn ordered_deliveries_are_hidden_until_they_are_due() {
    let peer = Peer::start(HIDDEN).await;
    let queue = peer.both();
    send(&queue, vec![due_in(ordered("1", "k"), Duration::from_hours(20))])
        .await
        .unwrap();
    send(&queue, vec![ordered("2", "k")]).await.unwrap();
    send(&queue, vec![ordered("3", "other")]).await.unwrap();
    let call = &peer.calls(SEND)[0];
    assert_eq!(call.input["QueueUrl"], peer.fifo_queue_url());
    assert_eq!(call.input.get("DelaySeconds"), None);
    // The standard queue is asked as well, and has nothing.
    assert_eq!(process(&queue).await, "3");
    peer.called("ChangeMessageVisibility", 1).await;
    let hidden = &peer.calls("ChangeMessageVisibility")[0].input;
    let seconds = hidden["VisibilityTimeout"].as_u64().unwrap();
    assert!((11 * 3_600..12 * 3_600).contains(&seconds), "{seconds}");
    // Nothing of the group is handed out meanwhile.
    wait_for(&queue, &peer, RECEIVE, 4).await;
    assert_eq!(peer.ordered_messages().0, 2);
    assert_eq!(peer.calls(SEND).len(), 3);
}
