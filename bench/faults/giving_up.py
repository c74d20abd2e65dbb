"""What cannot be delivered: dead letters, functions that are gone, and those beside them."""

import asyncio
import statistics

from bed import Bed, RETRY
from functions import Reply
from gateway_process import GatewayError

DRAIN_SECONDS = 60
WORKERS = 50
#: How much later healthy deliveries may come beside poison: room for a machine that does other things as well.
DELAY_SECONDS = 0.25


async def refused(options):
    """answers of 400, and attempts that run out"""
    events = options.pick(200, 2000)
    # An open circuit would keep attempts apart for minutes.
    flags = ["--circuit-breaker-failures=0"]
    async with Bed(options, "permanent failures and exhausted attempts", flags, sampled=False) as bed:
        exhausted = RETRY | {"maxAttempts": 3, "maxDelay": 0.2}
        await bed.subscriber("refusing", lambda _call: Reply(status=400))
        await bed.subscriber("failing", lambda _call: Reply(status=500), retry=exhausted)
        await bed.subscriber("healthy")
        await bed.producers(connections=8, rate=200).run(events=events)
        await bed.drained(DRAIN_SECONDS)
        row = await bed.finish(most_dead=2 * events)
        for name, attempts, reason in [("refusing", 1, "permanentFailure"), ("failing", 3, "attemptsExhausted")]:
            letters = bed.ledger.dead[name].values()
            reasons = {(letter["reason"], letter["attempts"]) for letter in letters}
            bed.expect(len(letters) == events, f"{len(letters)} dead letters of {name}, not {events}")
            bed.expect(reasons == {(reason, attempts)}, f"dead letters of {name} are {reasons}")
            counts = set(bed.ledger.calls[name].values())
            bed.expect(counts == {attempts}, f"{name} was called {counts} times for an event, not {attempts}")
        return row


async def poison(options):
    """poison beside healthy: deliveries that always fail or hang delay no others"""
    return await _poison(options, "poison beside healthy", [])


async def poison_with_closed_circuits(options):
    """the same without circuit breakers: what a function may take of the workers is bounded"""
    flags = ["--circuit-breaker-failures=0", "--workers-per-function=8"]
    return await _poison(options, "poison beside healthy, no circuit breaker", flags)


async def _poison(options, fault, flags):
    seconds = options.pick(4, 30)
    flags = ["--workers=20", "--function-timeout=1000", "--circuit-breaker-max-open=2000", *flags]
    async with Bed(options, fault, flags, sampled=False) as bed:
        few = {"maxAttempts": 4, "minDelay": 0.1, "maxDelay": 0.5}
        await bed.subscriber("healthy", route="/healthy")
        failing, hanging = Reply(status=500, delay=0.05), Reply(delay=10)
        await bed.subscriber("failing", lambda _call: failing, route="/poison", retry=few)
        await bed.subscriber("hanging", lambda _call: hanging, route="/poison", retry=few)
        latencies = bed.ledger.latencies["healthy"]
        await bed.producers("/healthy", connections=4, rate=200).run(seconds=seconds)
        alone = _p99(latencies)
        latencies.clear()
        async with bed.load("/poison", connections=4, rate=100):
            await asyncio.sleep(1)
            await bed.producers("/healthy", connections=4, rate=200).run(seconds=seconds)
        beside = _p99(latencies)
        # A poison for which there is a cure, or this would take as long as all of its attempts.
        failing = hanging = Reply()
        await bed.drained(DRAIN_SECONDS)
        poisoned = sum(bed.ledger.sent[number][0] == "/poison" for number in bed.ledger.accepted)
        text = f"healthy p99 {alone * 1000:.0f} ms alone, {beside * 1000:.0f} ms beside poison"
        bed.note(text)
        bed.expect(beside <= alone + DELAY_SECONDS, text)
        return await bed.finish(most_dead=2 * poisoned)


def _p99(seconds):
    return statistics.quantiles(seconds, n=100)[98]


async def gone(options):
    """410 pauses a subscription; resumed, it gets what waited"""
    async with Bed(options, "410 pauses, resume delivers", [f"--workers={WORKERS}"]) as bed:
        is_gone = False
        await bed.subscriber("leaving", lambda _call: Reply(status=410 if is_gone else 200))
        await bed.subscriber("staying")
        subscription = bed.subscriptions["leaving"]
        async with bed.load(connections=4, rate=200):
            await asyncio.sleep(1)
            is_gone = True
            await asyncio.sleep(options.pick(2, 20))
        paused = await bed.gateway.subscription(subscription)
        bed.expect(paused.get("paused"), f"410 did not pause the subscription: {paused}")
        waiting = bed.ledger.outstanding
        bed.expect(waiting > 0, "nothing waits although the function is gone")
        await bed.waits(waiting)
        # A paused subscription stays so, and keeps what waits, over a crash.
        await bed.gateway.kill()
        await bed.gateway.start()
        calls = sum(bed.ledger.calls["leaving"].values())
        await asyncio.sleep(1)
        bed.expect(sum(bed.ledger.calls["leaving"].values()) == calls, "a paused function is called after a restart")
        is_gone = False
        resumed = await bed.gateway.subscription(subscription, "resume")
        if resumed.get("paused"):
            raise GatewayError(f"resume left the subscription paused: {resumed}")
        took = await bed.drained(DRAIN_SECONDS)
        bed.note(f"{waiting} waited, delivered {took:.1f} s after resume; reason: {paused.get('pausedReason')}")
        # Answers of the last moment before the kill may not have been written down.
        return await bed.finish(most_duplicates=WORKERS)


FAULTS = [refused, poison, poison_with_closed_circuits, gone]
