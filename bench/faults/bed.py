"""What one fault runs in: a gateway with data of its own, functions, producers, the ledger, and the sums at the end."""

import asyncio
import contextlib
import dataclasses
import pathlib
import random
import re
import time

from functions import FunctionServer
from gateway_process import Gateway, GatewayError
from ledger import Ledger
from producers import Producers

SAMPLE_SECONDS = 0.5
QUIET_SECONDS = 8  # More than --function-timeout by default.
#: Quick enough for a run of seconds; a subscription without a policy would wait for minutes.
RETRY = {"maxAttempts": 1000, "minDelay": 0.05, "maxDelay": 1}


class NotRun(Exception):
    """This machine cannot do that, and why."""


@dataclasses.dataclass
class Options:
    program: pathlib.Path
    work: pathlib.Path
    tools: pathlib.Path
    outputs: pathlib.Path
    seed: int
    quick: bool
    kills: int | None
    overload_seconds: float | None
    strangers_seconds: float | None
    queue_flags: list

    def pick(self, quick, full):
        return quick if self.quick else full


@dataclasses.dataclass
class Row:
    """One line of the table. All but events and seconds are deliveries: one event for one subscriber."""

    fault: str
    runs: int = 0
    events: int = 0
    accepted: int = 0
    delivered: int = 0
    dead: int = 0
    queued: int = 0
    lost: int = 0
    duplicates: int = 0
    seconds: float = 0.0
    notes: list = dataclasses.field(default_factory=list)
    problems: list = dataclasses.field(default_factory=list)
    log: str = ""
    not_run: str = ""


class Bed:
    """Everything in it ends with it. The gateway's log and data stay when something was wrong."""

    def __init__(self, options, fault, flags=(), environment=None, data=None, sampled=True):
        self.options, self.fault = options, fault
        self.random = random.Random(f"{options.seed} {fault}")
        directory = options.work / re.sub(r"\W+", "-", fault).strip("-")
        directory.mkdir(parents=True)
        self.gateway = Gateway(options.program, directory, [*options.queue_flags, *flags], environment, data)
        self.ledger = Ledger()
        self.server = FunctionServer(self.ledger)
        self.notes, self.problems = [], self.ledger.problems
        self.subscriptions = {}  # name: id
        self._names = {}  # id: name
        self._sampled, self._samples, self._short = sampled, 0, False
        self._tasks = []
        self._workers = next((int(flag[10:]) for flag in flags if flag.startswith("--workers=")), 100)
        self._began = time.monotonic()

    async def __aenter__(self):
        try:
            if not self.server.port:
                await self.server.up()
            await self.gateway.start()
            await self.gateway.space("POST", "eventtypes", {"name": "t"})
        except BaseException:
            await self.__aexit__()
            raise
        if self._sampled:
            self._tasks.append(asyncio.create_task(self._sample()))
        return self

    async def __aexit__(self, *_):
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.gateway.close()
        await self.server.down()

    async def subscriber(self, name, behaviour=None, route="/", server=None, retry=None, provider=None):
        """A function with a subscription."""
        server = server or self.server
        function = provider or {"type": "http", "provider": {"url": server.url(name)}}
        await self.gateway.space("POST", "functions", {"functionId": name} | function)
        subscription = {"type": "async", "eventType": "t", "functionId": name, "path": route, "method": "POST"}
        answer = await self.gateway.space("POST", "subscriptions", subscription | {"retry": retry or RETRY})
        self.subscriptions[name] = answer["subscriptionId"]
        self._names[answer["subscriptionId"]] = name
        self.ledger.routes[route].append(name)
        if behaviour:
            server.behaviours[name] = behaviour

    def producers(self, route="/", **settings):
        return Producers(self.gateway.events_port, self.ledger, route, **settings)

    @contextlib.asynccontextmanager
    async def load(self, route="/", **settings):
        """Events come in meanwhile."""
        producers = self.producers(route, **settings)
        task = asyncio.create_task(producers.run())
        self._tasks.append(task)
        yield producers
        producers.stop()
        await task

    async def _sample(self):
        """Looks now and then whether what the functions do not have yet is in the queue."""
        while True:
            await asyncio.sleep(SAMPLE_SECONDS)
            owed = self.ledger.owed
            try:
                backlog = await self.gateway.backlog()
            except (OSError, GatewayError):
                continue  # It was killed.
            self._samples += 1
            # The gauge was read in between: all that was owed then and is not paid now was owed when it was read.
            still_owed = owed - self.ledger.paid
            if still_owed > backlog + self._workers and not self._short:
                self._short = True
                self.ledger.problem(
                    f"{backlog} deliveries waited, {self._workers} were in hand, {still_owed} were owed"
                )

    async def waits(self, count, seconds=10):
        """Waits until so many deliveries wait, no more and no fewer."""
        deadline = time.monotonic() + seconds
        while (backlog := await self.gateway.backlog()) != count and time.monotonic() < deadline:
            await asyncio.sleep(0.05)
        self.expect(backlog == count, f"{backlog} deliveries wait, {count} are owed")

    async def drained(self, seconds):
        """Waits until nothing waits and nothing is in hand; says so when it takes too long. Gives the seconds."""
        began = time.monotonic()
        quiet_since = None
        while True:
            waiting, now = await self.gateway.backlog(), time.monotonic()
            if waiting:
                quiet_since = None
            else:
                quiet_since = quiet_since or now
                # What is in the hands of workers does not wait. It is back after the timeout of functions at the latest.
                if not self.ledger.outstanding or now - quiet_since > QUIET_SECONDS:
                    return quiet_since - began
                if self.ledger.in_hand == 0:
                    await self.collect_dead_letters()
                    if self.ledger.outstanding == self.ledger.buried() and not await self.gateway.backlog():
                        return quiet_since - began
            if now - began > seconds:
                self.ledger.problem(f"the backlog is {waiting} after {seconds} s without load, not 0")
                return now - began
            await asyncio.sleep(0.1)

    async def collect_dead_letters(self):
        for subscription, number, letter in await self.gateway.dead_letters():
            name = self._names.get(subscription)
            if name is None or number not in self.ledger.sent:
                self.ledger.problem(f"a dead letter is of an unknown delivery: {subscription}, event {number}")
            else:
                self.ledger.letter(name, number, letter)

    def expect(self, condition, otherwise):
        if not condition:
            self.ledger.problem(otherwise)

    def note(self, text):
        self.notes.append(text)

    async def finish(self, runs=1, most_duplicates=0, most_dead=0, queued=0, backlog=None):
        """The sums. `backlog` is what waits, where the gateway cannot say."""
        await self.collect_dead_letters()
        ledger = self.ledger
        waiting = await self.gateway.backlog() if backlog is None else backlog
        dead = ledger.buried()
        missing = ledger.outstanding - dead
        row = Row(
            fault=self.fault,
            runs=runs,
            events=len(ledger.accepted),
            accepted=ledger.owed,
            delivered=ledger.paid,
            dead=dead,
            queued=min(missing, waiting),
            lost=missing - min(missing, waiting),
            duplicates=ledger.duplicates,
            seconds=time.monotonic() - self._began,
            notes=self.notes,
            problems=self.problems,
            log=str(self.gateway.log_path),
        )
        self.expect(ledger.accepted, "no event was accepted")
        self.expect(not row.lost, f"{row.lost} deliveries were lost, such as {ledger.missing()}")
        self.expect(waiting == queued, f"{waiting} deliveries wait, not {queued}, such as {ledger.missing(3)}")
        self.expect(dead <= most_dead, f"{dead} accepted deliveries are dead letters, {most_dead} at most were to be")
        both = sum(number in ledger.delivered[name] for name, events in ledger.dead.items() for number in events)
        self.expect(not both, f"{both} dead letters were delivered")
        if most_duplicates is not None:
            self.expect(
                row.duplicates <= most_duplicates, f"{row.duplicates} duplicates, {most_duplicates} at most were to be"
            )
        ledger.check_ids()
        if backlog is None and not waiting:
            ledger.check_all_or_none()
        panics = self.gateway.panics()
        self.expect(not panics, f"{len(panics)} panics in the log, the first: {panics and panics[0][:300]}")
        if ledger.unanswered:
            arrived = f"{ledger.unacknowledged_arrivals} of {len(ledger.unanswered) + len(ledger.refused)}"
            self.note(f"{arrived} events without a 202 arrived")
        if self._sampled:
            self.note(f"{self._samples} samples of the backlog")
        return row
