"""The measurements. Each gives the rows of one table; times are in seconds until they are printed."""
import os
import random
import time
import zipfile
from collections import defaultdict

import gateway
from gateway import FUNCTION_CPU, is_routed, list_or_create, sync_event
from local_aws import QueueTap
from trigger_events import cloud_event, sqs_batch

FUNCTIONS = ('events-api', 'config-api', 'dispatcher', 'config-stream')


def percentile(values, percent):
    """Nearest rank, so that it is always a value that was seen."""
    ranked = sorted(values)
    return ranked[max(0, -(-len(ranked) * percent // 100) - 1)]


def p50(values):
    return percentile(values, 50)


def p99(values):
    return percentile(values, 99)


def ms(seconds):
    return '%.2f' % (seconds * 1e3)


def us(seconds):
    return '%.0f' % (seconds * 1e6)


def routed(events, event):
    """Seconds of an invocation whose event has to reach the target."""
    answer = events.invoke(event)
    if not is_routed(answer):
        raise RuntimeError('an event was not routed: %s' % answer.body[:2000])
    return answer.seconds


def queued_message(gateway_):
    """What the gateway sends to SQS for an event with one async subscriber: what the dispatcher is then given."""
    with QueueTap() as queue:
        with gateway_.start('events-api', EVENT_GATEWAY_SQS_QUEUE_URL=queue.url, AWS_ENDPOINT_URL_SQS=queue.url) as events:
            answer = events.invoke(cloud_event('/async', gateway.EVENT_TYPE)).json()
    if answer['statusCode'] != 202 or len(queue.bodies) != 1:
        raise RuntimeError('events-api: %s, %d messages' % (answer, len(queue.bodies)))
    return queue.bodies[0]


def check_hello(answer):
    return answer.json() == 'hello, world'


def check_list(answer):
    response = answer.json()
    return response['statusCode'] == 200 and '"target"' in response['body']


def check_no_failures(answer):
    return not answer.json().get('batchItemFailures')


def cold_starts(gateway_, configuration, message, starts):
    """Processes of hello world and of every function in turn, in an order that changes: start to first request for an
    event, and to the first answer, for which the event is there at once."""
    batch = sqs_batch(message)
    first = {
        'hello': (lambda: b'{}', check_hello),
        'events-api': (lambda: sync_event('/sync/1'), is_routed),
        'config-api': (lambda: list_or_create('functions'), check_list),
        'dispatcher': (lambda: batch, check_no_failures),
        # Each start has a new change to publish.
        'config-stream': (configuration.newest_change, check_no_failures),
    }
    asked, answered, used = defaultdict(list), defaultdict(list), defaultdict(list)
    order = list(first)
    # The first round is for the page cache.
    for round_ in range(starts + 1):
        random.shuffle(order)
        for name in order:
            event, is_right = first[name]
            if name == 'config-stream':
                configuration.subscribe('/cold/%d' % round_, 'async')
            event = event()
            with gateway_.start(name) as function:
                to_next = function.ready()
                answer = function.invoke(event)
                to_answer = time.perf_counter() - function.started
            if not is_right(answer):
                raise RuntimeError('%s: %s' % (name, answer.body[:2000]))
            if round_:
                asked[name].append(to_next)
                answered[name].append(to_answer)
                used[name].append(function.cpu_seconds)
    rows = []
    for name in first:
        row = [name]
        for times in (asked, answered):
            row += [ms(p50(times[name])), ms(p99(times[name])), '%.1f' % (p50(times[name]) / p50(times['hello']))]
        rows.append(row + [ms(p50(used[name]))])
    return ['cold start, %d each' % starts, 'to next, p50 ms', 'p99', 'p50 / hello', 'to answer, p50 ms', 'p99',
            'p50 / hello', 'CPU, p50 ms'], rows


def sizes(programs, directory):
    """Each stripped program as the one file of a zip."""
    rows = []
    for name in programs:
        archive = os.path.join(directory, name + '.zip')
        with zipfile.ZipFile(archive, 'w', zipfile.ZIP_DEFLATED, compresslevel=9) as zipped:
            zipped.write(programs[name], 'bootstrap')
        rows.append([name, '%.2f' % (os.path.getsize(archive) / 1e6), '%.1f' % (os.path.getsize(programs[name]) / 1e6)])
    return ['size', 'zip, MB', 'stripped program, MB'], rows


def warm_overhead(gateway_, target, invocations):
    """Sync events through a warm events-api, the same number of invocations of hello world in between, and the target
    by itself. The second events-api confirms its routes alongside every event."""
    block = min(500, invocations)
    direct, hello, events, confirming = [], [], [], []
    with gateway_.start('hello') as nothing, gateway_.start('events-api') as warm, \
            gateway_.start('events-api', EVENT_GATEWAY_ROUTES_REVALIDATE_AFTER='0') as eager:
        event = sync_event('/sync/1')
        for _ in range(200):
            nothing.invoke(b'{}')
            routed(warm, event)
            routed(eager, event)
        before = [(function, function.cpu_now()) for function in (nothing, warm, eager)]
        for _ in range(-(-invocations // block)):
            for _ in range(block):
                hello.append(nothing.invoke(b'{}').seconds)
                events.append(routed(warm, event))
                confirming.append(routed(eager, event))
            direct += target.probe(block, FUNCTION_CPU)
        cpu = [(function.cpu_now() - since) / len(events) for function, since in before]
    # What hello world and the target usually take is left out; what they take now and then counts against the gateway.
    own = p50(hello) + p50(direct)

    def row(name, values, used=None):
        return [name, us(p50(values)), us(p99(values)), '' if used is None else us(used)]
    return ['warm, %d each' % len(events), 'p50 µs', 'p99 µs', 'CPU µs'], [
        row('hello world, invocation', hello, cpu[0]),
        row('target, direct call', direct),
        row('sync event, invocation', events, cpu[1]),
        row('sync event that confirms routes alongside, invocation', confirming, cpu[2]),
        row('**overhead**: sync event − p50 hello − p50 target', [value - own for value in events]),
        row('the same, confirming', [value - own for value in confirming]),
        row('overhead with the Runtime API in it: sync event − p50 target', [value - p50(direct) for value in events]),
    ]


def snapshot_load(small, large, count, starts):
    """Processes of events-api on a table with a few and on one with many subscriptions, in turn. Routes are loaded
    before the first event is asked for; a warm instance loads a snapshot when it has to have a newer version."""
    asked, answered, used = defaultdict(list), defaultdict(list), defaultdict(list)
    for round_ in range(starts + 1):
        for name, gateway_ in (('small', small), ('large', large)):
            with gateway_.start('events-api') as function:
                to_next = function.ready()
                routed(function, sync_event('/sync/1'))
                to_answer = time.perf_counter() - function.started
            if round_:
                asked[name].append(to_next)
                answered[name].append(to_answer)
                used[name].append(function.cpu_seconds)
    rows = [[name, *(text for times in (asked, answered) for text in (ms(p50(times[key])), ms(p99(times[key])))),
             ms(p50(used[key]))] for name, key in (('13 resources', 'small'), ('%d subscriptions' % count, 'large'))]
    rows.append(['**load**: difference of p50', *(text for times in (asked, answered)
                                                  for text in (ms(p50(times['large']) - p50(times['small'])), '')),
                 ms(p50(used['large']) - p50(used['small']))])
    return ['snapshot load, %d starts each' % starts, 'to next, p50 ms', 'p99', 'to answer, p50 ms', 'p99', 'CPU, p50 ms'], rows


def write_to_effect(gateway_, configuration, writes, label):
    """From the answer to a write until the answer to the first event that it routes, on a warm events-api. Without a
    version, events come all the time, and the write at any moment between two confirmations of the routes; with the
    version of the write, the first event has to be routed."""
    plain = []
    with gateway_.start('events-api') as events:
        routed(events, sync_event('/sync/1'))
        for number in range(writes):
            path = '/effect/%d' % number
            until = time.perf_counter() + random.random()
            while time.perf_counter() < until:
                is_routed(events.invoke(sync_event(path)))
                time.sleep(0.001)
            configuration.subscribe(path)
            written = time.perf_counter()
            configuration.publish()
            while not is_routed(events.invoke(sync_event(path))):
                time.sleep(0.001)
            plain.append(time.perf_counter() - written)
        versioned, behind = with_version(events, configuration, writes)

    def row(name, values):
        return [name, ms(p50(values)), ms(p99(values)), ms(max(values))]
    return ['write to effect, %d writes each, %s' % (writes, label), 'p50 ms', 'p99 ms', 'max ms'], [
        row('events all the time', plain),
        row('`X-Min-Config-Version`, published', versioned),
        row('`X-Min-Config-Version`, not published yet', behind)]


def with_version(events, configuration, writes):
    """Answer times of the first event after a write, when the snapshot of the write is published and when it is not."""
    published, behind = [], []
    for number in range(writes):
        for kind, times in (('published', published), ('behind', behind)):
            path = '/effect/%s/%d' % (kind, number)
            version = configuration.subscribe(path)
            if times is published:
                configuration.publish()
            times.append(routed(events, sync_event(path, version)))
        configuration.publish()
    return published, behind


def effect_of_version(gateway_, configuration, writes, label):
    """The latter alone."""
    with gateway_.start('events-api') as events:
        routed(events, sync_event('/sync/1'))
        published, behind = with_version(events, configuration, writes)
    return ['write to effect, %d writes each, %s' % (writes, label), 'p50 ms', 'p99 ms', 'max ms'], [
        ['`X-Min-Config-Version`, ' + name, ms(p50(values)), ms(p99(values)), ms(max(values))]
        for name, values in (('published', published), ('not published yet', behind))]
