"""What a route was when, and what requests saw of it: how stale each answer was."""

import bisect
import dataclasses
import threading


@dataclasses.dataclass(frozen=True)
class Write:
    """A state of a route: what a request is answered, and when the write of it began and was acknowledged."""

    answer: str
    began: float
    acknowledged: float


class RouteHistory:
    """States of one route in order. Writes of one route come one after another."""

    def __init__(self, answer):
        self._writes = [Write(answer, 0.0, 0.0)]
        self._lock = threading.Lock()

    def wrote(self, answer, began, acknowledged):
        with self._lock:
            self._writes.append(Write(answer, began, acknowledged))

    @property
    def answer(self):
        return self._writes[-1].answer

    def staleness(self, answer, began, ended):
        """Seconds for which the state that gave this answer had been superseded when the request began; 0 if it still
        held; None if the route never was so, or not before the request had ended."""
        writes = self._writes
        last = bisect.bisect_right(writes, ended, key=lambda write: write.began)
        for index in range(last - 1, -1, -1):
            if writes[index].answer == answer:
                superseded = writes[index + 1].acknowledged if index + 1 < len(writes) else began
                return max(0.0, began - superseded)
        return None


@dataclasses.dataclass(frozen=True)
class Observation:
    """An answer, and when its request began and ended."""

    route: int
    answer: str
    began: float
    ended: float
