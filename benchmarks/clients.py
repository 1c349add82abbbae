"""What the client of AWS costs the receiver: ours and boto3's, in fresh processes of one run.

    .venv/bin/python benchmarks/clients.py [--rounds 9]

A server on loopback answers every call at once. "start and first" is the CPU of a process from the first import to the
answer of its first webhook (a claim and a start); "a webhook" that of each later one. Medians; the ratios are what is
to be compared.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "handler"), str(ROOT)]

from tests.flows.faces import function_url_event
from tests.flows.signing import order, x_signature

LATER = 200

#: A proxy for https is what ours leaves to boto3; nothing here is https.
CLIENTS = {"ours": {}, "boto3": {"HTTPS_PROXY": "http://127.0.0.1:9"}}

VARIABLES = {
    "VERIHOOK_TABLE": "table",
    "VERIHOOK_INSTANCE_KEY_ARN": "instance-key",
    "VERIHOOK_SECRETS": "sources",
    "VERIHOOK_STATE_MACHINE_PREFIX": "arn:aws:states:us-east-1:123456789012:stateMachine:",
    "VERIHOOK_FUNCTION_PREFIX": "verihook-",
    "VERIHOOK_PAYLOADS": "payloads",
    "POWERTOOLS_SERVICE_NAME": "verihook",
    "POWERTOOLS_METRICS_NAMESPACE": "Verihook",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "_HANDLER": "verihook.main.receive",
}

#: What a query finds; other calls take no member of it.
NOTHING = '{"Items": [], "Count": 0}'

PROGRAM = """
import time
begun = time.process_time()
import json, sys
from verihook.main import receive
events = json.load(sys.stdin)
assert 200 == receive(events[0], None)["statusCode"]
first = time.process_time()
for event in events[1:]:
    assert 200 == receive(event, None)["statusCode"]
later = (time.process_time() - first) / (len(events) - 1)
print(json.dumps([(first - begun) * 1000, later * 1000, "boto3" in sys.modules]))
"""


def serve(listening: socket.socket) -> None:
    """Answer every request with a secret, which DynamoDB's and Step Functions' clients take for their own."""
    secrets = json.dumps({"ORDERS_WEBHOOK_SECRET": "s3cret"})
    answers = {
        b"instance-key": json.dumps({"SecretString": "k" * 64}),
        b"sources": json.dumps({"SecretString": secrets}),
    }
    while True:
        connection, _ = listening.accept()
        threading.Thread(target=converse, args=[connection, answers], daemon=True).start()


def converse(connection: socket.socket, answers: dict[bytes, str]) -> None:
    """One connection, request after request."""
    read = b""
    with closing(connection):
        while True:
            while b"\r\n\r\n" not in read:
                part = connection.recv(65536)
                if not part:
                    return
                read += part
            head, _, read = read.partition(b"\r\n\r\n")
            length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            while len(read) < length:
                read += connection.recv(65536)
            body, read = read[:length], read[length:]
            text = next(
                (answers[secret] for secret in answers if b"GetSecretValue" in head and secret in body), NOTHING
            )
            connection.sendall(f"HTTP/1.1 200 OK\r\ncontent-length: {len(text)}\r\n\r\n{text}".encode())


def measured(client: str, url: str) -> tuple[float, float]:
    """Milliseconds of CPU in a fresh process: until the first answer, and for each of the later ones."""
    events = []
    for _ in range(LATER + 1):
        body = order()
        events.append(function_url_event("POST", "/hooks/orders", x_signature(body), body))
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=json.dumps(events),
        cwd=ROOT / "handler",
        env={"PATH": os.environ["PATH"], **VARIABLES, "AWS_ENDPOINT_URL": url, **CLIENTS[client]},
        capture_output=True,
        text=True,
        check=True,
    )
    first, later, boto3 = json.loads(result.stdout.splitlines()[-1])
    assert boto3 is (client == "boto3")
    return first, later


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        threading.Thread(target=serve, args=[listening], daemon=True).start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        # In turn, so that a noisy minute is everybody's.
        times = [{client: measured(client, url) for client in CLIENTS} for _ in range(rounds)]
    print("milliseconds of CPU   start and first   a webhook")
    medians = {
        client: [statistics.median(column) for column in zip(*(one[client] for one in times), strict=True)]
        for client in CLIENTS
    }
    for client, (first, later) in medians.items():
        print(f"{client:<20}{first:>17.1f}{later:>12.2f}")
    ratios = [ours / theirs for ours, theirs in zip(*medians.values(), strict=True)]
    print(f"ours / boto3        {ratios[0]:>17.2f}{ratios[1]:>12.2f}")


if __name__ == "__main__":
    main()
