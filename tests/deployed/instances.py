"""Processes of a deployed function: each is an instance of it."""

import contextlib
import os
import pathlib
import signal
import threading

from deployment import Failure, expect

BARRIER_SECONDS = 4  # Less than the gateway waits for a function.


def processes(function):
    """Ids of the processes that run a function. The local AWS starts its `bootstrap` with the name in the environment."""
    found = []
    wanted = f"AWS_LAMBDA_FUNCTION_NAME={function}".encode()
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            is_bootstrap = pathlib.Path(os.readlink(folder / "exe")).name.startswith("bootstrap")
            if is_bootstrap and wanted in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
    expect(found, f"no process of {function} was found")
    return found


@contextlib.contextmanager
def frozen(pids):
    """Stops processes as Lambda freezes instances. Those that have ended are nobody's loss."""

    def tell(number):
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    tell(signal.SIGSTOP)
    try:
        yield
    finally:
        tell(signal.SIGCONT)


class Crowd:
    """A sync function that answers only once as many requests are with it: so many instances are busy at once."""

    def __init__(self, deployment, server, space, size):
        self.deployment = deployment
        self.size = size
        self.path = f"/{space.name}/crowd"
        self.event_type = "crowd.called"
        self._barrier = threading.Barrier(size)
        server.reply(self.path, self._meet)
        space.event_type(self.event_type)
        space.function("crowd", server.url(self.path))
        self.version = space.subscribe("sync", self.event_type, "crowd", self.path).headers["X-Config-Version"]

    def _meet(self, _event):
        try:
            self._barrier.wait(BARRIER_SECONDS)
        except threading.BrokenBarrierError:
            return 500, {}
        return 200, {"statusCode": 200, "body": "met"}

    def gather(self):
        """Has so many instances busy at once. The first time, some of them have to start, which may take too long."""
        for _ in range(3):
            self._barrier.reset()
            headers = {"X-Min-Config-Version": self.version}
            send = lambda: self.deployment.events.send(self.path, self.event_type, headers=headers)
            answers = together([send] * self.size)
            if all(answer.status == 200 for answer in answers):
                return
        raise Failure(f"{self.size} instances are never busy at once: {[answer.status for answer in answers]}")


def together(calls):
    """Makes calls at the same time; their results in order."""
    results = [None] * len(calls)
    errors = []

    def run(index, call):
        try:
            results[index] = call()
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=item) for item in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return results
