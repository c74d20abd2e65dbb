#!/usr/bin/env python3
"""Sends one event through the gateway to five functions of five kinds and shows what each got. See README.md."""

import argparse
import contextlib
import io
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import zipfile

import boto3

from peers import OPENWHISK_KEY, SIGNING_SECRET, Peers

HERE = pathlib.Path(__file__).resolve().parent
REGION = "us-east-1"
AWS_KEY = {"awsAccessKeyId": "test", "awsSecretAccessKey": "test"}
EVENT = {
    "specversion": "1.0",
    "id": "order-1001",
    "source": "/shop",
    "type": "order.placed",
    "datacontenttype": "application/json",
    "data": {"order": 1001, "customer": "c-7"},
}
WANTED = {"id": EVENT["id"], "type": EVENT["type"], "data": EVENT["data"]}
WAIT_SECONDS = 60


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def until(what, condition, processes):
    """Waits for a condition; gives what it gives. A process that has ended is not waited for."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            if found := condition():
                return found
        for process in processes:
            if process.poll() is not None:
                sys.exit(f"{process.args[0]} ended with {process.returncode} while waiting until {what}")
        time.sleep(0.1)
    sys.exit(f"gave up waiting until {what}")


def post(url, body, content_type="application/json"):
    headers = {"Content-Type": content_type}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status
    except urllib.error.HTTPError as error:
        sys.exit(f"POST {url}: {error.code} {error.read().decode()}")


def answers(url):
    with urllib.request.urlopen(url, timeout=2) as response:
        return response.status == 200


def make_lambda_function(aws, notes):
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.write(HERE / "lambda_function.py", "lambda_function.py")
    created = aws("lambda").create_function(
        FunctionName="note",
        Runtime=f"python{sys.version_info.major}.{sys.version_info.minor}",
        Role="arn:aws:iam::000000000000:role/note",
        Handler="lambda_function.handler",
        Code={"ZipFile": package.getvalue()},
        Environment={"Variables": {"NOTES": str(notes)}},
    )
    return created["FunctionArn"]


def first_record(kinesis):
    shard = kinesis.describe_stream(StreamName="orders")["StreamDescription"]["Shards"][0]["ShardId"]
    iterator = kinesis.get_shard_iterator(StreamName="orders", ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    for record in kinesis.get_records(ShardIterator=iterator["ShardIterator"])["Records"]:
        event = json.loads(record["Data"])
        return {name: event[name] for name in WANTED}
    return None


def demonstrate(google, aws_tools, folder, started):
    def start(command, **environment):
        log = (folder / f"{pathlib.Path(command[0]).name}.log").open("wb")
        # An environment of its own, so that nobody's real credentials are used.
        environment = {"PATH": os.environ["PATH"], "HOME": str(folder), **environment}
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        started.append(process)

    notes = folder / "notes"
    notes.mkdir()
    peers = Peers()
    aws_port, google_port, events_port, config_port = (free_port() for _ in range(4))
    aws_url = f"http://127.0.0.1:{aws_port}"
    start(
        [str(aws_tools / "ministack")],
        BIND_HOST="127.0.0.1",
        GATEWAY_PORT=str(aws_port),
        AWS_ENDPOINT_URL=aws_url,
    )
    start(
        [str(google / "functions-framework"), f"--source={HERE / 'google_function.py'}", "--target=note",
         "--signature-type=cloudevent", "--host=127.0.0.1", f"--port={google_port}"],
        NOTES=str(notes),
    )  # fmt: skip
    start(
        [os.environ["EVENT_GATEWAY_BIN"], f"--events-port={events_port}", f"--config-port={config_port}",
         f"--embed-data-dir={folder / 'data'}", f"--aws-endpoint-url={aws_url}"],
        GCE_METADATA_HOST=peers.address,
    )  # fmt: skip
    until("the local AWS answers", lambda: answers(f"{aws_url}/_ministack/health"), started)
    config = f"http://127.0.0.1:{config_port}/v1"
    until("the gateway answers", lambda: answers(f"{config}/status"), started)
    until("the Google function listens", lambda: not socket.create_connection(("127.0.0.1", google_port)).close(), started)

    def aws(service):
        return boto3.client(
            service, REGION, endpoint_url=aws_url, aws_access_key_id="test", aws_secret_access_key="test"
        )

    aws("kinesis").create_stream(StreamName="orders", ShardCount=1)
    aws("kinesis").get_waiter("stream_exists").wait(StreamName="orders", WaiterConfig={"Delay": 1})
    functions = {
        "lambda": ("awslambda", {"arn": make_lambda_function(aws, notes), "region": REGION, **AWS_KEY}),
        "google": ("googlecloudfunction", {"url": f"http://127.0.0.1:{google_port}/", "format": "binary"}),
        "openwhisk": (
            "openwhisk",
            {"apiHost": f"http://{peers.address}", "action": "shop/note", "authKey": OPENWHISK_KEY},
        ),
        "kinesis": (
            "awskinesis",
            {"streamName": "orders", "region": REGION, "partitionKey": "data.customer", **AWS_KEY},
        ),
        "webhook": ("http", {"url": f"http://{peers.address}/orders", "signingSecrets": [SIGNING_SECRET]}),
    }
    space = f"{config}/spaces/default"
    post(f"{space}/eventtypes", {"name": EVENT["type"]})
    for name, (kind, provider) in functions.items():
        post(f"{space}/functions", {"functionId": name, "type": kind, "provider": provider})
        post(f"{space}/subscriptions", {"type": "async", "eventType": EVENT["type"], "functionId": name})
    print(f"event {EVENT['id']} of type {EVENT['type']} sent:", end=" ")
    print(post(f"http://127.0.0.1:{events_port}/", EVENT, "application/cloudevents+json"))

    def noted(name):
        note = notes / name
        return json.loads(note.read_text() or "null") if note.exists() else peers.received.get(name)

    def got(name):
        return first_record(aws("kinesis")) if name == "kinesis" else noted(name)

    for name, (kind, _) in functions.items():
        event = until(f"{name} has the event {peers.refused}", lambda name=name: got(name), started)
        if event != WANTED:
            sys.exit(f"{name} got {event} instead of {WANTED}")
        print(f"{name:10} {kind:20} got {json.dumps(event)}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--google", type=pathlib.Path, required=True, help="folder of functions-framework")
    parser.add_argument("--aws", type=pathlib.Path, required=True, help="folder of ministack")
    options = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="any-cloud-"))
    started = []
    succeeded = False
    try:
        demonstrate(options.google, options.aws, folder, started)
        succeeded = True
    finally:
        for process in reversed(started):
            process.terminate()
        for process in started:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
        if succeeded:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            print(f"the logs are in {folder}", file=sys.stderr)


if __name__ == "__main__":
    main()
