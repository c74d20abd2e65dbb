"""The carrier tells where a parcel is, with PyPI `cloudevents`: python parcel.py ORDER PLACE"""

import os
import sys
import urllib.error
import urllib.request

from cloudevents.conversion import to_structured
from cloudevents.http import CloudEvent

if len(sys.argv) != 3 or not {"SHOP_URL", "PRODUCER_TOKEN"} <= os.environ.keys():
    sys.exit("usage: python parcel.py ORDER PLACE, with SHOP_URL and PRODUCER_TOKEN as start.mjs prints them")
order, place = sys.argv[1:]

attributes = {"type": "parcel.moved", "source": "/carrier", "subject": order, "datacontenttype": "application/json"}
event = CloudEvent(attributes, {"place": place})
headers, body = to_structured(event)
headers["Authorization"] = f"Bearer {os.environ['PRODUCER_TOKEN']}"
try:
    with urllib.request.urlopen(urllib.request.Request(os.environ["SHOP_URL"], body, headers), timeout=10) as response:
        print(f"sent {event['type']} {event['id']}: {response.status}")
except urllib.error.HTTPError as error:
    sys.exit(f"the gateway answered {error.code} {error.read().decode()}")
