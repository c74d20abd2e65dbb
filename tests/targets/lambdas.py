"""AWS Lambda functions: one of Python, one of Rust."""

import functools
import json
import pathlib
import time

from deployment import expect, until
from events import emit, emit_async, register, subscribe
from local_aws import compiled, zip_of

FUNCTIONS = pathlib.Path(__file__).parent / "functions"


def python_function(setting, told=None):
    code = zip_of("echo.py", (FUNCTIONS / "echo.py").read_text())
    variables = {"TOLD": setting.server.url(told)} if told else {}
    return setting.aws.function("python3.12", "echo.handler", code, variables)


@functools.cache
def rust_code():
    return compiled(FUNCTIONS / "echo.rs")


def rust_function(setting):
    return setting.aws.function("provided.al2023", "bootstrap", rust_code())


def python_answers(setting):
    """a Python function answers a sync caller"""
    with setting.gateway.space("python") as space:
        function = register(space, "awslambda", arn=python_function(setting))
        path, event_type = subscribe(space, function, "sync")
        answer, event_id = emit(setting, path, event_type, {"n": 1})
        expect(answer.status == 201, f"answered {answer.status}: {answer.text}")
        expect(answer.json["python"] == event_id, answer.text)
        answer, _ = emit(setting, path, event_type, {"fail": True})
        expect(answer.status == 500, f"a failure was answered {answer.status}: {answer.text}")


def rust_answers(setting):
    """a Rust function answers a sync caller, fails, and takes too long"""
    with setting.gateway.space("rust") as space:
        arn = rust_function(setting)
        path, event_type = subscribe(space, register(space, "awslambda", arn=arn), "sync")
        answer, _ = emit(setting, path, event_type, {"n": 1})
        expect(answer.status == 202 and answer.text.startswith("rust got"), f"answered {answer.status}: {answer.text}")
        answer, _ = emit(setting, path, event_type, {"fail": True})
        expect(answer.status == 500, f"a failure was answered {answer.status}: {answer.text}")
        function = register(space, "awslambda", arn=arn, timeoutSeconds=1)
        path, event_type = subscribe(space, function, "sync")
        began = time.monotonic()
        answer, _ = emit(setting, path, event_type, {"slow": True})
        took = time.monotonic() - began
        expect(answer.status == 500 and took < 1.9, f"answered {answer.status} after {took:.1f} s")
        function = register(space, "awslambda", arn=arn, timeoutSeconds=900)
        path, event_type = subscribe(space, function, "sync")
        answer, _ = emit(setting, path, event_type, {"slow": True})
        expect(answer.status == 202, f"a function with time was answered {answer.status}: {answer.text}")


def alias_is_invoked(setting):
    """a qualifier names the alias that is invoked"""
    with setting.gateway.space("alias") as space:
        arn = python_function(setting)
        setting.aws.alias(arn, "live")
        path, event_type = subscribe(space, register(space, "awslambda", arn=arn, qualifier="live"), "sync")
        answer, _ = emit(setting, path, event_type, {})
        expect(answer.status == 201 and answer.json["arn"].endswith(":live"), f"{answer.status}: {answer.text}")
        path, event_type = subscribe(space, register(space, "awslambda", arn=arn, qualifier="none"), "sync")
        answer, _ = emit(setting, path, event_type, {})
        expect(answer.status == 500, f"an alias that is not there was answered {answer.status}: {answer.text}")


def events_are_queued_by_lambda(setting):
    """an invocation of type Event answers 202 at once, and the function runs"""
    with setting.gateway.space("queued") as space:
        told = f"/{space.name}"
        function = register(space, "awslambda", arn=python_function(setting, told), invocationType="Event")
        path, event_type = subscribe(space, function, "sync")
        answer, event_id = emit(setting, path, event_type, {"n": 1.10})
        expect((answer.status, answer.body) == (202, b""), f"answered {answer.status}: {answer.text}")
        until("the function has run", lambda: setting.server.ids(told) == [event_id])
        # More than such an event may have: a dead letter at once, without a call.
        function = register(space, "awslambda", arn=python_function(setting, told), invocationType="Event")
        path, event_type = subscribe(space, function)
        emit_async(setting, path, event_type, {"text": "x" * 1_100_000})
        letter = space.await_dead_letter()
        expect("takes 1048576 at most" in json.dumps(letter), f"{letter}"[:500])


CASES = [python_answers, rust_answers, alias_is_invoked, events_are_queued_by_lambda]
