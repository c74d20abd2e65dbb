"""Functions of a space, and events that are sent to them."""

import json
import secrets

from deployment import expect
from local_aws import REGION

SOURCE = "/tests/targets"
DELIVERY = "eventgatewaydeliveryid"


def register(space, kind, **provider):
    """A function of this provider, by its id."""
    body = {"functionId": f"f-{secrets.token_hex(4)}", "type": kind, "provider": {"region": REGION} | provider}
    return space.request("POST", "functions", body).json["functionId"]


def subscribe(space, function, kind="async", **members):
    """Subscribes a function to an event type of its own; the path and the type."""
    path, event_type = f"/{space.name}/{function}", f"{function}.happened"
    space.event_type(event_type)
    space.subscribe(kind, event_type, function, path, **members)
    return path, event_type


def emit(setting, path, event_type, data, **attributes):
    """Sends one event and gives the answer and the id."""
    event = {
        "specversion": "1.0",
        "type": event_type,
        "source": SOURCE,
        "id": secrets.token_hex(8),
        "time": "2026-01-02T03:04:05Z",
        "datacontenttype": "application/json",
        "data": data,
    } | attributes
    headers = {"Content-Type": "application/cloudevents+json"}
    return setting.gateway.events.request("POST", path, json.dumps(event), headers), event["id"]


def emit_async(setting, path, event_type, data, **attributes):
    """Sends one event that has to be accepted, and gives its id."""
    answer, event_id = emit(setting, path, event_type, data, **attributes)
    expect(answer.status == 202, f"an async event was answered {answer.status}: {answer.text}")
    return event_id


def expect_once(received, sent):
    """Each event that was sent is there once, and no other."""
    got = sorted(event["id"] for event in received)
    expect(got == sorted(sent), f"{len(got)} events, {len(set(got))} different ones, instead of {len(sent)}")


def expect_batches(setting, single, batch, sent):
    """Records went together: in fewer requests than there are records. Singles are fine, as one that finds nobody else
    goes at once."""
    counts = setting.witness.take_counts()
    requests = counts[single] + (counts[batch] if batch != single else 0)
    expect(counts[batch] > 0 and requests < sent * 3 / 4, f"{sent} events went with {dict(counts)}")


def expect_taken(answer):
    """What a connector answers a sync caller."""
    expect((answer.status, answer.body) == (202, b""), f"a connector answered {answer.status}: {answer.text[:300]}")
