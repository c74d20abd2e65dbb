"""Async deliveries that fail: they come back alone, with the same id, until their function takes them, they are dead
letters, or their subscription is paused."""

from deployment import expect, until

ATTEMPTS = 3
RETRY = {"maxAttempts": ATTEMPTS, "minDelay": 1, "maxDelay": 1}
RESUME_SECONDS = 100  # Whether a subscription was resumed is looked up once a minute.


def subscribe(space, server, names, path, event_type="job.sent", **members):
    """Functions that take the events of a path. Gives the headers of an event that is to reach all of them, and the paths
    that they are called at."""
    space.event_type(event_type)
    for name in names:
        space.function(name, server.url(f"{path}/{name}"))
        answer = space.subscribe("async", event_type, name, path, **members)
    return {"X-Min-Config-Version": answer.headers["X-Config-Version"]}, [f"{path}/{name}" for name in names]


def send(deployment, path, event_id, headers, event_type="job.sent"):
    answer = deployment.events.send(path, event_type, event_id, headers=headers)
    expect(answer.status == 202, f"the event was answered {answer.status}: {answer.text}")


def fail(server, path, times, status=500):
    """So many answers of a function have this status, and all others 200."""
    statuses = iter([status] * times)
    server.reply(path, lambda _event: (next(statuses, 200), {}))


def expect_attempts(calls, attempts):
    made = [call.attempt for call in calls]
    expect(made == attempts, f"the attempts were {made} instead of {attempts}")
    expect(len({call.delivery_id for call in calls}) == 1, "the attempts have several ids of deliveries")


def failed_subscriber_is_called_again_alone(deployment, server):
    """of a packed message only the subscriber that failed is called again, with the same id and the next attempt"""
    with deployment.space("packed") as space:
        path = f"/{space.name}/packed"
        headers, called = subscribe(space, server, ["good-1", "bad", "good-2"], path, retry=RETRY)
        bad = called[1]
        fail(server, bad, ATTEMPTS - 1)
        send(deployment, path, None, headers)
        until("the failed subscriber got the event after all", lambda: len(server.calls(bad)) == ATTEMPTS)
        deployment.expect_queues_done()
        counts = [len(server.calls(one)) for one in called]
        expect(counts == [1, ATTEMPTS, 1], f"calls of the subscribers: {counts}, the second one failed twice")
        expect_attempts(server.calls(bad), [1, 2, 3])
        ids = {server.calls(one)[0].delivery_id for one in called}
        expect(len(ids) == len(called), "subscribers have an id of a delivery in common")
        expect(space.dead_letters() == [], "there are dead letters")


def hidden_message_counts_its_attempts(deployment, server):
    """a message of one delivery, which SQS counts the receipts of, is tried again after the pause of its policy"""
    with deployment.space("alone") as space:
        path = f"/{space.name}/alone"
        retry = RETRY | {"minDelay": 2, "maxDelay": 2}
        headers, (called,) = subscribe(space, server, ["flaky"], path, retry=retry)
        fail(server, called, ATTEMPTS - 1)
        send(deployment, path, None, headers)
        until("the function took the event", lambda: len(server.calls(called)) == ATTEMPTS)
        deployment.expect_queues_done()
        calls = server.calls(called)
        expect_attempts(calls, [1, 2, 3])
        pauses = [later.at - earlier.at for earlier, later in zip(calls, calls[1:])]
        expect(min(pauses) >= 1.9, f"the pauses were {pauses}")


def hopeless_delivery_is_a_dead_letter(deployment, server):
    """a delivery that is never taken is a dead letter with reason, and redriven it arrives with the same id"""
    with deployment.space("hopeless") as space:
        path, event_id = f"/{space.name}/hopeless", f"{space.name}-event"
        headers, (good, bad) = subscribe(space, server, ["good", "bad"], path, retry=RETRY)
        fail(server, bad, ATTEMPTS)
        send(deployment, path, event_id, headers)
        letter = space.await_dead_letter()
        wanted = {"functionId": "bad", "reason": "attemptsExhausted", "attempts": ATTEMPTS}
        expect(wanted.items() <= letter.items(), f"the dead letter is {letter}")
        expect(letter["event"]["id"] == event_id, "the dead letter is another event")
        expect(letter["lastResponse"]["status"] == 500, f"the last response is {letter['lastResponse']}")
        expect_attempts(server.calls(bad), [1, 2, 3])
        deployment.expect_queues_done()

        redriven = space.request("POST", "deadletters/redrive", {"deliveryId": letter["deliveryId"]}).json
        expect(redriven == {"redriven": 1, "more": False}, f"the redrive was answered {redriven}")
        until("the redriven delivery has arrived", lambda: len(server.calls(bad)) == ATTEMPTS + 1)
        deployment.expect_queues_done()
        expect_attempts(server.calls(bad), [1, 2, 3, 1])
        expect(server.calls(bad)[0].delivery_id == letter["deliveryId"], "the dead letter has another id")
        expect(space.dead_letters() == [], "the dead letter is there still")
        expect(len(server.calls(good)) == 1, f"the other function was called {len(server.calls(good))} times")


def permanent_failure_is_not_retried(deployment, server):
    """what a function refuses for good is a dead letter at once, and is gone when it is deleted"""
    with deployment.space("refused") as space:
        path = f"/{space.name}/refused"
        headers, (called,) = subscribe(space, server, ["picky"], path, retry=RETRY)
        fail(server, called, 1, status=400)
        send(deployment, path, None, headers)
        letter = space.await_dead_letter()
        wanted = {"reason": "permanentFailure", "attempts": 1}
        expect(wanted.items() <= letter.items(), f"the dead letter is {letter}")
        deployment.expect_queues_done()
        expect_attempts(server.calls(called), [1])
        space.request("DELETE", f"deadletters/{letter['deliveryId']}", want=(204,))
        space.request("GET", f"deadletters/{letter['deliveryId']}", want=(404,))
        redriven = space.request("POST", "deadletters/redrive", {"all": True}).json
        expect(redriven == {"redriven": 0, "more": False}, f"the redrive was answered {redriven}")


def gone_function_pauses_its_subscription(deployment, server):
    """410 pauses the subscription; its deliveries wait, and arrive once it is resumed"""
    with deployment.space("paused") as space:
        path = f"/{space.name}/paused"
        headers, (called,) = subscribe(space, server, ["moving"], path, retry=RETRY)
        fail(server, called, 1, status=410)
        send(deployment, path, f"{space.name}-1", headers)

        def subscription():
            return space.listing()["subscriptions"][0]

        until("the subscription is paused", lambda: subscription().get("paused"))
        expect(subscription()["pausedReason"], "it does not say why")
        # One that is accepted meanwhile waits as well.
        send(deployment, path, f"{space.name}-2", headers)
        expect(deployment.queue_depth("delivery_queue_url") > 0, "nothing waits in the queue")
        expect(space.dead_letters() == [], "there are dead letters")

        resumed = space.request("POST", f"subscriptions/{subscription()['subscriptionId']}/resume")
        expect(not resumed.json.get("paused"), f"the subscription is still paused: {resumed.text}")
        wanted = {f"{space.name}-1", f"{space.name}-2"}
        until("what waited has arrived", lambda: set(server.ids(called)[1:]) >= wanted, RESUME_SECONDS)
        deployment.expect_queues_done()
        first = [call.delivery_id for call in server.calls(called) if call.event["id"] == f"{space.name}-1"]
        expect(len(set(first)) == 1, f"the delivery had the ids {first}")
        expect(space.dead_letters() == [], "there are dead letters")


CASES = [
    failed_subscriber_is_called_again_alone,
    hidden_message_counts_its_attempts,
    hopeless_delivery_is_a_dead_letter,
    permanent_failure_is_not_retried,
    gone_function_pauses_its_subscription,
]
