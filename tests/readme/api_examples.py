#!/usr/bin/env python3
"""Runs the examples of docs/api.md, one after the other, and checks that the gateway answers what the page shows.

A fenced `sh` block is run; the fenced block after it is what it prints. Answers about deliveries tell of events, with ids
and times of their own, so of these only the members that they have at the top are compared.

EVENT_GATEWAY_BIN names the gateway, target/release/event-gateway unless set. It gets free ports and a folder of its own.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

from run import CONFIG_PORT, EVENTS_PORT, ROOT, free_ports

PAGE = ROOT / "docs" / "api.md"
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ABOUT_EVENTS = "deliveryId"
START_SECONDS = 30


def examples(ports):
    """Each command of the page with the lines that it shows."""
    blocks = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    for (kind, command), (_, shown) in zip(blocks, blocks[1:]):
        if kind == "sh":
            for name, port in ports.items():
                command = command.replace(f"localhost:{name}", f"localhost:{port}")
            yield command, shown.splitlines()


def members(lines):
    """The members of answers, without those that a list has only if something is in it."""
    return [set(json.loads(line)) - {"next", "dropped"} for line in lines]


def fault(command, shown):
    """What is wrong with an example, if anything."""
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    printed = [line.rstrip() for line in done.stdout.splitlines()]
    is_as_shown = printed == shown
    if not is_as_shown and any(ABOUT_EVENTS in line for line in shown):
        is_as_shown = members(printed) == members(shown)
    return None if is_as_shown else f"shown: {shown}\nprinted: {printed}\n{done.stderr}"


def wait_for(port, gateway):
    """Returns when the Configuration API answers."""
    deadline = time.monotonic() + START_SECONDS
    while gateway.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"http://localhost:{port}/v1/status").close()
            return
        except urllib.error.URLError:
            time.sleep(0.02)
    sys.exit("the gateway did not start")


def main():
    binary = pathlib.Path(os.environ.get("EVENT_GATEWAY_BIN", ROOT / "target/release/event-gateway")).resolve()
    ports = dict(zip((EVENTS_PORT, CONFIG_PORT), free_ports(2)))
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        flags = ["--events-port", ports[EVENTS_PORT], "--config-port", ports[CONFIG_PORT], "--embed-data-dir", folder]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("EVENT_GATEWAY_")}
        with subprocess.Popen([str(binary), *flags], env=environment, stderr=subprocess.DEVNULL) as gateway:
            try:
                wait_for(ports[CONFIG_PORT], gateway)
                for command, shown in examples(ports):
                    wrong = fault(command, shown)
                    print(f"{'FAILED' if wrong else 'ok'}: {command.splitlines()[0]}", *([wrong] if wrong else []), sep="\n")
                    passed, failed = passed + (not wrong), failed + bool(wrong)
            finally:
                gateway.terminate()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
