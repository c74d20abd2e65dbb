"""What the gateway sends to: resources of the local AWS, made for a case and removed after it."""

import contextlib
import io
import json
import os
import secrets
import subprocess
import tempfile
import zipfile

import boto3
import botocore.config

from deployment import until

REGION = "us-east-1"
# An access key id of 12 digits is an account of the emulator; any other is its first one.
OWN_KEY, OTHER_ACCOUNT = "test", "222222222222"
READY_SECONDS = 60
ROLE_OF_FUNCTIONS = "arn:aws:iam::000000000000:role/targets"


class LocalAws:
    """Clients of one account."""

    def __init__(self, endpoint, key=OWN_KEY):
        self.endpoint = endpoint
        self.key = key
        self.stack = contextlib.ExitStack()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.stack.close()

    def client(self, service):
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=self.key,
            aws_secret_access_key="test",
            config=botocore.config.Config(retries={"mode": "standard"}, s3={"addressing_style": "path"}),
        )

    @staticmethod
    def name(kind, suffix=""):
        return f"targets-{kind}-{secrets.token_hex(4)}{suffix}"

    # -- where events end up

    def stream(self, shards=2):
        """A Kinesis stream, by its name."""
        kinesis, name = self.client("kinesis"), self.name("stream")
        kinesis.create_stream(StreamName=name, ShardCount=shards)
        self.stack.callback(kinesis.delete_stream, StreamName=name)
        status = lambda: kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamStatus"]
        until("the stream is active", lambda: status() == "ACTIVE", READY_SECONDS)
        return name

    def records(self, stream):
        """All records of a stream, shard by shard."""
        kinesis, records = self.client("kinesis"), []
        for shard in kinesis.list_shards(StreamName=stream)["Shards"]:
            place = {"StreamName": stream, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
            iterator = kinesis.get_shard_iterator(**place)["ShardIterator"]
            while iterator:
                answer = kinesis.get_records(ShardIterator=iterator, Limit=1000)
                records += answer["Records"]
                iterator = answer["Records"] and answer.get("NextShardIterator")
        return records

    def delivery_stream(self):
        """A Firehose stream into a bucket: the names of both."""
        s3, firehose = self.client("s3"), self.client("firehose")
        bucket, name = self.name("bucket"), self.name("firehose")
        s3.create_bucket(Bucket=bucket)
        destination = {"RoleARN": ROLE_OF_FUNCTIONS, "BucketARN": f"arn:aws:s3:::{bucket}"}
        firehose.create_delivery_stream(DeliveryStreamName=name, ExtendedS3DestinationConfiguration=destination)
        self.stack.callback(firehose.delete_delivery_stream, DeliveryStreamName=name)
        state = lambda: firehose.describe_delivery_stream(DeliveryStreamName=name)["DeliveryStreamDescription"]
        until("the delivery stream is active", lambda: state()["DeliveryStreamStatus"] == "ACTIVE", READY_SECONDS)
        return name, bucket

    def objects(self, bucket):
        """What is in a bucket, in the order of the keys."""
        s3 = self.client("s3")
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        keys = sorted(entry["Key"] for page in pages for entry in page.get("Contents", []))
        return b"".join(s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys)

    def queue(self, fifo=False):
        """A queue, by its URL."""
        sqs = self.client("sqs")
        attributes = {"FifoQueue": "true"} if fifo else {}
        url = sqs.create_queue(QueueName=self.name("queue", ".fifo" if fifo else ""), Attributes=attributes)["QueueUrl"]
        self.stack.callback(sqs.delete_queue, QueueUrl=url)
        return url

    def queue_arn(self, url):
        attributes = self.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return attributes["Attributes"]["QueueArn"]

    def take(self, url, count):
        """So many messages of a queue, in the order in which they come; more than that are an error of the caller."""
        sqs, taken = self.client("sqs"), []

        def receive():
            answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1, AttributeNames=["All"])
            for message in answer.get("Messages", []):
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                taken.append(message)
            return len(taken) >= count

        until(f"{count} messages are in the queue", receive)
        return taken

    def topic(self, queue, fifo=False):
        """A topic that a queue is subscribed to, with the message alone; its ARN."""
        sns = self.client("sns")
        attributes = {"FifoTopic": "true"} if fifo else {}
        arn = sns.create_topic(Name=self.name("topic", ".fifo" if fifo else ""), Attributes=attributes)["TopicArn"]
        self.stack.callback(sns.delete_topic, TopicArn=arn)
        endpoint = self.queue_arn(queue)
        sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=endpoint, Attributes={"RawMessageDelivery": "true"})
        return arn

    def bus(self, queue, pattern):
        """An event bus with a rule that sends what matches to a queue; its name."""
        events, name = self.client("events"), self.name("bus")
        events.create_event_bus(Name=name)
        self.stack.callback(events.delete_event_bus, Name=name)
        events.put_rule(Name=name, EventBusName=name, EventPattern=json.dumps(pattern))
        events.put_targets(Rule=name, EventBusName=name, Targets=[{"Id": "queue", "Arn": self.queue_arn(queue)}])
        self.stack.callback(events.delete_rule, Name=name, EventBusName=name)
        self.stack.callback(events.remove_targets, Rule=name, EventBusName=name, Ids=["queue"])
        return name

    def state_machine(self):
        """A machine that gives its input as its output; its ARN."""
        states = self.client("stepfunctions")
        definition = {"StartAt": "Pass", "States": {"Pass": {"Type": "Pass", "End": True}}}
        arn = states.create_state_machine(
            name=self.name("machine"), definition=json.dumps(definition), roleArn=ROLE_OF_FUNCTIONS
        )["stateMachineArn"]
        self.stack.callback(states.delete_state_machine, stateMachineArn=arn)
        return arn

    def role(self):
        """A role that whoever asks may assume; its ARN."""
        iam, name = self.client("iam"), self.name("role")
        statement = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
        trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        self.stack.callback(iam.delete_role, RoleName=name)
        return arn

    # -- functions

    def function(self, runtime, handler, code, variables=None):
        """A Lambda function of a zip; its ARN."""
        functions, name = self.client("lambda"), self.name("function")
        arn = functions.create_function(
            FunctionName=name,
            Runtime=runtime,
            Role=ROLE_OF_FUNCTIONS,
            Handler=handler,
            Code={"ZipFile": code},
            Timeout=30,
            Environment={"Variables": variables or {}},
        )["FunctionArn"]
        self.stack.callback(functions.delete_function, FunctionName=name)
        state = lambda: functions.get_function_configuration(FunctionName=name).get("State", "Active")
        until("the function is active", lambda: state() == "Active", READY_SECONDS)
        return arn

    def alias(self, arn, name):
        functions = self.client("lambda")
        version = functions.publish_version(FunctionName=arn)["Version"]
        functions.create_alias(FunctionName=arn, Name=name, FunctionVersion=version)
        self.stack.callback(functions.delete_alias, FunctionName=arn, Name=name)


def zip_of(name, content):
    """A zip with one file that may be run."""
    entry = zipfile.ZipInfo(name)
    entry.external_attr = 0o755 << 16
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(entry, content)
    return buffer.getvalue()


def compiled(source):
    """The zip of a function that rustc makes of one file."""
    with tempfile.TemporaryDirectory() as folder:
        output = os.path.join(folder, "bootstrap")
        subprocess.run(["rustc", "--edition=2024", "-O", "-Cstrip=symbols", "-o", output, str(source)], check=True)
        with open(output, "rb") as binary:
            return zip_of("bootstrap", binary.read())
