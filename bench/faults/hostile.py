#!/usr/bin/env python3
"""A hostile space: attacks a gateway in every known way at once until SIGTERM, then says what each was answered.

    hostile.py EVENTS_PORT CONFIG_PORT

Each attack is a coroutine that goes on for ever. It notes every answer; which answers are right stands beside it.
"""

import asyncio
import collections
import contextlib
import functools
import gzip
import json
import os
import random
import signal
import sys
import time

SPACE = "hostile"
ROOT = f"/{SPACE}"
MB = 1024 * 1024
ANSWER_SECONDS = 30
#: Refusals that say "not now" or "not so".
REFUSED = ("400", "408", "413", "429", "503")
ATTACKS = {}


def attack(*allowed, at_a_time=1, pause=0.05):
    """An attack: which answers are right, how many go on at a time, and the pause after each, in seconds."""

    def register(make):
        ATTACKS[make.__name__] = {
            "make": make,
            "allowed": [*allowed, *REFUSED],
            "answers": collections.Counter(),
            "at_a_time": at_a_time,
            "pause": pause,
        }
        return make

    return register


class Target:
    def __init__(self, events_port, config_port):
        self.events_port, self.config_port = events_port, config_port

    async def connect(self):
        return await asyncio.open_connection("127.0.0.1", self.events_port)

    async def send(self, path, body, headers=(), method="POST", port=None):
        """Status of the answer."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port or self.events_port)
        try:
            lines = [
                f"{method} {path} HTTP/1.1",
                "Host: localhost",
                "Connection: close",
                f"Content-Length: {len(body)}",
            ]
            writer.write("\r\n".join([*lines, *headers]).encode() + b"\r\n\r\n" + body)
            status = await asyncio.wait_for(reader.readline(), ANSWER_SECONDS)
            while await asyncio.wait_for(reader.read(65536), ANSWER_SECONDS):
                pass
            return status.split(b" ")[1].decode() if status else "closed"
        finally:
            writer.close()

    async def configure(self, method, path, body=None):
        content = b"" if body is None else json.dumps(body).encode()
        return await self.send(
            f"/v1/spaces/{SPACE}/{path}", content, ["Content-Type: application/json"], method, self.config_port
        )


# -- what is sent, made once: the gateway is to be busy, not this process


@functools.cache
def many_attributes():
    """A CloudEvent with as many attributes as fit into 1 MB."""
    members = ",".join(f'"a{number}":"{number}"' for number in range(MB // 16))
    return ('{"specversion":"1.0","id":"1","source":"/s","type":"t",' + members + "}").encode()


@functools.cache
def many_events():
    event = '{"specversion":"1.0","id":"1","source":"/s","type":"t"}'
    return ("[" + ",".join([event] * 100_000) + "]").encode()


@functools.cache
def long_id():
    return json.dumps({"specversion": "1.0", "id": "i" * 9 * MB, "source": "/s", "type": "t"}).encode()


@functools.cache
def many_headers():
    headers = {f"x-{number}": "v" for number in range(20_000)}
    return {"functionId": "headers", "type": "http", "provider": {"url": "http://127.0.0.1:9/", "headers": headers}}


@functools.cache
def text(size):
    return b'"' + b"x" * size + b'"'


# -- work that grows faster than the input


@attack("202", at_a_time=2)
async def attributes(target):
    return await target.send(f"{ROOT}/", many_attributes(), ["Content-Type: application/cloudevents+json"])


@attack("202")
async def content_type_parameters(target):
    parameters = ";".join(f"a{number}=b" for number in range(3000))
    return await target.send(f"{ROOT}/", b"{}", [f"Content-Type: application/json;{parameters}", "Event: t"])


@attack("200", "202", "500", "502", "504")
async def empty_gzip_members(target):
    """The function's answer is a gzip of nothing, over and over."""
    return await target.send(f"{ROOT}/gzip", b"", method="GET")


@attack("200", "201", "409", pause=0.02)
async def cors_patterns(target):
    number = random.randrange(10**9)
    return await target.configure("POST", "cors", {"method": "GET", "path": f"{ROOT}/:a/:b/{number}"})


@attack(pause=0.5)
async def function_headers(target):
    return await target.configure("POST", "functions", many_headers())


# -- what a stranger can fill


@attack("202", at_a_time=4, pause=0.01)
async def dead_letters(target):
    return await target.send(f"{ROOT}/refusing", text(100_000), ["Event: t", "Content-Type: application/json"])


@attack("202", at_a_time=2, pause=0.01)
async def large_dead_letters(target):
    return await target.send(f"{ROOT}/refusing", text(5 * MB), ["Event: t", "Content-Type: application/json"])


@attack("202", at_a_time=2, pause=0.01)
async def much_later(target):
    when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 6 * 86400))
    return await target.send(f"{ROOT}/later", b"{}", ["Event: t", f"X-Deliver-At: {when}"])


@attack(pause=0.2)
async def year_9999(target):
    return await target.send(f"{ROOT}/later", b"{}", ["Event: t", "X-Deliver-At: 9999-01-01T00:00:00Z"])


@attack("202", at_a_time=4, pause=0.005)
async def hanging_functions(target):
    return await target.send(f"{ROOT}/hanging", b"{}", ["Event: t"])


@attack("200", "500", "502", "504", at_a_time=64)
async def hanging_sync_calls(target):
    return await asyncio.wait_for(target.send(f"{ROOT}/hang", b"", method="GET"), 20)


@attack("202", pause=1)
async def loop(target):
    return await target.send(f"{ROOT}/loop", b"{}", ["Event: t"])


@attack("500", "502", "508", pause=1)
async def sync_loop(target):
    return await target.send(f"{ROOT}/nested", b"", method="GET")


@attack("202", "200", pause=0.5)
async def batch(target):
    return await target.send(f"{ROOT}/prompt", many_events(), ["Content-Type: application/cloudevents-batch+json"])


@attack("closed", "timeout", "reset", at_a_time=60)
async def unfinished_bodies(target):
    """A body of 9.9 MB whose last byte never comes."""
    reader, writer = await target.connect()
    try:
        size = 99 * MB // 10
        writer.write(f"POST {ROOT}/ HTTP/1.1\r\nHost: localhost\r\nEvent: t\r\nContent-Length: {size}\r\n\r\n".encode())
        piece = b" " * 65536
        for _ in range(size // len(piece)):
            writer.write(piece)
            await asyncio.wait_for(writer.drain(), ANSWER_SECONDS)
        return await first_status(reader)
    finally:
        writer.close()


@attack("closed", "timeout", "reset", "431", at_a_time=100)
async def half_heads(target):
    reader, writer = await target.connect()
    try:
        writer.write(f"POST {ROOT}/ HTTP/1.1\r\nHost: localhost\r\nX-Long: ".encode() + b"x" * 50_000)
        return await first_status(reader)
    finally:
        writer.close()


@attack("unread", "closed", "reset", at_a_time=20)
async def unread_answers(target):
    """Asks for megabytes and reads none of them."""
    _, writer = await target.connect()
    try:
        for _ in range(20):
            writer.write(f"GET {ROOT}/large HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        await asyncio.sleep(20)
        return "unread"
    finally:
        writer.transport.abort()


@attack("202", pause=0.5)
async def long_ids(target):
    return await target.send(f"{ROOT}/failing", long_id(), ["Content-Type: application/cloudevents+json"])


@attack("200", "404", pause=0.02)
async def unknown_spaces(target):
    space = f"unknown{random.randrange(10**9)}"
    return await target.send(f"/v1/spaces/{space}/functions", b"", method="GET", port=target.config_port)


@attack("202", pause=0.02)
async def deduplication_keys(target):
    return await target.send(f"{ROOT}/prompt", b"{}", ["Event: t", f"X-Deduplication-Key: {random.random()}"])


@attack("202", pause=0.1)
async def far_retry_after(target):
    return await target.send(f"{ROOT}/busy", b"{}", ["Event: t"])


@attack("200", pause=1)
async def list_dead_letters(target):
    return await target.configure("GET", "deadletters?limit=1000")


async def first_status(reader):
    """Status of the answer, or how the connection ended."""
    try:
        line = await asyncio.wait_for(reader.readline(), ANSWER_SECONDS)
    except asyncio.TimeoutError:
        return "timeout"
    return line.split(b" ")[1].decode() if line else "closed"


# -- its functions

ANSWERS = {
    "/refusing": (400, 0, b"{}", ""),
    "/failing": (500, 0, b"{}", ""),
    "/busy": (429, 0, b"{}", "Retry-After: 43200\r\n"),
    "/prompt": (200, 0, b"{}", ""),
    "/hanging": (200, 900, b"{}", ""),
    "/hanging-too": (200, 900, b"{}", ""),
    "/hang": (200, 900, b"{}", ""),
    "/gzip": (200, 0, gzip.compress(b"") * (2 * MB // 20), "Content-Encoding: gzip\r\n"),
    "/large": (200, 0, json.dumps({"statusCode": 200, "body": "x" * 4 * MB}).encode(), ""),
}


async def function(reader, writer):
    with contextlib.suppress(OSError, EOFError, asyncio.LimitOverrunError):
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            lines = head.lower().split(b"\r\n")
            length = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)
            left = length
            while left:
                left -= len(await reader.read(min(left, 65536)) or b"x" * left)
            path = head.split(b" ", 2)[1].decode()
            status, delay, body, headers = ANSWERS[path]
            await asyncio.sleep(delay)
            writer.write(f"HTTP/1.1 {status} Answer\r\n{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            await writer.drain()
    writer.close()


async def register(target, port):
    """Everything of this space. What is refused is refused: each attack shows it."""
    own = f"http://127.0.0.1:{port}"
    gateway = f"http://127.0.0.1:{target.events_port}{ROOT}"
    for name in ["t", "http.request"]:
        await target.configure("POST", "eventtypes", {"name": name})
    functions = {path[1:]: own + path for path in ANSWERS}
    functions |= {"loop": f"{gateway}/loop", "loop-too": f"{gateway}/loop", "nested": f"{gateway}/nested"}
    for name, url in functions.items():
        provider = {"url": url}
        if name.startswith("hang"):
            provider["timeoutSeconds"] = 900
        status = await target.configure("POST", "functions", {"functionId": name, "type": "http", "provider": provider})
        assert status == "201", f"function {name} was answered {status}"
    asynchronous = {
        "refusing": "/refusing",
        "failing": "/failing",
        "busy": "/busy",
        "prompt": "/prompt",
        "hanging": "/hanging",
        "hanging-too": "/hanging",
        "loop": "/loop",
        "loop-too": "/loop",
    }
    subscriptions = [("async", "t", name, ROOT + path, "POST") for name, path in asynchronous.items()]
    subscriptions += [("async", "t", "prompt", f"{ROOT}/later", "POST"), ("async", "t", "prompt", f"{ROOT}/", "POST")]
    subscriptions += [
        ("sync", "http.request", name, f"{ROOT}/{name}", "GET") for name in ["gzip", "hang", "nested", "large"]
    ]
    for kind, event_type, name, path, method in subscriptions:
        body = {"type": kind, "eventType": event_type, "functionId": name, "path": path, "method": method}
        status = await target.configure("POST", "subscriptions", body)
        assert status == "201", f"subscription of {name} was answered {status}"


async def go_on(target, name):
    one = ATTACKS[name]
    while True:
        try:
            status = await one["make"](target)
        except asyncio.TimeoutError:
            status = "timeout"
        except OSError:
            status = "reset"
        one["answers"][status] += 1
        await asyncio.sleep(one["pause"])


async def main():
    target = Target(*map(int, sys.argv[1:3]))
    # A head of an event of 9 MB fits.
    server = await asyncio.start_server(function, "127.0.0.1", 0, limit=16 * MB)
    await register(target, server.sockets[0].getsockname()[1])
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    _tasks = [
        asyncio.create_task(go_on(target, name)) for name, one in ATTACKS.items() for _ in range(one["at_a_time"])
    ]
    await stopped.wait()
    # A connection may end by a reset, and an answer may take too long, whatever is right otherwise.
    print(
        json.dumps(
            {
                name: {"allowed": [*one["allowed"], "reset", "timeout", "closed"], "answers": one["answers"]}
                for name, one in ATTACKS.items()
            }
        ),
        flush=True,
    )
    # At once, with all that is under way.
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(main())
