"""A hook of the point `deliver`: takes members out of the data that a function has no need of, and refuses events that
must not leave at all.

    python3 redact.py PORT
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def answer(question):
    event, config = question["event"], question["config"]
    data = event.get("data")
    if not isinstance(data, dict):
        return None
    if data.get("secret"):
        return {"error": "secret orders stay here"}
    kept = {name: value for name, value in data.items() if name not in config["members"]}
    return {"event": {**event, "data": kept}}


class Hook(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        said = json.dumps(answer(question)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_):
        """Says nothing."""


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Hook).serve_forever()
