"""What docs/installation.md says is done as it stands there: with the wheel, in an empty folder, without a checkout."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.held_ports import held_port
from tests.project.shell import ROOT, blocks
from tests.project.wheel import build_wheel

PAGE = ROOT / "docs" / "installation.md"
BUILD, INSTALL, RUN, SEND = (block.strip() for block in blocks(PAGE))
#: Every file that the page has the reader write: its name in code at the head of the paragraph, then the block.
FILES = re.findall(
    r"^`([\w./]+)`[^`].*?\n\n```(?:toml|python|json)\n(.*?)```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reader's folder: the wheel in an environment of its own, and the three files.

    The libraries are those of the environment that the tests run in, so that nothing is downloaded.
    """
    wheel = build_wheel(tmp_path_factory.mktemp("wheel"))
    folder = tmp_path_factory.mktemp("empty")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", ".venv"], cwd=folder, check=True)
    install = [sys.executable, "-m", "pip", "--python", ".venv/bin/python", "install", "--quiet", "--no-deps"]
    subprocess.run([*install, "--no-index", str(wheel)], cwd=folder, check=True, capture_output=True)
    (site,) = folder.glob(".venv/lib/python*/site-packages")
    # A path alone: the link to the checkout that stands in that folder is not followed.
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib"))
    for name, content in FILES:
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
    return folder


def environment() -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}


def verihook(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture
def banner(folder: Path) -> Iterator[str]:
    """What ``verihook run`` prints in the folder until it is ready, at a free port; it runs meanwhile."""
    with held_port() as port:
        yield from run(folder, port)


def run(folder: Path, port: int) -> Iterator[str]:
    """Its banner, while it runs."""
    output = folder / "run.out"
    with output.open("w") as written:
        process = subprocess.Popen(
            ["bash", "-c", f"exec {RUN} --port {port}"],
            cwd=folder,
            env=environment(),
            stdout=written,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + 180
        while "Ctrl-C stops the server" not in output.read_text():
            assert process.poll() is None, output.read_text()
            assert time.monotonic() < deadline, output.read_text()
            time.sleep(0.1)
        yield output.read_text()
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def test_the_page_names_the_files_that_it_shows() -> None:
    assert ["hooks.toml", "workflows/order_total.py", "order.json"] == [name for name, _ in FILES]


def test_the_wheel_is_built_and_installed_by_these_commands() -> None:
    # Without the network they cannot be run as they stand: the fixture does the same without it.
    assert BUILD == "python3 -m pip wheel --no-deps --wheel-dir dist ."
    assert INSTALL.splitlines() == [
        "python3 -m venv .venv",
        '.venv/bin/python -m pip install "$(ls CHECKOUT/dist/verihook-*.whl)[local]"',
    ]


def test_the_package_is_the_wheels(folder: Path) -> None:
    where = verihook(".venv/bin/python -c 'import verihook; print(verihook.__file__)'", folder).stdout
    assert where.startswith(str(folder)), where


def test_the_commands_of_the_page_send_a_webhook_into_a_workflow(banner: str, folder: Path) -> None:
    sent = verihook(SEND, folder)
    assert sent.returncode == 0, sent.stdout + sent.stderr
    assert {"total": 18} == json.loads(sent.stdout.splitlines()[-1])["output"]


def test_the_banner_names_no_file_that_is_not_there(banner: str, folder: Path) -> None:
    assert "examples/order.json" not in banner
    assert ".venv/bin/verihook send orders FILE --wait" in banner


def test_without_a_hooks_toml_the_error_says_what_names_one(folder: Path, tmp_path: Path) -> None:
    empty = verihook(f"{folder}/.venv/bin/verihook run", tmp_path)
    assert 2 == empty.returncode
    assert "hooks.toml: cannot be read" in empty.stderr
    assert "--hooks FILE, or the variable VERIHOOK_HOOKS, names another" in empty.stderr


def test_every_command_of_the_wheel_explains_itself(folder: Path) -> None:
    """Data files that a wheel leaves out would show here: senders, prices and counts are read from the package."""
    for command in ("--help", "run --help", "send --help", "senders", "cost"):
        shown = verihook(f".venv/bin/verihook {command}", folder)
        assert (0, "") == (shown.returncode, shown.stderr), command
