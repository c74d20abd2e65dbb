"""How old the configuration may be that requests are answered by: on every instance, after every write."""

import random
import threading
import time

from deployment import expect
from history import Observation, RouteHistory
from instances import Crowd, frozen, processes, together

INSTANCES = 5
ROUTES = 12
WRITES = 100
PROBERS = 6
SLACK = 1.0  # Seconds: for a request to reach an instance on a machine that is busy.
NOBODY = ""  # What is answered where there is no route.
EVENT_TYPE = "route.called"
SEED = 7


class Routes:
    """Sync routes that change, and the state of each as requests should see it."""

    def __init__(self, deployment, server, space):
        self.deployment = deployment
        self.server = server
        self.space = space
        self.random = random.Random(SEED)
        self.histories = [RouteHistory(NOBODY) for _ in range(ROUTES)]
        self.targets = [f"/{space.name}/target-{route}/0" for route in range(ROUTES)]
        self.ids = [None] * ROUTES
        self.moves = 0
        self.version = None
        space.event_type(EVENT_TYPE)
        for route, target in enumerate(self.targets):
            space.function(f"function-{route}", server.url(target))

    def path(self, route):
        return f"/{self.space.name}/route-{route}"

    def write(self, route=None):
        """One random write: the route is made or removed, or its function moves."""
        route = self.random.randrange(ROUTES) if route is None else route
        is_there = self.ids[route] is not None
        began = time.monotonic()
        if not is_there:
            answer = self.space.subscribe("sync", EVENT_TYPE, f"function-{route}", self.path(route))
            self.ids[route] = answer.json["subscriptionId"]
        elif self.random.random() < 0.5:
            answer = self.space.unsubscribe(self.ids[route])
            self.ids[route] = None
        else:
            self.moves += 1
            self.targets[route] = f"/{self.space.name}/target-{route}/{self.moves}"
            answer = self.space.move_function(f"function-{route}", self.server.url(self.targets[route]))
        shown = NOBODY if self.ids[route] is None else self.targets[route]
        self.histories[route].wrote(shown, began, time.monotonic())
        self.version = answer.headers["X-Config-Version"]
        return route

    def ask(self, route, headers=None):
        """What a request to the route is answered now."""
        began = time.monotonic()
        answer = self.deployment.events.send(self.path(route), EVENT_TYPE, headers=headers)
        ended = time.monotonic()
        expect(answer.status in (200, 202), f"an event was answered {answer.status}: {answer.text[:300]}")
        return Observation(route, answer.text if answer.status == 200 else NOBODY, began, ended)

    def staleness(self, seen):
        age = self.histories[seen.route].staleness(seen.answer, seen.began, seen.ended)
        expect(age is not None, f"route {seen.route} answered {seen.answer!r}, which it was not")
        return age


class Probers:
    """Ask random routes, several at a time, until the block ends; what they saw is in `seen`."""

    def __init__(self, routes):
        self.routes = routes
        self.seen = []
        self.errors = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._probe) for _ in range(PROBERS)]

    def _probe(self):
        try:
            while not self._stop.is_set():
                self.seen.append(self.routes.ask(random.randrange(ROUTES)))
        except Exception as error:
            self.errors.append(error)

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def expect_fresh(self):
        """No answer was older than the bound."""
        if self.errors:
            raise self.errors[0]
        expect(self.seen, "nobody asked")
        bound = self.routes.deployment.max_staleness + SLACK
        ages = [self.routes.staleness(seen) for seen in self.seen]
        late = [age for age in ages if age > bound]
        old = sum(age > 0 for age in ages)
        print(f"    {len(ages)} answers, {old} by an older configuration, the oldest by {max(ages):.2f} s of {bound:g} s")
        expect(not late, f"{len(late)} answers were older than {bound:g} s")


def activity(pids):
    """How often each process has waited, which every request makes it do. Instances that nobody asks are ended after a
    while; nothing is said of these."""
    counts = {}
    for pid in pids:
        try:
            with open(f"/proc/{pid}/status", encoding="ascii") as status:
                (line,) = [line for line in status if line.startswith("voluntary_ctxt_switches")]
                counts[pid] = int(line.split()[1])
        except (FileNotFoundError, ProcessLookupError):
            pass
    return counts


def random_writes(routes, crowd):
    """Many writes while all instances are asked; afterwards each of them is asked about each route."""
    deployment = routes.deployment
    crowd.gather()
    pids = processes(deployment.outputs["events_function"])
    expect(len(pids) >= INSTANCES, f"only {len(pids)} instances are warm")
    before = activity(pids)
    with Probers(routes) as probers:
        for _ in range(WRITES):
            routes.write()
        time.sleep(deployment.max_staleness + SLACK)
    probers.expect_fresh()
    after = activity(pids)
    busy = sum(after[pid] > before.get(pid, 0) for pid in after)
    expect(busy >= INSTANCES, f"only {busy} instances were asked")
    for route in range(ROUTES):
        for seen in together([lambda: routes.ask(route)] * INSTANCES):
            expect(routes.staleness(seen) == 0, f"route {route} is {seen.answer!r} long after it changed")


def every_instance_is_fresh(deployment, server):
    """100 random writes: every answer of every instance is within the bound"""
    with deployment.space("fresh") as space:
        crowd = Crowd(deployment, server, space, INSTANCES)
        random_writes(Routes(deployment, server, space), crowd)
        deployment.expect_published(space)


def fresh_without_publisher(deployment, server):
    """100 random writes while no snapshot is published: the same bound; then the publisher catches up"""
    with deployment.space("unpublished") as space:
        crowd = Crowd(deployment, server, space, INSTANCES)
        routes = Routes(deployment, server, space)
        deployment.expect_published(space)
        with deployment.without_mapping("config_stream_function"):
            random_writes(routes, crowd)
            version, snapshot = deployment.version(space)
            expect(version > snapshot, "snapshots were published nevertheless")
        print(f"    {version - snapshot} versions behind, caught up with version {deployment.expect_published(space)}")


def fresh_after_a_freeze(deployment, server):
    """instances that were frozen while the configuration changed obey it in their first answer"""
    with deployment.space("frozen") as space:
        crowd = Crowd(deployment, server, space, INSTANCES)
        routes = Routes(deployment, server, space)
        for route in range(ROUTES):
            routes.write(route)
        for _ in range(3):
            crowd.gather()
            with Probers(routes) as probers:
                time.sleep(routes.random.uniform(0.5, 1.5))  # So that some are frozen in the middle of a request.
                pids = processes(deployment.outputs["events_function"])
                expect(len(pids) >= INSTANCES, f"only {len(pids)} instances are warm")
                with frozen(pids):
                    changed = [routes.write(route) for route in range(ROUTES)]
                    time.sleep(deployment.max_staleness + 0.5)
                first = together([lambda route=route: routes.ask(route) for route in changed])
            for seen in first:
                expect(routes.staleness(seen) == 0, f"route {seen.route} was {seen.answer!r} in a first answer")
            probers.expect_fresh()


def own_writes_are_read(deployment, server):
    """50 writes, each obeyed at once by requests that name its version"""
    with deployment.space("own") as space:
        crowd = Crowd(deployment, server, space, INSTANCES)
        routes = Routes(deployment, server, space)
        crowd.gather()
        for number in range(50):
            route = routes.write(number % 3)
            headers = {"X-Min-Config-Version": routes.version}
            for seen in together([lambda: routes.ask(route, headers)] * INSTANCES):
                expect(routes.staleness(seen) == 0, f"write {number} was answered as if it were not: {seen.answer!r}")


CASES = [own_writes_are_read, every_instance_is_fresh, fresh_without_publisher, fresh_after_a_freeze]
