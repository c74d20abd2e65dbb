"""The deployed gateway: its functions with the environment of infra/template.yaml, and its configuration."""
import hashlib
import json
import os

import trigger_events
from runtime_api import Instance

KEY = 'bench-key'
EVENT_TYPE = 'bench.event'
#: The body in what the target answers, which a sync event is answered with.
TARGET_BODY = 'ok'
#: Nobody listens there: nothing that is timed sends to the queue.
NO_QUEUE = 'http://127.0.0.1:9/123456789012/bench'
#: Where the functions run; everything else has the other core.
FUNCTION_CPU, OTHER_CPU = 0, 1


class Gateway:
    """Starts functions of a gateway whose configuration is in one table."""

    def __init__(self, programs, database, table, directory, extra):
        self.programs, self.database, self.table, self.directory = programs, database, table, directory
        self.environment = {
            'AWS_ACCESS_KEY_ID': 'test', 'AWS_SECRET_ACCESS_KEY': 'test', 'AWS_SESSION_TOKEN': 'test',
            'AWS_REGION': 'us-east-1', 'AWS_DEFAULT_REGION': 'us-east-1', 'AWS_ENDPOINT_URL': database.url,
            'EVENT_GATEWAY_STORE': 'dynamodb', 'EVENT_GATEWAY_DYNAMODB_TABLE': table,
            'EVENT_GATEWAY_LOG_FORMAT': 'json', 'EVENT_GATEWAY_LOG_LEVEL': 'info',
            'EVENT_GATEWAY_TARGET_GUARD': 'on', 'EVENT_GATEWAY_TARGET_ALLOW': '127.0.0.0/8', **extra,
        }
        queue = {
            'EVENT_GATEWAY_QUEUE': 'sqs', 'EVENT_GATEWAY_SQS_QUEUE_URL': NO_QUEUE, 'AWS_ENDPOINT_URL_SQS': NO_QUEUE,
            'EVENT_GATEWAY_ROUTES_REVALIDATE_AFTER': '1000', 'EVENT_GATEWAY_ROUTES_MAX_STALENESS': '2000'}
        self.of_function = {
            'events-api': queue, 'dispatcher': queue, 'config-stream': {},
            'config-api': {**queue, 'EVENT_GATEWAY_CONFIG_ACCESS_KEY_SHA256': hashlib.sha256(KEY.encode()).hexdigest()}}

    def start(self, name, **settings):
        """A new process of a function (or of hello, which has no settings)."""
        environment = {**self.environment, **self.of_function[name], **settings} if name != 'hello' else {}
        log = os.path.join(self.directory, name + '.log')
        return Instance(self.programs[name], environment, FUNCTION_CPU, log)


class Configuration:
    """Writes the configuration of the default space, through a warm config-api, and publishes it, through a warm
    config-stream, when told to: here nothing else follows the stream."""

    def __init__(self, gateway, target_url):
        self.gateway, self.target_url = gateway, target_url
        self.api, self.stream = gateway.start('config-api'), gateway.start('config-stream')

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.api.stop()
        self.stream.stop()

    def create(self, collection, resource):
        """Creates a resource; the answer has the version of the space that it led to."""
        answer = self.api.invoke(list_or_create(collection, json.dumps(resource)))
        response = answer.json()
        if response['statusCode'] != 201:
            raise RuntimeError('%s: %s' % (collection, response))
        headers = {name.lower(): value for name, value in response['headers'].items()}
        return headers['x-config-version']

    def subscribe(self, path, kind='sync', function='target'):
        return self.create('subscriptions', {'type': kind, 'eventType': EVENT_TYPE, 'functionId': function, 'path': path})

    def begin(self):
        """An event type, a function, a few sync subscriptions and an async one."""
        self.create('eventtypes', {'name': EVENT_TYPE})
        self.create('functions', {'functionId': 'target', 'type': 'http', 'provider': {'url': self.target_url}})
        for number in range(10):
            self.subscribe('/sync/%d' % number)
        self.subscribe('/async', 'async')
        self.publish()

    def publish(self):
        failures = self.stream.invoke(self.newest_change()).json()
        if failures.get('batchItemFailures'):
            raise RuntimeError('config-stream: %s' % failures)

    def newest_change(self):
        return self.gateway.database.newest_change(self.gateway.table)


def list_or_create(collection, body=None):
    """A request to the Configuration API: a list, or with a body a new resource."""
    headers = {'authorization': 'bearer ' + KEY, 'content-type': 'application/json'}
    return trigger_events.http('GET' if body is None else 'POST', '/v1/spaces/default/' + collection, headers, body)


def sync_event(path, min_version=None):
    """An event with a sync subscriber, if there is one."""
    headers = {'x-min-config-version': min_version} if min_version else {}
    return trigger_events.cloud_event(path, EVENT_TYPE, headers)


def is_routed(answer):
    """Whether a sync event has reached the target; false when it was accepted for nobody."""
    response = answer.json()
    if response['statusCode'] == 200 and response.get('body') == TARGET_BODY:
        return True
    if response['statusCode'] == 202:
        return False
    raise RuntimeError('events-api: %s' % response)
