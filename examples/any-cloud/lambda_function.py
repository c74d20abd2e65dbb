"""A function for AWS Lambda: notes the event that it gets."""

import json
import os
import pathlib


def handler(event, context):
    noted = {"id": event["id"], "type": event["type"], "data": event["data"]}
    pathlib.Path(os.environ["NOTES"], "lambda").write_text(json.dumps(noted))
    return noted
