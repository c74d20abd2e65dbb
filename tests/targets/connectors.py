"""Kinesis, Firehose and SQS: everything arrives, with its key, and in the order of its key."""

import concurrent.futures
import json

from deployment import expect, until
from events import DELIVERY, SOURCE, emit, emit_async, expect_batches, expect_once, expect_taken, register, subscribe

CROWD = 300
DELAY_SECONDS = 0.05


def emit_many(setting, path, event_type, count, data):
    """Sends events side by side to a service that takes its time, so that deliveries are under way together; their ids."""
    setting.witness.delay = DELAY_SECONDS
    try:
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            return list(pool.map(lambda n: emit_async(setting, path, event_type, data(n)), range(count)))
    finally:
        setting.witness.delay = 0


def kinesis_takes_records(setting):
    """a crowd of events is in the stream, each once and with its partition key"""
    with setting.gateway.space("kinesis") as space:
        stream = setting.aws.stream()
        function = register(space, "awskinesis", streamName=stream, partitionKey="data.customer.id")
        path, event_type = subscribe(space, function)
        sent = emit_many(setting, path, event_type, CROWD, lambda n: {"customer": {"id": n % 7}} if n % 10 else n)
        until("all records are there", lambda: len(setting.aws.records(stream)) >= CROWD)
        received = [(record["PartitionKey"], json.loads(record["Data"])) for record in setting.aws.records(stream)]
        expect_once([event for _, event in received], sent)
        for key, event in received:
            is_keyed = isinstance(event["data"], dict)
            want = str(event["data"]["customer"]["id"]) if is_keyed else key
            expect(key == want and (is_keyed or len(key) == 36), f"{key} of {event['data']}")
            expect(event[DELIVERY], "a record does not know its delivery")
        expect(not space.dead_letters(), "there are dead letters")
        expect_batches(setting, "PutRecord", "PutRecords", CROWD)


def firehose_writes_lines(setting):
    """a crowd of events is in the bucket behind a delivery stream, one a line"""
    with setting.gateway.space("firehose") as space:
        name, bucket = setting.aws.delivery_stream()
        path, event_type = subscribe(space, register(space, "awsfirehose", deliveryStreamName=name, newline=True))
        sent = emit_many(setting, path, event_type, CROWD, lambda n: {"n": n, "text": "a\nb"})
        until("all lines are there", lambda: setting.aws.objects(bucket).count(b"\n") >= CROWD)
        expect_once([json.loads(line) for line in setting.aws.objects(bucket).splitlines()], sent)
        expect_batches(setting, "PutRecord", "PutRecordBatch", CROWD)


def sqs_takes_messages(setting):
    """a crowd of events is in the queue, each once"""
    with setting.gateway.space("sqs") as space:
        queue = setting.aws.queue()
        path, event_type = subscribe(space, register(space, "awssqs", queueUrl=queue))
        sent = emit_many(setting, path, event_type, CROWD, lambda n: n)
        expect_once([json.loads(message["Body"]) for message in setting.aws.take(queue, CROWD)], sent)
        expect_batches(setting, "SendMessage", "SendMessageBatch", CROWD)


def fifo_queue_keeps_the_order(setting):
    """ordered events of each customer are in the FIFO queue in their order, known by their deliveries"""
    with setting.gateway.space("fifo") as space:
        queue = setting.aws.queue(fifo=True)
        function = register(space, "awssqs", queueUrl=queue, messageGroupId="data.customer")
        path, event_type = subscribe(space, function, ordered=True)
        customers = ["ada", "bob", "größe ñ"]
        for n in range(60):
            customer = customers[n % 3]
            emit_async(setting, path, event_type, {"customer": customer, "n": n}, partitionkey=f"k{n % 3}")
        messages = setting.aws.take(queue, 60)
        for number, customer in enumerate(customers):
            events = [json.loads(message["Body"]) for message in messages]
            order = [event["data"]["n"] for event in events if event["data"]["customer"] == customer]
            expect(order == list(range(number, 60, 3)), f"{customer}: {order}")
        for message in messages:
            event, attributes = json.loads(message["Body"]), message["Attributes"]
            expect(attributes["MessageDeduplicationId"] == event[DELIVERY], f"{attributes}")
            if event["data"]["customer"] in customers[:2]:
                expect(attributes["MessageGroupId"] == event["data"]["customer"], f"{attributes}")
        # Where nothing is said of the group, it is the source.
        path, event_type = subscribe(space, register(space, "awssqs", queueUrl=queue))
        emit_async(setting, path, event_type, {})
        [message] = setting.aws.take(queue, 1)
        expect(message["Attributes"]["MessageGroupId"] == SOURCE, f"{message['Attributes']}")


def sync_callers_get_202(setting):
    """a stream, a delivery stream and a queue answer a sync caller with an empty 202"""
    with setting.gateway.space("sync") as space:
        stream, (name, bucket), queue = setting.aws.stream(), setting.aws.delivery_stream(), setting.aws.queue()
        for kind, provider in [
            ("awskinesis", {"streamName": stream}),
            ("awsfirehose", {"deliveryStreamName": name}),
            ("awssqs", {"queueUrl": queue}),
        ]:
            path, event_type = subscribe(space, register(space, kind, **provider), "sync")
            expect_taken(emit(setting, path, event_type, kind)[0])
        expect(len(setting.aws.records(stream)) == 1, "the stream has no record")
        expect(json.loads(setting.aws.objects(bucket))["data"] == "awsfirehose", "the bucket has another event")
        [message] = setting.aws.take(queue, 1)
        expect(json.loads(message["Body"])["data"] == "awssqs", message["Body"])


def lasting_failures_are_dead_letters(setting):
    """what is not there makes a dead letter of its events at the first attempt"""
    for kind, provider in [
        ("awskinesis", {"streamName": "none"}),
        ("awsfirehose", {"deliveryStreamName": "none"}),
        ("awssqs", {"queueUrl": f"{setting.aws.endpoint}/000000000000/none"}),
        ("awssns", {"topicArn": "arn:aws:sns:us-east-1:000000000000:none"}),
        ("awsstepfunctions", {"stateMachineArn": "arn:aws:states:us-east-1:000000000000:stateMachine:none"}),
        ("awslambda", {"arn": "arn:aws:lambda:us-east-1:000000000000:function:none"}),
    ]:
        with setting.gateway.space("lasting") as space:
            path, event_type = subscribe(space, register(space, kind, **provider))
            emit_async(setting, path, event_type, {})
            letter = space.await_dead_letter()
            expect(letter["attempts"] == 1, f"{kind}: {letter}"[:500])


CASES = [
    kinesis_takes_records,
    firehose_writes_lines,
    sqs_takes_messages,
    fifo_queue_keeps_the_order,
    sync_callers_get_202,
    lasting_failures_are_dead_letters,
]
