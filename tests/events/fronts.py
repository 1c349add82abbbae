"""Both entry points over one configuration, and deliveries as each front brings them.

The services are real ones over SQLite; they stand where the environment of a Lambda function would make them.
"""

from __future__ import annotations

import base64
import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.events.shapes import BASE_PATH, SHAPES, Shape
from tests.unit.engine_by_hand import EngineByHand
from tests.vectors.run import Case, read_cases
from verihook import bootstrap, main
from verihook.adapters.ledgers.sqlite import SqliteDocuments, SqliteFile, SqliteLedger
from verihook.adapters.secrets.environment import EnvironmentSecrets
from verihook.config import load_hooks
from verihook.model.ports import Services, Trace
from verihook.records import replace
from verihook.webhooks.front import Front, make_front

VECTORS = Path(__file__).parents[1] / "vectors"
SENDERS = ("twilio", "twilio-json", "hubspot-v2", "hubspot-v3")
FRONT_SECRET = "0rigin-s3cret-of-the-samples"
HOST = "hooks.example.com"

#: Fronts at which the public host is known: our own, and APIs of API Gateway at a domain of the operator's.
AT_A_DOMAIN = {
    "cloudfront",
    "http-api-2-domain",
    "http-api-2-domain-stage-hooks",
    "http-api-2-mapping-key",
    "http-api-1-mapping-key",
    "rest-domain-stage",
    "rest-base-path",
}

SOURCE = """
[sources.{name}]
sender = "{sender}"
secrets = ["env:SECRET_{number}"]
workflow = "w"
by_body = false
{more}
"""
WORKFLOW = '\n[workflows.w]\nengine = "function"\ndefinition = "w"\n'


def cases(sender: str) -> list[Case]:
    """The sender's POSTs at one URL with one secret: those of its vectors that a source can be configured for."""
    found = [case for case in read_cases(VECTORS / f"{sender}.json") if _usable(case)]
    assert len(found) > 10
    return found


def _usable(case: Case) -> bool:
    url = urlsplit(case.get("url") or "")
    return bool(
        case.get("method") == "POST"
        and case.get("secret")
        and case["secret"].strip() == case["secret"]
        and url.scheme == "https"
        and url.netloc == url.hostname
        and (url.path or "/").isascii()
        and not case.get("params")
    )


class Clock:
    """Stands at the time of a case."""

    def __init__(self) -> None:
        self.at_s = 0

    def now_ms(self) -> int:
        return self.at_s * 1000


class Seen:
    """Telemetry that keeps the last delivery."""

    def __init__(self) -> None:
        self.last: Any = None

    def delivery(self, trace: Trace) -> None:
        self.last = trace

    def measured(self, measures: Any) -> None:
        """Nothing."""

    def failure(self, where: str, error: BaseException) -> None:
        raise AssertionError(where) from error


APP: list[Any] = []


class Rig:
    """Both entry points over one configuration."""

    def __init__(self, folder: Path, file: SqliteFile, hooks: str, variables: dict[str, str]) -> None:
        path = folder / "hooks.toml"
        path.write_text(hooks + WORKFLOW, "utf-8")
        self.clock, self.seen = Clock(), Seen()
        self.made: Services = bootstrap.assemble(
            load_hooks(path),
            EnvironmentSecrets(variables, folder),
            SqliteLedger(file),
            SqliteDocuments(file),
            self.seen,
            engines={"function": EngineByHand()},
            payloads=None,
            caller=None,
            instance_key=b"k" * 32,
            pace=bootstrap.LOCAL_PACE,
        )
        self.made = replace(self.made, clock=self.clock)
        self.front: Front | None = None
        self.base_path = ""

    def services(self) -> Services:
        return self.made

    def installed(self, monkeypatch: pytest.MonkeyPatch) -> Rig:
        monkeypatch.setattr(main, "services", self.services)
        monkeypatch.setattr(main, "_front", lambda: (self.base_path, self.front))
        # One for all: nothing here gets further into it than to a 404, or to a question for a key.
        if not APP:
            APP.append(main._make_app())
        monkeypatch.setattr(main, "_app", lambda: APP[0])
        return self

    def verdict(self, event: Any) -> tuple[int, str | None]:
        """The status and the log's reason, the same of both entry points.

        At a path that is no source's the API answers for itself, and logs no delivery.
        """
        found = []
        for entry in (main.api, main.receive):
            self.seen.last = None
            status = entry(copy.deepcopy(event), None)["statusCode"]
            found.append((status, self.seen.last.reason if self.seen.last else "source-not-found"))
        assert found[0] == found[1]
        return found[0]


def event_of(shape: Shape, case: Case, target: str, host: str = HOST) -> dict[str, Any]:
    """The case's delivery as this front brings it, called at ``host``."""
    body = base64.b64decode(case["body_base64"])
    event = shape("POST", target, [(name, value) for name, value in case["headers"]], body)
    if shape.name == "cloudfront":
        event["headers"]["x-verihook-host"] = host
    elif shape.name in AT_A_DOMAIN:
        event["requestContext"]["domainName"] = host
    return event


def expected(case: Case) -> int:
    return 200 if case["valid"] else 401


def configured(of: list[Case], more: Callable[[Case], str]) -> tuple[str, dict[str, str]]:
    """hooks.toml with a source for each case, and the secrets."""
    sources = [
        SOURCE.format(name=f"s{number}", sender=case["scheme"], number=number, more=more(case))
        for number, case in enumerate(of)
    ]
    return "".join(sources), {f"SECRET_{number}": case["secret"] for number, case in enumerate(of)}


DOMAINS = [shape for shape in SHAPES if shape.name in AT_A_DOMAIN]


def fronted(made: Rig, shape: Shape, now: int) -> None:
    """Put the front of this shape before the entry points."""
    made.base_path, made.clock.at_s = BASE_PATH, now
    made.front = make_front(made.made, now, reference="env:FRONT" if shape.name == "cloudfront" else "")
