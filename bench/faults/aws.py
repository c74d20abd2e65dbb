"""AWS out of order: throttles, errors, timeouts and lost answers of SQS, DynamoDB and Lambda, and a consumer that is
killed with messages in its hands.

The gateway is one process with its store in DynamoDB and its queue in SQS, both of the local AWS; microburst is in
between. Lambda is a recording function that speaks Invoke, behind a microburst of its own.
"""

import asyncio
import contextlib
import time

from aws_services import LocalAws, Microburst
from bed import Bed
from functions import Reply

WORKERS = 20
SUBSCRIBERS = 3
DRAIN_SECONDS = 180
#: For how long the queue has to look empty: its numbers are approximate, and a message may be between two states.
EMPTY_SECONDS = 3
LAMBDA_ARN = "arn:aws:lambda:us-east-1:000000000000:function:"


def faults(service, code, status, probability):
    """Each of these, with this probability: an error of the service's own, a server error, a connection that breaks,
    an answer that takes too long, and one that is lost after the call was carried out."""
    injected = [
        {"error": {"code": code, "status": status}},
        {"error": {"code": "InternalServerError", "status": 500}},
        {"reset": True},
        {"timeout_ms": 4000},
        {"response": {"abort_frac": 0.5}},
    ]
    return [{"service": service, "probability": probability} | one for one in injected]


THROTTLED_SQS = faults("sqs", "RequestThrottled", 400, 0.04)
THROTTLED_DYNAMODB = faults("dynamodb", "ProvisionedThroughputExceededException", 400, 0.08)
THROTTLED_LAMBDA = faults("lambda", "TooManyRequestsException", 429, 0.06)


@contextlib.asynccontextmanager
async def _deployed(options, fault):
    """A bed whose gateway reaches AWS through proxies, which do nothing yet: one for Lambda, one for the rest."""
    with LocalAws(options.outputs) as aws:
        async with Microburst(options, aws.endpoint) as proxy:
            environment = {
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
                "AWS_REGION": aws.region,
                "AWS_ENDPOINT_URL": proxy.url,
            }
            flags = [
                "--store=dynamodb",
                f"--dynamodb-table={aws.name}",
                "--queue=sqs",
                f"--sqs-queue-url={aws.queue_url}",
                f"--workers={WORKERS}",
            ]
            bed = Bed(options, fault, flags, environment, sampled=False)
            await bed.server.up()
            async with Microburst(options, f"http://127.0.0.1:{bed.server.port}") as of_lambda:
                environment["AWS_ENDPOINT_URL_LAMBDA"] = of_lambda.url
                bed.gateway.environment = environment
                async with bed:
                    yield bed, aws, proxy, of_lambda


async def _subscribers(bed, behaviour=None, count=SUBSCRIBERS, provider=None):
    for number in range(count):
        name = f"subscriber-{number}"
        await bed.subscriber(name, behaviour, provider=provider and provider(name))
    await asyncio.sleep(2.5)  # Until every route is known: --routes-max-staleness.


async def _drained(bed, aws):
    """Waits until nothing is in the queue any more."""
    began = empty = time.monotonic()
    while time.monotonic() - empty < EMPTY_SECONDS:
        if await asyncio.to_thread(aws.depth) > 0:
            empty = time.monotonic()
        if time.monotonic() - began > DRAIN_SECONDS:
            bed.ledger.problem(f"the queue is not empty {DRAIN_SECONDS} s after the load")
            break
        await asyncio.sleep(0.3)
    return time.monotonic() - began


async def _under_faults(bed, aws, proxy, rules, options, dead=0):
    """Sends events while the rules hold, and lets them hold for the deliveries; without them the rest is delivered."""
    await proxy.rules(rules)
    producers = bed.producers(connections=8, rate=options.pick(80, 40))
    await producers.run(events=options.pick(300, 3000))
    await asyncio.sleep(options.pick(3, 20))
    fired = await proxy.fired()
    await proxy.rules([])
    took = await _drained(bed, aws)
    bed.note(f"{fired} faults, {producers.statuses[503]} events refused, empty {took:.0f} s after them")
    bed.expect(fired, "no fault was injected")
    depth = await asyncio.to_thread(aws.depth)
    # An answer that is lost makes a call be repeated: at least once is not exactly once here.
    most_dead = dead * len(bed.ledger.accepted)
    return await bed.finish(most_duplicates=fired * 10 * SUBSCRIBERS, most_dead=most_dead, backlog=depth)


async def sqs_faults(options):
    """SQS throttles, fails, hangs and loses answers"""
    async with _deployed(options, "AWS: SQS") as (bed, aws, proxy, _):
        await _subscribers(bed)
        return await _under_faults(bed, aws, proxy, THROTTLED_SQS, options)


async def dynamodb_faults(options):
    """DynamoDB throttles, fails, hangs and loses answers"""
    async with _deployed(options, "AWS: DynamoDB") as (bed, aws, proxy, _):
        await bed.subscriber("refusing", lambda _call: Reply(status=400))  # Dead letters are written there.
        await _subscribers(bed)
        return await _under_faults(bed, aws, proxy, THROTTLED_DYNAMODB, options, dead=1)


async def lambda_faults(options):
    """Lambda throttles, fails, hangs and loses answers"""
    async with _deployed(options, "AWS: Lambda") as (bed, aws, _, of_lambda):

        def function(name):
            return {"type": "awslambda", "provider": {"arn": LAMBDA_ARN + name, "region": aws.region}}

        await _subscribers(bed, provider=function)
        return await _under_faults(bed, aws, of_lambda, THROTTLED_LAMBDA, options)


async def consumer_killed(options):
    """kill -9 of a consumer of SQS in the middle of its messages"""
    kills = options.pick(3, 20)
    async with _deployed(options, "AWS: consumer killed mid-batch") as (bed, aws, _, _):
        await _subscribers(bed, lambda _call: Reply(delay=bed.random.uniform(0.05, 0.3)))
        in_hand = 0
        async with bed.load(connections=8, rate=40):
            for _ in range(kills):
                await asyncio.sleep(bed.random.uniform(1, 3))
                in_hand += bed.ledger.in_hand
                await bed.gateway.kill()
                await bed.gateway.start()
        took = await _drained(bed, aws)
        bed.note(f"{kills} kills with {in_hand} calls in the middle, empty {took:.0f} s after the load")
        bed.expect(in_hand, "no kill came in the middle of a call")
        depth = await asyncio.to_thread(aws.depth)
        # A message that was in hand comes back for all of its subscribers.
        most = kills * (WORKERS + 10) * SUBSCRIBERS
        return await bed.finish(runs=kills, most_duplicates=most, backlog=depth)


FAULTS = [sqs_faults, dynamodb_faults, lambda_faults, consumer_killed]
