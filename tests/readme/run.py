#!/usr/bin/env python3
"""Runs the commands of README.md and checks that they print what the page says.

A fenced `sh` block after the comment `<!-- run -->` is run; the lines of a fenced block after `<!-- prints -->` must
then show up, in any order, in what has been printed since that run began. The first block starts the gateway, in a
terminal of its own; the others share a second one. Whatever is started is ended.

EVENT_GATEWAY_BIN names a gateway that is built already and stands in for `cargo run`. The page's ports are replaced
by free ones and the data folder by a temporary one, so that a gateway of the same machine is left alone.
"""

import contextlib
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^<!-- (run|prints) -->\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CARGO_RUN = ["cargo", "run", "--release"]
EVENTS_PORT, CONFIG_PORT, FUNCTION_PORT = "4000", "4001", "8080"

BUILD_SECONDS = 1800  # The first block may build everything.
ANSWER_SECONDS = 30
STOP_SECONDS = 40  # Longer than the gateway takes at most.
POLL_SECONDS = 0.02


class Terminal:
    """A program and everything that it and its children print."""

    def __init__(self, command, log, environment):
        self.log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def type(self, text):
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(text.encode())
            self.process.stdin.flush()

    def size(self):
        return self.log.stat().st_size

    def missing(self, promised, seconds, since=0):
        """The promised lines that are not printed in time. A program that has ended is not waited for."""
        deadline = time.monotonic() + seconds
        while True:
            is_over = self.process.poll() is not None or time.monotonic() > deadline
            printed = self.printed(since)
            missing = [line for line in promised if line not in printed]
            if not missing or is_over:
                return missing
            time.sleep(POLL_SECONDS)

    def printed(self, since=0):
        return self.log.read_bytes()[since:].decode(errors="replace")

    def end(self):
        """Waits for the program, which was asked to end, then kills what is left; its status, None if it stayed."""
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        try:
            status = self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            status = None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        return status


def free_ports(count):
    """Ports that nobody listens on, all different."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [str(opened.getsockname()[1]) for opened in sockets]
    for opened in sockets:
        opened.close()
    return ports


def read_page(ports):
    """The commands of the page, each with the lines that it promises."""

    def with_ports(text):
        return re.sub(r"(?<!\d)\d{4}(?!\d)", lambda found: ports.get(found[0], found[0]), text)

    steps = []
    for kind, text in BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8")):
        if kind == "run":
            steps.append((text, with_ports(text), []))
        elif steps:
            steps[-1][2].extend(with_ports(text).splitlines())
    if len(steps) < 2 or not all(promised for _, _, promised in steps):
        sys.exit("README.md has a command without a promise, or no commands at all")
    return steps


def gateway_command(block):
    """The command of the first block, or the gateway of the environment with the same arguments."""
    words = block.split()
    if words[:3] != CARGO_RUN:
        sys.exit(f"the first command must be `{' '.join(CARGO_RUN)}`")
    built = os.environ.get("EVENT_GATEWAY_BIN")
    if not built:
        return words
    return [str(pathlib.Path(built).resolve()), *(word for word in words[3:] if word != "--")]


def run_page(steps, ports, folder):
    """Yields each command with what is wrong with it, if anything; the first fault ends the run."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("EVENT_GATEWAY_")}
    environment = kept | {
        "EVENT_GATEWAY_EMBED_DATA_DIR": str(folder / "data"),
        "EVENT_GATEWAY_EVENTS_PORT": ports[EVENTS_PORT],
        "EVENT_GATEWAY_CONFIG_PORT": ports[CONFIG_PORT],
    }
    (page_text, command, promised), *others = steps
    gateway = Terminal(gateway_command(command), folder / "gateway.log", environment)
    # A failing command ends this shell.
    shell = Terminal(["bash", "-e"], folder / "shell.log", environment)
    try:
        missing = gateway.missing(promised, BUILD_SECONDS)
        yield page_text, missing and f"not printed: {missing}\n{gateway.printed()}"
        for page_text, command, promised in [] if missing else others:
            since = shell.size()
            shell.type(command)
            missing = shell.missing(promised, ANSWER_SECONDS, since)
            yield page_text, missing and f"not printed: {missing}\n{shell.printed(since)}"
            if missing:
                break
    finally:
        # As a reader of the page would: the function is ended as a job of its shell, the gateway with Ctrl-C.
        shell.type("kill $(jobs -p) || true; wait || true\n")
        shell_status = shell.end()
        gateway.process.send_signal(signal.SIGINT)
        gateway_status = gateway.end()
    is_clean = (shell_status, gateway_status) == (0, 0)
    yield "the end of both terminals", not is_clean and f"status {shell_status} and {gateway_status}"


def main():
    names = (EVENTS_PORT, CONFIG_PORT, FUNCTION_PORT)
    ports = dict(zip(names, free_ports(len(names))))
    steps = read_page(ports)
    passed = 0
    with tempfile.TemporaryDirectory() as folder:
        for title, fault in run_page(steps, ports, pathlib.Path(folder)):
            print(f"{'FAILED' if fault else 'ok'}: {title.splitlines()[0]}", *([fault] if fault else []), sep="\n")
            passed += not fault
    failed = len(steps) + 1 - passed
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
