"""The gateway ends in the middle of its work: killed, or asked to."""

import asyncio

from bed import Bed
from functions import Reply

SUBSCRIBERS = 10
WORKERS = 50
DRAIN_SECONDS = 120


async def kill_9(options):
    """kill -9 at random moments under load, 10 subscribers"""
    kills = options.kills or options.pick(8, 50)
    async with Bed(options, "kill -9", [f"--workers={WORKERS}"]) as bed:
        # Calls take a while, so that some are always in the middle; now and then so long that a backlog grows.
        slowest = 0.02

        def behaviour(_call):
            return Reply(delay=bed.random.uniform(0.001, slowest))

        for number in range(SUBSCRIBERS):
            await bed.subscriber(f"subscriber-{number}", behaviour)
        longest = 0
        async with bed.load(connections=16, rate=150):
            for _ in range(kills):
                slowest = bed.random.choice([0.02, 0.02, 0.5])
                await asyncio.sleep(bed.random.uniform(0.05, 1.5))
                longest = max(longest, bed.ledger.outstanding)
                await bed.gateway.kill()
                if bed.random.random() < 0.2:  # and again while it reads what it finds
                    await bed.gateway.start(wait=False)
                    await asyncio.sleep(bed.random.uniform(0.0, 0.1))
                    await bed.gateway.kill()
                await bed.gateway.start()
            slowest = 0.02
        took = await bed.drained(DRAIN_SECONDS)
        bed.note(f"{bed.gateway.starts - 1} kills, backlog up to {longest:,}, empty {took:.1f} s after the load")
        return await bed.finish(runs=kills, most_duplicates=(bed.gateway.starts - 1) * WORKERS)


async def terminated(options):
    """SIGTERM under load, functions that answer within the bound"""
    bound = 5
    runs = options.pick(3, 20)
    async with Bed(options, "SIGTERM", [f"--workers={WORKERS}", f"--shutdown-timeout={bound * 1000}"]) as bed:

        def behaviour(_call):
            return Reply(delay=bed.random.uniform(0.05, 0.4))

        for number in range(3):
            await bed.subscriber(f"subscriber-{number}", behaviour)
        slowest = await _terminate(bed, runs, bound, rate=100)
        bed.note(f"ended within {slowest:.1f} s, {bound} allowed")
        return await bed.finish(runs=runs)


async def terminated_among_hanging_calls(options):
    """SIGTERM under load, functions that hang for longer than the bound"""
    bound = 1
    runs = options.pick(2, 10)
    flags = [f"--workers={WORKERS}", f"--shutdown-timeout={bound * 1000}", "--function-timeout=3000"]
    async with Bed(options, "SIGTERM while functions hang", flags) as bed:
        await bed.subscriber("prompt")
        await bed.subscriber("hanging", lambda call: Reply(delay=10 if bed.random.random() < 0.2 else 0.01))
        slowest = await _terminate(bed, runs, bound, rate=50)
        bed.note(f"ended within {slowest:.1f} s, {bound} allowed")
        return await bed.finish(runs=runs)


async def _terminate(bed, runs, bound, rate):
    """Asks it to end some times under load; the most seconds that it took."""
    slowest = 0.0
    async with bed.load(connections=8, rate=rate):
        for _ in range(runs):
            await asyncio.sleep(bed.random.uniform(0.5, 1.5))
            status, seconds = await bed.gateway.terminate(bound + 5)
            slowest = max(slowest, seconds)
            bed.expect(status == 0, f"it ended with status {status} after SIGTERM")
            # Half a second for what is not waiting: closing files and the process.
            bed.expect(seconds <= bound + 0.5, f"it ended {seconds:.2f} s after SIGTERM, {bound} s were allowed")
            await bed.gateway.start()
    await bed.drained(DRAIN_SECONDS)
    return slowest


FAULTS = [kill_9, terminated, terminated_among_hanging_calls]
