"""The catalogue, in Python: what is sold, and how much of it is left. Standard library only; stock lives in memory."""

import http.server
import json
import os
import threading
import traceback

ITEMS = {
    "mug": {"sku": "mug", "name": "Enamel mug", "price": 1400, "stock": 1000},
    "lamp": {"sku": "lamp", "name": "Desk lamp", "price": 4900, "stock": 1000},
    "chair": {"sku": "chair", "name": "Folding chair", "price": 7900, "stock": 3},
}
lock = threading.Lock()
done = set()


def respond(status, body):
    """The response object that a sync function answers the caller with."""
    return {"statusCode": status, "headers": {"Content-Type": "application/json"}, "body": json.dumps(body)}


def list_items(event):
    """GET /catalogue"""
    return respond(200, list(ITEMS.values()))


def show_item(event):
    """GET /catalogue/:sku"""
    item = ITEMS.get(event["data"]["params"]["sku"])
    return respond(200, item) if item else respond(404, {"error": "there is no such item"})


def sell(event):
    """Async: order.placed"""
    change_stock(event["data"]["sku"], -event["data"]["quantity"])


def restock(event):
    """Async: stock.changed"""
    change_stock(event["data"]["sku"], event["data"]["change"])


def change_stock(sku, change):
    if item := ITEMS.get(sku):
        item["stock"] = max(0, item["stock"] + change)
        print(f"{item['stock']} of {sku} left", flush=True)


SYNC = {"/list": list_items, "/show": show_item}
ASYNC = {"/sell": sell, "/restock": restock}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            with lock:
                status, answer = self.call(json.loads(body))
        except Exception:
            # The gateway tries an async delivery again, and tells a sync caller no more than that the call failed.
            traceback.print_exc()
            status, answer = 500, {"error": "failed"}
        text = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def call(self, event):
        if function := SYNC.get(self.path):
            return 200, function(event)
        if function := ASYNC.get(self.path):
            # At least once: what was carried out for this delivery is not carried out again.
            delivery = self.headers["webhook-id"]
            if delivery not in done:
                function(event)
                done.add(delivery)
            return 200, {}
        return 404, {"error": f"nothing is served at {self.path}"}

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", 0))), Handler)
print(f"listening on http://127.0.0.1:{server.server_address[1]}", flush=True)
server.serve_forever()
