"""Functions that record their calls and misbehave as they are told to: HTTP servers, told apart by their paths."""

import asyncio
import dataclasses
import re

NUMBER = re.compile(rb'"n": ?(\d+)')
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.I)
CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.I)
LAST_CHUNK = b"\r\n0\r\n\r\n"
DELIVERY_ID = re.compile(rb"\r\nwebhook-id: *([^\r]+)", re.I)
#: Where functions that get no headers find it: CloudEvents 0.1, and later ones.
DELIVERY_ID_IN_EVENT = re.compile(rb'(?:"delivery": ?\{"id"|"eventgatewaydeliveryid"): ?"([^"]+)"')
ATTEMPT = re.compile(rb"\r\nx-event-gateway-attempt: *(\d+)", re.I)
LAMBDA_PATH = re.compile(rb"/2015-03-31/functions/(?:[^/]*(?::|%3A))?([^/:%]+)/invocations")
BACKLOG = 4096

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


@dataclasses.dataclass(frozen=True)
class Call:
    name: str
    number: int
    attempt: int


@dataclasses.dataclass(frozen=True)
class Reply:
    status: int = 200
    delay: float = 0.0
    headers: str = ""
    #: Where the answer ends: "before" anything is answered, in the "head", in the "body"; "reset" as well as before.
    cut: str = ""

    @property
    def is_taken(self):
        return 200 <= self.status < 300 and not self.cut

    def encode(self):
        body = b'{"from":"the function"}'
        head = f"HTTP/1.1 {self.status} Reply\r\nContent-Type: application/json\r\n{self.headers}"
        whole = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
        return {"": whole, "head": whole[: len(head) // 2], "body": whole[:-10]}[self.cut]


class FunctionServer:
    """`behaviours[name]` gives the reply to a call; a function without one takes everything at once."""

    def __init__(self, ledger):
        self.ledger = ledger
        self.behaviours = {}
        self.connections = set()
        self.port = 0
        self._server = None

    async def __aenter__(self):
        await self.up()
        return self

    async def __aexit__(self, *_):
        await self.down()

    async def up(self):
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _Connection(self), "127.0.0.1", self.port, backlog=BACKLOG, reuse_address=True
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def down(self):
        """Nobody listens any more, and whoever is connected is not any more."""
        self._server.close()
        for connection in list(self.connections):
            connection.transport.abort()
        await asyncio.sleep(0)

    def url(self, name):
        return f"http://127.0.0.1:{self.port}/{name}"


class _Connection(asyncio.Protocol):
    def __init__(self, server):
        self.server = server
        self.buffer = b""
        self.transport = self.timer = None

    def connection_made(self, transport):
        self.transport = transport
        self.server.connections.add(self)

    def connection_lost(self, _error):
        self.server.connections.discard(self)
        if self.timer:  # The gateway has given this attempt up: what would be answered now does not count.
            self.timer.cancel()
            self.timer = None
            self.server.ledger.in_hand -= 1

    def data_received(self, data):
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end]
            length = LENGTH.search(head)
            if length is None and CHUNKED.search(head):
                last = self.buffer.find(LAST_CHUNK, end)
                whole = last + len(LAST_CHUNK) if last >= 0 else len(self.buffer) + 1
            else:
                whole = end + 4 + (int(length[1]) if length else 0)
            if len(self.buffer) < whole:
                return
            body, self.buffer = self.buffer[end + 4 : whole], self.buffer[whole:]
            self.handle(head, body)

    def handle(self, head, body):
        path = head.split(b" ", 2)[1]
        lambda_path = LAMBDA_PATH.match(path)
        name = (lambda_path[1] if lambda_path else path[1:]).decode()
        number, delivery_id, attempt = NUMBER.search(body), self._delivery_id(head, body), ATTEMPT.search(head)
        if not number:
            self.server.ledger.problem(f"{name} was called without the event's data")
            self.transport.write(OK)
            return
        number = int(number[1])
        self.server.ledger.called(name, number, delivery_id)
        behaviour = self.server.behaviours.get(name)
        if behaviour is None:
            self.transport.write(OK)
            self.server.ledger.answered(name, number)
            return
        call = Call(name, number, int(attempt[1]) if attempt else 0)
        reply = behaviour(call)
        self.server.ledger.in_hand += 1
        self.timer = asyncio.get_running_loop().call_later(reply.delay, self.answer, call, reply)

    @staticmethod
    def _delivery_id(head, body):
        found = DELIVERY_ID.search(head) or DELIVERY_ID_IN_EVENT.search(body)
        return found[1] if found else None

    def answer(self, call, reply):
        self.timer = None
        self.server.ledger.in_hand -= 1
        if self.transport.is_closing():
            return
        if reply.cut == "reset":
            self.transport.abort()
        elif reply.cut == "before":
            self.transport.close()
        else:
            self.transport.write(reply.encode())
            if reply.cut:
                self.transport.close()
        if reply.is_taken:
            self.server.ledger.answered(call.name, call.number)
