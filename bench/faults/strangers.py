"""Spaces that do not trust each other: a hostile one does all it can, a quiet one beside it must not feel it."""

import asyncio
import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import time
import urllib.parse

from bed import Bed
from gateway_process import LIBC, PR_SET_PDEATHSIG, Gateway

HOSTILE = "hostile"
#: How much slower the quiet space may be when the hostile one is on its gateway than when that is on another one of this machine.
SLOWER = 3
MEMORY_MB = 400
DRAIN_SECONDS = 120
PURGE_SECONDS = 60
#: Few enough for the p99 of a machine with two cores to be the gateway's and not the producer's.
RATE, CONNECTIONS = 40, 4
PAGE_BYTES = 32 * 1024 * 1024
FLAGS = [
    "--hosted-domains=slsgateway.com",
    "--target-allow=127.0.0.0/8",
    "--workers-backlog=200000",
    "--workers-backlog-bytes=1073741824",
]


class SyncCaller:
    """Calls a sync subscription of the quiet space and keeps how long the answers took, in seconds."""

    def __init__(self, port, path):
        self.port, self.path = port, path
        self.seconds = []
        self.failures = []

    async def run(self, rate):
        reader = writer = None
        due = time.monotonic()
        request = f"GET {self.path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
        while True:
            due = max(due + 1 / rate, time.monotonic() - 0.1)
            await asyncio.sleep(max(0, due - time.monotonic()))
            began = time.monotonic()
            try:
                if writer is None:
                    reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.write(request)
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(
                    int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
                )
                await reader.readexactly(length)
                status = int(head.split(b" ", 2)[1])
            except (OSError, EOFError) as error:
                reader, writer, status = None, None, repr(error)
            self.seconds.append(time.monotonic() - began)
            if status != 200:
                self.failures.append(status)


def p99(values):
    return statistics.quantiles(values, n=100)[98]


async def strangers(options):
    """a hostile space does all it can beside a quiet one"""
    alone = options.pick(15, 60)
    beside = int(options.strangers_seconds or options.pick(40, 600))
    async with Bed(options, "hostile space", FLAGS) as bed:
        await bed.subscriber("quiet", route="/default/")
        await quiet_sync(bed)
        caller = SyncCaller(bed.gateway.events_port, "/default/sync")
        calls = asyncio.create_task(caller.run(RATE))
        async with bed.load(route="/default/", connections=CONNECTIONS, rate=RATE):
            await asyncio.sleep(2)  # Connections are made, code is warm.
            calm = await quiet_p99(bed, caller, alone)
            elsewhere = await beside_another_gateway(bed, caller, alone)
            attack, memory = start_hostile(bed.gateway), []

            async def sampled():
                for _ in range(beside):
                    await asyncio.sleep(1)
                    memory.append(bed.gateway.resident_mb())
                    bed.expect(attack.poll() is None, "the hostile space ended by itself")

            sampling = asyncio.create_task(sampled())
            hostile = await quiet_p99(bed, caller, beside)
            await sampling
            attack.terminate()
            report, _ = await asyncio.to_thread(attack.communicate)
        calls.cancel()
        for what, alone, other, same in zip(["event to function", "sync call"], calm, elsewhere, hostile):
            text = (
                f"{what}: p99 {alone * 1000:.1f} ms alone, {other * 1000:.1f} ms with the hostile space on another gateway, "
                f"{same * 1000:.1f} ms with it on the same"
            )
            bed.note(text)
            bed.expect(same <= SLOWER * max(alone, other), text)
        bed.expect(not caller.failures, f"sync calls of the quiet space were answered {caller.failures[:5]}")
        bed.note(f"at most {max(memory):.0f} MB")
        bed.expect(max(memory) <= MEMORY_MB, f"resident memory reached {max(memory):.0f} MB")
        check_report(bed, report)
        await clean_up(bed)
        await bed.drained(DRAIN_SECONDS)
        return await bed.finish()


async def quiet_p99(bed, caller, seconds):
    """The p99 of the quiet space, in seconds: of events to their function, and of sync calls."""
    bed.ledger.latencies["quiet"].clear()
    caller.seconds.clear()
    await asyncio.sleep(seconds)
    return p99(bed.ledger.latencies["quiet"]), p99(caller.seconds)


async def beside_another_gateway(bed, caller, seconds):
    """What the machine makes of it: attackers and the attacked take as much of its processors, but share no gateway."""
    directory = bed.options.work / "another-gateway"
    directory.mkdir()
    another = Gateway(bed.options.program, directory, [*bed.options.queue_flags, *FLAGS])
    try:
        await another.start()
        attack = start_hostile(another)
        try:
            return await quiet_p99(bed, caller, seconds)
        finally:
            attack.kill()
            attack.wait()
    finally:
        await another.close()


async def quiet_sync(bed):
    """A sync subscription of the quiet space."""

    async def answer(reader, writer):
        while True:
            try:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(
                    int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
                )
                await reader.readexactly(length)
            except (OSError, EOFError):
                writer.close()
                return
            body = b'{"statusCode":200,"body":"quiet"}'
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    await bed.gateway.space("POST", "eventtypes", {"name": "http.request"})
    await bed.gateway.space("POST", "functions", {"functionId": "sync", "type": "http", "provider": {"url": url}})
    await bed.gateway.space(
        "POST",
        "subscriptions",
        {"type": "sync", "eventType": "http.request", "functionId": "sync", "path": "/default/sync", "method": "GET"},
    )


def start_hostile(gateway):
    """The hostile space is a process of its own: it must not slow down what measures the quiet one."""
    program = pathlib.Path(__file__).with_name("hostile.py")
    return subprocess.Popen(
        [sys.executable, str(program), str(gateway.events_port), str(gateway.config_port)],
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=_before_exec,
    )


def _before_exec():
    os.nice(19)  # On one machine with the gateway, as it would never be: it may have what CPU the others leave.
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # Outlives nobody who could stop it.


def check_report(bed, report):
    """Each attack has to have been made, and to have been answered as it is to be."""
    attacks = json.loads(report)
    for name, attack in attacks.items():
        wrong = {status: count for status, count in attack["answers"].items() if status not in attack["allowed"]}
        bed.expect(attack["answers"], f"{name}: not one attack was made")
        bed.expect(not wrong, f"{name}: answered {wrong}")
    bed.note("attacks: " + ", ".join(f"{name} {sum(one['answers'].values())}" for name, one in attacks.items()))


async def clean_up(bed):
    """What its operator can do afterwards about what the hostile space has left."""
    space = f"/v1/spaces/{HOSTILE}"
    status, text = await bed.gateway.request("GET", f"{space}/deliveries/waiting")
    waiting = json.loads(text) if status == 200 else {}
    bed.expect(waiting.get("deliveries"), f"what waits was answered {status}: {text[:200]}")
    status, text = await bed.gateway.request("DELETE", f"{space}/deliveries/waiting?all=true")
    bed.expect(200 <= status < 300, f"cancelling what waits was answered {status}: {text[:200]}")
    bed.note(f"{json.loads(text).get('cancelled')} deliveries cancelled")
    listed, after = 0, ""
    while True:
        status, text = await bed.gateway.request("GET", f"{space}/deadletters?limit=1000{after}")
        bed.expect(status == 200, f"dead letters were answered {status}: {text[:200]}")
        bed.expect(len(text) <= PAGE_BYTES, f"a page of dead letters has {len(text)} bytes")
        page = json.loads(text)
        listed += len(page["deadLetters"])
        if not page.get("next"):
            break
        after = "&next=" + urllib.parse.quote(page["next"], safe="")
    bed.expect(listed, "the hostile space has no dead letters")
    await purge(bed, space)
    bed.note(f"{listed} dead letters listed and purged")


async def purge(bed, space):
    """What multiplies goes on while it is cancelled, and what was in hand still fails: all of it comes to an end."""
    deadline = time.monotonic() + PURGE_SECONDS
    while True:
        for what in ["deliveries/waiting", "deadletters"]:
            status, text = await bed.gateway.request("DELETE", f"{space}/{what}?all=true")
            bed.expect(200 <= status < 300, f"the purge of {what} was answered {status}: {text[:200]}")
        await asyncio.sleep(0.5)
        left = []
        for what, key in [("deliveries/waiting", "deliveries"), ("deadletters", "deadLetters")]:
            status, text = await bed.gateway.request("GET", f"{space}/{what}")
            left += json.loads(text)[key] if status == 200 else [f"{what}: {status}"]
        if not left or time.monotonic() > deadline:
            break
    bed.expect(not left, f"after the purge: {json.dumps(left)[:200]}")


FAULTS = [strangers]
