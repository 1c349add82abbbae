"""``verihook doctor`` on one machine, over a real data folder and a real ledger."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from email.utils import formatdate
from pathlib import Path

import pytest

from tests.contracts.instances import an_instance, an_observation
from verihook import cli
from verihook.adapters.clock import SystemClock
from verihook.adapters.ledgers.sqlite import SqliteFile, SqliteLedger
from verihook.cli.doctor.configuration import read_configuration
from verihook.cli.doctor.findings import Finding
from verihook.cli.doctor.machine import machine
from verihook.cli.doctor.outside import Answer
from verihook.cli.doctor.traffic import traffic
from verihook.config import load_hooks
from verihook.model.instance import Status, iso
from verihook.records import replace

NOW = SystemClock().now_ms()
HOUR = 3_600_000
URL = "http://127.0.0.1:1"
HOOKS = """
[sources.orders]
sender = "generic"
secrets = [{secrets}]
workflow = "w"

[workflows.w]
engine = "function"
definition = "w"
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    (folder / "run.json").write_text(json.dumps({"url": URL, "secrets": {}, "key": "k"}))
    with SqliteFile(folder / "ledger.db") as file:
        ledger = SqliteLedger(file)
        for number in range(12):
            ledger.claim(an_instance(id=f"i{number}", source="orders", created_at=NOW - number * 60_000))
    return folder


def hooks_of(folder: Path, secrets: str = '"env:A"', more: str = "") -> Path:
    (folder / "workflows").mkdir(exist_ok=True)
    (folder / "workflows" / "w.py").write_text("def run(event, context): ...\n")
    path = folder / "hooks.toml"
    path.write_text(HOOKS.replace("{secrets}", secrets) + more)
    return path


def answer(url: str) -> Answer:
    return Answer(200 if url.endswith("/health") else 405, {"date": formatdate(NOW / 1000, usegmt=True)}, b"{}")


def found(data: Path, secrets: str = '"env:A"', at: int = NOW, **variables: str) -> list[Finding]:
    hooks = load_hooks(hooks_of(data.parent, secrets))
    return list(machine(hooks, data, {"A": "a-secret", **variables}, answer, at))


def only(seen: list[Finding]) -> tuple[str, str, str]:
    (one,) = seen
    return one.severity, one.check, one.subject


def test_a_machine_that_is_well_has_nothing(data: Path) -> None:
    assert [] == found(data)


def test_a_secret_that_is_missing_is_named_with_its_variable(data: Path) -> None:
    (one,) = found(data, '"env:MISSING"')
    assert ("fault", "secrets", "orders") == (one.severity, one.check, one.subject)
    assert "MISSING=... verihook run" in one.mend


def test_a_secret_that_was_made_here_is_told(data: Path) -> None:
    (data / "secrets.json").write_text(json.dumps({"A": "f" * 64}))
    assert ("warning", "secrets", "orders") == only(found(data))


@pytest.mark.parametrize(("ago", "severity"), [(HOUR, "fault"), (-24 * HOUR, "warning")])
def test_the_end_of_the_last_secret_is_told_before_and_after(data: Path, ago: int, severity: str) -> None:
    seen = found(data, f'{{ ref = "env:A", until = {iso(NOW - ago)} }}')
    assert (severity, "rotation", "orders") == only(seen)


def test_a_source_that_is_silent_for_longer_than_ever_is_told(data: Path) -> None:
    assert [] == found_at_the_time(data, NOW + HOUR // 2)
    assert ("warning", "silence", "orders") == only(found_at_the_time(data, NOW + 2 * HOUR))


def found_at_the_time(data: Path, at: int) -> list[Finding]:
    """Without what the servers' clocks say: they are not the matter."""
    return [each for each in found(data, at=at) if each.check != "clock"]


def test_rows_from_the_future_tell_of_a_clock(data: Path) -> None:
    assert "fault" in {each.severity for each in found(data, at=NOW - HOUR) if each.check == "clock"}


@pytest.mark.parametrize(
    ("reason", "check"), [("signature-mismatch", "traffic"), ("timestamp-outside-tolerance", "clock")]
)
def test_refusals_that_are_most_of_what_comes_are_told_by_their_reason(data: Path, reason: str, check: str) -> None:
    with SqliteFile(data / "ledger.db") as file:
        row = an_observation(kind="rejected", source="orders", reason=reason, count=40, first_at=NOW, last_at=NOW)
        SqliteLedger(file).observe(row)
    assert ("fault", check, "orders") == only(found(data))


@pytest.mark.parametrize(("days", "says"), [(0, "refuses nothing"), (10, "too old from"), (15, "")])
def test_published_networks_are_told_before_and_after_they_are_too_old(tmp_path: Path, days: int, says: str) -> None:
    path = hooks_of(tmp_path)
    path.write_text(path.read_text().replace('"generic"', '"github"\nallow_ips = "sender"'))
    (tmp_path / "networks").mkdir()
    text = 'page = "https://example.com/ips"\nread = 2026-11-01\ndays = 30\nnetworks = ["203.0.113.0/24"]\n'
    (tmp_path / "networks" / "github.toml").write_text(text)
    end = int(datetime(2026, 12, 1, tzinfo=UTC).timestamp())
    hooks, seen = read_configuration(path, end - days * 86_400, here=True)
    assert hooks is not None
    if not says:
        assert [] == seen
        return
    assert ("warning", "networks", "orders") == only(seen)
    assert says in seen[0].what
    assert "read https://example.com/ips and write networks/github.toml" in seen[0].mend


def test_a_workflow_that_fails_more_than_it_succeeds_is_told_with_its_error(data: Path) -> None:
    def add(status: Status, number: int, error: str | None) -> None:
        with SqliteFile(data / "ledger.db") as file:
            row = an_instance(id=f"{status}{number}", source="orders", created_at=NOW - 1_000 + number)
            SqliteLedger(file).claim(replace(row, workflow="w", status=status, error=error))

    for number in range(5):
        add("failed", number, "PaymentGone")
    (one,) = found(data)
    assert ("warning", "engines", "w") == (one.severity, one.check, one.subject)
    assert "5 of its newest 5 instances that have ended failed, 5 of them with PaymentGone" in one.what
    for number in range(5):
        add("completed", number, None)
    assert [] == found(data)


def test_a_url_that_its_sender_could_not_prove_is_told_until_something_comes(data: Path, tmp_path: Path) -> None:
    path = hooks_of(tmp_path)
    path.write_text(path.read_text().replace('"generic"', '"slack"'))
    with SqliteFile(data / "ledger.db") as file:
        ledger = SqliteLedger(file)
        refused = {"kind": "rejected", "reason": "handshake-refused", "first_at": NOW, "last_at": NOW + 1}
        ledger.observe(an_observation(source="orders", **refused))
        (one,) = traffic(load_hooks(path), ledger, NOW + 2)
        assert ("warning", "handshakes", "orders") == (one.severity, one.check, one.subject)
        ledger.observe(an_observation(kind="handshake", source="orders", reason="", first_at=NOW, last_at=NOW + 2))
        assert [] == list(traffic(load_hooks(path), ledger, NOW + 3))


def test_a_server_that_does_not_answer_is_told(data: Path) -> None:
    hooks = load_hooks(hooks_of(data.parent))
    seen = list(machine(hooks, data, {"A": "a-secret"}, lambda _: Answer(error="refused"), NOW))
    assert ("fault", "server", URL) == only(seen)


@pytest.mark.parametrize(
    ("more", "subject"),
    [
        ('[workflows.x]\nengine = "function"\ndefinition = "gone"\n', "workflows.x.definition"),
        ('[workflows.x]\nengine = "nothing"\ndefinition = "w"\n', "workflows.x.engine"),
        ('[sources.x]\nsender = "nobodys"\nsecrets = ["env:A"]\nworkflow = "w"\n', "sources.x.sender"),
    ],
)
def test_a_mistake_in_hooks_toml_is_a_fault_and_the_code_is_1(
    data: Path, capsys: pytest.CaptureFixture[str], more: str, subject: str
) -> None:
    path = hooks_of(data.parent, more=more)
    assert 1 == cli.main(["doctor", "--offline", "--json", "--hooks", str(path)])
    told = json.loads(capsys.readouterr().out)
    assert [subject] == [each["subject"] for each in told["findings"]]
    assert told["counts"] == {"fault": 1, "warning": 0, "untried": 0}


def test_strict_counts_warnings_and_what_is_well_is_said(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = hooks_of(data.parent)
    assert 0 == cli.main(["doctor", "--offline", "--strict", "--hooks", str(path)])
    assert "Nothing is wrong." in capsys.readouterr().out
    path = hooks_of(data.parent, more='[workflows.d]\nengine = "function"\ndefinition = "w"\nstatus = "draft"\n')
    path.write_text(path.read_text().replace('workflow = "w"', 'workflow = "d"'))
    assert 0 == cli.main(["doctor", "--offline", "--hooks", str(path)])
    assert 1 == cli.main(["doctor", "--offline", "--strict", "--hooks", str(path)])


def test_without_hooks_toml_it_is_wrong_use(data: Path) -> None:
    assert 2 == cli.main(["doctor", "--hooks", str(data / "none.toml")])
