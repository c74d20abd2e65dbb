"""Real HTTP functions behind the gateway: one server, told apart by their paths, which remembers its calls."""

import dataclasses
import http.client
import http.server
import json
import threading
import time


@dataclasses.dataclass(frozen=True)
class Call:
    event: dict
    headers: http.client.HTTPMessage
    at: float  # seconds since 1970

    @property
    def delivery_id(self):
        return self.headers["webhook-id"]

    @property
    def attempt(self):
        return int(self.headers["x-event-gateway-attempt"])


class FunctionServer(http.server.ThreadingHTTPServer):
    """Answers with the path that was called, unless a reply is set. Each call is kept under its path."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self._lock = threading.Lock()
        self._calls = {}
        self._replies = {}
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def url(self, path):
        return f"http://127.0.0.1:{self.server_port}{path}"

    def reply(self, path, reply):
        """`reply(event)` gives the status and the body of each answer to come."""
        self._replies[path] = reply

    def calls(self, path):
        with self._lock:
            return list(self._calls.get(path, []))

    def ids(self, path):
        """Ids of the events that came, in order."""
        return [call.event["id"] for call in self.calls(path)]

    def take(self, path, call):
        with self._lock:
            self._calls.setdefault(path, []).append(call)
        return self._replies.get(path, answer_with_path(path))(call.event)

    def __exit__(self, *error):
        self.shutdown()
        super().__exit__(*error)


def answer_with_path(path):
    return lambda _event: (200, {"statusCode": 200, "body": path})


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status, answer = self.server.take(self.path, Call(json.loads(body), self.headers, time.time()))
        answer = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass
