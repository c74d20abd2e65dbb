"""Targets of another account, and what is refused when a function is registered."""

import json

from deployment import expect, until
from events import emit, emit_async, expect_once, register, subscribe
from lambdas import FUNCTIONS
from local_aws import REGION, zip_of


def role_reaches_another_account(setting):
    """a role of another account puts records into a stream that only this account has"""
    with setting.gateway.space("role") as space:
        stream, role = setting.other_aws.stream(), setting.other_aws.role()
        expect(":222222222222:" in role, f"the role is {role}")
        as_role = register(space, "awskinesis", streamName=stream, roleArn=role, externalId="tenant-7")
        path, event_type = subscribe(space, as_role)
        sent = [emit_async(setting, path, event_type, n) for n in range(20)]
        until("all records are there", lambda: len(setting.other_aws.records(stream)) >= 20)
        expect_once([json.loads(record["Data"]) for record in setting.other_aws.records(stream)], sent)
        # Without the role, the stream is not to be seen.
        path, event_type = subscribe(space, register(space, "awskinesis", streamName=stream), "sync")
        answer, _ = emit(setting, path, event_type, {})
        expect(answer.status == 500, f"without the role: {answer.status}")


def role_invokes_a_function(setting):
    """a function of another account answers, invoked as a role with keys of the function's own"""
    with setting.gateway.space("role-lambda") as space:
        code = zip_of("echo.py", (FUNCTIONS / "echo.py").read_text())
        arn = setting.other_aws.function("python3.12", "echo.handler", code)
        keys = {"awsAccessKeyId": "333333333333", "awsSecretAccessKey": "test"}
        function = register(space, "awslambda", arn=arn.rsplit(":", 1)[1], roleArn=setting.other_aws.role(), **keys)
        path, event_type = subscribe(space, function, "sync")
        answer, event_id = emit(setting, path, event_type, {})
        expect(answer.status == 201 and answer.json["python"] == event_id, f"{answer.status}: {answer.text}")


def nonsense_is_refused(setting):
    """what could never work is refused when it is registered, by the name of its member"""
    with setting.gateway.space("refused") as space:
        for kind, provider, member in [
            ("awslambda", {"arn": "f", "roleArn": "admin"}, "roleArn"),
            ("awslambda", {"arn": "f", "format": "binary"}, "format"),
            ("awskinesis", {"streamName": "s", "partitionKey": "$.id"}, "partitionKey"),
            ("awssqs", {"queueUrl": "q", "messageGroupId": "customer"}, "messageGroupId"),
            ("awssns", {"topicArn": "topic"}, "topicArn"),
            ("awsstepfunctions", {"stateMachineArn": "machine"}, "stateMachineArn"),
            ("awseventbridge", {"eventBusName": "b", "source": "aws.s3"}, "source"),
        ]:
            body = {"functionId": "f", "type": kind, "provider": {"region": REGION} | provider}
            answer = space.request("POST", "functions", body, want=(400,))
            expect(f"{member} must" in answer.text, answer.text)


CASES = [role_reaches_another_account, role_invokes_a_function, nonsense_is_refused]
