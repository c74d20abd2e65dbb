#!/usr/bin/env python3
"""Starts a gateway and three hooks, registers gateway.json, sends events and checks what becomes of them. See README.md.

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
got = {"/orders": [], "/partner": []}


class Functions(BaseHTTPRequestHandler):
    """The functions behind the hooks: they keep what they got."""

    def do_POST(self):
        event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        got[self.path].append(event)
        status, said = (500, b"Traceback: db01") if event["data"].get("broken") else (201, b"placed\n")
        self.send_response(status)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_):
        """Says nothing."""


def free_ports(count):
    with contextlib.ExitStack() as open_sockets:
        servers = [open_sockets.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [server.getsockname()[1] for server in servers]


def send(url, body, headers=(), method="POST"):
    """Status, headers and body of an answer, whatever its status."""
    headers = {"Content-Type": "application/json", **dict(headers)}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read().decode()


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


def register(config, ports):
    text = (HERE / "gateway.json").read_text()
    for name, port in ports.items():
        text = text.replace(name, str(port))
    wanted = json.loads(text)
    for kind in ("functions", "eventtypes", "subscriptions"):
        for body in wanted[kind]:
            status, _, said = send(f"{config}/{kind}", body)
            if status != 201:
                sys.exit(f"{kind}: {status} {said}")
    status, _, said = send(config, wanted["space"], method="PUT")
    if status != 200:
        sys.exit(f"space: {status} {said}")


def main():
    gateway = os.environ.get("EVENT_GATEWAY_BIN") or str(ROOT / "target/release/event-gateway")
    events_port, config_port, node, python, rust = free_ports(5)
    functions = ThreadingHTTPServer(("127.0.0.1", 0), Functions)
    threading.Thread(target=functions.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as ending:
        built = pathlib.Path(folder) / "answers"
        subprocess.run(["rustc", "--edition", "2024", "-o", built, HERE / "answers.rs"], check=True)
        flags = ["--events-port", events_port, "--config-port", config_port, "--embed-data-dir", f"{folder}/data"]
        flags += ["--log-level", "error"]
        for command in (
            [gateway, *flags],
            ["node", HERE / "tenants.mjs", node],
            [sys.executable, HERE / "redact.py", python],
            [built, rust],
        ):
            process = subprocess.Popen([str(part) for part in command])
            ending.callback(process.wait)
            ending.callback(process.terminate)
        for port in (events_port, config_port, node, python, rust):
            until(f"port {port} listens", lambda port=port: listens(port))
        config = f"http://127.0.0.1:{config_port}/v1/spaces/default"
        register(config, {"NODE": node, "PYTHON": python, "RUST": rust, "ORDERS": functions.server_port})
        checks = check(f"http://127.0.0.1:{events_port}/orders", config)
    failed = [name for name, passes in checks if not passes]
    for name, passes in checks:
        print(f"{'ok' if passes else 'FAILED'}: {name}")
    print(f"{len(checks) - len(failed)} passed, {len(failed)} failed")
    sys.exit(bool(failed))


def check(url, config):
    """Each event, and whether it became what README.md says."""

    def order(event_id, key, **data):
        event = {"specversion": "1.0", "type": "order.placed", "source": "/shop", "id": event_id, "data": data}
        headers = {"Content-Type": "application/cloudevents+json"}
        return send(url, event, {**headers, **({"X-Api-Key": key} if key else {})})

    status, _, said = order("1", None, book=1)
    checks = [("without a key nothing is accepted", status == 401 and "X-Api-Key" in said and not got["/orders"])]
    status, headers, said = order("2", "key-of-acme", book=2, card="4111", email="a@example.com")
    checks.append(("an order is placed", (status, said) == (201, "placed\n")))
    checks.append(("its function knows the tenant", got["/orders"][-1].get("tenant") == "acme"))
    checks.append(("the answer says who checked it", headers["X-Checked-By"] == "answers" and not headers["Server"]))
    until("the partner has the order", lambda: got["/partner"])
    checks.append(("the partner gets what it needs", got["/partner"][0]["data"] == {"book": 2}))
    status, _, said = order("3", "key-of-bob", book=3, broken=True)
    checks.append(("what is broken says nothing of itself", (status, said) == (502, "try again later\n")))
    order("4", "key-of-bob", book=4, secret=True)

    def dead():
        with urllib.request.urlopen(f"{config}/deadletters", timeout=5) as answer:
            return json.load(answer)["deadLetters"]

    dead_letter = until("a dead letter is there", dead)[0]
    refused = dead_letter["reason"] == "hookRefused" and dead_letter["event"]["data"]["secret"]
    checks.append(("what must not leave is a dead letter", bool(refused)))
    return checks


if __name__ == "__main__":
    main()
