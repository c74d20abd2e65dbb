"""A function for Google's functions-framework: notes the CloudEvent that it gets."""

import json
import os
import pathlib

import functions_framework


@functions_framework.cloud_event
def note(event):
    noted = {"id": event["id"], "type": event["type"], "data": event.data}
    pathlib.Path(os.environ["NOTES"], "google").write_text(json.dumps(noted))
