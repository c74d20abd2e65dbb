"""Waits until a deployed gateway answers, prints how to reach it, and writes that to a file for tests."""

import argparse
import json
import os
import pathlib
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

import boto3

TIMEOUT = 60  # seconds, for both APIs together


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stack", required=True)
    parser.add_argument("--access-key-file", required=True, type=pathlib.Path)
    parser.add_argument("--write", required=True, type=pathlib.Path)
    options = parser.parse_args()

    endpoint_url = os.environ["AWS_ENDPOINT_URL"]
    endpoint = urllib.parse.urlsplit(endpoint_url)
    connect = f"{endpoint.hostname}:{endpoint.port or {'http': 80, 'https': 443}[endpoint.scheme]}"
    stack = boto3.client("cloudformation").describe_stacks(StackName=options.stack)["Stacks"][0]
    values = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    key = options.access_key_file.read_text()
    outputs = {
        "events_url": local_url(values["EventsUrl"], connect),
        "config_url": local_url(values["ConfigUrl"], connect),
        "connect": connect,
        "access_key": key,
        "endpoint_url": endpoint_url,
        "region": os.environ["AWS_REGION"],
        "stack": options.stack,
        "table": values["TableName"],
        "delivery_queue_url": values["DeliveryQueueUrl"],
        "dead_letter_queue_url": values["DeadLetterQueueUrl"],
        "ordered_delivery_queue_url": values["OrderedDeliveryQueueUrl"],
        "ordered_dead_letter_queue_url": values["OrderedDeadLetterQueueUrl"],
        "stream_failure_queue_url": values["StreamFailureQueueUrl"],
        "events_function": values["EventsFunctionName"],
        "config_function": values["ConfigFunctionName"],
        "dispatcher_function": values["DispatcherFunctionName"],
        "config_stream_function": values["ConfigStreamFunctionName"],
    }

    deadline = time.monotonic() + TIMEOUT
    wait_for(outputs["config_url"] + "/v1/status", connect, {200}, deadline, values["ConfigFunctionName"])
    # Nobody subscribes to this path, which is an answer as good as any.
    wait_for(outputs["events_url"] + "/", connect, range(200, 500), deadline, values["EventsFunctionName"])

    partial = options.write.with_suffix(".partial")
    partial.touch(mode=0o600)  # it holds the key
    partial.write_text(json.dumps(outputs, indent=2) + "\n")
    partial.replace(options.write)
    print(f"Events API:        {outputs['events_url']}")
    print(f"Configuration API: {outputs['config_url']}")
    print(f"Access key:        {key}")
    print()
    print(f"curl -s {outputs['config_url']}/v1/spaces/default/functions -H 'Authorization: bearer {key}' \\")
    print(f"    --connect-to ::{connect}")


def local_url(url: str, connect: str) -> str:
    """AWS's own host names lead out of this machine: those under `localhost` reach the same function, and only here."""
    host = urllib.parse.urlsplit(url).hostname or ""
    labels = host.split(".")
    if host.endswith(".on.aws"):
        return f"http://{'.'.join(labels[:3])}.localhost:{connect.rpartition(':')[2]}"
    if host.endswith(".amazonaws.com"):
        return f"http://{'.'.join(labels[:2])}.localhost:{connect.rpartition(':')[2]}"
    return url.rstrip("/")


def wait_for(url: str, connect: str, good, deadline: float, function: str) -> None:
    """Asks until the status is one of `good`. Python does not know names under `localhost`, hence the Host header."""
    parts = urllib.parse.urlsplit(url)
    request = urllib.request.Request(f"http://{connect}{parts.path}", headers={"Host": parts.netloc})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    answer = None
    while time.monotonic() < deadline:
        try:
            with opener.open(request, timeout=10) as response:
                answer = f"{response.status}"
                if response.status in good:
                    return
        except urllib.error.HTTPError as error:
            answer = f"{error.code} {error.read(500).decode(errors='replace')}"
            if error.code in good:
                return
        except OSError as error:
            answer = str(error)
        time.sleep(0.2)
    print_log(function)
    sys.exit(f"{url} does not answer as it should; the last answer was: {answer}")


def print_log(function: str) -> None:
    events = boto3.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{function}", limit=50)["events"]
    for event in events[-20:]:
        print(event["message"].rstrip(), file=sys.stderr)


if __name__ == "__main__":
    main()
