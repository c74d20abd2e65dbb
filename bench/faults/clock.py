"""The clock jumps: libfaketime changes what the process takes for the time of day, while it runs and over restarts."""

import asyncio
import os

from bed import Bed, NotRun
from functions import Reply

DRAIN_SECONDS = 30
HOUR = 3600


class _Clock:
    """What the gateway takes for now: seconds from the real time. The monotonic clock stays as it is."""

    def __init__(self, options, path):
        libraries = sorted(options.tools.glob("lib/python*/site-packages/libfaketime/vendor/**/libfaketime.so*"))
        if not libraries:
            raise NotRun("libfaketime is not installed (README)")
        self.path = path
        self.jump(0)
        self.environment = {
            "LD_PRELOAD": str(libraries[0]),
            "FAKETIME_TIMESTAMP_FILE": str(path),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def jump(self, seconds):
        partial = self.path.with_suffix(".partial")
        partial.write_text(f"{seconds:+d}s\n")
        os.replace(partial, self.path)


async def jumps(options):
    """jumps of hours and days, ahead and back, while it runs and between two starts"""
    clock = _Clock(options, options.work / "clock")
    async with Bed(options, "clock jumps", environment=clock.environment) as bed:

        def failing(_call):
            return Reply(status=500 if bed.random.random() < 0.3 else 200)

        # Older than any of the jumps: nothing is to expire.
        long = {"maxAttempts": 1000, "maxAgeSeconds": 14 * 24 * HOUR, "minDelay": 0.05, "maxDelay": 1}
        await bed.subscriber("failing", failing, retry=long)
        await bed.subscriber("healthy", retry=long)
        jumps = [HOUR, -HOUR, 0, 2 * 24 * HOUR, -2 * 24 * HOUR, 0] if not options.quick else [HOUR, -2 * HOUR, 0]
        async with bed.load(connections=4, rate=100):
            for seconds in jumps:
                await asyncio.sleep(1)
                clock.jump(seconds)
                await asyncio.sleep(2)  # The library looks at its file once a second.
            for seconds in jumps:
                await bed.gateway.kill()
                clock.jump(seconds)
                await bed.gateway.start()
                await asyncio.sleep(1)
        took = await bed.drained(DRAIN_SECONDS)
        bed.note(f"{len(jumps)} while it ran, {len(jumps)} between two starts, empty {took:.1f} s after the load")
        return await bed.finish(runs=2 * len(jumps), most_duplicates=len(jumps) * 100)


FAULTS = [jumps]
