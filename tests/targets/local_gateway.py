"""The gateway itself: the real binary on free ports with a data folder of its own."""

import contextlib
import os
import pathlib
import re
import secrets
import shutil
import signal
import subprocess
import tempfile

from deployment import Api, Failure, Space, until

LISTENING = re.compile(r"Events API listening on \S*?(\d+)\. *Config API listening on \S*?(\d+)\.")
START_SECONDS = 30
STOP_SECONDS = 40


class LocalGateway:
    """Started when entered, stopped when left; it has to end by itself then."""

    def __init__(self, binary, flags, environment):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="event-gateway-"))
        self.log = self.folder / "log"
        arguments = ["--bind-address=127.0.0.1", "--events-port=0", "--config-port=0", f"--embed-data-dir={self.folder / 'data'}"]
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("EVENT_GATEWAY_", "AWS_"))}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen([binary, *arguments, *flags], env=kept | environment, stdout=log, stderr=log)

    def __enter__(self):
        try:
            ports = until("the gateway listens", self.ports, START_SECONDS)
        except BaseException:
            self.process.kill()
            raise
        self.events, self.config = (Api(f"http://127.0.0.1:{port}") for port in ports)
        return self

    def ports(self):
        if self.process.poll() is not None:
            raise Failure(f"the gateway ended:\n{self.log.read_text()}")
        found = LISTENING.search(self.log.read_text())
        return found and found.groups()

    def __exit__(self, *error):
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = None
        if error == (None, None, None) and status != 0:
            raise Failure(f"the gateway ended with {status}:\n{self.log.read_text()[-3000:]}")
        shutil.rmtree(self.folder, ignore_errors=True)

    @contextlib.contextmanager
    def space(self, name):
        """A space of its own for a case, cleared when the case is over."""
        space = Space(self.config, f"{name}-{secrets.token_hex(4)}")
        try:
            yield space
        except BaseException:
            # What went wrong first is what is to be told.
            with contextlib.suppress(Exception):
                space.clear()
            raise
        space.clear()
