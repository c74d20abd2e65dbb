//! Ordered deliveries in one process: what goes through the FIFO queue, and how the workers share it with the other.

use std::time::Duration;

use domain::delivery::Delivery;
use queue::{DeliveryQueue, QueueError, Received, Settled};

use crate::deliveries::{complete, defer, ordered, process, receive, retry, send, settle, single};
use crate::log::lines_with;
use crate::peer::{Fault, HIDDEN, Peer};

const SEND: &str = "SendMessage";
const SHOW: &str = "ChangeMessageVisibilityBatch";

async fn send_all(queue: &DeliveryQueue, deliveries: &[(&str, &str)]) {
    for (id, key) in deliveries {
        send(queue, vec![ordered(id, key)]).await.unwrap();
    }
}

/// As many messages, each in the hands of a worker. The next worker asks the FIFO queue for one more than these at a
/// time: no question of before, when there were fewer workers, is open.
async fn in_hand(queue: &DeliveryQueue, count: usize) -> Vec<Received> {
    let mut received = Vec::new();
    for number in 1..count {
        send(queue, vec![single(&format!("busy-{number}"))])
            .await
            .unwrap();
        received.push(receive(queue).await);
    }
    send(queue, vec![ordered("busy", "busy")]).await.unwrap();
    received.push(receive(queue).await);
    received
}

fn id(received: &Received) -> &str {
    received.deliveries[0].event.id()
}

#[tokio::test]
async fn without_a_fifo_queue_ordered_deliveries_are_refused() {
    let peer = Peer::start(HIDDEN).await;
    let queue = peer.queue();
    let deliveries = vec![single("1"), ordered("2", "k")];
    for result in [queue.check(&deliveries), send(&queue, deliveries).await] {
        let error = result.unwrap_err();
        assert!(matches!(error, QueueError::NoFifoQueue));
        assert_eq!(
            error.to_string(),
            "ordered deliveries need a FIFO queue, and none is set"
        );
    }
    assert!(peer.calls(SEND).is_empty() && peer.calls("SendMessageBatch").is_empty());
}

#[tokio::test]
async fn each_ordered_delivery_is_a_message_of_its_group() {
    let peer = Peer::start(HIDDEN).await;
    let queue = peer.both();
    let first = ordered("1", "k ä");
    let again = Delivery {
        accepted_at: first.accepted_at + 1,
        ..first.clone()
    };
    for delivery in [
        first.clone(),
        first,
        again,
        ordered("2", "k ä"),
        ordered("3", "l"),
    ] {
        queue.check(std::slice::from_ref(&delivery)).unwrap();
        send(&queue, vec![delivery]).await.unwrap();
    }
    let calls = peer.calls(SEND);
    let group = |place: usize| calls[place].input["MessageGroupId"].as_str().unwrap();
    assert!(
        calls
            .iter()
            .all(|call| call.input["QueueUrl"] == peer.fifo_queue_url())
    );
    assert!([1, 2, 3].iter().all(|place| group(*place) == group(0)) && group(4) != group(0));
    // One that is sent twice, since its sender knew nothing of the first time, is there once. A dead letter that is
    // queued again is another.
    assert_eq!(peer.ordered_messages(), (4, 4));
}

#[tokio::test]
async fn what_is_sent_at_once_is_in_order_whatever_is_refused() {
    let peer = Peer::start(HIDDEN).await;
    let queue = peer.both();
    peer.fail(
        "SendMessageBatch",
        [Fault::Entries(&[0], crate::peer::EntryFault::Service)],
    );
    let sent = [("1", "k"), ("2", "k"), ("3", "l"), ("4", "k"), ("5", "l")];
    send(&queue, sent.map(|(id, key)| ordered(id, key)).into())
        .await
        .unwrap();
    let mut order = Vec::new();
    for _ in sent {
        order.push(process(&queue).await);
    }
    let of = |ids: &[&str]| {
        order
            .iter()
            .filter(|id| ids.contains(&&***id))
            .cloned()
            .collect::<Vec<_>>()
    };
    assert_eq!(of(&["1", "2", "4"]), ["1", "2", "4"]);
    assert_eq!(of(&["3", "5"]), ["3", "5"]);
    assert_eq!(peer.ordered_messages(), (0, 0));
}

/// Three of a group come at once; when the first fails, the other two go back behind it, unseen.
#[tokio::test]
async fn those_behind_a_failed_one_are_given_back() {
    let peer = Peer::start(HIDDEN).await;
    let queue = peer.both();
    let busy = in_hand(&queue, 4).await;
    send_all(&queue, &[("1", "k"), ("2", "k"), ("3", "k"), ("4", "l")]).await;
    let (first, other) = (receive(&queue).await, receive(&queue).await);
    assert_eq!((id(&first), id(&other)), ("1", "4"));
    // Nothing else may be begun, though there it is.
    assert_eq!(peer.ordered_messages(), (5, 0));
    let settled = settle(&queue, first, |_| retry(Duration::from_mins(1))).await;
    assert_eq!(settled, Settled::Returned);
    assert_eq!(peer.calls(SHOW).len(), 1);
    assert_eq!(peer.calls(SHOW)[0].input["Entries"].as_array().unwrap().len(), 2);
    // Two can be seen, and still SQS keeps them until the first can be.
    assert_eq!(peer.ordered_messages(), (5, 2));
    complete(&queue, other).await;
    peer.show_all();
    for want in ["1", "2", "3"] {
        assert_eq!(process(&queue).await, want);
    }
    assert_eq!(peer.ordered_messages().0, 1);
    drop(busy);
}

#[tokio::test]
async fn a_completed_one_makes_way_for_the_next() {
    let peer = Peer::start(HIDDEN).await;
    let queue = peer.both();
    let _busy = in_hand(&queue, 3).await;
    send_all(&queue, &[("1", "k"), ("2", "k")]).await;
    let first = receive(&queue).await;
    let next = tokio::spawn({
        let queue = queue.clone();
        async move { process(&queue).await }
    });
    // The worker waits although its message is here: the queues have been asked for others.
    let polls = peer.calls("ReceiveMessage").len();
    peer.called("ReceiveMessage", polls.max(2)).await;
    assert!(!next.is_finished());
    complete(&queue, first).await;
    assert_eq!(next.await.unwrap(), "2");
}

/// Without a word of how it went, the order holds: those behind it are forgotten, and SQS shows them after it.
#[tokio::test]
async fn those_behind_a_lost_one_are_not_begun() {
    let peer = Peer::start(HIDDEN).await;
    let queue = peer.both();
    let _busy = in_hand(&queue, 3).await;
    send_all(&queue, &[("1", "k"), ("2", "k")]).await;
    drop(receive(&queue).await);
    assert_eq!(peer.ordered_messages(), (3, 0));
    send_all(&queue, &[("3", "l")]).await;
    assert_eq!(process(&queue).await, "3");
    peer.show_all();
    assert_eq!(process(&queue).await, "1");
    assert_eq!(process(&queue).await, "2");
}

/// Here a receipt is all that can count as an attempt.
#[tokio::test]
async fn deferring_hides_and_counts() {
    let peer = Peer::start(HIDDEN).await;
    let queue = peer.both();
    send_all(&queue, &[("1", "k")]).await;
    let received = receive(&queue).await;
    assert_eq!(
        settle(&queue, received, |_| defer(Duration::ZERO)).await,
        Settled::Returned
    );
    let received = receive(&queue).await;
    assert_eq!(received.deliveries[0].attempts, 1);
    assert_eq!(peer.calls(SEND).len(), 1);
}

#[tokio::test]
async fn neither_queue_keeps_the_other_waiting() {
    let peer = Peer::start(HIDDEN).await;
    let queue = peer.both();
    let busy = in_hand(&queue, 9).await;
    for number in 0..4 {
        send(&queue, vec![single(&format!("s{number}"))]).await.unwrap();
        send_all(&queue, &[(&format!("o{number}"), &number.to_string())]).await;
    }
    // The first of each is here once one of each was handed out.
    let mut kinds = Vec::new();
    while peer.messages().0 + peer.ordered_messages().0 > busy.len() {
        let received = receive(&queue).await;
        kinds.push(id(&received)[..1].to_owned());
        complete(&queue, received).await;
    }
    let ordered = kinds.iter().filter(|kind| *kind == "o").count();
    assert_eq!((kinds.len(), ordered), (8, 4));
    // Whichever answer came first, the other queue had its turn before that one was through.
    assert!(
        kinds[..6].contains(&"o".to_owned()) && kinds[..6].contains(&"s".to_owned()),
        "{kinds:?}"
    );
}

/// One worker waits for both queues, and finds what comes to either at once.
#[tokio::test]
async fn an_answer_of_one_queue_does_not_end_the_wait_of_the_other() {
    let peer = Peer::start(HIDDEN).await;
    let queue = peer.both();
    for round in 0..3 {
        send(&queue, vec![single(&format!("s{round}"))]).await.unwrap();
        assert_eq!(process(&queue).await, format!("s{round}"));
        send_all(&queue, &[(&format!("o{round}"), "k")]).await;
        assert_eq!(process(&queue).await, format!("o{round}"));
    }
    assert_eq!(peer.abandoned_calls(), 0);
}

#[tokio::test]
async fn closing_gives_back_what_waits_behind_another() {
    let peer = Peer::start(HIDDEN).await;
    let queue = peer.both();
    let _busy = in_hand(&queue, 4).await;
    send_all(&queue, &[("1", "k"), ("2", "k"), ("3", "k")]).await;
    let first = receive(&queue).await;
    assert_eq!((id(&first), peer.ordered_messages()), ("1", (4, 0)));
    queue.close();
    assert!(queue.receive().await.is_none());
    assert_eq!(peer.ordered_messages(), (4, 2));
    complete(&queue, first).await;
    assert_eq!(process(&peer.both()).await, "2");
}

#[tokio::test]
async fn those_behind_one_that_cannot_be_read_wait() {
    crate::log::keep();
    let peer = Peer::start(HIDDEN).await;
    let queue = peer.both();
    let _busy = in_hand(&queue, 4).await;
    send_all(&queue, &[("1", "k")]).await;
    let group = peer.calls(SEND).pop().unwrap().input["MessageGroupId"].clone();
    assert_eq!(process(&queue).await, "1");
    peer.put_ordered("PAYLOAD", group.as_str().unwrap());
    send_all(&queue, &[("2", "k"), ("3", "l")]).await;
    assert_eq!(process(&queue).await, "3");
    // Given back behind it, and not begun.
    peer.reached((3, 0), (3, 1)).await;
    let lines = lines_with(&peer.fifo_queue_url());
    assert!(
        lines.iter().any(|line| line.contains("is not taken")),
        "{lines:?}"
    );
}
