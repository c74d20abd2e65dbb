#!/usr/bin/env python3
"""Drives a deployed gateway: what only shows with functions, queues, streams and several instances.

`localstack/up` deploys it and writes target/localstack/outputs.json, which is read here. Run it with the Python of
`target/localstack/tools`, which has boto3. Names of cases choose some of them.
"""

import os
import pathlib
import sys
import time
import traceback

sys.dont_write_bytecode = True

import dataflow
import deliveries
import diagnosis
import failures
import freshness
import hosts
import limits
import options
from deployment import Deployment, Failure
from function_server import FunctionServer

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODULES = (limits, deliveries, failures, options, dataflow, diagnosis, freshness, hosts)
CASES = [case for module in MODULES for case in module.CASES] + limits.LAST_CASES


def main():
    outputs = pathlib.Path(os.environ.get("EVENT_GATEWAY_OUTPUTS", ROOT / "target/localstack/outputs.json"))
    # The local AWS takes any; those of a real account have no business here.
    os.environ.pop("AWS_PROFILE", None)
    os.environ.setdefault("AWS_ACCESS_KEY_ID", "test")
    os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "test")
    cases = [case for case in CASES if not sys.argv[1:] or case.__name__ in sys.argv[1:]]
    deployment = Deployment(outputs)
    deployment.purge_queues()
    failed = 0
    with FunctionServer() as server:
        for case in cases:
            began = time.monotonic()
            try:
                case(deployment, server)
                fault = None
            except Failure as failure:
                fault = str(failure)
            except Exception:
                fault = traceback.format_exc()
            failed += fault is not None
            print(f"{'FAILED' if fault else 'ok'}: {case.__doc__} ({time.monotonic() - began:.1f} s)", flush=True)
            if fault:
                print(f"    {case.__name__}: {fault}", flush=True)
    print(f"{len(cases) - failed} passed, {failed} failed")
    return 1 if failed or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
