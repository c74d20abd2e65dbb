#!/usr/bin/env python3
"""Measures the Lambda functions of the gateway against a hello world, and prints tables in Markdown. See README.md."""
import argparse
import contextlib
import os
import subprocess
import sys
import tempfile

import stages
from gateway import OTHER_CPU, Configuration, Gateway
from local_aws import DynamoDb, Target, executable

HERE = os.path.dirname(os.path.abspath(__file__))
STAGES = ('size', 'cold', 'warm', 'effect', 'load')


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('stages', nargs='*', metavar='stage', help='of %s; all when none is named' % ', '.join(STAGES))
    parser.add_argument('--functions', default=os.path.join(HERE, '../../target/release'), metavar='DIR',
                        help='where the functions are: NAME or NAME/bootstrap (%(default)s)')
    parser.add_argument('--bench', default=os.path.join(HERE, 'target/release'), metavar='DIR',
                        help='where the programs of this package are')
    parser.add_argument('--starts', type=int, default=100, help='cold starts of each function')
    parser.add_argument('--invocations', type=int, default=5000, help='warm invocations of each function')
    parser.add_argument('--writes', type=int, default=200, help='configuration writes of each kind')
    parser.add_argument('--subscriptions', type=int, default=10_000, help='subscriptions of the large table')
    parser.add_argument('--loads', type=int, default=40, help='cold starts on each table')
    parser.add_argument('--set', action='append', default=[], metavar='NAME=VALUE', help='environment of the functions')
    chosen = parser.parse_args()
    chosen.set = dict(word.split('=', 1) for word in chosen.set)
    for stage in chosen.stages:
        if stage not in STAGES:
            parser.error('no stage ' + stage)
    return chosen


def say(text):
    print(text, file=sys.stderr, flush=True)


def stripped(options, directory):
    """The functions as they are deployed: stripped copies, in the order of the tables."""
    programs = {}
    for name in ('hello', *stages.FUNCTIONS):
        programs[name] = os.path.join(directory, name)
        source = executable(options.bench if name == 'hello' else options.functions, name)
        subprocess.run(['strip', '-o', programs[name], source], check=True)
    return programs


def print_table(table):
    head, rows = table
    print('| ' + ' | '.join(head) + ' |')
    print('|---|' + '---:|' * (len(head) - 1))
    for row in rows:
        print('| ' + ' | '.join(row) + ' |')
    print(flush=True)


def main():
    options = arguments()
    wanted = options.stages or STAGES
    with contextlib.ExitStack() as stack:
        enter = stack.enter_context
        directory = enter(tempfile.TemporaryDirectory(prefix='bench-lambda.'))
        programs = stripped(options, directory)
        os.sched_setaffinity(0, {OTHER_CPU})
        if 'size' in wanted:
            print_table(stages.sizes(programs, directory))
        if not set(wanted) - {'size'}:
            return
        database = enter(DynamoDb(executable(options.bench, 'dynamodb'), OTHER_CPU))
        target = enter(Target(executable(options.bench, 'target'), OTHER_CPU))

        def gateway_of(table):
            database.create_table(table)
            gateway = Gateway(programs, database, table, directory, options.set)
            configuration = enter(Configuration(gateway, target.url))
            configuration.begin()
            return gateway, configuration

        small, configuration = gateway_of('small')
        if 'cold' in wanted:
            say('cold starts')
            message = stages.queued_message(small)
            print_table(stages.cold_starts(small, configuration, message, options.starts))
        if 'warm' in wanted:
            say('warm invocations')
            print_table(stages.warm_overhead(small, target, options.invocations))
        if 'effect' in wanted:
            say('writes to effect')
            print_table(stages.write_to_effect(small, configuration, options.writes, '13 resources and what was written before'))
        if 'load' in wanted:
            say('writing %d subscriptions' % options.subscriptions)
            large, configuration = gateway_of('large')
            for number in range(options.subscriptions):
                configuration.subscribe('/team/%d/thing/%d/:id' % (number % 97, number), 'sync' if number % 2 else 'async')
            configuration.publish()
            say('snapshot loads')
            empty, _ = gateway_of('empty')
            print_table(stages.snapshot_load(empty, large, options.subscriptions, options.loads))
            if 'effect' in wanted:
                writes = min(40, options.writes)
                label = '%d subscriptions and more' % options.subscriptions
                print_table(stages.effect_of_version(large, configuration, writes, label))


if __name__ == '__main__':
    main()
