"""Computes the tables of costs.md. Without arguments it writes them; with --check it fails when they differ.

Every input has a name here, and the formulas below are those that costs.md explains.
"""

import math
import pathlib
import sys

DOCUMENT = pathlib.Path(__file__).with_name("costs.md")

# List prices of us-east-1 in US dollars, first tier, without free tiers, Lambda on arm64.
PRICES = {
    # name: dollars, for how many, of what
    "lambda_request": (0.20, 1_000_000, "invocations"),
    "lambda_gb_second": (13.3334, 1_000_000, "seconds of one GB of memory"),
    "sqs_request": (0.40, 1_000_000, "requests of up to 64 KB, standard queue"),
    "sqs_fair": (0.10, 1_000_000, "requests for messages with a group (fair queues), on top"),
    "sqs_fifo": (0.50, 1_000_000, "requests of up to 64 KB, FIFO queue"),
    "dynamodb_read": (0.125, 1_000_000, "read units: up to 4 KB, strongly consistent"),
    "dynamodb_write": (0.625, 1_000_000, "write units: up to 1 KB; a transaction takes two"),
    "http_api_request": (1.00, 1_000_000, "requests of up to 512 KB; a function URL costs nothing"),
    "trace": (5.00, 1_000_000, "traces recorded by X-Ray"),
    "alarm_month": (0.10, 1, "alarm for a month"),
    "secret_month": (0.40, 1, "secret of Secrets Manager for a month"),
}

# What an event and a deployment look like; change these for your own.
SHAPE = {
    "event_kb": (4, "event with its envelope, in KB"),
    "target_ms": (50, "answer time of a function"),
    "gateway_ms": (2, "the gateway's own time for one request"),
    "send_ms": (8, "time until SQS has taken a message"),
    "events_gb": (0.5, "memory of the Events API (`EventsMemory`)"),
    "dispatcher_gb": (0.25, "memory of the dispatcher (`DispatcherMemory`)"),
    "config_gb": (0.25, "memory of the Configuration API (`ConfigMemory`)"),
    "stream_gb": (0.5, "memory of the snapshot publisher (`ConfigStreamMemory`)"),
    "calls_at_a_time": (20, "calls of one dispatcher at a time (`DispatchConcurrency`)"),
    "traced": (0, "share of requests that X-Ray records: none with `Tracing` PassThrough, 0.05 with Active (Lambda's sampling)"),
    "version_item_kb": (0.2, "version item of one space"),
    "resource_kb": (1, "a stored resource, and its change"),
    "audit_kb": (1, "what is recorded of a change"),
    "references": (2, "resources that a written one refers to"),
    "snapshot_kb": (20, "compressed snapshot of a space, some 500 subscriptions"),
    "config_ms": (30, "the Configuration API's time for one write"),
    "publish_ms": (30, "the publisher's time for one change"),
    "warm_instances": (4, "instances of the Events API that load each new snapshot"),
    "idle_pollers": (5, "long polls of 20 s that Lambda keeps open on each empty queue"),
}

P = {name: dollars / count for name, (dollars, count, _) in PRICES.items()}
S = {name: value for name, (value, _) in SHAPE.items()}
MONTH = 30 * 24 * 3600  # seconds


def invocation(gb: float, milliseconds: float) -> float:
    return P["lambda_request"] + P["lambda_gb_second"] * gb * milliseconds / 1000 + P["trace"] * S["traced"]


def sqs(kb: float, fair: bool = True) -> float:
    return math.ceil(kb / 64) * (P["sqs_request"] + P["sqs_fair"] * fair)


def sync_event() -> dict[str, float]:
    return {"Lambda": invocation(S["events_gb"], S["gateway_ms"] + S["target_ms"])}


def async_event(subscribers: int, batch: int, sent_together: int = 1, fair: bool = True) -> dict[str, float]:
    """One message whatever the number of subscribers; the messages of a request's events are sent as one, and a batch is
    received, worked off and deleted as one."""
    rounds = math.ceil(batch * subscribers / S["calls_at_a_time"])
    accept = invocation(S["events_gb"], S["gateway_ms"] + S["send_ms"]) / sent_together
    dispatch = invocation(S["dispatcher_gb"], S["gateway_ms"] + rounds * S["target_ms"]) / batch
    send = sqs(S["event_kb"] * sent_together, fair) / sent_together
    queue = send + sqs(S["event_kb"] * batch, fair) / batch + sqs(0.1, fair) / batch
    return {"Lambda": accept + dispatch, "SQS": queue}


def ordered_event(batch: int) -> dict[str, float]:
    """One subscriber, through the FIFO queue; in a batch, all have other keys."""
    parts = async_event(1, batch)
    requests = math.ceil(S["event_kb"] / 64) + math.ceil(S["event_kb"] * batch / 64) / batch + 1 / batch
    return parts | {"SQS": requests * P["sqs_fifo"]}


def failed_attempt() -> dict[str, float]:
    """All subscribers of a message failed: it is hidden, and received once more."""
    again = invocation(S["dispatcher_gb"], S["gateway_ms"] + S["target_ms"])
    return {"Lambda": again, "SQS": sqs(0.1) + sqs(S["event_kb"])}


def hour_of_waiting() -> dict[str, float]:
    """What is not due is received, sent again and deleted every 15 minutes."""
    hop = invocation(S["dispatcher_gb"], S["gateway_ms"] + S["send_ms"])
    return {"Lambda": 4 * hop, "SQS": 4 * (2 * sqs(S["event_kb"]) + sqs(0.1))}


def config_write() -> dict[str, float]:
    """Version read; transaction of version, change, resource, its record and references; then the snapshot."""
    items = math.ceil(S["version_item_kb"]) + 2 * math.ceil(S["resource_kb"]) + S["references"]
    items += math.ceil(S["audit_kb"])
    reads = 1 + 1 + math.ceil(S["snapshot_kb"] / 4) * (1 + S["warm_instances"])
    writes = 2 * items + math.ceil(S["snapshot_kb"])
    return {
        "Lambda": invocation(S["config_gb"], S["config_ms"]) + invocation(S["stream_gb"], S["publish_ms"]),
        "DynamoDB": reads * P["dynamodb_read"] + writes * P["dynamodb_write"],
    }


def confirmations(spaces: int) -> float:
    """One instance that is busy for an hour: at most one strongly consistent Query of all versions a second."""
    return 3600 * math.ceil(spaces * S["version_item_kb"] / 4) * P["dynamodb_read"]


def table(head: list[str], rows: list[list[str]], figures: slice = slice(1, None)) -> list[str]:
    """A Markdown table; the columns of `figures` are aligned to the right."""
    align = ["---"] * len(head)
    align[figures] = ["---:"] * len(align[figures])
    return ["| " + " | ".join(cells) + " |" for cells in [head, align, *rows]]


def per_million(what: str, parts: dict[str, float]) -> list[str]:
    cells = [f"{parts[name] * 1e6:.2f}" if name in parts else "" for name in ("Lambda", "SQS", "DynamoDB")]
    return [what, *cells, f"**{sum(parts.values()) * 1e6:.2f}**"]


def text() -> str:
    rows = [per_million("sync event", sync_event())]
    for subscribers in (1, 3, 10):
        noun = "subscriber" if subscribers == 1 else "subscribers"
        for batch, label in ((10, "batches of 10"), (1, "batches of 1")):
            rows.append(per_million(f"async event, {subscribers} {noun}, {label}", async_event(subscribers, batch)))
    rows.append(per_million("async event, 1 subscriber, batches of 10, `FairQueue` false", async_event(1, 10, fair=False)))
    rows.append(per_million("async event of a request with 10, batches of 10", async_event(1, 10, sent_together=10)))
    for batch in (10, 1):
        rows.append(per_million(f"ordered event, 1 subscriber, batches of {batch}", ordered_event(batch)))
    rows.append(per_million("failed attempt", failed_attempt()))
    rows.append(per_million("hour that a delivery waits for its time", hour_of_waiting()))
    rows.append(per_million("configuration write", config_write()))
    lines = table(["a million of", "Lambda $", "SQS $", "DynamoDB $", "together $"], rows)
    lines += ["", f"An HTTP API as the front door adds {P['http_api_request'] * 1e6:.2f} to each.", ""]

    rows = [
        [f"{spaces:,}", f"{confirmations(spaces):.5f}", f"{confirmations(spaces) * MONTH / 3600:.2f}"]
        for spaces in (1, 20, 100, 1000)
    ]
    lines += table(["spaces", "one busy instance, an hour, $", "a month without pause, $"], rows)

    alarms = 14 * P["alarm_month"]
    polls = S["idle_pollers"] * MONTH / 20 * (P["sqs_request"] + P["sqs_fifo"])
    lines += ["", *table(["a deployment without events", "a month, $"], [
        ["14 alarms", f"{alarms:.2f}"],
        ["polls of the empty queues", f"{polls:.2f}"],
        ["the secret with the signing keys", f"{P['secret_month']:.2f}"],
        ["together", f"**{alarms + polls + P['secret_month']:.2f}**"],
    ])]

    lines += ["", "Prices:", ""]
    prices = [[f"`{n}`", f"{dollars:g}", f"{count:,} {what}"] for n, (dollars, count, what) in PRICES.items()]
    lines += table(["input", "$", "for"], prices, slice(1, 2))
    lines += ["", "Shape:", ""]
    shape = [[f"`{n}`", f"{value:g}", what] for n, (value, what) in SHAPE.items()]
    lines += table(["input", "value", "what"], shape, slice(1, 2))
    return "\n".join(lines)


def main() -> None:
    begin, end = "<!-- computed by costs.py -->\n\n", "\n\n<!-- end of what is computed -->"
    document = DOCUMENT.read_text()
    before, rest = document.split(begin)
    _, after = rest.split(end)
    wanted = before + begin + text() + end + after
    if "--check" in sys.argv[1:]:
        if document != wanted:
            sys.exit("docs/costs.md is not what docs/costs.py computes: run python3 docs/costs.py")
    else:
        DOCUMENT.write_text(wanted)


if __name__ == "__main__":
    main()
