#!/usr/bin/env python3
"""Breaks a gateway, and what is around it, in every documented way, and checks that nothing accepted is ever lost.

Prints a table; its last line is "N passed, N failed". README.md says what the faults are and what they need.
"""

import argparse
import asyncio
import dataclasses
import json
import pathlib
import random
import shutil
import sys
import tempfile
import time
import traceback

sys.dont_write_bytecode = True

import aws
import clock
import crashes
import disk
import giving_up
import overload
import strangers
import targets
from bed import NotRun, Options, Row

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODULES = [crashes, targets, giving_up, disk, clock, overload, strangers, aws]
FAULTS = [fault for module in MODULES for fault in module.FAULTS]
COLUMNS = ["fault", "runs", "events", "accepted", "delivered", "dead", "queued", "lost", "duplicates", "seconds"]


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = " ".join(fault.__name__ for fault in FAULTS)
    parser.add_argument("faults", nargs="*", help=f"which of: {names}; all by default")
    parser.add_argument("--gateway", type=pathlib.Path, default=ROOT / "target/release/event-gateway")
    parser.add_argument("--quick", action="store_true", help="smaller numbers: three minutes")
    parser.add_argument("--seed", type=int, help="of moments and failures; made up and printed by default")
    parser.add_argument("--kills", type=int, help="how often kill_9 kills; 50, or 8 if quick")
    parser.add_argument("--overload-seconds", type=float, help="how long overload lasts; 600, or 20 if quick")
    parser.add_argument("--strangers-seconds", type=float, help="how long strangers lasts; 600, or 40 if quick")
    parser.add_argument("--work", type=pathlib.Path, help="folder for data and logs; a real disk, or fsync is no test")
    parser.add_argument(
        "--tools", type=pathlib.Path, default=ROOT / "target/faults/tools", help="requirements.txt in a venv"
    )
    parser.add_argument(
        "--outputs", type=pathlib.Path, default=ROOT / "target/localstack/outputs.json", help="of localstack/up"
    )
    parser.add_argument("--queue-flag", action="append", default=[], help="a further flag of every gateway")
    parser.add_argument("--json", type=pathlib.Path, help="file for the rows with all their notes")
    chosen = parser.parse_args()
    unknown = set(chosen.faults) - {fault.__name__ for fault in FAULTS}
    if unknown:
        parser.error(f"no such fault: {' '.join(sorted(unknown))}")
    if not chosen.gateway.is_file():
        parser.error(f"{chosen.gateway} is missing: cargo build --release")
    return chosen


def run(fault, options):
    began = time.monotonic()
    title = fault.__doc__.splitlines()[0]
    print(f"-- {fault.__name__}: {title}", file=sys.stderr, flush=True)
    try:
        row = asyncio.run(fault(options))
    except NotRun as reason:
        row = Row(fault=title, not_run=str(reason))
    except Exception:
        row = Row(fault=title, problems=[traceback.format_exc()], log=str(options.work))
        row.seconds = time.monotonic() - began
    for note in row.notes:
        print(f"   {note}", file=sys.stderr, flush=True)
    for problem in row.problems:
        print(f"   FAILED: {problem}", file=sys.stderr, flush=True)
    if row.problems:
        print(f"   log: {row.log}", file=sys.stderr, flush=True)
    return row


def cell(value):
    return f"{value:,.1f}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else value


def print_table(rows):
    print("| " + " | ".join(COLUMNS) + " | notes |")
    print("|---|" + "---:|" * (len(COLUMNS) - 1) + "---|")
    for row in rows:
        if row.not_run:
            continue
        failed = ["**FAILED**: " + problem.strip().splitlines()[-1] for problem in row.problems]
        cells = [cell(getattr(row, column)) for column in COLUMNS] + ["; ".join(failed + row.notes)]
        print("| " + " | ".join(cells) + " |")


def main():
    chosen = parse()
    seed = chosen.seed if chosen.seed is not None else random.SystemRandom().randrange(10**6)
    parent = chosen.work or ROOT / "target/faults"
    parent.mkdir(parents=True, exist_ok=True)
    work = pathlib.Path(tempfile.mkdtemp(prefix="run-", dir=parent))
    options = Options(
        program=chosen.gateway.resolve(),
        work=work.resolve(),
        tools=chosen.tools.absolute(),
        outputs=chosen.outputs.absolute(),
        seed=seed,
        quick=chosen.quick,
        kills=chosen.kills,
        overload_seconds=chosen.overload_seconds,
        strangers_seconds=chosen.strangers_seconds,
        queue_flags=chosen.queue_flag,
    )
    print(f"seed {seed}, data in {work}", file=sys.stderr, flush=True)
    rows = [run(fault, options) for fault in FAULTS if not chosen.faults or fault.__name__ in chosen.faults]
    print_table(rows)
    if chosen.json:
        chosen.json.write_text(json.dumps({"seed": seed, "rows": [dataclasses.asdict(row) for row in rows]}, indent=2))
    failed = sum(bool(row.problems) for row in rows)
    not_run = [row for row in rows if row.not_run]
    for row in not_run:
        print(f"not run: {row.fault}: {row.not_run}")
    if not failed:
        shutil.rmtree(work, ignore_errors=True)
    passed = len(rows) - failed - len(not_run)
    print(f"{passed} passed, {failed} failed")
    # What was asked for by name and cannot be done is no success.
    return 1 if failed or not passed or (chosen.faults and not_run) else 0


if __name__ == "__main__":
    sys.exit(main())
