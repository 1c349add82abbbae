"""docs/senders.md shows every sender, and a new one is found by everything without an edit of another file."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.flows.deployment import ROOT
from tests.project.senders_page import written

SENDERS = Path("handler/verihook/senders")
VECTORS = Path("tests/vectors")
DOCUMENT = (ROOT / "docs" / "senders.md").read_text()
BODY = b'{"id": "evt_1", "type": "order.created"}'
SECRET = "acme secret"


def test_the_tables_are_fresh() -> None:
    assert written(DOCUMENT) == DOCUMENT, "make senders-page writes them"


def test_a_mark_that_is_lost_is_named() -> None:
    with pytest.raises(ValueError, match="has 0 parts between <!-- first -->"):
        written(DOCUMENT.replace("<!-- first -->", ""))


def test_every_option_of_send_is_told() -> None:
    for option in ("--tamper", "--repeat", "--skew", "--key"):
        assert f"`{option}" in DOCUMENT


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what senders are made of."""
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "handler" / "verihook", tmp_path / "handler" / "verihook", ignore=ignore)
    for folder in ("vectors", "flows", "project"):
        shutil.copytree(ROOT / "tests" / folder, tmp_path / "tests" / folder, ignore=ignore)
    for made in (tmp_path / SENDERS / "acme.toml", tmp_path / VECTORS / "acme.json"):
        made.unlink(missing_ok=True)  # of a reader who has just done what the page says, with its own name
    (tmp_path / "tests" / "__init__.py").touch()
    (tmp_path / "docs").mkdir()
    for name in ("docs/senders.md", "pyproject.toml", "Makefile"):
        shutil.copy2(ROOT / name, tmp_path / name)
    return tmp_path


def python(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=checkout,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(checkout / "handler"), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def new_sender(checkout: Path, *names: str) -> subprocess.CompletedProcess[str]:
    return python(checkout, "-m", "tests.vectors.new_sender", *names)


def senders(checkout: Path, *options: str) -> str:
    arguments = ["senders", *options]
    return python(checkout, "-c", f"from verihook.cli import main; main({arguments})").stdout


def files(checkout: Path) -> dict[Path, bytes]:
    return {path.relative_to(checkout): path.read_bytes() for path in checkout.rglob("*") if path.is_file()}


def fill_in(checkout: Path) -> None:
    """As a person would, from what Acme publishes."""
    sender = checkout / SENDERS / "acme.toml"
    text = sender.read_text().replace('documentation = ""', 'documentation = "https://acme.example/webhooks"')
    text = text.replace('header = "X-Signature"', 'header = "X-Acme-Signature"').replace(
        '# prefix = "sha256="', 'prefix = "v1="'
    )
    sender.write_text(text.replace('retries = ""', 'retries = "3"').replace('title = "acme"', 'title = "Acme"'))
    good, bad = json.loads((checkout / VECTORS / "acme.json").read_text())
    signature = "v1=" + hmac.new(SECRET.encode(), BODY, hashlib.sha256).hexdigest()
    told = {"source": "acme.example", "secret": SECRET, "headers": [["X-Acme-Signature", signature]], "now": 1}
    cases = [
        {**good, **told, "body_base64": base64.b64encode(BODY).decode()},
        {**bad, **told, "body_base64": base64.b64encode(BODY + b" ").decode()},
    ]
    (checkout / VECTORS / "acme.json").write_text(json.dumps(cases))


def test_a_new_sender_is_found_by_everything(checkout: Path) -> None:
    before = files(checkout)
    made = new_sender(checkout, "acme")
    assert (0, "") == (made.returncode, made.stderr)
    after = files(checkout)
    assert {SENDERS / "acme.toml", VECTORS / "acme.json"} == set(after) - set(before)
    assert before == {path: content for path, content in after.items() if path in before}

    # As it is written it loads, and its cases fail until they are filled in.
    assert "acme" in senders(checkout)
    assert 1 == python(checkout, "-m", "tests.vectors.run", str(VECTORS / "acme.json")).returncode

    fill_in(checkout)
    run = python(checkout, "-m", "tests.vectors.run", str(VECTORS / "acme.json"))
    assert (0, "2 agreed, 0 disagreed\n") == (run.returncode, run.stdout), run.stderr
    tests = [str(VECTORS / "test_vectors.py"), "tests/project/test_senders_table.py::test_the_tables_are_fresh"]
    options = ["-q", "-p", "no:cacheprovider", "-k", "acme or fresh"]
    first = python(checkout, "-m", "pytest", *options, *tests)
    assert "test_the_tables_are_fresh" in first.stdout
    assert "1 failed, 3 passed" in first.stdout, first.stdout

    assert 0 == python(checkout, "-m", "tests.project.senders_page").returncode
    page = (checkout / "docs" / "senders.md").read_text()
    assert "| `acme` [Acme](https://acme.example/webhooks) | hmac sha256 hex | id, signed | type | 10 s; 3 |" in page
    assert "4 passed" in python(checkout, "-m", "pytest", *options, *tests).stdout


@pytest.mark.parametrize("name", ["github", "Acme", "../acme", "acme.toml", "-acme", "acme_", "", "a" * 64])
def test_a_name_that_is_taken_or_malformed_is_refused(checkout: Path, name: str) -> None:
    before = files(checkout)
    refused = new_sender(checkout, name)
    assert (2, "", 1) == (refused.returncode, refused.stdout, len(refused.stderr.splitlines()))
    assert ("is there already" if name == "github" else "make new-sender NAME=acme") in refused.stderr
    assert before == files(checkout)


def test_nothing_is_written_where_only_the_cases_are_there(checkout: Path) -> None:
    (checkout / VECTORS / "acme.json").write_text("[]")
    assert "tests/vectors/acme.json: is there already" in new_sender(checkout, "acme").stderr
    assert not (checkout / SENDERS / "acme.toml").exists()
