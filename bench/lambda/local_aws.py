"""What the functions talk to: a DynamoDB and a target, both compiled (src/bin), and an SQS that only keeps what it is sent."""
import hashlib
import http.client
import http.server
import json
import os
import subprocess
import threading
from urllib.parse import urlparse

from trigger_events import stream_batch


class Server:
    """A program of this package that prints its URL and ends when its standard input does."""

    def __init__(self, program, cpu):
        self.process = subprocess.Popen(['taskset', '-c', str(cpu), program], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.url = self.process.stdout.readline().decode().strip()
        if not self.url:
            raise RuntimeError(program + ' did not start')

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(10)


class DynamoDb(Server):
    """The table's database. Calls are signed with nothing that anybody checks."""

    def call(self, operation, body):
        connection = http.client.HTTPConnection(urlparse(self.url).netloc, timeout=30)
        connection.request('POST', '/', json.dumps(body), {
            'Content-Type': 'application/x-amz-json-1.0', 'X-Amz-Target': 'DynamoDB_20120810.' + operation,
            'X-Amz-Date': '20260101T000000Z',
            'Authorization': 'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, '
                             'SignedHeaders=host;x-amz-date, Signature=0'})
        response = connection.getresponse()
        text = response.read()
        connection.close()
        if response.status != 200:
            raise RuntimeError('%s: %d %s' % (operation, response.status, text[:500]))
        return json.loads(text)

    def create_table(self, name):
        self.call('CreateTable', {
            'TableName': name, 'BillingMode': 'PAY_PER_REQUEST',
            'AttributeDefinitions': [{'AttributeName': key, 'AttributeType': 'S'} for key in ('pk', 'sk')],
            'KeySchema': [{'AttributeName': 'pk', 'KeyType': 'HASH'}, {'AttributeName': 'sk', 'KeyType': 'RANGE'}],
            'StreamSpecification': {'StreamEnabled': True, 'StreamViewType': 'NEW_IMAGE'}})

    def newest_change(self, table):
        """The stream's newest batch for the default space: its change item, as the filter of the template lets through."""
        key = {'pk': {'S': 'SPACE#default'}, 'sk': {'S': 'CHANGE'}}
        return stream_batch(self.call('GetItem', {'TableName': table, 'Key': key, 'ConsistentRead': True})['Item'])


class QueueTap:
    """An SQS on a thread of the driver, up for as long as it takes to see what a message of the gateway looks like."""

    def __init__(self):
        bodies = self.bodies = []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def do_POST(self):
                request = json.loads(self.rfile.read(int(self.headers['Content-Length'])))
                entries = request.get('Entries') or [{'Id': None, **request}]
                bodies.extend(entry['MessageBody'] for entry in entries)
                sent = [{'Id': entry['Id'], 'MessageId': '059f36b4-87a3-44ab-83d2-661975830a7d',
                         'MD5OfMessageBody': hashlib.md5(entry['MessageBody'].encode()).hexdigest()} for entry in entries]
                text = json.dumps({'Successful': sent} if 'Entries' in request else sent[0]).encode()
                self.send_response(200)
                self.send_header('Content-Type', 'application/x-amz-json-1.0')
                self.send_header('Content-Length', str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.url = 'http://127.0.0.1:%d/123456789012/bench' % self.server.server_address[1]

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


class Target(Server):
    """The function that the gateway calls."""

    def probe(self, calls, cpu):
        """Seconds of calls by themselves, made by a compiled client where the gateway runs."""
        address = urlparse(self.url).netloc
        command = ['taskset', '-c', str(cpu), self.process.args[-1], 'probe', address, str(calls)]
        lines = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout.split()
        return [float(line) / 1e6 for line in lines]


def executable(directory, name):
    """A built program, be it of `cargo build` (NAME) or of `cargo lambda build` (NAME/bootstrap)."""
    for path in (os.path.join(directory, name, 'bootstrap'), os.path.join(directory, name)):
        if os.path.isfile(path):
            return os.path.abspath(path)
    raise SystemExit('%s is not built: no %s' % (name, os.path.join(directory, name)))
