"""How each contender of benchmarks/ingest.py is installed, started in an empty folder, and stopped."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

ROOT = Path(__file__).parents[1]
PEERS = ROOT / "benchmarks" / "peers"
TOOLS = ROOT / ".tools"
SECRET = "s3cret"

RESTATE = ["@restatedev/restate-server@1", "@restatedev/restate-sdk@1"]
DBOS = ["dbos", "fastapi", "uvicorn"]

#: What this deployment is: one source, and a workflow of the ``engine`` that does next to nothing.
HOOKS = """
[sources.orders]
sender = "generic"
secrets = ["env:ORDERS_WEBHOOK_SECRET"]
workflow = "order"

[workflows.order]
engine = "{engine}"
definition = "order"
input_schema = "workflows/order-created.schema.json"
version = 1
status = "active"
"""
FUNCTION = '''"""Does next to nothing."""


def run(event, context):
    return event["orderId"]
'''
MACHINE = """{"StartAt": "Done", "States": {"Done": {"Type": "Pass", "End": true}}}"""
#: The example that a new deployment has: it adds up a price in JSONata.
ORDER = (ROOT / "infra" / "workflows" / "order-created.asl.json").read_text()


@dataclass(frozen=True, slots=True)
class Served:
    """The port, the processes, and the seconds until it answered."""

    port: int
    processes: tuple[int, ...]
    ready_s: float = 0.0

    def most_mb(self) -> float:
        """The most memory that its processes had, in megabytes, as the kernel has seen it."""
        texts = [Path(f"/proc/{process}/status").read_text() for process in self.processes]
        return sum(int(text.partition("VmHWM:")[2].split()[0]) for text in texts) / 1024


class Missing(Exception):
    """A contender that cannot run here, and why."""


@dataclass(frozen=True, slots=True)
class Contender:
    """``install`` raises Missing; ``settle`` returns once nothing runs that was accepted."""

    name: str
    install: Callable[[], None]
    serve: Callable[[Path], AbstractContextManager[Served]]
    tells_status: bool = False
    settle: Callable[[Path], None] = lambda folder: None


@contextmanager
def process(
    command: list[object], variables: Mapping[str, str] | None = None, output: int = subprocess.PIPE
) -> Iterator[subprocess.Popen[str]]:
    """A process that is stopped at the end. ``output``: where its standard output goes."""
    running = subprocess.Popen(
        [str(part) for part in command],
        env={**os.environ, **(variables or {})},
        cwd=ROOT,
        stdout=output,
        text=True,
    )
    try:
        yield running
    finally:
        running.terminate()
        try:
            running.wait(20)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()
        if running.stdout is not None:
            running.stdout.close()


def announced(running: subprocess.Popen[str]) -> int:
    """The port, which is the first line that the process prints."""
    assert running.stdout is not None
    line = running.stdout.readline()
    if not line:
        raise Missing(f"{running.args!r} ended with code {running.wait(20)}")
    return int(line)


def until(condition: Callable[[], bool], what: str, seconds: float = 60) -> None:
    """Wait for it. Raises Missing if it does not come."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise Missing(f"{what} took more than {seconds:.0f} seconds")
        time.sleep(0.02)


def answers(port: int, path: str) -> bool:
    """Whether a GET is answered with 2xx."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return bool(200 <= answer.status < 300)
    except OSError:
        return False


# ---------------------------------------------------------------------------------------------------- ours


@contextmanager
def verihook(folder: Path, engine: str = "function", machine: str = MACHINE) -> Iterator[Served]:
    """``verihook run`` on a deployment of its own."""
    workflows, machines = folder / "handler" / "workflows", folder / "infra" / "workflows"
    workflows.mkdir(parents=True)
    machines.mkdir(parents=True)
    shutil.copy(ROOT / "handler" / "workflows" / "order-created.schema.json", workflows)
    (workflows / "order.py").write_text(FUNCTION)
    (machines / "order.asl.json").write_text(machine)
    hooks = folder / "handler" / "hooks.toml"
    hooks.write_text(HOOKS.format(engine=engine))
    program = "import sys; from verihook.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", program, "run", "--hooks", hooks, "--port", 0, "--data", folder / "data"]
    variables = {"ORDERS_WEBHOOK_SECRET": SECRET, "PYTHONPATH": str(ROOT / "handler")}
    log, begun = (folder / "verihook.log").open("w"), time.monotonic()
    with log:
        running = subprocess.Popen(
            [str(part) for part in command], env={**os.environ, **variables}, cwd=folder, stdout=log, stderr=log
        )
        try:
            announcement = folder / "data" / "run.json"
            until(lambda: announcement.exists() or running.poll() is not None, "the start of verihook")
            if running.poll() is not None:
                raise Missing((folder / "verihook.log").read_text()[-2000:])
            port = int(json.loads(announcement.read_text())["url"].rpartition(":")[2])
            until(lambda: answers(port, "/health"), "the first answer of verihook")
            yield Served(port, (running.pid,), time.monotonic() - begun)
        finally:
            running.terminate()
            running.wait(30)


def ended(folder: Path) -> None:
    """Wait until no instance of the ledger is due any more."""

    def done() -> bool:
        with closing(sqlite3.connect(f"file:{folder / 'data' / 'ledger.db'}?mode=ro", uri=True)) as ledger:
            (waiting,) = ledger.execute(
                "SELECT count(*) FROM instances WHERE status IN ('queued', 'running')"
            ).fetchone()
        return bool(waiting == 0)

    until(done, "the end of what was accepted", 300)


# ---------------------------------------------------------------------------------------------------- peers


@contextmanager
def baseline(folder: Path) -> Iterator[Served]:
    """FastAPI, an HMAC check, one INSERT."""
    with process([sys.executable, PEERS / "baseline.py", folder]) as running:
        yield Served(announced(running), (running.pid,))


@contextmanager
def dbos(folder: Path) -> Iterator[Served]:
    """DBOS in a virtual environment of its own."""
    with process([TOOLS / "dbos" / "bin" / "python", PEERS / "dbos_front.py", folder]) as running:
        yield Served(announced(running), (running.pid,))


@contextmanager
def restate(folder: Path) -> Iterator[Served]:
    """The server, a handler in Node.js for it to run, and the front that checks."""
    ingress, admin, node = free_ports(3)
    modules = TOOLS / "restate" / "node_modules"
    variables = {
        "RESTATE_LISTEN_MODE": "tcp",
        "RESTATE_BIND_IP": "127.0.0.1",
        "RESTATE_BIND_PORT": str(node),
        "RESTATE_INGRESS__BIND_PORT": str(ingress),
        "RESTATE_ADMIN__BIND_PORT": str(admin),
        "RESTATE_BASE_DIR": str(folder),
        "RESTATE_LOG_FILTER": "error",
        "RESTATE_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "1",
    }
    with ExitStack() as running:
        # Its log is not read, and a full pipe would stop it.
        server = [modules / ".bin" / "restate-server", "--no-logo"]
        started = running.enter_context(process(server, variables, subprocess.DEVNULL))
        handler = running.enter_context(process(["node", PEERS / "restate_service.mjs", TOOLS / "restate"]))
        until(lambda: answers(admin, "/health"), "the start of Restate")
        deployment = json.dumps({"uri": f"http://127.0.0.1:{announced(handler)}"}).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{admin}/deployments", deployment, {"content-type": "application/json"}
        )
        urllib.request.urlopen(request, timeout=30).close()
        until(lambda: answers(ingress, "/restate/health"), "Restate's ingress")
        front = running.enter_context(process([sys.executable, PEERS / "restate_front.py", ingress]))
        yield Served(announced(front), (started.pid, handler.pid, front.pid))


def free_ports(count: int) -> list[int]:
    """Free ports of loopback."""
    with ExitStack() as opened:
        sockets = [opened.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def install_restate() -> None:
    """From npm."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        raise Missing("there is no npm")
    if not (TOOLS / "restate" / "node_modules" / "@restatedev").exists():
        (TOOLS / "restate").mkdir(parents=True, exist_ok=True)
        run(["npm", "install", "--no-audit", "--no-fund", "--silent", "--prefix", TOOLS / "restate", *RESTATE])


def install_dbos() -> None:
    """From PyPI, away from our own dependencies."""
    if not (TOOLS / "dbos" / "installed").exists():
        run([sys.executable, "-m", "venv", TOOLS / "dbos"])
        run([TOOLS / "dbos" / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", *DBOS])
        (TOOLS / "dbos" / "installed").touch()


def run(command: list[object]) -> None:
    """Raises Missing if it fails."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=600, check=False)
    if done.returncode:
        raise Missing(f"{command[0]} failed: {(done.stderr or done.stdout).strip()[-500:]}")


CONTENDERS = {
    contender.name: contender
    for contender in (
        Contender("verihook", lambda: None, verihook, tells_status=True, settle=ended),
        Contender("machines", lambda: None, partial(verihook, engine="stepfunctions"), settle=ended),
        Contender("orders", lambda: None, partial(verihook, engine="stepfunctions", machine=ORDER), settle=ended),
        Contender("baseline", lambda: None, baseline, tells_status=True),
        Contender("restate", install_restate, restate),
        Contender("dbos", install_dbos, dbos),
    )
}
