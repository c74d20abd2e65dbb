"""A gateway as a process: started, stopped, killed and started again on the same data, and its Configuration API."""

import asyncio
import ctypes
import http.client
import json
import os
import pathlib
import re
import resource
import signal
import socket
import subprocess
import time
import urllib.parse

START_SECONDS = 60
API_SECONDS = 30
PAGE = 100
PR_SET_PDEATHSIG = 1
BACKLOG = re.compile(r"^eventgateway_events_backlog(?:\{[^}]*\})? ([0-9.e+]+)$", re.M)
EVENT_NUMBER = re.compile(r'\\?"n\\?": ?(\d+)')
LIBC = ctypes.CDLL(None)


class GatewayError(Exception):
    """The gateway does not do what the fault needs it to."""


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Gateway:
    """Keeps its ports and its data over restarts."""

    def __init__(self, program, directory: pathlib.Path, flags=(), environment=None, data=None):
        self.program, self.flags, self.environment = program, list(flags), environment or {}
        self.data = data or directory / "data"
        self.log_path = directory / "gateway.log"
        self.events_port, self.config_port = free_ports(2)
        self.file_size_limit = None
        self.process = None
        self.starts = 0

    # -- the process

    async def start(self, wait=True):
        command = [
            str(self.program),
            f"--events-port={self.events_port}",
            f"--config-port={self.config_port}",
            "--bind-address=127.0.0.1",
            f"--embed-data-dir={self.data}",
            *self.flags,
        ]
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=os.environ | self.environment,
                preexec_fn=self._before_exec,
            )
        self.starts += 1
        if wait:
            await self.ready()

    def _before_exec(self):
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # Outlives nobody who could stop it.
        if self.file_size_limit is not None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (self.file_size_limit, resource.RLIM_INFINITY))

    async def ready(self):
        deadline = time.monotonic() + START_SECONDS
        while True:
            if self.process.poll() is not None:
                raise GatewayError(
                    f"the gateway ended with status {self.process.returncode} at its start: {self.log_tail()}"
                )
            try:
                if (await self.request("GET", "/v1/status"))[0] == 200:
                    return
            except OSError:
                pass
            if time.monotonic() > deadline:
                raise GatewayError(f"the gateway does not answer {START_SECONDS} s after its start: {self.log_tail()}")
            await asyncio.sleep(0.02)

    @property
    def is_alive(self):
        return self.process is not None and self.process.poll() is None

    async def kill(self):
        """kill -9. Fails when it was dead already."""
        if not self.is_alive:
            raise GatewayError(f"the gateway ended by itself: {self.log_tail()}")
        self.process.kill()
        await asyncio.to_thread(self.process.wait)

    async def terminate(self, seconds):
        """SIGTERM. Gives the exit status and the seconds that it took; kills it when it takes longer than allowed."""
        began = time.monotonic()
        self.process.terminate()
        try:
            status = await asyncio.to_thread(self.process.wait, seconds)
        except subprocess.TimeoutExpired:
            await self.kill()
            status = None
        return status, time.monotonic() - began

    async def close(self):
        if self.is_alive:
            self.process.kill()
            await asyncio.to_thread(self.process.wait)

    def resident_mb(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024

    def log_tail(self):
        return " | ".join(self.log_path.read_text(errors="replace").splitlines()[-3:])

    def panics(self):
        return [line for line in self.log_path.read_text(errors="replace").splitlines() if "panicked" in line]

    # -- its Configuration API

    async def request(self, method, path, body=None):
        return await asyncio.to_thread(self._request, method, path, body)

    def _request(self, method, path, body):
        connection = http.client.HTTPConnection("127.0.0.1", self.config_port, timeout=API_SECONDS)
        try:
            headers = {} if body is None else {"Content-Type": "application/json"}
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            response = connection.getresponse()
            return response.status, response.read().decode()
        except http.client.HTTPException as error:
            raise ConnectionError(str(error)) from error
        finally:
            connection.close()

    async def space(self, method, path, body=None):
        """A request about the default space that has to succeed."""
        status, text = await self.request(method, f"/v1/spaces/default/{path}", body)
        if not 200 <= status < 300:
            raise GatewayError(f"{method} {path} was answered {status}: {text[:300]}")
        return json.loads(text) if text else None

    async def backlog(self):
        status, text = await self.request("GET", "/v1/metrics")
        gauge = BACKLOG.search(text)
        if status != 200 or not gauge:
            raise GatewayError(f"no backlog among the metrics, which were answered {status}")
        return int(float(gauge[1]))

    async def dead_letters(self):
        """Of each dead letter its subscription, the number of its event, and the whole."""
        found, after = [], ""
        while True:
            page = await self.space("GET", f"deadletters?limit={PAGE}{after}")
            for letter in page["deadLetters"]:
                number = EVENT_NUMBER.search(json.dumps(letter["event"]))
                found.append((letter["subscriptionId"], int(number[1]) if number else 0, letter))
            if not page.get("next"):
                return found
            after = "&next=" + urllib.parse.quote(page["next"], safe="")

    async def subscription(self, subscription_id, action=""):
        """A subscription as it is; `pause` and `resume` change it first."""
        path = f"subscriptions/{urllib.parse.quote(subscription_id, safe='')}"
        if action:
            await self.space("POST", f"{path}/{action}")
        return await self.space("GET", path)
