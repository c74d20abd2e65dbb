"""What invokes the functions: the events of a function URL, an SQS queue and a DynamoDB stream, as Lambda sends them."""
import json


def http(method, path, headers=None, body=None):
    """A request to a function URL (payload format 2.0)."""
    host = 'abcdefghijklmnopqrstuvwxyz123456.lambda-url.us-east-1.on.aws'
    event = {
        'version': '2.0', 'routeKey': '$default', 'rawPath': path, 'rawQueryString': '',
        'headers': {
            'accept': '*/*', 'host': host, 'user-agent': 'bench', 'x-amzn-tls-version': 'TLSv1.3',
            'x-amzn-trace-id': 'Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700', 'x-forwarded-for': '192.0.2.1',
            'x-forwarded-port': '443', 'x-forwarded-proto': 'https', **(headers or {})},
        'requestContext': {
            'accountId': 'anonymous', 'apiId': host.split('.')[0], 'domainName': host, 'domainPrefix': host.split('.')[0],
            'http': {'method': method, 'path': path, 'protocol': 'HTTP/1.1', 'sourceIp': '192.0.2.1', 'userAgent': 'bench'},
            'requestId': '0d5f2fe1-6a1e-44cf-a0a4-2c5a8f3a0a11', 'routeKey': '$default', 'stage': '$default',
            'time': '01/Jan/2026:00:00:00 +0000', 'timeEpoch': 1767225600000},
        'isBase64Encoded': False,
    }
    if body is not None:
        event['body'] = body
        event['headers']['content-length'] = str(len(body))
    return json.dumps(event).encode()


def cloud_event(path, event_type, headers=None):
    """A structured CloudEvent posted to the Events API."""
    body = json.dumps({'eventType': event_type, 'cloudEventsVersion': '0.1', 'source': '/bench', 'eventID': '1',
                       'contentType': 'application/json', 'data': {'n': 1}})
    return http('POST', path, {'content-type': 'application/cloudevents+json', **(headers or {})}, body)


def sqs_batch(body):
    """A batch of one message."""
    return json.dumps({'Records': [{
        'messageId': '059f36b4-87a3-44ab-83d2-661975830a7d', 'receiptHandle': 'AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a',
        'body': body, 'md5OfBody': '00000000000000000000000000000000', 'messageAttributes': {},
        'attributes': {'ApproximateReceiveCount': '1', 'SentTimestamp': '1767225600000', 'SenderId': 'AIDAIENQZJOLO23YVJ4VO',
                       'ApproximateFirstReceiveTimestamp': '1767225600001'},
        'eventSource': 'aws:sqs', 'eventSourceARN': 'arn:aws:sqs:us-east-1:123456789012:bench', 'awsRegion': 'us-east-1',
    }]}).encode()


def stream_batch(item):
    """A batch of one record: an item of the table as it is now."""
    return json.dumps({'Records': [{
        'eventID': 'c4ca4238a0b923820dcc509a6f75849b', 'eventName': 'MODIFY', 'eventVersion': '1.1',
        'eventSource': 'aws:dynamodb', 'awsRegion': 'us-east-1',
        'dynamodb': {'ApproximateCreationDateTime': 1767225600, 'Keys': {key: item[key] for key in ('pk', 'sk')},
                     'NewImage': item, 'SequenceNumber': '4421584500000000017450439091', 'SizeBytes': 500,
                     'StreamViewType': 'NEW_IMAGE'},
        'eventSourceARN': 'arn:aws:dynamodb:us-east-1:123456789012:table/bench/stream/2026-01-01T00:00:00.000',
    }]}).encode()
