"""The project's own signature cases, each with its provenance, and the runner that takes any folder of them.

The verdict is asserted, and where a case gives a reason, ours is the same.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.flows.deployment import ROOT
from tests.vectors.run import Case, main, parameters_of, read_cases, refusal, run_case
from verihook.senders import sender_ids

FOLDER = Path(__file__).parent
CASES = read_cases(FOLDER)
BY_ID = {case["id"]: case for case in CASES}
GITHUB = BY_ID["pub-github-1"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_vector(case: Case) -> None:
    assert "" == run_case(case).difference


def test_ids_are_unique() -> None:
    assert len(CASES) == len(BY_ID)


@pytest.mark.parametrize("sender", sender_ids())
def test_every_sender_has_vectors_that_agree_and_that_do_not(sender: str) -> None:
    if sender == "generic":
        # The union of generic-hex and generic-sha256-hex: their cases are its own.
        verdicts = {
            refusal({**case, "scheme": sender}) is None
            for case in CASES
            if case["scheme"] in ("generic-hex", "generic-sha256-hex")
        }
    else:
        verdicts = {case["valid"] for case in CASES if case["scheme"] == sender}
    assert {True, False} == verdicts


def test_every_case_says_where_it_comes_from() -> None:
    assert [] == [case["id"] for case in CASES if not case.get("source")]


class TestRunner:
    """``make vectors DIR=path``."""

    def run(self, folder: Path, capsys: pytest.CaptureFixture[str], *cases: Any) -> tuple[int, list[str], str]:
        """Exit code, lines of standard output, standard error."""
        (folder / "cases.json").write_text(json.dumps(cases))
        code = main([str(folder)])
        captured = capsys.readouterr()
        return code, captured.out.splitlines(), captured.err

    def test_agreement(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (tmp_path / "one.json").write_text(json.dumps({**GITHUB, "unknown": ["extra"]}))
        assert (0, ["2 agreed, 0 disagreed"]) == self.run(tmp_path, capsys, GITHUB)[:2]

    @pytest.mark.parametrize(
        ("change", "line"),
        [
            ({"valid": False, "reason": "not hex"}, "verdict: expected a refusal (not hex), we verified it"),
            ({"secret": "other"}, "verdict: expected valid, we refused it (signature-mismatch)"),
            (
                {"valid": False, "secret": "other", "reason": "not hex"},
                "reason: both refuse, expected 'not hex', we say signature-mismatch",
            ),
            ({"scheme": "nobody"}, "there is no sender 'nobody'"),
            ({"secrets": [7]}, "crashed with AttributeError: 'int' object has no attribute 'encode'"),
        ],
    )
    def test_disagreement(self, tmp_path: Path, capsys: pytest.CaptureFixture[str], change: Case, line: str) -> None:
        case = {**GITHUB, **change}
        expected = [f"pub-github-1 ({case['scheme']}): {line}", "1 agreed, 1 disagreed"]
        assert (1, expected) == self.run(tmp_path, capsys, GITHUB, case)[:2]

    def test_a_refusal_without_a_reason_is_enough(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        case = {**GITHUB, "valid": False, "secret": "other"}
        assert (0, ["1 agreed, 0 disagreed"]) == self.run(tmp_path, capsys, case)[:2]

    def test_an_empty_secret_is_no_secret(self) -> None:
        assert "no-secret" == refusal({**GITHUB, "secret": ""})
        assert "no-secret" == refusal({**GITHUB, "secret": None})
        assert "no-secret" == refusal({**BY_ID["pub-standard-webhooks-1"], "secret": "whsec_"})
        assert "bad-key" == refusal({**BY_ID["pub-standard-webhooks-1"], "secret": "whsec_!"})

    def test_parameters_are_strings(self) -> None:
        params = {"webhook_id": "1", "rfc_example": True, "topic_arns": ["a", "b"]}
        assert {"webhook_id": "1", "rfc_example": "true", "topic_arns": "a,b"} == parameters_of({"params": params})

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("[", "cases.json: is not JSON: Expecting value"),
            ("[1]", "cases.json: case 1: is no object"),
            ("[{}]", "cases.json: case 1: id: must be of type str"),
            ("[]", "holds no cases"),
            (json.dumps([{**GITHUB, "headers": [["a"]]}]), "case 1: headers: must be pairs of strings"),
            (json.dumps([GITHUB, {**GITHUB, "body_base64": "?"}]), "case 2: body_base64: is not base64"),
        ],
    )
    def test_what_cannot_be_read(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, words: str
    ) -> None:
        (tmp_path / "cases.json").write_text(text)
        assert 2 == main([str(tmp_path)])
        captured = capsys.readouterr()
        assert ("", 1) == (captured.out, len(captured.err.splitlines()))
        assert words in captured.err

    def test_no_such_folder(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert 2 == main([str(tmp_path / "nowhere")])
        assert f"vectors: {tmp_path / 'nowhere'}: no such folder\n" == capsys.readouterr().err

    def test_as_make_runs_it(self) -> None:
        result = subprocess.run(
            [sys.executable, "-m", "tests.vectors.run", "tests/vectors"],
            cwd=ROOT,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert (0, f"{len(CASES)} agreed, 0 disagreed") == (result.returncode, result.stdout.splitlines()[-1])
