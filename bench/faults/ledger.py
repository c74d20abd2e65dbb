"""The model: what the gateway owes, what functions got, what it gave up. `accepted = delivered + dead + queued`."""

import collections
import time


class Ledger:
    """Counts deliveries: one event for one subscriber. Events are numbers, routes paths with their subscribers."""

    def __init__(self):
        self.routes = collections.defaultdict(list)
        self.sent = {}  # event: (route, when)
        self.accepted = set()
        self.refused = set()
        self.unanswered = set()
        self.delivered = collections.defaultdict(dict)  # subscriber: {event: how often}
        self.calls = collections.defaultdict(collections.Counter)  # subscriber: {event: how often}
        self.delivery_ids = collections.defaultdict(dict)  # subscriber: {event: id}
        self.dead = collections.defaultdict(dict)  # subscriber: {event: dead letter}
        self.latencies = collections.defaultdict(list)  # subscriber: seconds from sending to the first call
        self.problems = []
        self.in_hand = 0  # calls that are not answered yet
        self.owed = 0
        self.paid = 0

    def problem(self, what):
        if what not in self.problems:
            self.problems.append(what)

    # -- what producers see

    def begin(self, route):
        number = len(self.sent) + 1
        self.sent[number] = (route, time.monotonic())
        return number

    def accept(self, number):
        self.accepted.add(number)
        subscribers = self.routes[self.sent[number][0]]
        self.owed += len(subscribers)
        self.paid += sum(number in self.delivered[name] for name in subscribers)

    def refuse(self, number):
        self.refused.add(number)

    def no_answer(self, number):
        """Nobody knows whether it was accepted: it may arrive or not."""
        self.unanswered.add(number)

    # -- what functions see

    def called(self, name, number, delivery_id):
        if number not in self.sent or name not in self.routes[self.sent[number][0]]:
            self.problem(f"{name} was called with event {number}, which was not sent to it")
            return
        if number not in self.calls[name]:
            self.latencies[name].append(time.monotonic() - self.sent[number][1])
        self.calls[name][number] += 1
        if not delivery_id:
            self.problem(f"{name} was called without the id of the delivery")
        elif self.delivery_ids[name].setdefault(number, delivery_id) != delivery_id:
            self.problem(f"attempts of one delivery to {name} have different ids")

    def answered(self, name, number):
        """The function took the event, and said so in full."""
        count = self.delivered[name].get(number, 0)
        self.delivered[name][number] = count + 1
        if count == 0 and number in self.accepted:
            self.paid += 1

    def letter(self, name, number, dead_letter):
        self.dead[name][number] = dead_letter

    # -- the sums

    @property
    def outstanding(self):
        """Accepted deliveries that have not reached their functions."""
        return self.owed - self.paid

    @property
    def duplicates(self):
        return sum(count - 1 for events in self.delivered.values() for count in events.values())

    @property
    def unacknowledged_arrivals(self):
        """Events that reached somebody although their producer did not see a 202."""
        arrived = {number for events in self.delivered.values() for number in events}
        return len(arrived - self.accepted)

    def buried(self):
        """Accepted deliveries that are dead letters and were not delivered."""
        return sum(
            number in self.accepted and number not in self.delivered[name]
            for name, events in self.dead.items()
            for number in events
        )

    def missing(self, limit=10):
        """Some accepted deliveries that are nowhere but, at best, in the queue."""
        found = []
        for number in sorted(self.accepted):
            for name in self.routes[self.sent[number][0]]:
                if number not in self.delivered[name] and number not in self.dead[name]:
                    found.append((name, number))
                    if len(found) == limit:
                        return found
        return found

    def check_all_or_none(self):
        """An event without a 202 is in the queue for all of its subscribers, or for none."""
        for number in self.unanswered | self.refused:
            names = self.routes[self.sent[number][0]]
            reached = [name for name in names if number in self.delivered[name] or number in self.dead[name]]
            if 0 < len(reached) < len(names):
                self.problem(f"event {number}, without a 202, reached {reached} of {names}")
                return

    def check_ids(self):
        """Every delivery has an id of its own."""
        ids = [one for events in self.delivery_ids.values() for one in events.values()]
        if len(ids) != len(set(ids)):
            self.problem(f"{len(ids) - len(set(ids))} deliveries share their id with another one")
