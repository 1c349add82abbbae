"""``verihook verify SOURCE --request captured.json``, or ``--delivery ID``: whether one is genuine, and if not, why."""

from __future__ import annotations

import argparse
import base64
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from verihook.adapters.printable import printable
from verihook.cli.connect import USAGE
from verihook.cli.send import add_source_options, find_source, open_secrets, read_file, secret_missing, with_secrets
from verihook.errors import ConfigurationError, SignatureError, VerihookError
from verihook.model.source import SecretReference
from verihook.request import Request, from_lambda
from verihook.senders.references import REFERENCES, is_reference
from verihook.strict_json import parse_written
from verihook.verification import setting_of
from verihook.webhooks.keyring import Keyring
from verihook.webhooks.reasons import in_words

#: Seconds since the epoch: times beyond the year 5138 are a mistake.
MAX_MOMENT = 100_000_000_000


@dataclass(frozen=True, slots=True)
class Capture:
    """A captured delivery. ``at``: when it was captured, in seconds since the epoch; None if the file does not say."""

    request: Request
    at: int | None


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser("verify", help="say whether a delivery is genuine, and if not, why")
    parser.add_argument(
        "source", nargs="?", metavar="SOURCE", help="name of a source in hooks.toml; default that of the --delivery"
    )
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "--request", type=Path, metavar="FILE", help="JSON: a case as in tests/vectors, or a Lambda event"
    )
    which.add_argument("--delivery", metavar="ID", help="one that is kept, as verihook deliveries list has it")
    parser.add_argument(
        "--secret",
        action="append",
        default=[],
        type=_reference,
        metavar="REFERENCE",
        help="env:NAME or file:PATH, instead of the source's; may be given several times",
    )
    parser.add_argument("--url", help="of the deployment that has the delivery; default as for verihook deliveries")
    parser.add_argument("--key", help="API key with deliveries:read and deliveries:body; default VERIHOOK_KEY")
    parser.add_argument(
        "--at",
        type=_clock,
        metavar="SECONDS|now",
        help="the clock to judge by; default the time of capture if the file has it, else now",
    )
    add_source_options(parser)
    parser.set_defaults(command=_verify)


def read_capture(path: Path) -> Capture:
    """Read a delivery from a file: a case of tests/vectors, or a Lambda event. Raises ConfigurationError."""
    content = read_file(lambda: path.read_text(encoding="utf-8"), path)
    try:
        capture = parse_written(content)
    except ValueError as error:
        raise ConfigurationError(str(path), "", str(error)) from error
    try:
        if isinstance(capture, list) and len(capture) == 1:
            capture = capture[0]
        if not isinstance(capture, dict):
            raise ValueError("must hold one request, a JSON object")
        return _from_event(capture) if "requestContext" in capture else _from_case(capture)
    except (VerihookError, ValueError) as error:
        raise ConfigurationError(str(path), "", str(error)) from error


def _from_case(case: Mapping[str, Any]) -> Capture:
    """Return the delivery of a case in the format of tests/vectors. Raises ValueError in words."""
    match case:
        case {"headers": [*pairs], "body_base64": str(body)}:
            pass
        case _:
            raise ValueError(
                "must have headers (a list of [name, value]) and body_base64, or be a Lambda event with requestContext"
            )
    if not all(isinstance(pair, list) and [str, str] == [type(part) for part in pair] for pair in pairs):
        raise ValueError("headers: must be a list of [name, value], both strings")
    method, url = case.get("method", "POST"), case.get("url") or ""
    if not isinstance(method, str) or not isinstance(url, str):
        raise ValueError("method and url must be strings")
    try:
        content = base64.b64decode(body, validate=True)
    except ValueError as error:
        raise ValueError("body_base64: must be base64") from error
    parts = urlsplit(url)
    headers = tuple((name.lower(), value) for name, value in pairs)
    return Capture(Request(method, parts.path or "/", parts.query, headers, content, ""), _moment(case.get("now")))


def _from_event(event: Mapping[str, Any]) -> Capture:
    """Return the delivery of a Lambda event. Its time of arrival, in milliseconds, has another name in each shape."""
    request = from_lambda(event)
    if not all(isinstance(value, str) for _, value in request.headers):
        raise ValueError("headers: must be strings")
    context = event["requestContext"]
    milliseconds = context.get("timeEpoch", context.get("requestTimeEpoch"))
    return Capture(request, _moment(milliseconds // 1000 if isinstance(milliseconds, int) else milliseconds))


def _moment(value: object) -> int | None:
    """Return seconds since the epoch, None for None. Raises ValueError in words."""
    if value is not None and not (type(value) is int and 0 <= value < MAX_MOMENT):
        raise ValueError("the time of capture must be whole seconds since the epoch")
    return value


def _clock(text: str) -> int:
    if text == "now":
        return int(time.time())
    if not (text.isascii() and text.isdigit() and len(text) <= 11):
        raise argparse.ArgumentTypeError(f"must be seconds since the epoch, or now (got {text!r})")
    return int(text)


def _reference(text: str) -> SecretReference:
    if not is_reference(text):
        raise argparse.ArgumentTypeError(f"must be {REFERENCES} (got {text!r})")
    return SecretReference(text)


def _verify(options: argparse.Namespace) -> int:
    if options.delivery is not None:
        # Imported here: it needs the client, which --request does not.
        from verihook.cli.kept_delivery import verify_kept

        return verify_kept(options)
    if options.source is None:
        print("verihook verify: name the SOURCE of the --request", file=sys.stderr)
        return USAGE
    source = with_secrets(find_source(options), options.secret)
    capture = read_capture(options.request)
    now = options.at if options.at is not None else capture.at if capture.at is not None else int(time.time())
    # As the server verifies, with the secrets that the server has.
    keyring = Keyring(source, open_secrets(options), setting_of(source), _report)
    try:
        keyring.bind_at_load()
        proof = keyring.verify(capture.request, now)
    except KeyError as error:
        raise secret_missing(source, options, error) from error
    except ValueError as error:
        raise ConfigurationError(options.hooks.name, f"sources.{source.name}", str(error)) from error
    except SignatureError as error:
        print(f"no: {error.reason}\n{in_words(error.reason)}")
        for secret in source.secrets:
            if secret.until_s is not None and not secret.live(now):
                print(f"{secret.reference} ended at {_utc(secret.until_s)} and was not tried.")
        print(f"Judged as of {_utc(now)} by the source {source.name} ({source.sender.id}).")
        return 1
    print(f"yes: genuine, by the {proof.verified_by} secret of the source {source.name} ({source.sender.id})")
    return 0


def _report(where: str, error: BaseException) -> None:
    print(f"verihook: {where}: {printable(str(error))}", file=sys.stderr)


def _utc(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
