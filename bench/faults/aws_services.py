"""The local AWS, and microburst in front of it, which makes services fail as AWS does."""

import asyncio
import ctypes
import http.client
import json
import pathlib
import secrets
import signal
import subprocess
import time
import urllib.parse

from bed import NotRun
from gateway_process import PR_SET_PDEATHSIG, free_ports

REQUEST_SECONDS = 30
START_SECONDS = 30
LIBC = ctypes.CDLL(None)
#: Seconds for which a message is hidden that a killed gateway had taken.
VISIBILITY_SECONDS = 10


class LocalAws:
    """A table and a queue in it, for one fault. Speaks to an emulator alone: it signs nothing."""

    def __init__(self, outputs: pathlib.Path):
        if not outputs.is_file():
            raise NotRun(f"no local AWS runs: {outputs.name} is missing (localstack/up)")
        written = json.loads(outputs.read_text())
        self.endpoint, self.region = written["endpoint_url"], written["region"]
        self.name = f"faults-{secrets.token_hex(4)}"
        self.queue_url = None

    def __enter__(self):
        # As in infra/template.yaml.
        attributes = [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")]
        self.call(
            "dynamodb",
            "DynamoDB_20120810.CreateTable",
            TableName=self.name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=attributes,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        )
        created = self.call(
            "sqs",
            "AmazonSQS.CreateQueue",
            QueueName=self.name,
            Attributes={"VisibilityTimeout": str(VISIBILITY_SECONDS)},
        )
        self.queue_url = created["QueueUrl"]
        return self

    def __exit__(self, *_):
        self.call("sqs", "AmazonSQS.DeleteQueue", QueueUrl=self.queue_url)
        self.call("dynamodb", "DynamoDB_20120810.DeleteTable", TableName=self.name)

    def call(self, service, target, **parameters):
        endpoint = urllib.parse.urlsplit(self.endpoint)
        connection = http.client.HTTPConnection(endpoint.hostname, endpoint.port, timeout=REQUEST_SECONDS)
        headers = {
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": target,
            "Authorization": f"AWS4-HMAC-SHA256 Credential=test/20260101/{self.region}/{service}/aws4_request, "
            "SignedHeaders=host, Signature=0",
        }
        try:
            connection.request("POST", "/", json.dumps(parameters), headers)
            response = connection.getresponse()
            text = response.read().decode()
        finally:
            connection.close()
        if response.status != 200:
            raise RuntimeError(f"{target} was answered {response.status}: {text[:300]}")
        return json.loads(text) if text else {}

    def depth(self):
        """Messages that wait, are delayed or are being worked on."""
        names = [f"ApproximateNumberOfMessages{name}" for name in ("", "Delayed", "NotVisible")]
        answer = self.call("sqs", "AmazonSQS.GetQueueAttributes", QueueUrl=self.queue_url, AttributeNames=names)
        return sum(int(answer["Attributes"][name]) for name in names)


class Microburst:
    """Passes everything on to one endpoint, except for what its rules say."""

    def __init__(self, options, upstream):
        self.program = options.tools / "bin/microburst"
        if not self.program.is_file():
            raise NotRun("microburst is not installed (README)")
        self.upstream = upstream
        (self.port,) = free_ports(1)
        self.log_path = options.work / f"microburst-{self.port}.log"
        self.process = None

    async def __aenter__(self):
        command = [self.program, "--upstream", self.upstream, "--port", str(self.port), "--no-resign"]
        with self.log_path.open("wb") as log:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=lambda: LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL),
            )
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                await self._control("GET", "health")
                return self
            except OSError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    await self.__aexit__()
                    raise RuntimeError(f"microburst does not answer: {self.log_path.read_text()[-500:]}") from None
                await asyncio.sleep(0.1)

    async def __aexit__(self, *_):
        self.process.kill()
        await asyncio.to_thread(self.process.wait)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    async def rules(self, rules):
        """These and no others."""
        await self._control("POST", "rules", rules)

    async def fired(self):
        """How many faults it has injected."""
        return (await self._control("GET", "stats"))["requests"]["faulted"]

    async def _control(self, method, path, body=None):
        return await asyncio.to_thread(self._request, method, f"/_microburst/{path}", body)

    def _request(self, method, path, body):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=REQUEST_SECONDS)
        try:
            headers = {"Content-Type": "application/json"}
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            response = connection.getresponse()
            text = response.read().decode()
        finally:
            connection.close()
        if response.status != 200:
            raise RuntimeError(f"microburst answered {response.status} to {method} {path}: {text[:300]}")
        return json.loads(text)
