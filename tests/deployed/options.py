"""What senders and subscriptions can ask of async deliveries: order, delay, and events only once."""

import datetime
import time

from deployment import expect, until
from failures import RETRY, fail, send, subscribe

PAUSE_SECONDS = 5  # Before a failed delivery is tried again: time for the other keys to pass it.
DELAY_SECONDS = 4


def ordered_by_key(deployment, server):
    """ordered events of a key come in order though the first one fails, and other keys do not wait for them"""
    with deployment.space("ordered") as space:
        path = f"/{space.name}/ordered"
        retry = RETRY | {"minDelay": PAUSE_SECONDS, "maxDelay": PAUSE_SECONDS}
        headers, (called,) = subscribe(space, server, ["writer"], path, retry=retry, ordered=True)
        fail(server, called, 1)
        send(deployment, path, "a-1", headers | {"X-Partition-Key": "a"})
        until("the first event was tried", lambda: server.calls(called))
        for key, number in (("a", 2), ("a", 3), ("b", 1), ("b", 2)):
            send(deployment, path, f"{key}-{number}", headers | {"X-Partition-Key": key})
        until("all events have arrived", lambda: len(server.calls(called)) >= 6)
        deployment.expect_queues_done()
        ids = server.ids(called)
        first = [one for one in ids if one.startswith("a")]
        expect(first == ["a-1", "a-1", "a-2", "a-3"], f"events of the key that failed came as {first}")
        second = [one for one in ids if one.startswith("b")]
        expect(second == ["b-1", "b-2"], f"events of the other key came as {second}")
        expect(ids.index("b-2") < ids.index("a-1", 1), f"the other key waited: {ids}")
        attempts = [call.attempt for call in server.calls(called) if call.event["id"] == "a-1"]
        expect(attempts == [1, 2], f"the attempts were {attempts}")


def ordered_dead_letter_is_stepped_over(deployment, server):
    """an ordered delivery that is given up is a dead letter, and the next of its key comes"""
    with deployment.space("stepped") as space:
        path = f"/{space.name}/stepped"
        headers, (called,) = subscribe(space, server, ["writer"], path, retry=RETRY, ordered=True)
        server.reply(called, lambda event: (500 if event["id"] == "first" else 200, {}))
        for event_id in ("first", "second"):
            send(deployment, path, event_id, headers | {"X-Partition-Key": "key"})
        until("the second event has arrived", lambda: "second" in server.ids(called))
        expect(server.ids(called) == ["first"] * 3 + ["second"], f"the events came as {server.ids(called)}")
        letter = space.await_dead_letter()
        expect(letter["reason"] == "attemptsExhausted", f"the dead letter is {letter}")

        server.reply(called, lambda _event: (200, {}))
        space.request("POST", "deadletters/redrive", {"all": True})
        until("the redriven event has arrived", lambda: server.ids(called)[-1] == "first")
        deployment.expect_queues_done()
        expect(server.calls(called)[-1].delivery_id == letter["deliveryId"], "it has another id now")
        expect(space.dead_letters() == [], "the dead letter is there still")


def delayed_is_not_early(deployment, server):
    """X-Deliver-At: an event does not come before its time"""
    with deployment.space("delayed") as space:
        path = f"/{space.name}/delayed"
        headers, (called,) = subscribe(space, server, ["sleeper"], path)
        due = time.time() + DELAY_SECONDS
        text = datetime.datetime.fromtimestamp(due, datetime.timezone.utc).isoformat(timespec="milliseconds")
        send(deployment, path, None, headers | {"X-Deliver-At": text})
        (call,) = until("the event has arrived", lambda: server.calls(called))
        # The text is cut to milliseconds.
        expect(call.at >= due - 0.001, f"the event came {due - call.at:.3f} s early")
        deployment.expect_queues_done()
        answer = deployment.events.send(path, "job.sent", headers=headers | {"X-Deliver-At": "tomorrow"})
        expect(answer.status == 400, f"a time that is none was answered {answer.status}: {answer.text}")


def deduplicated_comes_once(deployment, server):
    """X-Deduplication-Key: of events with the same key the first one comes, alone"""
    with deployment.space("once") as space:
        path = f"/{space.name}/once"
        headers, (called,) = subscribe(space, server, ["payer"], path)
        for key, event_id in (("k", "first"), ("k", "second"), ("other", "third"), ("k", "fourth")):
            send(deployment, path, event_id, headers | {"X-Deduplication-Key": f"{space.name}-{key}"})
        deployment.expect_queues_done()
        ids = sorted(server.ids(called))
        expect(ids == ["first", "third"], f"the events {ids} have arrived")


CASES = [ordered_by_key, ordered_dead_letter_is_stepped_over, delayed_is_not_early, deduplicated_comes_once]
