"""Functions of Google's functions-framework for Python. Writes where they are, and what they get, in lines of JSON."""

import base64
import json
import threading

import functions_framework
from werkzeug.serving import WSGIRequestHandler, make_server


def write(line):
    print(json.dumps(line), flush=True)


@functions_framework.cloud_event
def received(event):
    attributes = {name: str(value) for name, value in event.get_attributes().items()}
    data = event.get_data()
    if isinstance(data, bytes):
        write({"event": attributes, "base64": base64.b64encode(data).decode()})
    else:
        write({"event": attributes, "data": data})


@functions_framework.http
def answer(request):
    event = json.loads(request.get_data())
    return {
        "statusCode": 201,
        "headers": {"X-Language": "Python"},
        "body": json.dumps({"got": event["data"]}),
    }


class Quiet(WSGIRequestHandler):
    def log_request(self, *_):
        pass


def serve(target):
    server = make_server(
        "127.0.0.1",
        0,
        functions_framework.create_app(target, __file__),
        threaded=True,
        request_handler=Quiet,
    )
    threading.Thread(target=server.serve_forever).start()
    return server.port


if __name__ == "__main__":
    write({"ports": {target: serve(target) for target in ("received", "answer")}})
