#!/usr/bin/env python3
"""Starts a gateway, registers gateway.json, sends orders and checks what becomes of them. See README.md.

EVENT_GATEWAY_BIN names the gateway, target/release/event-gateway unless set."""

import contextlib
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
WAIT_SECONDS = 60
TIERS = {"ada": "gold", "bob": "silver"}
got = {"vip": {}, "ledger": {}}
asked = []


class Functions(BaseHTTPRequestHandler):
    """The hook, which says how good a customer is, and the functions behind, which keep what they got."""

    def do_POST(self):
        told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer = b"{}"
        if self.path == "/customers":
            event = told["event"]
            asked.append(event["id"])
            tier = TIERS.get((event.get("data") or {}).get("customer"), "none")
            # An extension, which filters see. What an event is known by stays.
            answer = json.dumps({"event": {**event, "tier": tier}}).encode()
        else:
            got[self.path.strip("/")][told["id"]] = told["data"]
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        """Says nothing."""


def free_ports(count):
    with contextlib.ExitStack() as open_sockets:
        servers = [open_sockets.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [server.getsockname()[1] for server in servers]


def send(url, body=None, method="POST", content_type="application/json"):
    """Status and body of an answer, whatever its status."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": content_type}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"null")


def until(what, condition):
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            if found := condition():
                return found
        time.sleep(0.05)
    sys.exit(f"gave up waiting until {what}")


def listens(port):
    with socket.create_connection(("127.0.0.1", port), timeout=1):
        return True


def register(config, functions):
    wanted = json.loads((HERE / "gateway.json").read_text().replace("FUNCTIONS", functions))
    for kind in ("functions", "eventtypes", "subscriptions"):
        for body in wanted[kind]:
            status, said = send(f"{config}/{kind}", body)
            if status != 201:
                sys.exit(f"{kind}: {status} {said}")
    return wanted["eventtypes"][0]["schema"]


def main():
    gateway = os.environ.get("EVENT_GATEWAY_BIN") or str(ROOT / "target/release/event-gateway")
    events_port, config_port = free_ports(2)
    functions = ThreadingHTTPServer(("127.0.0.1", 0), Functions)
    threading.Thread(target=functions.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as ending:
        flags = ["--events-port", events_port, "--config-port", config_port, "--embed-data-dir", f"{folder}/data"]
        process = subprocess.Popen([gateway, *map(str, flags), "--log-level", "error"])
        ending.callback(process.wait)
        ending.callback(process.terminate)
        for port in (events_port, config_port):
            until(f"port {port} listens", lambda port=port: listens(port))
        config = f"http://127.0.0.1:{config_port}/v1/spaces/default"
        schema = register(config, f"http://127.0.0.1:{functions.server_port}")
        checks = check(f"http://127.0.0.1:{events_port}/orders", config, schema)
    failed = [name for name, passes in checks if not passes]
    for name, passes in checks:
        print(f"{'ok' if passes else 'FAILED'}: {name}")
    print(f"{len(checks) - len(failed)} passed, {len(failed)} failed")
    sys.exit(bool(failed))


def check(url, config, schema):
    """Each step, and whether it became what README.md says."""

    def order(event_id, customer, *items, source="/shop", **more):
        data = {"customer": customer, "items": [{"price": price, "count": count} for price, count in items]}
        event = {"specversion": "1.0", "type": "order.placed", "source": source, "id": event_id, "data": data, **more}
        return send(url, event, content_type="application/cloudevents+json")

    checks = []
    status, _ = order("1", "ada", (120.0, 2), (5.5, 1))
    until("the order is booked", lambda: "1" in got["ledger"])
    until("the good customer is greeted", lambda: "1" in got["vip"])
    checks.append(("the hook is asked, and the order taken", status == 202 and asked == ["1"]))
    greeting = {"to": "ada@example.com", "total": 245.5}
    checks.append(("a transform says what to send whom", got["vip"]["1"] == greeting))
    checks.append(("another one fills in a template", got["ledger"]["1"] == {"order": "1", "bookedFor": "ada"}))

    order("2", "bob", (500.0, 1))
    order("3", "ada", (9.9, 1))
    order("4", "ada", (500.0, 1), source="/test/load")
    until("all are booked", lambda: {"2", "3", "4"} <= got["ledger"].keys())
    order("5", "ada", (101.0, 1))
    until("the next one is greeted", lambda: "5" in got["vip"])
    checks.append(("filters see tier and price", got["vip"].keys() == {"1", "5"}))
    checks.append(("tests are not asked about", "4" not in asked))

    status, said = order("6", "Ada", (-1, 0))
    wrong = {error["path"]: error["value"] for error in said["errors"]}
    expected = {"/customer": '"Ada"', "/items/0/price": "-1", "/items/0/count": "0"}
    checks.append(("what does not fit says where, all at once", status == 400 and wrong == expected))

    versions = f"{config}/schemas/order.placed/versions"
    properties = {**schema["properties"], "coupon": {"type": "string"}}
    status, said = send(versions, {**schema, "properties": properties, "required": ["customer", "items", "coupon"]})
    fault = said["errors"][0]
    checks.append(("a version that breaks names rule and value", status == 409 and fault["rule"] == "required" and "value" in fault))
    status, second = send(versions, {**schema, "properties": properties})
    checks.append(("one that adds a choice is taken", status == 201 and second["version"] == 2))
    named = second["url"].removesuffix("2") + "1"
    status, _ = order("7", "ada", (1, 1), dataschema=named)
    late, said = order("8", "", (1, 1), dataschema=named)
    told = said["errors"][0]["message"]
    checks.append(("events choose their version", (status, late) == (202, 400) and "version 1" in told))

    _, found = send(f"{config}/catalog?q=orders", method="GET")
    users = [one["functionId"] for one in found["entries"][0]["subscriptions"]]
    checks.append(("the catalog says who uses it", len(found["entries"]) == 1 and sorted(users) == ["ledger", "vip"]))
    _, document = send(f"{config}/asyncapi", method="GET")
    actions = sorted(operation["action"] for operation in document["operations"].values())
    checks.append(("AsyncAPI has what comes in and goes out", actions == ["receive", "send", "send"]))
    return checks


if __name__ == "__main__":
    main()
