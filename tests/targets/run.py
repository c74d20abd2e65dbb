#!/usr/bin/env python3
"""Sends events to every kind of AWS target through the real gateway, and reads them back there.

    localstack/up
    target/localstack/tools/bin/python tests/targets/run.py [case ...]

Uses the local AWS of target/localstack/outputs.json, or that of AWS_ENDPOINT_URL. EVENT_GATEWAY_BIN names the gateway.
"""

import contextlib
import json
import os
import pathlib
import sys
import time
import traceback

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/deployed"))

import connectors
import lambdas
import publishers
import roles
from deployment import Failure
from function_server import FunctionServer
from local_aws import OTHER_ACCOUNT, OWN_KEY, REGION, LocalAws
from local_gateway import LocalGateway
from witness import Witness

CASES = [case for module in (lambdas, connectors, publishers, roles) for case in module.CASES]


class Setting:
    """What a case has: the gateway, a server that functions tell things, a witness of what AWS is asked for, and two
    accounts."""

    def __init__(self, gateway, server, witness, aws, other_aws):
        self.gateway, self.server, self.witness, self.aws, self.other_aws = gateway, server, witness, aws, other_aws


def fault_of(case, gateway, server, witness, endpoint):
    """What is wrong with a case, if anything."""
    try:
        with LocalAws(endpoint, OWN_KEY) as aws, LocalAws(endpoint, OTHER_ACCOUNT) as other:
            witness.take_counts()
            case(Setting(gateway, server, witness, aws, other))
    except Failure as failure:
        return str(failure)
    except Exception:
        return traceback.format_exc()
    return None


def main():
    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    if not endpoint:
        endpoint = json.loads((ROOT / "target/localstack/outputs.json").read_text())["endpoint_url"]
    # The local AWS takes any credentials; those of a real account have no business here.
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    binary = os.environ.get("EVENT_GATEWAY_BIN", ROOT / "target/release/event-gateway")
    credentials = {"AWS_ACCESS_KEY_ID": OWN_KEY, "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": REGION}
    cases = [case for case in CASES if not sys.argv[1:] or case.__name__ in sys.argv[1:]]
    failed = 0
    with contextlib.ExitStack() as stack:
        witness, server = stack.enter_context(Witness(endpoint)), stack.enter_context(FunctionServer())
        flags = [f"--aws-endpoint-url={witness.url}", "--function-timeout=20000"]
        gateway = stack.enter_context(LocalGateway(binary, flags, credentials))
        for case in cases:
            began = time.monotonic()
            fault = fault_of(case, gateway, server, witness, endpoint)
            failed += fault is not None
            print(f"{'FAILED' if fault else 'ok'}: {case.__doc__} ({time.monotonic() - began:.1f} s)", flush=True)
            if fault:
                print(f"    {case.__name__}: {fault}", flush=True)
    print(f"{len(cases) - failed} passed, {failed} failed")
    return 1 if failed or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
