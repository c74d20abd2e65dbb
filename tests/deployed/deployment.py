"""A deployed gateway: its two APIs, and the services of AWS behind it."""

import contextlib
import dataclasses
import http.client
import json
import pathlib
import secrets
import time
import urllib.parse

import boto3
import botocore.config

REQUEST_SECONDS = 60  # Longer than any function of the gateway may take.
SETTLE_SECONDS = 60  # For AWS to do what it was asked to.
PURGE_SECONDS = 90
POLL_SECONDS = 0.1

DELIVERY_QUEUES = ("delivery_queue_url", "ordered_delivery_queue_url")
# Of messages that cannot be read or end the dispatcher. What the gateway gives up is in the table.
DEAD_LETTER_QUEUES = ("dead_letter_queue_url", "ordered_dead_letter_queue_url")


class Failure(Exception):
    """The deployed gateway does not do what it should."""


def expect(condition, message):
    if not condition:
        raise Failure(message)


def until(what, condition, seconds=SETTLE_SECONDS):
    """Asks until the answer is true, and returns it."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise Failure(f"not within {seconds} s: {what}")
        time.sleep(POLL_SECONDS)


@dataclasses.dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self):
        return self.body.decode()

    @property
    def json(self):
        return json.loads(self.body)


class Api:
    """An HTTP API at an address of its own, whatever its host name says."""

    def __init__(self, url, connect=None, headers=None):
        parts = urllib.parse.urlsplit(url)
        self.host = parts.netloc
        self.address = connect or parts.netloc
        self.headers = headers or {}

    def request(self, method, path, body=None, headers=None):
        if isinstance(body, dict):
            body = json.dumps(body)
        connection = http.client.HTTPConnection(self.address, timeout=REQUEST_SECONDS)
        try:
            connection.request(method, path, body, {"Host": self.host} | self.headers | (headers or {}))
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def send(self, path, event_type, event_id=None, data=None, headers=None):
        """Sends a CloudEvent; its id is made up unless it is given."""
        event = {
            "specversion": "1.0",
            "type": event_type,
            "source": "/tests/deployed",
            "id": event_id or secrets.token_hex(8),
            "datacontenttype": "application/json",
            "data": data,
        }
        headers = {"Content-Type": "application/cloudevents+json"} | (headers or {})
        return self.request("POST", path, event, headers)


class Space:
    """A space of its own for a case, and what the case wrote there."""

    def __init__(self, config, name):
        self.config = config
        self.name = name

    def request(self, method, path, body=None, want=(200, 201, 204)):
        answer = self.config.request(method, f"/v1/spaces/{self.name}/{path}", body)
        expect(answer.status in want, f"{method} {path} was answered {answer.status}: {answer.text[:300]}")
        return answer

    def event_type(self, name):
        return self.request("POST", "eventtypes", {"name": name})

    def function(self, function_id, url):
        return self.request("POST", "functions", http_function(function_id, url))

    def move_function(self, function_id, url):
        return self.request("PUT", f"functions/{function_id}", http_function(function_id, url))

    def subscribe(self, kind, event_type, function_id, path, method="POST", **members):
        """Further members of the subscription are given by name, such as `retry`."""
        subscription = {"type": kind, "eventType": event_type, "functionId": function_id, "path": path, "method": method}
        return self.request("POST", "subscriptions", subscription | members)

    def unsubscribe(self, subscription_id):
        return self.request("DELETE", f"subscriptions/{urllib.parse.quote(subscription_id, safe='')}")

    def listing(self):
        """Everything in the space."""
        kinds = {"eventtypes": "eventTypes", "functions": "functions", "subscriptions": "subscriptions", "cors": "cors"}
        return {kind: self.request("GET", kind).json[member] for kind, member in kinds.items()}

    def dead_letters(self):
        return self.request("GET", "deadletters").json["deadLetters"]

    def await_dead_letter(self, seconds=SETTLE_SECONDS):
        """Waits for the one dead letter of the space."""
        letters = until("there is a dead letter", self.dead_letters, seconds)
        expect(len(letters) == 1, f"{len(letters)} dead letters instead of 1")
        return letters[0]

    def clear(self):
        self.request("DELETE", "deadletters?all=true")
        for subscription in self.request("GET", "subscriptions").json["subscriptions"]:
            self.unsubscribe(subscription["subscriptionId"])
        # Event types may have hooks, which are functions.
        for event_type in self.request("GET", "eventtypes").json["eventTypes"]:
            self.request("DELETE", f"eventtypes/{event_type['name']}")
        for function in self.request("GET", "functions").json["functions"]:
            self.request("DELETE", f"functions/{function['functionId']}")


def http_function(function_id, url):
    return {"functionId": function_id, "type": "http", "provider": {"url": url}}


class Deployment:
    """What `localstack/up` wrote down, and clients of it."""

    def __init__(self, outputs: pathlib.Path):
        self.path = outputs
        self.outputs = json.loads(outputs.read_text())
        connect = self.outputs["connect"]
        self.key = self.outputs["access_key"]
        self.events = Api(self.outputs["events_url"], connect)
        self.closed_config = Api(self.outputs["config_url"], connect)
        self.config = Api(self.outputs["config_url"], connect, {"Authorization": f"bearer {self.key}"})
        settings = {
            "endpoint_url": self.outputs["endpoint_url"],
            "region_name": self.outputs["region"],
            "config": botocore.config.Config(retries={"mode": "standard"}),
        }
        self.functions = boto3.client("lambda", **settings)
        self.queues = boto3.client("sqs", **settings)
        self.tables = boto3.client("dynamodb", **settings)
        self.logs = boto3.client("logs", **settings)
        environment = self.environment_of("events_function")
        # Seconds for which a request may be answered by an older configuration.
        self.max_staleness = int(environment["EVENT_GATEWAY_ROUTES_MAX_STALENESS"]) / 1000
        self.max_message_bytes = int(environment["EVENT_GATEWAY_SQS_MAX_MESSAGE_BYTES"])

    def environment_of(self, function):
        configuration = self.functions.get_function_configuration(FunctionName=self.outputs[function])
        return configuration["Environment"]["Variables"]

    @contextlib.contextmanager
    def space(self, name):
        space = Space(self.config, f"{name}-{secrets.token_hex(4)}")
        try:
            yield space
        except BaseException:
            # What went wrong first is what is to be told.
            with contextlib.suppress(Exception):
                space.clear()
            raise
        space.clear()

    # -- event source mappings

    @contextlib.contextmanager
    def without_mapping(self, function):
        """Nothing reaches the function from its queues or stream meanwhile."""
        self._switch_mapping(function, False)
        try:
            yield
        finally:
            self._switch_mapping(function, True)

    def _switch_mapping(self, function, enabled):
        mappings = self.functions.list_event_source_mappings(FunctionName=self.outputs[function])["EventSourceMappings"]
        expect(mappings, f"{function} has no event source mapping")
        uuids = [mapping["UUID"] for mapping in mappings]
        for uuid in uuids:
            self.functions.update_event_source_mapping(UUID=uuid, Enabled=enabled)
        state = "Enabled" if enabled else "Disabled"
        until(
            f"the event source mappings of {function} are {state}",
            lambda: all(self.functions.get_event_source_mapping(UUID=uuid)["State"] == state for uuid in uuids),
        )

    # -- queues

    def purge_queues(self):
        """Drops what others have left waiting: it could come back in the middle of a case."""
        for queue in DELIVERY_QUEUES + DEAD_LETTER_QUEUES:
            self.queues.purge_queue(QueueUrl=self.outputs[queue])
            until(f"{queue} is empty", lambda queue=queue: self.queue_depth(queue) == 0, PURGE_SECONDS)

    def queue_depth(self, queue):
        """Messages that wait, are delayed or are being worked on."""
        names = ("", "Delayed", "NotVisible")
        attributes = self.queues.get_queue_attributes(QueueUrl=self.outputs[queue], AttributeNames=["All"])["Attributes"]
        return sum(int(attributes[f"ApproximateNumberOfMessages{name}"]) for name in names)

    def expect_queues_done(self, seconds=SETTLE_SECONDS):
        """Nothing is left to deliver, and no message was more than the dispatcher can bear."""
        for queue in DELIVERY_QUEUES:
            until(f"{queue} is empty", lambda queue=queue: self.queue_depth(queue) == 0, seconds)
        for queue in DEAD_LETTER_QUEUES:
            dead = self.queue_depth(queue)
            expect(dead == 0, f"{dead} messages in {queue}")

    # -- the table

    def version(self, space):
        """Version of a space, and that of its published snapshot; 0 where there is none."""

        def number(pk, sk):
            key = {"pk": {"S": pk}, "sk": {"S": sk}}
            item = self.tables.get_item(TableName=self.outputs["table"], Key=key, ConsistentRead=True).get("Item", {})
            return int(item.get("version", {"N": "0"})["N"])

        return number("VERSIONS", space.name), number(f"SNAPSHOT#{space.name}", "LATEST")

    def expect_published(self, space):
        """Waits until the published snapshot of a space is its newest state; that version."""

        def published():
            version, snapshot = self.version(space)
            return version if version == snapshot else None

        return until(f"the published snapshot of {space.name} is current", published)
