"""SNS, EventBridge and Step Functions."""

import json

from connectors import emit_many
from deployment import expect, until
from events import DELIVERY, SOURCE, emit, emit_async, expect_batches, expect_once, expect_taken, register, subscribe

CROWD = 100


def sns_publishes(setting):
    """a crowd of events reaches the subscriber of a topic, each once; a sync caller gets 202"""
    with setting.gateway.space("sns") as space:
        queue = setting.aws.queue()
        function = register(space, "awssns", topicArn=setting.aws.topic(queue))
        path, event_type = subscribe(space, function)
        sent = emit_many(setting, path, event_type, CROWD, lambda n: n)
        expect_once([json.loads(message["Body"]) for message in setting.aws.take(queue, CROWD)], sent)
        expect_batches(setting, "Publish", "PublishBatch", CROWD)
        path, event_type = subscribe(space, register(space, "awssns", topicArn=setting.aws.topic(queue)), "sync")
        expect_taken(emit(setting, path, event_type, {})[0])
        setting.aws.take(queue, 1)


def fifo_topic_keeps_the_order(setting):
    """ordered events go through a FIFO topic in their order, each group by itself"""
    with setting.gateway.space("fifo-topic") as space:
        queue = setting.aws.queue(fifo=True)
        arn = setting.aws.topic(queue, fifo=True)
        path, event_type = subscribe(space, register(space, "awssns", topicArn=arn, messageGroupId="data.group"), ordered=True)
        for n in range(20):
            emit_async(setting, path, event_type, {"group": f"g{n % 2}", "n": n}, partitionkey=f"k{n % 2}")
        messages = setting.aws.take(queue, 20)
        for group in range(2):
            of_group = [message for message in messages if message["Attributes"]["MessageGroupId"] == f"g{group}"]
            order = [json.loads(message["Body"])["data"]["n"] for message in of_group]
            expect(order == list(range(group, 20, 2)), f"g{group}: {order}")


def eventbridge_routes(setting):
    """a rule of an event bus sees type and source of events, and their detail is the event"""
    with setting.gateway.space("bus") as space:
        queue = setting.aws.queue()
        name = setting.aws.bus(queue, {"source": [SOURCE, "my.shop"]})
        path, event_type = subscribe(space, register(space, "awseventbridge", eventBusName=name))
        sent = emit_many(setting, path, event_type, CROWD, lambda n: n)
        received = [json.loads(message["Body"]) for message in setting.aws.take(queue, CROWD)]
        expect_once([entry["detail"] for entry in received], sent)
        expect_batches(setting, "PutEvents", "PutEvents", CROWD)
        for entry in received:
            expect((entry["source"], entry["detail-type"]) == (SOURCE, event_type), f"{entry}"[:300])
        provider = {"eventBusName": name, "source": "my.shop", "detailType": "Order"}
        path, event_type = subscribe(space, register(space, "awseventbridge", **provider), "sync")
        expect_taken(emit(setting, path, event_type, {})[0])
        [message] = setting.aws.take(queue, 1)
        entry = json.loads(message["Body"])
        expect((entry["source"], entry["detail-type"]) == ("my.shop", "Order"), message["Body"][:300])


def step_functions_start(setting):
    """an event starts one execution, named by its delivery, with the event as its input"""
    with setting.gateway.space("machine") as space:
        states, arn = setting.aws.client("stepfunctions"), setting.aws.state_machine()
        path, event_type = subscribe(space, register(space, "awsstepfunctions", stateMachineArn=arn))
        event_id = emit_async(setting, path, event_type, {"n": 1})
        executions = lambda: states.list_executions(stateMachineArn=arn)["executions"]
        [execution] = until("an execution is there", executions)
        described = states.describe_execution(executionArn=execution["executionArn"])
        event = json.loads(described["input"])
        expect((event["id"], event[DELIVERY]) == (event_id, described["name"]), f"{described}"[:500])
        path, event_type = subscribe(space, register(space, "awsstepfunctions", stateMachineArn=arn), "sync")
        expect_taken(emit(setting, path, event_type, {})[0])
        until("the second is there", lambda: len(executions()) == 2)


CASES = [sns_publishes, fifo_topic_keeps_the_order, eventbridge_routes, step_functions_start]
