"""Requests that are refused: too large for AWS, malformed, or without the key."""

import json
import time
import urllib.parse

from deployment import Api, expect, until

FUNCTIONS = ("events_function", "config_function", "dispatcher_function", "config_stream_function")


def event_larger_than_a_message(deployment, server):
    """an event that no SQS message can hold is answered 413, which names the limit"""
    with deployment.space("large") as space:
        path = f"/{space.name}/large"
        space.event_type("large.sent")
        space.function("taker", server.url(path))
        version = space.subscribe("async", "large.sent", "taker", path).headers["X-Config-Version"]
        headers = {"X-Min-Config-Version": version}
        limit = deployment.max_message_bytes
        answer = deployment.events.send(path, "large.sent", data="x" * limit, headers=headers)
        expect(answer.status == 413, f"answered {answer.status}: {answer.text[:300]}")
        expect(str(limit) in answer.json["errors"][0]["message"], f"the limit is not named: {answer.text[:300]}")
        answer = deployment.events.send(path, "large.sent", data="x" * (limit - 2000), headers=headers)
        expect(answer.status == 202, f"a smaller one was answered {answer.status}: {answer.text[:300]}")
        deployment.expect_queues_done()
        expect(len(server.calls(path)) == 1, f"the function was called {len(server.calls(path))} times")


def resource_larger_than_an_item(deployment, server):
    """a subscription that no item of a table can hold is answered 413, which names the limit"""
    with deployment.space("item") as space:
        space.event_type("item.sent")
        space.function("taker", server.url("/item"))
        subscription = {"type": "async", "eventType": "item.sent", "functionId": "taker", "path": "/item", "method": "POST"}
        large = subscription | {"metadata": {"note": "x" * 410_000}}
        answer = space.request("POST", "subscriptions", large, want=(413,))
        message = answer.json["errors"][0]["message"]
        expect("limit" in message, f"the limit is not named: {message}")
        expect(not space.listing()["subscriptions"], "it is there nevertheless")
        space.request("POST", "subscriptions", subscription | {"metadata": {"note": "x" * 150_000}})
        deployment.expect_published(space)


def malformed_version(deployment, _server):
    """a malformed X-Min-Config-Version is answered 400"""
    for text in ("5", "default", "default=", "default=-1", "=1", "default=1,", "default=99999999999999999999", ",".join(["a=1"] * 65)):
        answer = deployment.events.send("/", "any.sent", headers={"X-Min-Config-Version": text})
        expect(answer.status == 400, f"{text!r} was answered {answer.status}: {answer.text[:300]}")
    # A version that nobody wrote is not waited for.
    answer = deployment.events.send("/", "any.sent", headers={"X-Min-Config-Version": "default=99999999"})
    expect(answer.status == 202, f"a version of the future was answered {answer.status}: {answer.text[:300]}")


def message_of_another(deployment, server):
    """a message that somebody else puts into a queue has no function called, and is in the dead-letter queue"""
    with deployment.space("forged") as space:
        path = f"/{space.name}/forged"
        space.event_type("forged.sent")
        space.function("taker", server.url(path))
        subscribed = space.subscribe("async", "forged.sent", "taker", path)
        event = {"specversion": "1.0", "type": "forged.sent", "source": "/somebody", "id": space.name}
        subscriber = {"id": "1", "subscription": subscribed.json["subscriptionId"], "function": "taker"}
        message = {"event": event, "space": space.name, "acceptedAt": int(time.time() * 1000), "subscribers": [subscriber]}
        forged = message | {"signature": "0" * 64}
        queues, outputs = deployment.queues, deployment.outputs
        for body in (message, forged):
            queues.send_message(QueueUrl=outputs["delivery_queue_url"], MessageBody=json.dumps(body, separators=(",", ":")))
        for number, body in enumerate((message, forged)):
            queues.send_message(
                QueueUrl=outputs["ordered_delivery_queue_url"],
                MessageBody=json.dumps(body | {"orderingKey": "k"}, separators=(",", ":")),
                MessageGroupId="k",
                MessageDeduplicationId=f"{space.name}-{number}",
            )
        for queue in ("dead_letter_queue_url", "ordered_dead_letter_queue_url"):
            until(f"both are in {queue}", lambda queue=queue: deployment.queue_depth(queue) == 2)
        # One of the gateway's own gets through.
        headers = {"X-Min-Config-Version": subscribed.headers["X-Config-Version"]}
        answer = deployment.events.send(path, "forged.sent", f"{space.name}-own", headers=headers)
        expect(answer.status == 202, f"the event was answered {answer.status}: {answer.text}")
        until("the gateway's own message arrived", lambda: server.ids(path))
        expect(server.ids(path) == [f"{space.name}-own"], f"the function got {server.ids(path)}")
        expect(space.dead_letters() == [], "there are dead letters")
        for queue in ("dead_letter_queue_url", "ordered_dead_letter_queue_url"):
            queues.purge_queue(QueueUrl=outputs[queue])
        deployment.expect_queues_done()


def key_opens(deployment, _server):
    """the Configuration API opens with its key alone"""
    connect = deployment.outputs["connect"]
    for authorization in (None, "bearer wrong", f"bearer {deployment.key}x", f"basic {deployment.key}", deployment.key):
        headers = {"Authorization": authorization} if authorization else {}
        api = Api(deployment.outputs["config_url"], connect, headers)
        for method, path in (("GET", "/v1/spaces/default/functions"), ("POST", "/v1/spaces/default/eventtypes")):
            body = {"name": "intruder"} if method == "POST" else None
            answer = api.request(method, path, body)
            expect(answer.status == 401, f"{method} with a wrong key was answered {answer.status}")
    answer = deployment.config.request("GET", "/v1/spaces/default/functions")
    expect(answer.status == 200, f"with the key: {answer.status}")


def key_is_nowhere(deployment, _server):
    """the plain key is in no environment and no log of the functions"""
    key = deployment.key
    for function in FUNCTIONS:
        name = deployment.outputs[function]
        expect(key not in str(deployment.environment_of(function)), f"the environment of {name} holds the key")
        pages = deployment.logs.get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{name}")
        messages = [event["message"] for page in pages for event in page["events"]]
        expect(messages, f"{name} has logged nothing: there is nothing to look at")
        for shown in (key, urllib.parse.quote(key, safe="")):
            expect(not any(shown in message for message in messages), f"the log of {name} holds the key")


CASES = [event_larger_than_a_message, resource_larger_than_an_item, malformed_version, message_of_another, key_opens]
LAST_CASES = [key_is_nowhere]
