"""What stands in for clouds that no program of this machine can be: a metadata server of Google, an OpenWhisk API, and
the receiver of a webhook. Each checks what the real one checks."""

import base64
import hashlib
import hmac
import http.server
import json
import threading
import time

OPENWHISK_KEY = "23bc46b1-71f6-4ed5-8c54-816aa4f8c502:123zO3xZCLrMN6v2BKK1dXYFpXlPkccOFqm12CdAsMgRU4VrNZ9lyGVCGuMDGIwP"
SIGNING_SECRET = "whsec_" + base64.b64encode(b"any-cloud demo: not a secret").decode()


class Peers:
    """One server for all of them; what was received is in `received` by the name of the peer."""

    def __init__(self):
        peers = self
        self.received = {}
        self.refused = []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                self.answer(peers.metadata_server(self))

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if self.path.startswith("/api/v1/namespaces/"):
                    self.answer(peers.openwhisk(self, body))
                else:
                    self.answer(peers.webhook(self, body))

            def answer(self, answer):
                status, headers, body = answer
                if status >= 400:
                    peers.refused.append(f"{self.command} {self.path}: {status} {body}")
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body.encode())))
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def metadata_server(self, request):
        if request.headers.get("Metadata-Flavor") != "Google":
            return 403, {}, "Missing Metadata-Flavor:Google header."
        claims = {"exp": int(time.time()) + 3600}
        parts = [{"alg": "RS256", "typ": "JWT"}, claims]
        token = ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
        return 200, {"Metadata-Flavor": "Google", "Content-Type": "text/html"}, f"{token}.c2lnbmF0dXJl"

    def openwhisk(self, request, body):
        key = base64.b64encode(OPENWHISK_KEY.encode()).decode()
        if request.headers.get("Authorization") != f"Basic {key}":
            return 401, {}, json.dumps({"error": "The supplied authentication is invalid."})
        event = json.loads(body)
        self.received["openwhisk"] = {name: event[name] for name in ("id", "type", "data")}
        return 202, {"Content-Type": "application/json"}, json.dumps({"activationId": "44794bd6aab74415b4e42a308d880e5b"})

    def webhook(self, request, body):
        secret = base64.b64decode(SIGNING_SECRET.removeprefix("whsec_"))
        signed = b".".join([request.headers["webhook-id"].encode(), request.headers["webhook-timestamp"].encode(), body])
        signature = "v1," + base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()
        if not hmac.compare_digest(request.headers.get("webhook-signature", ""), signature):
            return 401, {}, "the signature is wrong"
        event = json.loads(body)
        self.received["webhook"] = {name: event[name] for name in ("id", "type", "data")}
        return 204, {}, ""
