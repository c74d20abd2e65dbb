"""Verifies webhooks with the Python library: one JSON order a line in, one JSON answer a line out."""

import json
import sys

from standardwebhooks import Webhook, WebhookVerificationError

for line in sys.stdin:
    order = json.loads(line)
    try:
        answer = {"payload": Webhook(order["secret"]).verify(order["body"], order["headers"])}
    except WebhookVerificationError as error:
        answer = {"refused": str(error)}
    print(json.dumps(answer), flush=True)
