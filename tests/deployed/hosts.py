"""The same configuration under other hosts: deployed again, and in the `event-gateway` process beside it."""

import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import time

from deployment import Api, expect, until

ROOT = pathlib.Path(__file__).resolve().parents[2]
STOP_SECONDS = 40  # Longer than the gateway takes at most.


def redeployed(deployment, server):
    """`localstack/up` a second time keeps the configuration"""
    with deployment.space("kept") as space:
        space.event_type("kept.sent")
        space.function("taker", server.url("/kept"))
        space.subscribe("sync", "kept.sent", "taker", "/kept")
        before = space.listing()
        port = deployment.outputs["connect"].rpartition(":")[2]
        up = subprocess.run(
            ["localstack/up", "--no-build"], cwd=ROOT, env=os.environ | {"EVENT_GATEWAY_LOCALSTACK_PORT": port},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )
        expect(up.returncode == 0, f"localstack/up ended with {up.returncode}: {up.stdout[-2000:]}")
        again = type(deployment)(deployment.path)
        expect(again.outputs == deployment.outputs, "the deployment has other outputs now")
        expect(space.listing() == before, f"the configuration was {before} and is {space.listing()}")
        answer = deployment.events.send("/kept", "kept.sent")
        expect((answer.status, answer.text) == (200, "/kept"), f"answered {answer.status}: {answer.text}")


@contextlib.contextmanager
def standalone(deployment):
    """`event-gateway` on the deployment's table and queue; its two APIs."""
    ports = []
    with contextlib.ExitStack() as taken:
        for _ in range(2):
            opened = taken.enter_context(socket.create_server(("127.0.0.1", 0)))
            ports.append(opened.getsockname()[1])
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("EVENT_GATEWAY_", "AWS_"))}
    environment = kept | {
        "AWS_ENDPOINT_URL": deployment.outputs["endpoint_url"],
        "AWS_REGION": deployment.outputs["region"],
        "AWS_ACCESS_KEY_ID": os.environ["AWS_ACCESS_KEY_ID"],
        "AWS_SECRET_ACCESS_KEY": os.environ["AWS_SECRET_ACCESS_KEY"],
    }
    command = [
        os.environ.get("EVENT_GATEWAY_BIN", str(ROOT / "target/release/event-gateway")),
        "--bind-address=127.0.0.1", f"--events-port={ports[0]}", f"--config-port={ports[1]}",
        "--store=dynamodb", f"--dynamodb-table={deployment.outputs['table']}",
        "--queue=sqs", f"--sqs-queue-url={deployment.outputs['delivery_queue_url']}",
        f"--sqs-fifo-queue-url={deployment.outputs['ordered_delivery_queue_url']}",
    ]
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        events, config = (Api(f"http://127.0.0.1:{port}") for port in ports)

        def answers():
            expect(process.poll() is None, f"event-gateway ended with {process.returncode}")
            with contextlib.suppress(OSError):
                return config.request("GET", "/v1/status").status == 200

        try:
            until("event-gateway answers", answers)
            yield events, config
            process.send_signal(signal.SIGTERM)
            expect(process.wait(STOP_SECONDS) == 0, f"event-gateway ended with {process.returncode}")
        except BaseException:
            log.seek(0)
            print(log.read()[-3000:])
            raise
        finally:
            process.kill()
            process.wait()


def standalone_shares_all(deployment, server):
    """`event-gateway --store dynamodb --queue sqs` beside the functions: routes, deliveries and snapshots are shared"""
    with (
        deployment.space("beside") as space,
        deployment.without_mapping("dispatcher_function"),
        deployment.without_mapping("config_stream_function"),
        standalone(deployment) as (events, config),
    ):
        path = f"/{space.name}/beside"
        space.event_type("beside.sent")
        space.function("taker", server.url(path))
        bound = deployment.max_staleness

        # A write through the deployed API shows within the bound, in both directions.
        for wanted in (200, 202):
            if wanted == 200:
                sync = space.subscribe("sync", "beside.sent", "taker", path).json["subscriptionId"]
            else:
                space.unsubscribe(sync)
            written = time.monotonic()
            until(f"answered {wanted}", lambda: events.send(path, "beside.sent").status == wanted)
            took = time.monotonic() - written
            print(f"    in effect after {took:.2f} s")
            expect(took <= bound + 1, f"the write was in effect after {took:.2f} s")

        # An event is delivered by the process, whoever took it in.
        version = space.subscribe("async", "beside.sent", "taker", f"{path}/async").headers["X-Config-Version"]
        headers = {"X-Min-Config-Version": version}
        for api, event_id in ((events, f"{space.name}-1"), (deployment.events, f"{space.name}-2")):
            answer = api.send(f"{path}/async", "beside.sent", event_id, headers=headers)
            expect(answer.status == 202, f"answered {answer.status}: {answer.text}")
            until("the event is delivered", lambda: event_id in server.ids(path))
        deployment.expect_queues_done()

        # Nobody else publishes snapshots now.
        deployment.expect_published(space)

        # What the process writes holds for the functions.
        config.request("POST", f"/v1/spaces/{space.name}/eventtypes", {"name": "beside.written"})
        names = [event_type["name"] for event_type in space.listing()["eventtypes"]]
        expect("beside.written" in names, f"event types: {names}")


CASES = [redeployed, standalone_shares_all]
