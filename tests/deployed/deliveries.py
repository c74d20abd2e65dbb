"""Async events through the queue and the dispatcher: all arrive, and none that nobody is there for."""

import concurrent.futures
import time

from deployment import expect, until

EVENTS = 1000
SENDERS = 8
DELIVERY_SECONDS = 180  # For all events of a case.


def send_events(deployment, path, event_type, ids):
    """Sends events, several at a time; every one has to be accepted."""
    with concurrent.futures.ThreadPoolExecutor(SENDERS) as senders:
        answers = senders.map(lambda event_id: deployment.events.send(path, event_type, event_id), ids)
        refused = [answer for answer in answers if answer.status != 202]
    expect(not refused, f"{len(refused)} events were refused, the first with {refused and refused[0].status}")


def subscribe_functions(deployment, space, server, event_type, path, names):
    """Functions that take events of a path, known to every instance; the paths that they are called at."""
    space.event_type(event_type)
    for name in names:
        space.function(name, server.url(f"{path}/{name}"))
        space.subscribe("async", event_type, name, path)
    time.sleep(deployment.max_staleness)
    return [f"{path}/{name}" for name in names]


def every_event_arrives(deployment, server, count, subscribers):
    with deployment.space("orders") as space:
        path = f"/{space.name}/orders"
        names = [f"subscriber-{number}" for number in range(subscribers)]
        called = subscribe_functions(deployment, space, server, "order.placed", path, names)
        ids = [f"{space.name}-{number}" for number in range(count)]
        began = time.monotonic()
        send_events(deployment, path, "order.placed", ids)
        sent = time.monotonic() - began

        def all_arrived():
            return all(set(server.ids(one)) >= set(ids) for one in called)

        try:
            until("every event has arrived", all_arrived, DELIVERY_SECONDS)
        finally:
            arrived = [len(set(server.ids(one))) for one in called]
            duplicates = sum(len(server.ids(one)) for one in called) - sum(arrived)
            took = time.monotonic() - began
            print(f"    {count} events accepted in {sent:.1f} s, {arrived} arrived after {took:.1f} s, {duplicates} twice")
        deployment.expect_queues_done()


def one_subscriber(deployment, server):
    """1,000 events through SQS: each reaches the subscriber"""
    every_event_arrives(deployment, server, EVENTS, 1)


def three_subscribers(deployment, server):
    """1,000 events through SQS: each reaches all three subscribers"""
    every_event_arrives(deployment, server, EVENTS, 3)


def new_subscriber_is_reached(deployment, server):
    """an event that names the version of a new subscriber reaches it, however old the dispatcher's routes are"""
    with deployment.space("new") as space:
        path = f"/{space.name}/new"
        space.event_type("new.sent")
        ids = [f"{space.name}-{number}" for number in range(20)]
        for event_id in ids:
            space.function(event_id, server.url(path))
            answer = space.subscribe("async", "new.sent", event_id, f"{path}/{event_id}")
            headers = {"X-Min-Config-Version": answer.headers["X-Config-Version"]}
            answer = deployment.events.send(f"{path}/{event_id}", "new.sent", event_id, headers=headers)
            expect(answer.status == 202, f"the event was answered {answer.status}: {answer.text}")
        deployment.expect_queues_done()
        lost = set(ids) - set(server.ids(path))
        expect(not lost, f"{len(lost)} of {len(ids)} accepted events were lost")


def refused_for_good_is_not_retried(deployment, server):
    """a delivery whose subscription and function were deleted is a dead letter, and not tried"""
    with deployment.space("gone") as space:
        path = f"/{space.name}/gone"
        called = subscribe_functions(deployment, space, server, "gone.sent", path, ["deleted", "kept"])
        with deployment.without_mapping("dispatcher_function"):
            deployment.events.send(path, "gone.sent")
            subscriptions = space.listing()["subscriptions"]
            (deleted,) = [one["subscriptionId"] for one in subscriptions if one["functionId"] == "deleted"]
            space.unsubscribe(deleted)
            space.request("DELETE", "functions/deleted")
            expect(deployment.queue_depth("delivery_queue_url") == 1, "the event does not wait in the queue")
            time.sleep(deployment.max_staleness + 1)
        until("the other subscriber has the event", lambda: server.calls(called[1]))
        deployment.expect_queues_done()
        counts = [len(server.calls(one)) for one in called]
        expect(counts == [0, 1], f"calls of the subscribers: {counts}")
        letter = space.await_dead_letter()
        expect(letter["reason"] == "subscriptionDeleted", f"the dead letter is {letter}")


CASES = [
    one_subscriber,
    three_subscribers,
    new_subscriber_is_reached,
    refused_for_good_is_not_retried,
]
