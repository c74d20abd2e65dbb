"""Prints the data that the tests of PyPI `cloudevents` 0.3.0 are made of, as requests. The argument is its folder."""

import json
import sys

sys.path.insert(0, sys.argv[1])

from cloudevents.tests import data  # noqa: E402 -- found by the line above

STRUCTURED = {"Content-Type": "application/cloudevents+json"}

requests = []
for event, headers in data.headers.items():
    version = headers["ce-specversion"]
    # The gateway knows the versions 0.3 and 1.0 by these names of attributes.
    refused = None if version in ("0.3", "1.0") else f"version {version}"
    structured = {**data.json_ce[event], "data": json.loads(data.body)}
    for name, head, body in [
        ("binary", headers, data.body),
        ("structured", STRUCTURED, json.dumps(structured)),
        ("structured, without data", STRUCTURED, json.dumps(data.json_ce[event])),
    ]:
        requests.append({"name": f"{name} {version}", "headers": head, "body": body, "refused": refused})
print(json.dumps(requests))
