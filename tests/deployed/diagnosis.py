"""Why an event did not arrive: what the gateway can tell on AWS."""

import json

from deployment import expect, until
from failures import RETRY, fail, send, subscribe

EXPLANATION = {"eventType": "job.sent", "method": "POST"}


def explained(deployment, server):
    """explain tells which subscriptions match, and what keeps the others from it"""
    with deployment.space("explained") as space:
        path = f"/{space.name}/explained"
        subscribe(space, server, ["taker"], path)
        for asked, matches in ((path, True), (f"{path}/deeper", False)):
            answer = space.request("POST", "explain", EXPLANATION | {"path": asked}).json
            (subscription,) = answer["subscriptions"]
            expect(subscription["functionId"] == "taker", f"explained is {subscription}")
            expect(subscription["matches"] == matches, f"{asked} is explained as {subscription}")
        expect(subscription["reasons"] == [{"reason": "path", "wanted": path}], f"the reasons are {subscription['reasons']}")
        expect(server.calls(f"{path}/taker") == [], "the function was called")


def attempts_are_logged(deployment, server):
    """each attempt is a line of the dispatcher's log, and the API says where to look"""
    with deployment.space("logged") as space:
        path, event_id = f"/{space.name}/logged", f"{space.name}-event"
        headers, (called,) = subscribe(space, server, ["flaky"], path, retry=RETRY)
        fail(server, called, 1)
        send(deployment, path, event_id, headers)
        until("the function took the event", lambda: len(server.calls(called)) == 2)
        deployment.expect_queues_done()

        group = f"/aws/lambda/{deployment.outputs['dispatcher_function']}"

        def attempts():
            pages = deployment.logs.get_paginator("filter_log_events").paginate(logGroupName=group)
            messages = [event["message"] for page in pages for event in page["events"]]
            found = [json.loads(message) for message in messages if event_id in message and message.startswith("{")]
            found = [line for line in found if line["msg"] == "Delivery attempted."]
            return found if len(found) >= 2 else None

        first, second = until("both attempts are logged", attempts)
        common = {
            "space": space.name, "functionId": "flaky", "eventId": event_id, "eventType": "job.sent",
            "deliveryId": server.calls(called)[0].delivery_id,
        }
        failed = common | {"attempt": 1, "outcome": "retrying", "status": 500}
        expect(failed.items() <= first.items(), f"the first attempt is logged as {first}")
        expect({"at", "durationMs", "nextAttemptAt", "error", "subscriptionId"} <= first.keys(), f"{first} lacks fields")
        taken = common | {"attempt": 2, "outcome": "delivered"}
        expect(taken.items() <= second.items(), f"the second attempt is logged as {second}")

        answer = space.request("GET", "deliveries", want=(501,))
        message = answer.json["errors"][0]["message"]
        wanted = "the delivery log of this deployment is in its structured logs"
        expect(message == wanted, f"the message is {message!r}")


CASES = [explained, attempts_are_logged]
