"""An HTTP function on the Python SDK: describes each event it was called with, to its caller and on standard output."""

import base64
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cloudevents.http import from_http

ATTRIBUTES = ["specversion", "id", "source", "type", "subject", "time", "datacontenttype", "dataschema", "schemaurl"]


def data_of(event):
    data = event.data
    # The SDK leaves the 0.3 encoding to the function.
    if event.get("datacontentencoding") == "base64":
        data = base64.b64decode(data)
    if isinstance(data, bytes):
        return {"kind": "binary", "base64": base64.b64encode(data).decode("ascii")}
    return {"kind": "text" if isinstance(data, str) else "json", "value": data}


def description(headers, body):
    event = from_http(headers, body)
    attributes = event.get_attributes()
    known = {name: attributes[name] for name in ATTRIBUTES if attributes.get(name) is not None}
    ignored = [*ATTRIBUTES, "datacontentencoding"]
    extensions = {name: value for name, value in attributes.items() if name not in ignored}
    return {"attributes": known, "extensions": extensions, "data": data_of(event)}


class Function(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        try:
            seen = description(self.headers, body)
        except Exception as error:  # whatever the SDK refuses is what the test wants to read
            seen = {"refused": f"{type(error).__name__}: {error}", "body": body.decode("utf-8", "replace")}
        seen["contentType"] = self.headers["content-type"]
        print(json.dumps(seen), flush=True)
        answer = json.dumps({"statusCode": 200, "body": json.dumps(seen)}).encode("utf-8")
        self.send_response(200)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *arguments):
        """Standard output belongs to the descriptions."""


server = ThreadingHTTPServer(("127.0.0.1", 0), Function)
print(json.dumps({"url": f"http://127.0.0.1:{server.server_port}/"}), flush=True)
server.serve_forever()
