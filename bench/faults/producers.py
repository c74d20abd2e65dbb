"""Producers: connections that send events and tell the ledger what they were answered."""

import asyncio
import collections
import re
import time

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.I)
RETRY_AFTER = re.compile(rb"\r\nretry-after: *\d+", re.I)
ANSWER_SECONDS = 60
RECONNECT_SECONDS = 0.02


class Producers:
    """Send events of type `t` to a route over some connections, each waiting for its answers: as fast as they can, or
    at a rate altogether. Events whose answer was lost are not sent again: their fate is open."""

    def __init__(self, port, ledger, route, connections=16, rate=None, refused_pause=0.02, padding=64):
        self.port, self.ledger, self.route = port, ledger, route
        self.connections, self.rate, self.refused_pause = connections, rate, refused_pause
        self.padding = "x" * padding
        self.statuses = collections.Counter()
        self.waits_named = 0  # 503s with Retry-After
        self._stopped = False
        self._left = None
        self._next = 0.0

    def stop(self):
        self._stopped = True

    async def run(self, events=None, seconds=None):
        """Sends so many events, or for so long, or until it is stopped."""
        self._stopped, self._left, self._next = False, events, time.monotonic()
        timer = asyncio.get_running_loop().call_later(seconds, self.stop) if seconds else None
        await asyncio.gather(*(self._produce() for _ in range(self.connections)))
        if timer:
            timer.cancel()

    async def _produce(self):
        connection = None
        while await self._turn():
            if connection is None or connection.lost:
                try:
                    loop = asyncio.get_running_loop()
                    _, connection = await loop.create_connection(_Connection, "127.0.0.1", self.port)
                except OSError:
                    self._give_back()
                    await asyncio.sleep(RECONNECT_SECONDS)
                    continue
            number = self.ledger.begin(self.route)
            try:
                body = f'{{"n":{number},"padding":"{self.padding}"}}'
                status, head = await connection.post(self.route, body.encode())
            except ConnectionError:
                self.ledger.no_answer(number)
                continue
            self.statuses[status] += 1
            if status == 202:
                self.ledger.accept(number)
                continue
            self.ledger.refuse(number)
            if status != 503:
                self.ledger.problem(f"an event was answered {status}")
            self.waits_named += bool(RETRY_AFTER.search(head))
            await asyncio.sleep(self.refused_pause)
        if connection is not None:
            connection.close()

    async def _turn(self):
        """Whether there is one more event to send; returns when it is time for it."""
        if self._stopped or self._left == 0:
            return False
        if self._left is not None:
            self._left -= 1
        if self.rate:
            now = time.monotonic()
            self._next = max(self._next + 1 / self.rate, now - 0.1)
            if self._next > now:
                await asyncio.sleep(self._next - now)
        return not self._stopped

    def _give_back(self):
        if self._left is not None:
            self._left += 1


class _Connection(asyncio.Protocol):
    def __init__(self):
        self.buffer = b""
        self.transport = self.answer = None
        self.lost = False

    def connection_made(self, transport):
        self.transport = transport

    async def post(self, path, body):
        """Status and head of the answer; `ConnectionError` when there is none."""
        if self.lost:
            raise ConnectionError
        loop = asyncio.get_running_loop()
        self.answer = loop.create_future()
        deadline = loop.call_later(ANSWER_SECONDS, self.transport.abort)
        self.transport.write(
            b"POST %s HTTP/1.1\r\nHost: localhost\r\nEvent: t\r\nContent-Type: application/json\r\n" % path.encode()
            + b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
        )
        try:
            return await self.answer
        finally:
            deadline.cancel()

    def data_received(self, data):
        self.buffer += data
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self.buffer[:end]
        length = LENGTH.search(head)
        whole = end + 4 + (int(length[1]) if length else 0)
        if len(self.buffer) >= whole:
            self.buffer = self.buffer[whole:]
            self._settle((int(head.split(b" ", 2)[1]), head), None)

    def connection_lost(self, error):
        self.lost = True
        self._settle(None, error or ConnectionResetError())

    def _settle(self, answer, error):
        if self.answer is None or self.answer.done():
            return
        if error is None:
            self.answer.set_result(answer)
        else:
            self.answer.set_exception(error if isinstance(error, ConnectionError) else ConnectionResetError(str(error)))

    def close(self):
        self.transport.close()
