"""Emits CloudEvents with the Python SDK: one JSON order a line in, one JSON answer a line out."""

import base64
import http.client
import json
import sys
import urllib.parse

from cloudevents.conversion import to_binary, to_structured
from cloudevents.http import CloudEvent


def data_of(order):
    """The payload as a Python program would hold it: an object, a text or bytes."""
    data = order["data"]
    return base64.b64decode(data["base64"]) if "base64" in data else data["value"]


def encoded(event, mode, is_text):
    if mode == "structured":
        return to_structured(event)
    # Without a marshaller the SDK writes a text as a JSON string, quotes included.
    return to_binary(event, data_marshaller=(lambda text: text) if is_text else None)


def post(url, headers, body):
    """Sends exactly these headers: nothing guesses a content type that the SDK left out."""
    target = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(target.netloc, timeout=10)
    try:
        connection.request("POST", target.path, body, {name: str(value) for name, value in headers.items()})
        response = connection.getresponse()
        return {"status": response.status, "body": response.read().decode("utf-8")}
    finally:
        connection.close()


for line in sys.stdin:
    order = json.loads(line)
    event = CloudEvent(order["attributes"], data_of(order))
    headers, body = encoded(event, order["mode"], order["data"].get("kind") == "text")
    print(json.dumps(post(order["url"], headers, body)), flush=True)
