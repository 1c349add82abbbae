"""What comes past the front, or from elsewhere than a source allows, whatever its headers say."""

from __future__ import annotations

import asyncio
import base64
import copy
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.events.fronts import FRONT_SECRET, HOST, event_of, fronted
from tests.events.shapes import Shape
from tests.vectors.run import Case
from verihook.adapters.secrets.environment import EnvironmentSecrets
from verihook.api.access import Access
from verihook.api.fronted import Fronted
from verihook.api.hooks import hooks
from verihook.app import create_app
from verihook.local.late_api import LateApi
from verihook.model.front import ORIGIN, FrontRules
from verihook.model.source import SecretReference
from verihook.records import replace
from verihook.request import FORM, Request
from verihook.senders import load_sender
from verihook.senders.schemes import Setting
from verihook.webhooks.front import make_front

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
    app = LateApi(hooks(services, console=False), Fronted(make_front(services, None), services))
    app.build(lambda: create_app(services, Access(services), local=True), lambda: None)
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
