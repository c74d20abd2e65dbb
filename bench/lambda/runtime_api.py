"""A local Runtime API of AWS Lambda, and a function that runs against it. Raw sockets and one thread: what the driver
itself takes of an invocation is some tens of microseconds, the same for every function."""
import json
import os
import select
import signal
import socket
import time
from dataclasses import dataclass

READ_BYTES = 1 << 16
#: Longest wait for a function, in seconds; nothing that is measured comes near it.
PATIENCE = 30.0


class FunctionFailed(Exception):
    """A function ended, was silent for too long, or reported an error."""


@dataclass
class Request:
    """A request of the function, and when all of it had arrived (seconds, perf_counter)."""
    connection: socket.socket
    method: bytes
    path: bytes
    body: bytes
    at: float


@dataclass
class Answer:
    """What an invocation was answered with, and how long that took in seconds."""
    body: bytes
    seconds: float

    def json(self):
        return json.loads(self.body)


class Instance:
    """A process of a function, and the Runtime API that it alone talks to. `cpu` is where it runs: the driver goes
    there to start it, and back, because a process that is moved later has begun in the wrong place."""

    def __init__(self, program, environment, cpu, log, deadline_seconds=30):
        self.program, self.log, self.deadline_seconds = program, log, deadline_seconds
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.poll = select.poll()
        self.poll.register(self.listener, select.POLLIN)
        self.connections, self.buffers, self.waiting = {}, {}, None
        self.count, self.cpu_seconds = 0, None
        name = os.path.basename(program)
        environment = {
            'AWS_LAMBDA_RUNTIME_API': '127.0.0.1:%d' % self.listener.getsockname()[1],
            'AWS_LAMBDA_FUNCTION_NAME': name,
            'AWS_LAMBDA_FUNCTION_MEMORY_SIZE': '512',
            'AWS_LAMBDA_FUNCTION_VERSION': '$LATEST',
            'AWS_LAMBDA_INITIALIZATION_TYPE': 'on-demand',
            'AWS_LAMBDA_LOG_GROUP_NAME': '/aws/lambda/' + name,
            'AWS_LAMBDA_LOG_STREAM_NAME': 'bench',
            'LAMBDA_TASK_ROOT': os.path.dirname(program),
            'PATH': '/usr/local/bin:/usr/bin:/bin',
            'TZ': ':UTC',
            **environment,
        }
        files = [(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                 (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644),
                 (os.POSIX_SPAWN_DUP2, 1, 2)]
        own = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {cpu})
        try:
            self.started = time.perf_counter()
            self.pid = os.posix_spawn(program, [program], environment, file_actions=files)
        finally:
            os.sched_setaffinity(0, own)
        self.end = os.pidfd_open(self.pid)
        self.poll.register(self.end, select.POLLIN)

    def ready(self):
        """Waits for the function to ask for its first (or next) event; seconds since its start."""
        if self.waiting is None:
            request = self._request()
            if request.method != b'GET' or not request.path.endswith(b'/invocation/next'):
                self._fail('asked for %s %s: %s' % (request.method, request.path, request.body[:2000]))
            self.waiting = request
        return self.waiting.at - self.started

    def invoke(self, event):
        """Hands over an event and waits for the answer to it. The time runs until all of the answer is here."""
        self.ready()
        connection, self.waiting = self.waiting.connection, None
        self.count += 1
        number = b'8476a536-e9f4-11e8-9739-%012d' % self.count
        message = (b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nLambda-Runtime-Aws-Request-Id: %s\r\n'
                   b'Lambda-Runtime-Deadline-Ms: %d\r\n'
                   b'Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:123456789012:function:bench\r\n'
                   b'Lambda-Runtime-Trace-Id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0\r\n'
                   b'Content-Length: %d\r\n\r\n%s') % (
                       number, int((time.time() + self.deadline_seconds) * 1000), len(event), event)
        start = time.perf_counter()
        connection.sendall(message)
        request = self._request()
        seconds = request.at - start
        if not request.path.endswith(b'/invocation/%s/response' % number):
            self._fail('%s: %s' % (request.path, request.body[:2000]))
        request.connection.sendall(b'HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n')
        return Answer(request.body, seconds)

    def cpu_now(self):
        """Seconds of CPU that the process has used, all threads that still live."""
        nanoseconds = 0
        for thread in os.listdir('/proc/%d/task' % self.pid):
            with open('/proc/%d/task/%s/schedstat' % (self.pid, thread)) as schedstat:
                nanoseconds += int(schedstat.read().split()[0])
        return nanoseconds / 1e9

    def stop(self):
        """Ends the process; `cpu_seconds` is what it used in all."""
        if self.cpu_seconds is None:
            os.kill(self.pid, signal.SIGKILL)
            _, _, usage = os.wait4(self.pid, 0)
            self.cpu_seconds = usage.ru_utime + usage.ru_stime
            for connection in self.connections.values():
                connection.close()
            self.listener.close()
            os.close(self.end)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def _request(self):
        """The next request that is complete, from whichever connection."""
        while True:
            ready = self.poll.poll(PATIENCE * 1000)
            if not ready:
                self._fail('silent')
            for number, _ in ready:
                if number == self.end:
                    self._fail('ended')
                if number == self.listener.fileno():
                    connection, _ = self.listener.accept()
                    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    self.poll.register(connection, select.POLLIN)
                    self.connections[connection.fileno()] = connection
                    self.buffers[connection.fileno()] = b''
                    continue
                connection = self.connections[number]
                try:
                    data = connection.recv(READ_BYTES)
                except ConnectionResetError:
                    data = b''
                if not data:
                    self.poll.unregister(connection)
                    del self.connections[number], self.buffers[number]
                    connection.close()
                    if not self.connections:
                        self._fail('hung up')
                    continue
                self.buffers[number] += data
                request = self._complete(number)
                if request:
                    return request

    def _complete(self, number):
        head, blank, rest = self.buffers[number].partition(b'\r\n\r\n')
        if not blank:
            return None
        length = 0
        first, *headers = head.split(b'\r\n')
        for header in headers:
            name, _, value = header.partition(b':')
            if name.lower() == b'content-length':
                length = int(value)
            elif name.lower() == b'transfer-encoding':
                self._fail('sends chunks, which this Runtime API does not read')
        if len(rest) < length:
            return None
        at = time.perf_counter()
        self.buffers[number] = rest[length:]
        method, path, _ = first.split(b' ', 2)
        return Request(self.connections[number], method, path, rest[:length], at)

    def _fail(self, what):
        with open(self.log, errors='replace') as log:
            lines = log.read()[-3000:]
        raise FunctionFailed('%s: %s\n%s' % (self.program, what, lines))
