"""Runs a folder of signature cases through the schemes: ``python -m tests.vectors.run FOLDER``.

A file holds a list of cases (or one case): ``id``, ``scheme`` (a sender's id), ``secret`` | ``secrets`` (newest first)
| ``public_key``, ``params``, ``method``, ``url``, ``headers`` as pairs, ``body_base64``, ``now`` in seconds, ``valid``,
and ``reason`` if it is not valid. What else a case has (provenance) is not looked at.

A case disagrees if the verdict is another, if it gives a reason that does not begin with our reason code, if there is
no such sender, and if anything but a refusal is raised. Exit codes: 0 all agreed, 1 some disagreed, 2 nothing could be
run.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from verihook.errors import SignatureError
from verihook.request import Request
from verihook.senders import load_sender, sender_ids
from verihook.senders.schemes import Scheme, Setting

Case = dict[str, Any]

_REQUIRED: dict[str, type] = {
    "id": str,
    "scheme": str,
    "headers": list,
    "body_base64": str,
    "now": int,
    "valid": bool,
}


class Unusable(Exception):
    """The folder, a file or a case cannot be read; ``str(error)`` is one line."""


@dataclass(frozen=True)
class Outcome:
    """What became of a case: ``reason`` is None if it verified; ``difference`` is "" if we agree."""

    case: Case
    reason: str | None
    difference: str

    def __str__(self) -> str:
        return f"{self.case['id']} ({self.case['scheme']}): {self.difference}"


def read_cases(folder: Path) -> list[Case]:
    """Every case of the folder's files, in the order of their names. Raises Unusable."""
    if not folder.exists():
        raise Unusable(f"{folder}: no such folder")
    paths = sorted(folder.glob("*.json")) if folder.is_dir() else [folder]
    cases = [case for path in paths for case in _cases_of(path)]
    if not cases:
        raise Unusable(f"{folder}: holds no cases (*.json, each a list of them)")
    return cases


def run_case(case: Case) -> Outcome:
    """Verify the case's delivery and compare."""
    if case["scheme"] not in _senders():
        return Outcome(case, None, f"there is no sender {case['scheme']!r}")
    try:
        reason = refusal(case)
    except Exception as error:  # noqa: BLE001  whatever is raised that is not a refusal is what we look for
        return Outcome(case, None, _one_line(f"crashed with {type(error).__name__}: {error}"))
    return Outcome(case, reason, _difference(case, reason))


def refusal(case: Case, request: Request | None = None) -> str | None:
    """Why the delivery is refused (a reason code), None if it verifies. A secret that cannot be bound refuses.

    ``request``: the delivery as something in front has brought it; else it is as the case has it.
    """
    scheme = _scheme(case["scheme"])
    secrets = secrets_of(case)
    setting = Setting(case.get("url") or "", parameters_of(case))
    try:
        verify = scheme.bind(secrets, setting)
    except ValueError as error:
        return "no-secret" if not all(secrets) or "is empty" in str(error) else "bad-key"
    try:
        verify(request or request_of(case), case["now"])
    except SignatureError as error:
        return error.reason
    return None


def request_of(case: Case) -> Request:
    """The delivery; its path and query are those of the case's URL."""
    url = urlsplit(case.get("url") or "")
    headers = tuple((name.lower(), value) for name, value in case["headers"])
    body = base64.b64decode(case["body_base64"], validate=True)
    return Request(case.get("method") or "POST", url.path or "/", url.query, headers, body, "")


def secrets_of(case: Case) -> tuple[str, ...]:
    """The secrets, newest first; a public key counts as one."""
    if case.get("secrets"):
        return tuple(case["secrets"])
    return tuple(case[key] for key in ("secret", "public_key") if case.get(key) is not None)[:1]


def parameters_of(case: Case) -> dict[str, str]:
    """``params`` as a source has them: strings; a list of them with commas between."""
    return {name: _parameter(value) for name, value in (case.get("params") or {}).items()}


def slug(text: str) -> str:
    """A reason in words as a code: ``missing header X-Signature`` is ``missing-header-x-signature``."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def main(arguments: Sequence[str]) -> int:
    """Run the folder and print each disagreement, then the line of counts."""
    if len(arguments) != 1 or not arguments[0]:
        sys.stderr.write("vectors: name one folder: make vectors DIR=path\n")
        return 2
    try:
        outcomes = [run_case(case) for case in read_cases(Path(arguments[0]))]
    except Unusable as error:
        sys.stderr.write(f"vectors: {error}\n")
        return 2
    disagreed = [outcome for outcome in outcomes if outcome.difference]
    for outcome in disagreed:
        sys.stdout.write(f"{outcome}\n")
    sys.stdout.write(f"{len(outcomes) - len(disagreed)} agreed, {len(disagreed)} disagreed\n")
    return 1 if disagreed else 0


@cache
def _senders() -> frozenset[str]:
    return frozenset(sender_ids())


@cache
def _scheme(sender_id: str) -> Scheme:
    return load_sender(sender_id).scheme


def _parameter(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(_parameter, value))
    return value if isinstance(value, str) else json.dumps(value)


def _difference(case: Case, reason: str | None) -> str:
    expected = case.get("reason") or ""
    if case["valid"] != (reason is None):
        was = f"refused it ({reason})" if reason else "verified it"
        return f"verdict: expected {'valid' if case['valid'] else f'a refusal ({expected})'}, we {was}"
    code = slug(expected)
    # A code ends where a word of the reason does: "no-secret" is not the beginning of "no secretary".
    if reason is not None and code and not f"{code}-".startswith(f"{reason}-"):
        return f"reason: both refuse, expected {expected!r}, we say {reason}"
    return ""


def _cases_of(path: Path) -> Iterator[Case]:
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise Unusable(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise Unusable(_one_line(f"{path}: is not JSON: {error}")) from error
    for number, case in enumerate(content if isinstance(content, list) else [content], 1):
        _check(path, number, case)
        yield case


def _check(path: Path, number: int, case: Any) -> None:
    """Raise Unusable if a case is not of the format, so that a broken case never counts as a refusal."""
    where = f"{path}: case {number}"
    if not isinstance(case, dict):
        raise Unusable(f"{where}: is no object")
    for name, kind in _REQUIRED.items():
        if type(case.get(name)) is not kind:
            raise Unusable(f"{where}: {name}: must be of type {kind.__name__}")
    if not all(isinstance(pair, list) and [str, str] == [type(part) for part in pair] for pair in case["headers"]):
        raise Unusable(f"{where}: headers: must be pairs of strings")
    try:
        base64.b64decode(case["body_base64"], validate=True)
    except (binascii.Error, ValueError) as error:
        raise Unusable(f"{where}: body_base64: is not base64") from error


def _one_line(text: str) -> str:
    return " ".join(text.split())[:300]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
