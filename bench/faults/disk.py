"""The disk is full: nothing more is accepted, nothing that was accepted is lost, and it goes on once there is room."""

import asyncio
import contextlib
import os
import subprocess
import time

from bed import Bed, NotRun
from functions import Reply

MIB = 1024 * 1024
DRAIN_SECONDS = 90
FILL_SECONDS = 90
#: Time to notice that there is room again.
ROOM_SECONDS = 5
FLAGS = ["--workers=20", "--workers-backlog=10000000"]


async def full(options):
    """no space left on the device: a small tmpfs, filled up"""
    with _tmpfs(options.work / "disk", 64) as disk:
        async with Bed(options, "disk full", FLAGS, data=disk / "data") as bed:
            held = _hold(bed)
            await bed.subscriber("held", held)
            ballast = disk / "ballast"
            room = os.statvfs(disk)
            ballast.write_bytes(bytes(room.f_bavail * room.f_frsize - 4 * MIB))
            producers = await _fill(bed)
            # Once it is full, events and deliveries go on against it for a while, and so does a restart.
            await _go_on(bed, producers, held)
            await bed.gateway.kill()
            started_full = await _starts(bed)
            ballast.unlink()
            if not started_full:
                await bed.gateway.start()
            return await _recover(
                bed, producers, "started while it was full" if started_full else "a start waits for room"
            )


async def file_size_limit(options):
    """the same with a limit on the size of files, which needs no privileges"""
    async with Bed(options, "file size limit", FLAGS) as bed:
        held = _hold(bed)
        await bed.subscriber("held", held)
        await bed.gateway.kill()
        largest = max(path.stat().st_size for path in bed.gateway.data.rglob("*") if path.is_file())
        bed.gateway.file_size_limit = largest + 2 * MIB
        await bed.gateway.start()
        producers = await _fill(bed)
        await _go_on(bed, producers, held)
        await bed.gateway.kill()
        bed.gateway.file_size_limit = None
        await bed.gateway.start()
        return await _recover(bed, producers, f"files of {bed.gateway.data.name} up to {largest // 1024 + 2048} KiB")


def _hold(bed):
    """A behaviour that takes nothing until it is told to."""

    def held(_call):
        return Reply() if held.opened else Reply(status=503, headers="Retry-After: 1\r\n")

    held.opened = False
    return held


async def _fill(bed):
    """Sends events until they are refused for seconds on end."""
    producers = bed.producers(connections=32, refused_pause=0.05, padding=4096)
    task = asyncio.create_task(producers.run(seconds=FILL_SECONDS))
    refused = 0
    while not task.done() and refused < 4:
        before = producers.statuses[202]
        await asyncio.sleep(0.5)
        refused = refused + 1 if producers.statuses[503] and producers.statuses[202] - before < 5 else 0
    producers.stop()
    await task
    bed.expect(producers.statuses[503], f"nothing was refused within {FILL_SECONDS} s: {dict(producers.statuses)}")
    return producers


async def _go_on(bed, producers, held):
    """Deliveries are made while nothing can be written."""
    held.opened = True
    await asyncio.sleep(2)
    bed.note(f"{len(bed.ledger.delivered['held'])} delivered while it was full")
    held.opened = False


async def _starts(bed):
    await bed.gateway.start(wait=False)
    for _ in range(50):
        await asyncio.sleep(0.1)
        if not bed.gateway.is_alive:
            return False
        with contextlib.suppress(OSError):
            await bed.gateway.request("GET", "/v1/status")
            return True
    await bed.gateway.kill()
    return False


async def _recover(bed, producers, note):
    """There is room again: events are accepted, and all that was accepted is delivered."""
    statuses = dict(producers.statuses)
    bed.expect(
        producers.waits_named == statuses.get(503, 0),
        f"{producers.waits_named} of {statuses.get(503)} refusals had Retry-After",
    )
    took = await _accepts(bed)
    after = bed.producers(connections=4, rate=100)
    await after.run(events=100)
    bed.expect(after.statuses[202] == 100, f"100 events after there was room were answered {dict(after.statuses)}")
    bed.server.behaviours.pop("held")
    await bed.drained(DRAIN_SECONDS)
    bed.note(f"{statuses.get(202, 0)} accepted before, {statuses.get(503, 0)} refused, {note}")
    bed.note(f"accepted again {took:.1f} s after there was room")
    # What was delivered while nothing could be written down comes again.
    return await bed.finish(most_duplicates=None)


async def _accepts(bed):
    """Waits until an event is accepted; the seconds."""
    began = time.monotonic()
    first = bed.producers(connections=1)
    while not first.statuses[202] and time.monotonic() - began < ROOM_SECONDS:
        await first.run(events=1)
    return time.monotonic() - began


@contextlib.contextmanager
def _tmpfs(path, mib):
    path.mkdir(parents=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={mib}m", "tmpfs", str(path)], capture_output=True, text=True, check=False
    )
    if mounted.returncode != 0:
        raise NotRun(f"a file system cannot be mounted: {mounted.stderr.strip()}")
    try:
        yield path
    finally:
        subprocess.run(["umount", "--lazy", str(path)], check=True)


FAULTS = [full, file_size_limit]
