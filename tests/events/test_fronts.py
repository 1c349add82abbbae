"""The senders that sign their URL, through every front: one verdict, whichever front and whichever entry point.

The services are real ones over SQLite; they stand where the environment of a Lambda function would make them.
"""

from __future__ import annotations

import asyncio
import base64
import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.events.shapes import BASE_PATH, SHAPES, Shape
from tests.unit.engine_by_hand import EngineByHand
from tests.vectors.run import Case, read_cases
from verihook import bootstrap, main
from verihook.adapters.ledgers.sqlite import SqliteDocuments, SqliteFile, SqliteLedger
from verihook.adapters.secrets.environment import EnvironmentSecrets
from verihook.api.access import Access
from verihook.api.fronted import Fronted
from verihook.app import create_app
from verihook.config import load_hooks
from verihook.model.front import ORIGIN, FrontRules
from verihook.model.ports import Services, Trace
from verihook.model.source import SecretReference
from verihook.records import replace
from verihook.request import FORM, Request
from verihook.senders import load_sender
from verihook.senders.schemes import Setting
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
        self.last: Trace | None = None

    def delivery(self, trace: Trace) -> None:
        self.last = trace

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


@pytest.fixture
def rig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, dict[str, str]], Rig]]:
    with SqliteFile(tmp_path / "ledger.db") as file:
        yield lambda hooks, variables: Rig(tmp_path, file, hooks, variables).installed(monkeypatch)


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


@pytest.mark.parametrize("sender", SENDERS)
def test_what_signs_the_registered_url_has_one_verdict_through_every_front(rig: Any, sender: str) -> None:
    """By the path of the source, which has ``public_url``: of the delivery only the query counts."""
    all_cases = cases(sender)
    # Some of each verdict through all shapes; each case of the vectors by one of them in turn.
    few = [next(case for case in all_cases if case["valid"] is valid) for valid in (True, False)]
    hooks, variables = configured(all_cases, lambda case: f"public_url = {json.dumps(case['url'])}")
    made = rig(hooks, variables)
    made.base_path = BASE_PATH
    for number, case in enumerate(all_cases):
        made.clock.at_s = case["now"]
        query = urlsplit(case["url"]).query
        for shape in SHAPES if case in few else [SHAPES[number % len(SHAPES)]]:
            target = f"/hooks/s{number}" + (f"?{query}" if query else "")
            status, _ = made.verdict(event_of(shape, case, target))
            assert expected(case) == status or _is_malformed(status), (case["id"], shape.name)


def _is_malformed(status: int) -> bool:
    """Verified, but no event: some published examples have a body that is no JSON."""
    return status == 400


DOMAINS = [shape for shape in SHAPES if shape.name in AT_A_DOMAIN]


def fronted(made: Rig, shape: Shape, now: int) -> None:
    """Put the front of this shape before the entry points."""
    made.base_path, made.clock.at_s = BASE_PATH, now
    made.front = make_front(made.made, now, reference="env:FRONT" if shape.name == "cloudfront" else "")


@pytest.mark.parametrize("shape", [shape for shape in DOMAINS if not shape.front], ids=str)
def test_the_public_host_and_path_are_what_is_signed(rig: Any, shape: Shape) -> None:
    """By a route: nothing else tells the source, and what its sender signs is the URL of the route."""
    all_cases = [case for sender in SENDERS for case in cases(sender)]
    few = [next(case for case in all_cases if case["scheme"] == sender and case["valid"]) for sender in SENDERS]
    few.append(next(case for case in all_cases if not case["valid"]))
    for case in few:
        url = urlsplit(case["url"])
        host, path = str(url.hostname), url.path or "/"
        hooks, variables = configured([case], lambda _: "")
        made = rig(f'[routes]\n"{host}{path}" = "s0"\n{hooks}', {**variables, "FRONT": FRONT_SECRET})
        fronted(made, shape, case["now"])
        target = path + (f"?{url.query}" if url.query else "")
        status, _ = made.verdict(event_of(shape, case, target, f"{host.upper()}."))
        assert expected(case) == status or _is_malformed(status), (case["id"], shape.name)
        # The signature, the path and what callers write stay the same; the host is another.
        event = event_of(shape, case, target, "other.example.com")
        event["headers"] |= {"x-forwarded-host": host, "forwarded": f"host={host}"}
        assert (404, "source-not-found") == made.verdict(event)


ROUTED = """
[routes]
"hooks.example.com{base}/calls" = "calls"
[sources.calls]
sender = "twilio"
secrets = ["env:CALLS"]
workflow = "w"
"""


@pytest.mark.parametrize("shape", DOMAINS, ids=str)
def test_what_stands_before_the_path_is_part_of_the_public_url(rig: Any, shape: Shape) -> None:
    made = rig(ROUTED.format(base=shape.front), {"CALLS": "token", "FRONT": FRONT_SECRET})
    fronted(made, shape, 0)
    url = f"https://hooks.example.com{shape.front}/calls"
    assert url == made.made.sources["calls"].public_url
    signed = load_sender("twilio").scheme.sign(
        "token",
        Request("POST", "/", "a=1", (("content-type", FORM),), b"CallSid=CA1", ""),
        Setting(url),
        message_id="",
        now=0,
    )
    case = {"headers": list(signed.headers), "body_base64": base64.b64encode(b"CallSid=CA1").decode()}
    assert (200, None) == made.verdict(event_of(shape, case, "/calls?a=1"))
    for other in ("/calls/", "//calls", "/CALLS", "/calls/../calls", "/x/calls"):
        assert (404, "source-not-found") == made.verdict(event_of(shape, case, f"{other}?a=1"))
    # By its own path it is the same source, and its sender has signed the public URL.
    assert (200, None) == made.verdict(event_of(shape, case, "/hooks/calls?a=1"))


LOCKED = """
default_source = "open"
[sources.open]
sender = "twilio"
secrets = ["env:CALLS"]
workflow = "w"
public_url = "https://hooks.example.com/calls"
[sources.locked]
sender = "twilio"
secrets = ["env:CALLS"]
workflow = "w"
public_url = "https://hooks.example.com/calls"
allow_ips = ["192.0.2.0/24"]
"""


def a_call() -> Case:
    request = Request("POST", "/", "", (("content-type", FORM),), b"CallSid=CA1", "")
    signed = load_sender("twilio").scheme.sign(
        "token", request, Setting("https://hooks.example.com/calls"), message_id="", now=0
    )
    return {"headers": list(signed.headers), "body_base64": base64.b64encode(request.body).decode()}


SPOOFED = {
    "x-forwarded-for": "192.0.2.1",
    "x-real-ip": "192.0.2.1",
    "x-verihook-address": "192.0.2.1",
    "forwarded": "for=192.0.2.1",
}


@pytest.mark.parametrize("name", ["function-url", "http-api-2", "http-api-1", "rest", "alb", "cloudfront"])
def test_a_locked_source_takes_what_comes_from_its_networks_whatever_the_headers_say(rig: Any, name: str) -> None:
    shape = Shape(name)
    made = rig(LOCKED, {"CALLS": "token", "FRONT": FRONT_SECRET})
    fronted(made, shape, 0)
    good = event_of(shape, a_call(), "/hooks/locked")
    assert (200, None) == made.verdict(good)
    elsewhere = json.loads(json.dumps(good).replace("192.0.2.1", "203.0.113.9"))
    assert (403, "sender-refused") == made.verdict(elsewhere)
    spoofed = copy.deepcopy(elsewhere)
    said = SPOOFED if name != "alb" else SPOOFED | {"x-forwarded-for": "192.0.2.1, 203.0.113.9"}
    for key, value in said.items():
        # CloudFront writes these itself, whatever it was sent.
        if not (name == "cloudfront" and key.startswith("x-verihook")):
            spoofed["headers"][key] = value
            spoofed.get("multiValueHeaders", {})[key] = [value]
    assert (403, "sender-refused") == made.verdict(spoofed)
    assert (200, None) == made.verdict(event_of(shape, a_call(), "/hooks/open"))


def test_past_the_front_nothing_is_taken_and_a_rotated_secret_is_the_next(rig: Any) -> None:
    shape = Shape("cloudfront")
    made = rig(LOCKED, {"CALLS": "token", "FRONT": FRONT_SECRET})
    fronted(made, shape, 0)
    event = event_of(shape, a_call(), "/hooks/open")
    assert (200, None) == made.verdict(event)
    for value in (None, "", "guess", f"{FRONT_SECRET},{FRONT_SECRET}"):
        stranger = copy.deepcopy(event)
        del stranger["headers"][ORIGIN]
        stranger["headers"] |= {} if value is None else {ORIGIN: value}
        for path in ("/hooks/open", "/", "/hooks/unknown", "/v1/instances", "/health", "/docs"):
            stranger["rawPath"] = path
            assert (403, "not-through-front") == made.verdict(stranger), (value, path)
    # A rotation: the next one is put first, what is sent still is the former; then the former is gone.
    for first, second, ok in (("next", FRONT_SECRET, True), ("next", "next", False)):
        rules = FrontRules((SecretReference("env:FIRST"), SecretReference("env:SECOND")))
        secrets = EnvironmentSecrets({"FIRST": first, "SECOND": second}, Path())
        made.front = make_front(replace(made.made, front=rules, secrets=secrets), 0)
        assert made.verdict(event)[0] == (200 if ok else 403)
        event["headers"][ORIGIN] = "next"
        assert (200, None) == made.verdict(event)
        event["headers"][ORIGIN] = FRONT_SECRET


@pytest.mark.parametrize("name", ["http-api-2-domain", "rest-domain-stage", "http-api-1-mapping-key"])
def test_behind_an_api_the_domain_is_the_only_way(rig: Any, name: str) -> None:
    shape = Shape(name)
    made = rig(LOCKED, {"CALLS": "token"})
    fronted(made, shape, 0)
    made.front = make_front(made.made, 0, domains=[HOST])
    assert (200, None) == made.verdict(event_of(shape, a_call(), "/hooks/open"))
    for other in ("abcdefghij.execute-api.eu-central-1.amazonaws.com", "other.example.com"):
        assert (403, "not-through-front") == made.verdict(event_of(shape, a_call(), "/hooks/open", other))
    assert (403, "not-through-front") == made.verdict(event_of(Shape("function-url"), a_call(), "/hooks/open"))


ONE_MACHINE = (
    LOCKED.replace(
        "default_source",
        """
routes = { "hooks.example.com/calls" = "open" }
default_source""",
    )
    + """
[front]
secrets = ["env:FRONT"]
host_header = "x-public-host"
address_header = "x-real-ip"
"""
)


def test_on_one_machine_the_proxy_with_the_secret_is_believed(rig: Any) -> None:
    made = rig(ONE_MACHINE, {"CALLS": "token", "FRONT": FRONT_SECRET})
    services = made.made
    app = create_app(services, Access(services), local=True, fronted=Fronted(make_front(services, None), services))
    call = a_call()

    def post(path: str, *more: tuple[str, str]) -> int:
        async def send() -> int:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
                body = base64.b64decode(call["body_base64"])
                answer = await client.post(path, content=body, headers=[*call["headers"], *more])
                return answer.status_code

        return asyncio.run(send())

    secret, host, address = (ORIGIN, FRONT_SECRET), ("x-public-host", HOST), ("x-real-ip", "192.0.2.9")
    assert 200 == post("/calls", secret, host)
    # 404 and not 401: a program of this machine, a tunnel, a caller with the right Host.
    assert 404 == post("/calls", host, ("host", HOST), ("x-verihook-host", HOST), ("x-forwarded-host", HOST))
    assert 404 == post("/calls", secret, ("x-public-host", "other.example.com"))
    assert 404 == post("/calls", secret, host, ("x-public-host", "other.example.com"))
    assert 403 == post("/calls", (ORIGIN, "guess"), host)
    assert 403 == post("/v1/workflows", (ORIGIN, ""))
    assert 405 == post("/v1/workflows")
    assert 200 == post("/hooks/open")
    assert 200 == post("/hooks/locked", secret, address)
    assert 403 == post("/hooks/locked", secret, ("x-real-ip", "203.0.113.9"))
    # What uvicorn would take for the client.
    assert 403 == post("/hooks/locked", address, ("x-forwarded-for", "192.0.2.9"))
