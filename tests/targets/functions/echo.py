"""A Lambda function: tells the test what it got, and answers with a response object that says who it is."""

import json
import os
import urllib.request


def handler(event, context):
    if (event.get("data") or {}).get("fail"):
        raise ValueError("told to fail")
    if "TOLD" in os.environ:
        headers = {"Content-Type": "application/json", "x-invoked-arn": context.invoked_function_arn}
        request = urllib.request.Request(os.environ["TOLD"], json.dumps(event).encode(), headers)
        urllib.request.urlopen(request, timeout=10).close()
    body = json.dumps({"python": event["id"], "arn": context.invoked_function_arn})
    return {"statusCode": 201, "headers": {"content-type": "application/json"}, "body": body}
