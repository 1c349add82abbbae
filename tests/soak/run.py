"""Soak: ``verihook run`` is killed with SIGKILL again and again while senders deliver.

    make soak                 # two minutes
    make soak DURATION=600    # in seconds

Twenty events a second over three sources (a state machine, a durable function, a function), each delivered one to three
times by senders that try again until they have a 2xx. Every 5 to 10 seconds the whole process group is killed and
started again. At the end everything must have come to its end; the table tells

* lost: events that were answered 2xx and have no instance that completed with their id;
* doubled: events with more than one instance in the ledger, or whose instance had more than one execution;
* stuck: instances that had not ended in time.

A function, and a step of a durable function, may run again where its process was killed in the middle: it runs at least
once (``repeated``), and its end is written once. That is no second execution.
"""

from __future__ import annotations

import argparse
import http.client
import json
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from typing import Any

from tests.flows.faces import HttpFace, Server, run_key
from tests.flows.signing import x_signature
from tests.soak.deployment import SECRET, SOURCES, VARIABLES, write

#: Connections that deliver.
SENDERS = 16

#: How long all may take to come to their ends after the last delivery, in seconds.
PATIENCE_S = 120.0

FINAL = ("completed", "failed", "timed_out", "terminated")


@dataclass
class Counts:
    """A line of the table."""

    sent: int = 0
    deliveries: int = 0
    accepted: int = 0
    repeated: int = 0
    lost: int = 0
    doubled: int = 0
    stuck: int = 0


@dataclass
class Report:
    """What a soak found. ``kills``: how often the process group was killed."""

    seconds: float
    kills: int
    by_source: dict[str, Counts]

    @property
    def whole(self) -> bool:
        """Whether nothing was lost, doubled or stuck, and something was done at all."""
        lines = self.by_source.values()
        return all(line.sent == line.accepted > 0 and not (line.lost or line.doubled or line.stuck) for line in lines)

    def table(self) -> str:
        """For a terminal."""
        names = list(Counts.__dataclass_fields__)
        total = Counts(*(sum(getattr(line, name) for line in self.by_source.values()) for name in names))
        rows = [["", *names]]
        rows += [
            [source, *(str(getattr(line, name)) for name in names)]
            for source, line in [*self.by_source.items(), ("total", total)]
        ]
        lines = ["  ".join(cell.rjust(10) for cell in row) for row in rows]
        return "\n".join([*lines, f"{self.kills} x kill -9 in {self.seconds:.0f} s"])


class Receiver:
    """What the workflows tell: execution names by event id."""

    def __init__(self) -> None:
        self.told: dict[str, list[str]] = defaultdict(list)
        told, lock = self.told, threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                name, _, event = self.rfile.read(int(self.headers["content-length"])).decode().rpartition(" ")
                with lock:
                    told[event].append(name)
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@dataclass
class Soak:
    """One run. ``instances``: the instance ids that the deliveries of an event were answered with."""

    folder: Path
    seconds: float
    rate: float
    every: tuple[float, float]
    random: Random = field(default_factory=lambda: Random(5))
    instances: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    sources: dict[str, str] = field(default_factory=dict)
    deliveries: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    lock: threading.Lock = field(default_factory=threading.Lock)
    over: threading.Event = field(default_factory=threading.Event)
    url: str = ""
    kills: int = 0

    def run(self) -> Report:
        receiver = Receiver()
        hooks = write(self.folder / "deployment", receiver.url)
        server = Server(self.folder / "data", VARIABLES, "--hooks", str(hooks))
        try:
            self.url = server.ready()
            port = int(self.url.rpartition(":")[2])
            started = time.monotonic()
            with ThreadPoolExecutor(SENDERS + 1) as pool:
                pool.submit(self._send, pool, started)
                try:
                    # On a busy machine a start takes long: at least twice, however long that is.
                    while time.monotonic() - started < self.seconds or self.kills < 2:
                        self.over.wait(self.random.uniform(*self.every))
                        server.kill()
                        self.kills += 1
                        server = Server(self.folder / "data", VARIABLES, "--hooks", str(hooks), port=port)
                        server.ready()
                finally:
                    self.over.set()
            soaked = time.monotonic() - started
            ends = self._ends()
            self._look_for_more()
            return Report(soaked, self.kills, self._counts(ends, receiver))
        finally:
            server.stop()
            receiver.close()

    def _send(self, pool: ThreadPoolExecutor, started: float) -> None:
        """Hand out deliveries at the rate, each event's one to three in no order."""
        number, waiting = 0, []
        while not self.over.is_set():
            due = int((time.monotonic() - started) * self.rate)
            while number < due:
                event, source = f"evt_{number}", SOURCES[number % len(SOURCES)]
                self.sources[event] = source
                waiting += [(event, source)] * self.random.randint(1, 3)
                number += 1
            self.random.shuffle(waiting)
            for event, source in waiting[: len(waiting) // 2 + 1]:
                pool.submit(self._deliver, event, source)
            waiting = waiting[len(waiting) // 2 + 1 :]
            self.over.wait(0.05)
        for event, source in waiting:
            pool.submit(self._deliver, event, source)

    def _deliver(self, event: str, source: str) -> None:
        """As a sender: again until there is a 2xx."""
        body = json.dumps({"id": event, "type": "soak"}).encode()
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            try:
                answer = HttpFace(self.url).send("POST", f"/hooks/{source}", x_signature(body, SECRET), body)
            except (OSError, http.client.HTTPException):
                time.sleep(0.2)
                continue
            if 200 <= answer.status < 300:
                with self.lock:
                    self.deliveries[event] += 1
                    self.instances[event].add(answer.json["instanceId"])
                return
            time.sleep(0.2)

    def _ends(self) -> dict[str, dict[str, Any]]:
        """How every instance stands, when all have ended or there is no more patience."""
        deadline = time.monotonic() + PATIENCE_S
        found: dict[str, dict[str, Any]] = {}
        open_ids = {instance for ids in self.instances.values() for instance in ids}
        face = HttpFace(self.url)
        while open_ids and time.monotonic() < deadline:
            for instance in list(open_ids):
                found[instance] = face.send("GET", f"/?instanceId={instance}", []).json
                if found[instance].get("status") in FINAL:
                    open_ids.discard(instance)
            time.sleep(0.2)
        return found

    def _look_for_more(self) -> None:
        """Instances that no answer named, as the process died before it; ``.2`` stands for a second attempt."""
        face, key, cursor = HttpFace(self.url), run_key(self.folder / "data"), ""
        while True:
            page = face.send("GET", f"/v1/instances?limit=1000{cursor}", [("x-api-key", key)]).json
            for each in page["instances"]:
                attempt = "" if each["attempt"] == 1 else f".{each['attempt']}"
                self.instances[each["eventId"]].add(each["instanceId"] + attempt)
            if page["cursor"] is None:
                return
            cursor = f"&cursor={page['cursor']}"

    def _counts(self, ends: dict[str, dict[str, Any]], receiver: Receiver) -> dict[str, Counts]:
        counts = {source: Counts() for source in SOURCES}
        for event, source in self.sources.items():
            line, ids = counts[source], self.instances.get(event, set())
            line.sent += 1
            line.deliveries += self.deliveries[event]
            line.accepted += self.deliveries[event] > 0
            stands = [ends.get(instance, {}) for instance in ids]
            statuses = [each.get("status") for each in stands]
            names = set(receiver.told.get(event, [])) | {
                str(each["output"]["name"]) for each in stands if each.get("status") == "completed"
            }
            line.repeated += max(len(receiver.told.get(event, [])) - 1, 0)
            line.stuck += any(status not in FINAL for status in statuses)
            # One that has ended but did not complete as its event wanted is lost to its sender.
            done = [each for each in stands if each.get("status") == "completed" and each["output"]["id"] == event]
            ended = all(status in FINAL for status in statuses)
            line.lost += bool(ids) and ended and not done
            line.doubled += len(ids) > 1 or len(names) > 1
        return counts


def soak(folder: Path, seconds: float = 120, rate: float = 20, every: tuple[float, float] = (5, 10)) -> Report:
    """Run it in ``folder``. ``rate``: events a second; ``every``: seconds between two kills, at least and at most."""
    return Soak(folder, seconds, rate, every).run()


def main(arguments: list[str] | None = None, tell: Callable[[str], None] = print) -> int:
    """0 if nothing was lost, doubled or stuck, else 1."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seconds", type=float, default=120)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="verihook-soak-") as folder:
        report = soak(Path(folder), options.seconds)
    tell(report.table())
    return 0 if report.whole else 1


if __name__ == "__main__":
    sys.exit(main())
