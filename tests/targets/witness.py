"""Stands between the gateway and the local AWS and counts what is asked for, by the name of the API."""

import collections
import contextlib
import http.client
import http.server
import threading
import time
import urllib.parse

ANSWER_SECONDS = 60


class Witness(http.server.ThreadingHTTPServer):
    """A proxy on a port of its own."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, endpoint):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.delay = 0  # seconds by which answers come later
        self.behind = urllib.parse.urlsplit(endpoint).netloc
        self._lock = threading.Lock()
        self._counts = collections.Counter()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"

    def saw(self, name):
        with self._lock:
            self._counts[name] += 1

    def take_counts(self):
        """How often each API was asked since the last time."""
        with self._lock:
            counts, self._counts = self._counts, collections.Counter()
            return counts

    def __exit__(self, *error):
        self.shutdown()
        super().__exit__(*error)


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        target = self.headers["x-amz-target"]
        if target:
            self.server.saw(target.rsplit(".", 1)[1])
        elif self.path == "/":
            self.server.saw(urllib.parse.parse_qs(body.decode())["Action"][0])
        else:
            self.server.saw("Invoke")
        connection = http.client.HTTPConnection(self.server.behind, timeout=ANSWER_SECONDS)
        try:
            connection.request("POST", self.path, body, dict(self.headers))
            response = connection.getresponse()
            answer = response.read()
        finally:
            connection.close()
        time.sleep(self.server.delay)
        # The gateway does not wait longer than its function may take.
        with contextlib.suppress(ConnectionError):
            self.answer(response, answer)

    def answer(self, response, body):
        self.send_response(response.status)
        for name, value in response.getheaders():
            if name.lower() not in ("connection", "content-length", "date", "server", "transfer-encoding"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass
