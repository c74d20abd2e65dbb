"""Functions out of order: gone, slow, breaking off, failing now and then."""

import asyncio

from bed import Bed
from functions import FunctionServer, Reply

DRAIN_SECONDS = 90


async def down(options):
    """a function is down for a minute"""
    seconds = options.pick(5, 60)
    async with Bed(options, "target down") as bed, FunctionServer(bed.ledger) as other:
        await bed.subscriber("up")
        await bed.subscriber("down", server=other)
        async with bed.load(connections=4, rate=100):
            await asyncio.sleep(1)
            await other.down()
            await asyncio.sleep(seconds)
            missed = len(bed.ledger.calls["up"]) - len(bed.ledger.calls["down"])
            bed.expect(missed > 50 * seconds, f"the function that is up got {missed} events meanwhile, too few")
            await other.up()
            await asyncio.sleep(2)
        took = await bed.drained(DRAIN_SECONDS)
        bed.note(f"down for {seconds} s, {missed} events behind, empty {took + 2:.1f} s after it was back")
        return await bed.finish()


async def slow(options):
    """functions that answer shortly before and after the timeout"""
    async with Bed(options, "slow target", ["--function-timeout=1000"]) as bed:
        late = set()

        def now_and_then(call):
            # Never so often in a row that the circuit opens.
            if bed.random.random() < 0.3 and call.number not in late:
                late.add(call.number)
                return Reply(delay=1.3)
            return Reply(delay=0.1)

        await bed.subscriber("below", lambda _call: Reply(delay=0.8))
        await bed.subscriber("above", now_and_then)
        await bed.subscriber("prompt")
        await bed.producers(connections=8, rate=50).run(events=options.pick(200, 2000))
        await bed.drained(DRAIN_SECONDS)
        calls = sum(bed.ledger.calls["above"].values())
        bed.expect(
            late and calls == len(bed.ledger.accepted) + len(late), f"{calls} calls, {len(late)} of them too late"
        )
        bed.note(f"{len(late)} answers too late")
        return await bed.finish()


async def always_late(options):
    """a function that takes longer than the timeout for everything, and is quick again later"""
    async with Bed(options, "target too slow for a while", ["--function-timeout=500"]) as bed:
        is_late = True
        await bed.subscriber("late", lambda _call: Reply(delay=0.8 if is_late else 0))
        await bed.subscriber("prompt")
        async with bed.load(connections=4, rate=100):
            await asyncio.sleep(options.pick(4, 60))
            is_late = False
            await asyncio.sleep(2)
        took = await bed.drained(DRAIN_SECONDS)
        bed.note(f"empty {took + 2:.1f} s after it was quick again")
        return await bed.finish()


async def half_closed(options):
    """functions that read the event and close, or break off in the middle of the answer"""
    async with Bed(options, "half-closed") as bed:

        def breaking(_call):
            is_broken = bed.random.random() < 0.3
            return Reply(cut=bed.random.choice(["before", "head", "body", "reset"]) if is_broken else "")

        await bed.subscriber("breaking", breaking)
        await bed.subscriber("whole")
        await bed.producers(connections=8, rate=200).run(events=options.pick(500, 5000))
        await bed.drained(DRAIN_SECONDS)
        calls = bed.ledger.calls["breaking"]
        bed.note(f"{sum(calls.values())} calls for {len(calls)} events")
        return await bed.finish()


async def random_failures(options):
    """5 % of the answers are 500"""
    async with Bed(options, "5 % random 500s") as bed:

        def failing(_call):
            return Reply(status=500 if bed.random.random() < 0.05 else 200)

        for number in range(3):
            await bed.subscriber(f"failing-{number}", failing)
        await bed.producers(connections=16, rate=500).run(events=options.pick(1500, 10000))
        await bed.drained(DRAIN_SECONDS)
        calls = sum(sum(calls.values()) for calls in bed.ledger.calls.values())
        bed.note(f"{calls} calls")
        return await bed.finish()


async def burst(options):
    """5,000 events at a function of 100 ms"""
    events = 5000
    async with Bed(options, "5,000 events, 100 ms function") as bed:
        await bed.subscriber("slow", lambda _call: Reply(delay=0.1))
        producers = bed.producers(connections=50)
        await producers.run(events=events)
        sent = len(bed.ledger.sent)
        took = await bed.drained(DRAIN_SECONDS)
        bed.note(f"{producers.statuses[202]} of {sent} accepted, delivered {took:.1f} s later")
        bed.expect(len(bed.ledger.accepted) == events, f"{len(bed.ledger.accepted)} of {events} events were accepted")
        return await bed.finish()


FAULTS = [down, slow, always_late, half_closed, random_failures, burst]
