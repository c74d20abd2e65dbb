"""More comes in than functions take, for a long time; and a backlog that is larger than memory should be."""

import asyncio
import statistics

from bed import Bed
from functions import Reply

WORKERS = 50
DRAIN_SECONDS = 300
#: How much the resident memory may grow once the queue is full: a tenth, and what an allocator keeps.
GROWTH, GROWTH_MB = 1.1, 8
#: How much it may grow for a backlog, whatever its length.
BACKLOG_MB = 64
#: What the file of an empty queue may take, and when.
LEFT_MB, RECLAIM_SECONDS = 72, 5


async def overload(options):
    """minutes of more events than functions take"""
    seconds = options.overload_seconds or options.pick(12, 600)
    most = options.pick(2000, 20000)
    flags = [f"--workers={WORKERS}", f"--workers-backlog={most}"]
    async with Bed(options, "overload", flags) as bed:
        overloaded = True
        await bed.subscriber("slow", lambda _call: Reply(delay=0.1 if overloaded else 0))
        memory = []
        async with bed.load(connections=32, refused_pause=0.05) as producers:
            for _ in range(int(seconds)):
                await asyncio.sleep(1)
                memory.append(bed.gateway.resident_mb())
        overloaded = False
        statuses = dict(producers.statuses)
        named = producers.waits_named
        bed.expect(statuses.get(503), f"nothing was refused: {statuses}")
        bed.expect(named == statuses.get(503, 0), f"{named} of {statuses.get(503)} refusals had Retry-After")
        quarter = len(memory) // 4
        early = statistics.median(memory[quarter : 2 * quarter])
        late = statistics.median(memory[-quarter:])
        grown = f"resident memory went from {early:.0f} MB in the second quarter to {late:.0f} MB in the last"
        bed.expect(late <= GROWTH * early + GROWTH_MB, grown)
        bed.note(f"{seconds:.0f} s, {statuses.get(503, 0)} refused, at most {max(memory):.0f} MB; {grown}")
        await bed.drained(DRAIN_SECONDS)
        return await bed.finish()


async def backlog(options):
    """a backlog that does not live in memory: a million deliveries, and a start with them"""
    events, subscribers = options.pick(2000, 100_000), 10
    flags = ["--workers=100", "--workers-backlog=10000000"]
    async with Bed(options, "long backlog", flags, sampled=False) as bed:
        for number in range(subscribers):
            await bed.subscriber(f"paused-{number}")
        for subscription in bed.subscriptions.values():
            await bed.gateway.subscription(subscription, "pause")
        idle = bed.gateway.resident_mb()
        await bed.producers(connections=32).run(events=events)
        full = bed.gateway.resident_mb()
        owed = bed.ledger.outstanding
        waiting = await bed.gateway.backlog()
        bed.expect(waiting == owed, f"{waiting} deliveries wait, {owed} are owed")
        await bed.gateway.kill()
        loop = asyncio.get_running_loop()
        began = loop.time()
        await bed.gateway.start()
        started = loop.time() - began
        again = bed.gateway.resident_mb()
        note = f"resident memory: {idle:.0f} MB idle, {full:.0f} MB with the backlog, {again:.0f} MB started with it"
        bed.expect(max(full, again) <= idle + BACKLOG_MB, note)
        for subscription in bed.subscriptions.values():
            await bed.gateway.subscription(subscription, "resume")
        took = await bed.drained(DRAIN_SECONDS * 4)
        disk = _disk_mb(bed)
        await asyncio.sleep(RECLAIM_SECONDS)
        left = _disk_mb(bed)
        bed.note(
            f"{note}, in {started:.2f} s; {owed} delivered in {took:.0f} s; disk {disk:.0f} MB, {left:.0f} MB later"
        )
        bed.expect(left <= LEFT_MB, f"{left:.0f} MB of disk are in use with nothing in the queue")
        return await bed.finish()


def _disk_mb(bed):
    """What the files of the queue take."""
    return sum(path.stat().st_blocks * 512 for path in bed.gateway.data.glob("queue*")) / 1024 / 1024


FAULTS = [overload, backlog]
