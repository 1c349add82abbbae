"""Every command of the README is run, as it stands there, in a checkout of its own."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.flows.deployment import ROOT
from tests.flows.faces import HttpFace, wait_for
from tests.held_ports import held_port

README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```bash\n(.*?)```", README, re.DOTALL)
COMMANDS = {block.strip() for block in BLOCKS}

RUN = "make run"
TEST = "make test"
SEND = ".venv/bin/verihook send orders examples/order.json --wait"
LOG = ".venv/bin/verihook workflows run order-log --input @examples/order.json --wait"
RUN_WITH_SECRET = "ORDERS_WEBHOOK_SECRET=s3cret make run"
DEPLOY = "sam build && sam deploy --guided"
PUT = ".venv/bin/verihook secrets put GITHUB_WEBHOOK_SECRET --stack verihook"


def test_every_block_is_known_here() -> None:
    forged, signed = forged_and_signed()
    assert {RUN, TEST, SEND, RUN_WITH_SECRET, DEPLOY, PUT, LOG, forged, signed, approval(), of_the_api()} == COMMANDS


def forged_and_signed() -> tuple[str, str]:
    return the("curl -i http://127.0.0.1:8787/hooks/orders"), the("BODY=")


def approval() -> str:
    return the(".venv/bin/verihook workflows run order-approval")


def of_the_api() -> str:
    return the("curl -i -H @<(")


def the(beginning: str) -> str:
    """The one command that begins so."""
    (command,) = (command for command in COMMANDS if command.startswith(beginning))
    return command


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project that shares this environment, so that nothing is installed again."""
    # Up to date first, or make would install the copy into the environment that it shares.
    subprocess.run(["make", "install"], cwd=ROOT, check=True, capture_output=True)
    folder = tmp_path_factory.mktemp("checkout")
    for path in ROOT.iterdir():
        if path.is_dir() and not path.name.startswith("."):
            shutil.copytree(path, folder / path.name, ignore=shutil.ignore_patterns("__pycache__"))
        elif path.is_file():
            shutil.copy2(path, folder / path.name)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    return folder


def environment(**variables: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **variables}


def sh(command: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@contextmanager
def served(command: str, checkout: Path, **variables: str) -> Iterator[str]:
    """The URL of a server that this command starts, at a free port; it has to end as Ctrl-C asks for."""
    with held_port() as port:
        yield from serve(command, checkout, port, **variables)


def serve(command: str, checkout: Path, port: int, **variables: str) -> Iterator[str]:
    """Its URL, while it runs."""
    shutil.rmtree(checkout / ".verihook", ignore_errors=True)
    with (checkout / "run.out").open("w") as output:
        process = subprocess.Popen(
            ["bash", "-c", command],
            cwd=checkout,
            env=environment(PORT=str(port), **variables),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + 180
        while f"Verihook is ready on http://127.0.0.1:{port}" not in (checkout / "run.out").read_text():
            assert process.poll() is None, (checkout / "run.out").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(60)
    assert "Verihook has stopped." in (checkout / "run.out").read_text()


@pytest.fixture(scope="module", params=[RUN, RUN_WITH_SECRET])
def running(request: pytest.FixtureRequest, checkout: Path) -> Iterator[tuple[str, str]]:
    """``make run`` as the README has it; only the port is a free one. Gives the command and the server's URL."""
    with served(request.param, checkout) as url:
        yield request.param, url


def test_a_first_webhook(running: tuple[str, str], checkout: Path) -> None:
    first, again = sh(SEND, checkout), sh(SEND, checkout)
    assert (0, 0) == (first.returncode, again.returncode), first.stderr + again.stderr
    one, two = (json.loads(result.stdout.splitlines()[1]) for result in (first, again))
    assert [False, True] == [one["duplicate"], two["duplicate"]]
    assert one["instanceId"] == two["instanceId"]
    assert '"output":{"orderId":"ord_001","total":34,"tax":2.72}' in first.stdout


def test_the_curls(running: tuple[str, str], checkout: Path) -> None:
    command, url = running
    forged, signed = (text.replace("http://127.0.0.1:8787", url) for text in forged_and_signed())
    assert sh(forged, checkout).stdout.startswith("HTTP/1.1 401 ")
    answer = sh(signed, checkout).stdout
    if command == RUN_WITH_SECRET:
        assert answer.startswith("HTTP/1.1 200 ")
        status = wait_for(HttpFace(url), json.loads(answer.splitlines()[-1])["instanceId"])
        assert ("completed", {"orderId": "ord_2", "total": 20, "tax": 1.6}) == (status["status"], status["output"])
    else:
        # Another secret was made: the same signature proves nothing.
        assert answer.startswith("HTTP/1.1 401 ")


def test_the_three_engines(running: tuple[str, str], checkout: Path) -> None:
    approved = sh(f"set -e; {approval()}", checkout)
    assert approved.returncode == 0, approved.stdout + approved.stderr
    assert "instance order-7 completed" in approved.stdout
    assert "step Ship completed" in approved.stdout
    logged = sh(LOG, checkout)
    assert (0, {"orderId": "ord_001", "lines": 2, "units": 3.0, "total": 34.0}) == (
        logged.returncode,
        json.loads(logged.stdout),
    )


def test_the_api_and_its_client(running: tuple[str, str], checkout: Path) -> None:
    _, url = running
    answer = sh(of_the_api().replace("http://127.0.0.1:8787", url), checkout).stdout
    assert answer.startswith("HTTP/1.1 200 "), answer
    told = json.loads(answer.splitlines()[-1])
    assert ("completed", 20.0) == (told["status"], told["output"]["total"])
    (program,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    done = sh(f".venv/bin/python -c {shlex.quote(program)}", checkout)
    assert (0, "completed 20.0\n") == (done.returncode, done.stdout), done.stderr


def test_with_another_data_folder_each_command_takes_it(checkout: Path, tmp_path: Path) -> None:
    assert "`make run PORT=9000 DATA=/some/dir`" in README
    assert "add `--data /some/dir` to each of them" in " ".join(README.split())
    data = tmp_path / "data"
    with served(RUN, checkout, DATA=str(data)):
        for block in (SEND, LOG, approval()):
            commands = "\n".join(f"{line} --data {data}" for line in block.splitlines())
            result = sh(f"set -e; {commands}", checkout)
            assert result.returncode == 0, result.stderr
        (program,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
        assert 'write `Client.from_run("/some/dir")` in Python' in " ".join(README.split())
        there = program.replace("Client.from_run()", f'Client.from_run("{data}")')
        assert sh(f".venv/bin/python -c {shlex.quote(there)}", checkout).stdout == "completed 20.0\n"
    assert not (checkout / ".verihook").exists()


def test_the_tests(checkout: Path) -> None:
    # The command itself; that it runs the whole suite is what it is doing right now.
    one = "tests/unit/model/test_instance.py::test_strange_names"
    result = sh(TEST, checkout, PYTEST_ADDOPTS=f"{one} -p no:cacheprovider")
    assert "1 passed" in result.stdout, result.stdout + result.stderr


def test_sam_commands_are_those_that_ci_builds_with() -> None:
    # Deploying takes an account; what can be run of it here is run: CI builds with the same command.
    assert DEPLOY.startswith("sam build && ")
    assert "\t@$(SAM) build $(ARGS)\n" in (ROOT / "Makefile").read_text()
    stages = (ROOT / ".ci" / "run").read_text()
    assert re.search(r"^ +PATH=.* sam build$", stages, re.MULTILINE)
    assert "make lint-template" in stages
    assert TEST in stages


def test_the_inline_commands_are_make_targets_or_files() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for target in re.findall(r"`make ([a-z-]+)", README):
        assert target in targets
