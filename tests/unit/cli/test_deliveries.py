"""``verihook deliveries``."""

from __future__ import annotations

import json
import sys

import pytest

from tests.unit.cli.scripted_api import scripted_api
from tests.unit.client.scripted import AT
from tests.unit.client.scripted import LISTED as INSTANCE
from tests.unit.client.test_finding import LISTED, WHOLE
from verihook import cli
from verihook.cli.rejections import reason_code

LIST = "GET /v1/deliveries"
REFUSED = {
    **LISTED,
    "id": "rejected:1:orders:signature-mismatch",
    "outcome": "rejected",
    "reason": "signature-mismatch",
    "count": 1200,
    "eventType": None,
    "instanceId": None,
}


def test_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    first, last = {"deliveries": [REFUSED], "cursor": "c"}, {"deliveries": [LISTED], "cursor": None}
    none: dict[str, object] = {"deliveries": [], "cursor": None}
    with scripted_api({LIST: [(200, first), (200, last), (200, first), (200, last), (200, none)]}) as api:
        assert 0 == cli.main(["deliveries", "list", "--url", api.url, "--source", "orders", "--outcome", "rejected"])
        head, *rows = capsys.readouterr().out.splitlines()
        assert ["LAST", "COUNT", "SOURCE", "OUTCOME", "REASON", "OR", "TYPE", "DELIVERY"] == head.split()
        assert ["1,200", "orders", "rejected", "signature-mismatch", REFUSED["id"]] == rows[0].split()[2:]
        assert ["1", "orders", "accepted", "order.created", "d1"] == rows[1].split()[2:]
        assert 0 == cli.main(["deliveries", "list", "--url", api.url, "--json"])
        assert {"deliveries": [REFUSED, LISTED]} == json.loads(capsys.readouterr().out)
        assert 0 == cli.main(["deliveries", "list", "--url", api.url])
        assert "No deliveries.\n" == capsys.readouterr().out
        # It may be mistyped.
        assert 0 == cli.main(["deliveries", "list", "--url", api.url, "--source", "odrers"])
        assert "No deliveries of odrers; verihook sources list names all sources.\n" == capsys.readouterr().out
    assert "source=orders" in api.asked[0][1]
    assert "cursor=c" in api.asked[1][1]


def test_following_prints_each_once_and_what_grows_again(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    grown = {**REFUSED, "count": 1201}
    pages = [{"deliveries": each, "cursor": None} for each in ([REFUSED], [LISTED, REFUSED], [LISTED, grown])]
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == len(pages):
            raise KeyboardInterrupt

    monkeypatch.setattr("verihook.cli.deliveries.time.sleep", wait)
    with scripted_api({LIST: [(200, page) for page in pages]}) as api:
        assert 130 == cli.main(["deliveries", "list", "--url", api.url, "--follow"])
    printed = [line.split("  ")[1] for line in capsys.readouterr().out.splitlines()]
    assert ["1,200", "1", "1,201"] == printed


def test_following_leaves_out_none_of_many_that_came_at_once(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    came = [{**LISTED, "id": f"d{number}"} for number in range(5)]
    pages = [([came[0]], None), (came[:2:-1], "c"), (came[2::-1], None)]
    waits = iter([None])

    def wait(_: float) -> None:
        if next(waits, KeyboardInterrupt) is KeyboardInterrupt:
            raise KeyboardInterrupt

    monkeypatch.setattr("verihook.cli.deliveries.time.sleep", wait)
    with scripted_api({LIST: [(200, {"deliveries": each, "cursor": cursor}) for each, cursor in pages]}) as api:
        assert 130 == cli.main(["deliveries", "list", "--url", api.url, "--follow", "--limit", "1"])
    assert ["d0", "d1", "d2", "d3", "d4"] == [line.split()[-1] for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize("line", [["list"], ["capture", "orders"]])
def test_a_reason_that_no_refusal_has_is_a_mistake(capsys: pytest.CaptureFixture[str], line: list[str]) -> None:
    """Else a window would wait for it in vain."""
    with pytest.raises(SystemExit) as ended:
        cli.main(["deliveries", *line, "--url", "http://127.0.0.1:1", "--reason", "signature-mistmatch"])
    assert (2, True) == (ended.value.code, "must be a reason code such as" in capsys.readouterr().err)
    for known in ("signature-mismatch", "missing-header-x", "input-invalid", "entry-failed", "other"):
        assert known == reason_code(known)


def test_one(capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_api({"GET /v1/deliveries/d1": (200, WHOLE)}) as api:
        assert 0 == cli.main(["deliveries", "show", "d1", "--url", api.url])
        lines = dict(line.split("  ", 1) for line in capsys.readouterr().out.splitlines())
        told = {name.strip(): value.strip() for name, value in lines.items()}
        assert ("orders", "accepted", "order.created evt-1", "d1, running", "previous", "user-agent: curl") == (
            told["source"],
            told["outcome"],
            told["event"],
            told["instance"],
            told["verified by"],
            told["header"],
        )
        assert "2 bytes, SHA-256 ab (verihook deliveries body prints it)" == told["body"]
        assert 0 == cli.main(["deliveries", "show", "d1", "--url", api.url, "--json"])
        assert WHOLE == json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"status": "failed", "error": {"code": "KeyError", "message": "'total'"}}, ["error: KeyError: 'total'"]),
        (
            {"status": "suspended", "held": True, "error": {"code": "WorkflowPaused", "message": "It starts later."}},
            ["error: WorkflowPaused: It starts later."],
        ),
        (
            {"status": "suspended", "held": True, "error": {"code": None, "message": "stock count"}},
            ["held: until it is resumed or terminated: stock count"],
        ),
        ({"status": "queued", "startAt": AT}, ["not before: 2026-03-01 12:00:00Z"]),
    ],
)
def test_why_one_waits_or_has_failed(
    capsys: pytest.CaptureFixture[str], fields: dict[str, object], told: list[str]
) -> None:
    with scripted_api({"GET /v1/deliveries/d1": (200, {**WHOLE, **fields})}) as api:
        assert 0 == cli.main(["deliveries", "show", "d1", "--url", api.url])
    lines = [line.split("  ", 1) for line in capsys.readouterr().out.splitlines()]
    shown = [f"{name}: {value.strip()}" for name, value in lines if name in ("error", "held", "not before")]
    assert told == shown


def test_a_body(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    with scripted_api({"GET /v1/deliveries/d1/body": (200, {"a": "é"})}) as api:
        assert 0 == cli.main(["deliveries", "body", "d1", "--url", api.url])
    assert json.loads(capfdbinary.readouterr().out) == {"a": "é"}


def test_a_body_does_not_steer_the_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a refused request it may be a stranger's."""
    hostile = "{\n\t\x1b[2J\r202 orders accepted\x9b\u202e\u00e9}"
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    with scripted_api({"GET /v1/deliveries/d1/body": (200, hostile.encode() + b"\xff")}) as api:
        assert 0 == cli.main(["deliveries", "body", "d1", "--url", api.url])
    replaced = "\N{REPLACEMENT CHARACTER}"
    shown = f"{{\n\t{replaced}[2J{replaced}202 orders accepted{replaced * 2}\u00e9}}{replaced}\n"
    assert shown == capsys.readouterr().out


def test_a_replay(capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_api({"POST /v1/deliveries/d1/replay": (202, INSTANCE)}) as api:
        assert 0 == cli.main(["deliveries", "replay", "d1", "--as-new", "--url", api.url])
        assert "d1 is replayed: order-1, attempt 1, is running.\n" == capsys.readouterr().out
        assert 0 == cli.main(["deliveries", "replay", "d1", "--json", "--url", api.url])
        assert INSTANCE == json.loads(capsys.readouterr().out)
    assert [{"asNew": True}, {"asNew": False}] == [asked[3] for asked in api.asked]


def test_a_lookup(capsys: pytest.CaptureFixture[str]) -> None:
    found = {
        "found": [
            {"by": "event", "instance": INSTANCE, "delivery": LISTED, "deletedAt": None},
            {"by": "event", "instance": None, "delivery": LISTED, "deletedAt": None},
            {"by": "request", "instance": None, "delivery": REFUSED, "deletedAt": None},
            {"by": "event", "instance": None, "delivery": None, "deletedAt": "2026-03-01T12:00:00+00:00"},
        ]
    }
    with scripted_api({"GET /v1/lookup": [(200, found), (200, found), (200, {"found": []})]}) as api:
        assert 0 == cli.main(["deliveries", "lookup", "evt-1", "--url", api.url])
        assert [
            "by event: instance order-1, orders, running",
            "by event: delivery d1",
            "by request: counted as rejected: signature-mismatch, the last at 2026-03-01 12:00:00Z, not kept: delivery"
            f" {REFUSED['id']}",
            "by event: deleted on 2026-03-01 12:00:00Z, nothing is kept of it",
        ] == capsys.readouterr().out.splitlines()
        assert 0 == cli.main(["deliveries", "lookup", "evt-1", "--json", "--url", api.url])
        assert found == json.loads(capsys.readouterr().out)
        assert 0 == cli.main(["deliveries", "lookup", "evt-1", "--url", api.url])
        assert capsys.readouterr().out.startswith("Nothing has this id or label.")
