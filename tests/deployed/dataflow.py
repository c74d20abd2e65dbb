"""What is decided on the way of an event: filters, transforms, schemas and hooks do in the functions what they do in the
process, from the published snapshot on."""

from deployment import expect, until
from failures import ATTEMPTS, RETRY

EVENT_TYPE = "order.sent"


def send(deployment, path, version, event_id, data, status=202):
    """Sends an event by routes of a version, and gives its answer."""
    headers = {"X-Min-Config-Version": version}
    answer = deployment.events.send(path, EVENT_TYPE, event_id, data, headers)
    expect(answer.status == status, f"{event_id} was answered {answer.status}: {answer.text}")
    return answer


def functions(space, server, path, names):
    """Functions of a case; the paths that they are called at."""
    for name in names:
        space.function(name, server.url(f"{path}/{name}"))
    return [f"{path}/{name}" for name in names]


def filters_choose(deployment, server):
    """an async event reaches those whose filters it passes, and a sync one is answered by the first of them"""
    with deployment.space("filters") as space:
        path = f"/{space.name}/filters"
        space.event_type(EVENT_TYPE)
        large, german, everything = functions(space, server, path, ["large", "german", "everything"])
        of_large = [{"pattern": {"data": {"amount": [{"numeric": [">", 100]}]}}}]
        of_german = [{"sql": "id LIKE '%-de-%'"}, {"prefix": {"source": "/tests"}}]
        space.subscribe("async", EVENT_TYPE, "large", path, filters=of_large)
        space.subscribe("async", EVENT_TYPE, "german", path, filters=of_german)
        space.subscribe("async", EVENT_TYPE, "everything", path)
        for function_id, filters in (("large", of_large), ("german", of_german), ("everything", None)):
            members = {"filters": filters} if filters else {}
            answer = space.subscribe("sync", EVENT_TYPE, function_id, f"{path}/first", **members)
        version = answer.headers["X-Config-Version"]
        deployment.expect_published(space)

        sent = {f"{space.name}-de-1": 50, f"{space.name}-us-1": 150, f"{space.name}-de-2": 500}
        for event_id, amount in sent.items():
            send(deployment, path, version, event_id, {"amount": amount})
        until("all events have arrived somewhere", lambda: len(server.calls(everything)) == len(sent))
        deployment.expect_queues_done()
        for called, wanted in (
            (large, [event_id for event_id, amount in sent.items() if amount > 100]),
            (german, [event_id for event_id in sent if "-de-" in event_id]),
            (everything, list(sent)),
        ):
            expect(sorted(server.ids(called)) == sorted(wanted), f"{called} got {server.ids(called)}, not {wanted}")

        for event_id, amount, first in (("x-de-1", 500, large), ("x-de-2", 5, german), ("x-us-1", 5, everything)):
            answer = send(deployment, f"{path}/first", version, event_id, {"amount": amount}, status=200)
            expect(answer.text == first, f"{event_id} was answered by {answer.text}, not by {first}")

        event = {"specversion": "1.0", "type": EVENT_TYPE, "source": "/s", "id": "1", "data": {"amount": 100}}
        tried = space.request("POST", "filters/test", {"filters": of_large, "event": event}).json
        expect(tried["matches"] is False, f"tried, the filters say {tried}")
        broken = {"type": "async", "eventType": EVENT_TYPE, "functionId": "large", "path": path, "filters": [{"sql": "id ="}]}
        space.request("POST", "subscriptions", broken, want=(400,))


def transforms_apply(deployment, server):
    """functions get what transforms make of events, and callers what they make of answers"""
    with deployment.space("transforms") as space:
        path = f"/{space.name}/transforms"
        space.event_type(EVENT_TYPE)
        greeted, counted, answered = functions(space, server, path, ["greeted", "counted", "answered"])
        space.subscribe("async", EVENT_TYPE, "greeted", path, transform={"jsonata": "{'text': 'Hello ' & data.name}"})
        template = {"inputPathsMap": {"n": "$.detail.n"}, "inputTemplate": '{"n": <n>}'}
        space.subscribe("async", EVENT_TYPE, "counted", path, transform={"inputTransformer": template})
        answer = space.subscribe(
            "sync", EVENT_TYPE, "answered", path,
            transform={"jsonata": "data.name"}, answerTransform={"jsonata": "{'status': 201, 'body': {'said': body}}"},
        )
        # More digits than a number of 64 bits has.
        number, event_id = 12345678901234567890, f"{space.name}-1"
        said = send(
            deployment, path, answer.headers["X-Config-Version"], event_id, {"name": "Ada", "n": number}, status=201
        )
        expect(said.json == {"said": answered}, f"the caller was told {said.text}")
        until("both got the event", lambda: server.calls(greeted) and server.calls(counted))
        deployment.expect_queues_done()
        for called, wanted in ((greeted, {"text": "Hello Ada"}), (counted, {"n": number}), (answered, "Ada")):
            (call,) = server.calls(called)
            expect((call.event["id"], call.event["data"]) == (event_id, wanted), f"{called} got {call.event}")


def broken_transform_keeps_the_event(deployment, server):
    """an event that breaks a transform is a dead letter with the original, and arrives once the transform is mended"""
    with deployment.space("broken") as space:
        path = f"/{space.name}/broken"
        space.event_type(EVENT_TYPE)
        (called,) = functions(space, server, path, ["taker"])
        broken = space.subscribe("async", EVENT_TYPE, "taker", path, transform={"jsonata": "data.name * 2"})
        send(deployment, path, broken.headers["X-Config-Version"], f"{space.name}-1", {"name": "Ada"})
        letter = space.await_dead_letter()
        found = (letter["reason"], letter["event"]["data"])
        expect(found == ("transformFailed", {"name": "Ada"}), f"the dead letter is {letter}")
        expect(server.calls(called) == [], "the function was called")

        subscription_id = broken.json["subscriptionId"].replace("/", "%2F")
        space.request("PATCH", f"subscriptions/{subscription_id}", {"transform": {"jsonata": "data.name"}})
        # The dispatcher may know the old one for so long.
        until("the event has arrived", lambda: redriven(space, server, called))
        deployment.expect_queues_done()
        expect(server.calls(called)[-1].event["data"] == "Ada", f"the function got {server.calls(called)[-1].event}")


def redriven(space, server, called):
    """Queues what is dead again, until the function has been called."""
    if not server.calls(called) and space.dead_letters():
        space.request("POST", "deadletters/redrive", {"all": True})
    return server.calls(called)


def schemas_hold(deployment, server):
    """an event is held to the version of the schema that it names, or to the newest; what does not fit is not queued"""
    with deployment.space("schemas") as space:
        path = f"/{space.name}/schemas"
        (called,) = functions(space, server, path, ["taker"])
        schema = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}
        members = {"schema": schema, "validation": "reject", "compatibility": "backward"}
        space.request("POST", "eventtypes", {"name": EVENT_TYPE} | members)
        # By a pattern, so that what is registered has to be published as well.
        space.subscribe("async", "order.*", "taker", path)
        versions = f"schemas/{EVENT_TYPE}/versions"
        refused = space.request("POST", versions, schema | {"required": ["id", "at"]}, want=(409,)).json["errors"][0]
        expect((refused["rule"], refused["value"]) == ("required", {"id": "a"}), f"the version is refused with {refused}")
        looser = {"type": "object", "properties": {"id": {"type": "string"}, "at": {"type": "string"}}}
        answer = space.request("POST", versions, looser, want=(201,))
        version, first = answer.headers["X-Config-Version"], f"/v1/spaces/{space.name}/{versions}/1"
        deployment.expect_published(space)

        def send_as(event_id, data, status, **members):
            event = {"specversion": "1.0", "type": EVENT_TYPE, "source": "/tests/deployed", "id": event_id, "data": data}
            headers = {"Content-Type": "application/cloudevents+json", "X-Min-Config-Version": version}
            answer = deployment.events.request("POST", path, event | members, headers)
            expect(answer.status == status, f"{event_id} was answered {answer.status}: {answer.text}")
            return answer

        send_as("newest", {"at": "now"}, 202)
        send_as("first", {"id": "1"}, 202, dataschema=f"https://gateway.example.com{first}")
        unfit = send_as("unfit", {"id": 1}, 400).json["errors"][0]
        expect((unfit["path"], unfit["value"]) == ("/id", "1"), f"the caller was told {unfit}")
        unfit = send_as("unfit", {"at": "now"}, 400, dataschema=f"https://gateway.example.com{first}").json["errors"][0]
        expect(unfit["schemaPath"] == "/required", f"the caller was told {unfit}")
        until("the events that fit have arrived", lambda: len(server.calls(called)) == 2)
        deployment.expect_queues_done()
        expect(sorted(server.ids(called)) == ["first", "newest"], f"the events {server.ids(called)} have arrived")

        inferred = space.request("POST", "schemas/infer", {"events": [{"id": "1"}, {"id": "2", "at": "now"}]}).json
        expect(inferred["schema"]["required"] == ["id"], f"the schema of two events is {inferred}")
        # No function of the Configuration API has seen any event.
        space.request("POST", "schemas/infer", {"recent": EVENT_TYPE}, want=(501,))


def receive_hook_decides(deployment, server):
    """a receive hook refuses an event before it is queued, and changes what is"""
    with deployment.space("gate") as space:
        path = f"/{space.name}/gate"
        gate, called = functions(space, server, path, ["gate", "taker"])
        space.request("POST", "eventtypes", {"name": EVENT_TYPE, "hooks": [{"point": "receive", "functionId": "gate"}]})
        version = space.subscribe("async", EVENT_TYPE, "taker", path).headers["X-Config-Version"]

        def decide(question):
            event = question["event"]
            if event["data"] == "bad":
                return 200, {"error": {"message": "pay first", "statusCode": 402}}
            return 200, {"event": event | {"tenant": "acme"}}

        server.reply(gate, decide)
        refused = send(deployment, path, version, "bad", "bad", status=402)
        expect("pay first" in refused.text, f"the caller was told {refused.text}")
        send(deployment, path, version, "good", "good")
        until("the good event has arrived", lambda: server.calls(called))
        deployment.expect_queues_done()
        expect(server.ids(called) == ["good"], f"the events {server.ids(called)} have arrived")
        (call,) = server.calls(called)
        expect(call.event.get("tenant") == "acme", f"the function got {call.event}")
        point = server.calls(gate)[0].event["point"]
        expect(point == "receive", f"the hook was asked at {point}")


def deliver_hook_decides(deployment, server):
    """a deliver hook is asked by the dispatcher: it changes the event, or refuses it for good, and a failure is tried again"""
    with deployment.space("enrich") as space:
        path = f"/{space.name}/enrich"
        space.event_type(EVENT_TYPE)
        hook, called = functions(space, server, path, ["hook", "taker"])
        hooks = [{"point": "deliver", "functionId": "hook"}]
        answer = space.subscribe("async", EVENT_TYPE, "taker", path, hooks=hooks, retry=RETRY)
        version = answer.headers["X-Config-Version"]
        failures = iter([500] * (ATTEMPTS - 1))

        def decide(question):
            event = question["event"]
            if event["id"] == "refused":
                return 200, {"error": "not to this one"}
            return next(failures, 200), {"event": event | {"data": {"seen": event["data"]}}}

        server.reply(hook, decide)
        send(deployment, path, version, "changed", 1)
        until("the event has arrived", lambda: server.calls(called))
        (call,) = server.calls(called)
        expect(call.event["data"] == {"seen": 1}, f"the function got {call.event}")
        expect(call.attempt == ATTEMPTS, f"it arrived at attempt {call.attempt}")
        attempts = [one.event["attempt"] for one in server.calls(hook)]
        expect(attempts == [1, 2, 3], f"the hook was asked at the attempts {attempts}")

        send(deployment, path, version, "refused", 1)
        letter = space.await_dead_letter()
        expect((letter["reason"], letter["event"]["data"]) == ("hookRefused", 1), f"the dead letter is {letter}")
        deployment.expect_queues_done()
        expect(server.ids(called) == ["changed"], f"the events {server.ids(called)} have arrived")


def answer_hook_changes_the_answer(deployment, server):
    """hooks around a sync call: what they make of event and answer is what function and caller get"""
    with deployment.space("label") as space:
        path = f"/{space.name}/label"
        space.event_type(EVENT_TYPE)
        before, after, called = functions(space, server, path, ["before", "after", "taker"])
        hooks = [{"point": "deliver", "functionId": "before"}, {"point": "answer", "functionId": "after"}]
        version = space.subscribe("sync", EVENT_TYPE, "taker", path, hooks=hooks).headers["X-Config-Version"]
        server.reply(before, lambda question: (200, {"event": question["event"] | {"data": "changed"}}))
        server.reply(after, lambda question: (200, {"response": {"statusCode": 203, "headers": {"X-Label": "seen"}}}))
        answer = send(deployment, path, version, "1", "sent", status=203)
        expect((answer.headers["X-Label"], answer.text) == ("seen", called), f"the caller got {answer}")
        (call,) = server.calls(called)
        expect(call.event["data"] == "changed", f"the function got {call.event}")
        seen = server.calls(after)[0].event["response"]
        expect(seen["statusCode"] == 200, f"the hook saw {seen}")


CASES = [
    filters_choose,
    transforms_apply,
    broken_transform_keeps_the_event,
    schemas_hold,
    receive_hook_decides,
    deliver_hook_decides,
    answer_hook_changes_the_answer,
]
