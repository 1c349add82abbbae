"""A source of every sender in one deployment, in this process; driven over a socket, and by Lambda events."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections import ChainMap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import uvicorn

from tests.flows.every_sender.keys import (
    OTHER_TOPICS,
    PAIRED,
    PUBLIC_URL,
    TOPIC,
    VERIFY_TOKEN,
    Key,
    key_of,
    playable,
    signs_url,
)
from tests.flows.faces import Answer, Face
from tests.flows.waiting import wait_until
from verihook.api.access import Access
from verihook.app import create_app
from verihook.bootstrap import local_log, on_one_machine
from verihook.config import Hooks, load_hooks
from verihook.local.engines import LocalEngines
from verihook.model.ports import Services
from verihook.request import Request
from verihook.senders import load_sender
from verihook.senders.handshake import HandshakeContext
from verihook.senders.samples import fresh, sample_of, sample_type
from verihook.senders.schemes import Setting
from verihook.webhooks.signed_delivery import SignedDelivery, content_type_of

_WORKFLOW = '[workflows.any]\nengine = "function"\ndefinition = "any"\n'
_SOURCE = """
[sources.{sender}]
sender = "{sender}"
secrets = {secrets}
workflow = "any"
parameters = {parameters}
"""

#: Their keys come from the network, which is the test's.
FETCHING = ("aws-sns", "paypal")


#: Senders that sign their URL, each with a source NAME-spelled at this one.
SPELLED = ("hubspot-v2", "hubspot-v3", "square", "trello", "twilio", "rfc9421-hmac")
SPELLED_URL = "https://hooks.example.com/hooks/{}-spelled?n=a%20b&at=12:30&c=x,y@z~'()&flag&a=2&b=1&a=3"

#: Keys of the sender's signature that the source sets itself, and a URL that was registered in capitals.
_LENIENT = """
[sources.paddle-lenient]
sender = "paddle"
secrets = ["env:PADDLE_SECRET"]
workflow = "any"
signature = { tolerance = 60 }

[sources.aws-sns-lenient]
sender = "aws-sns"
secrets = []
workflow = "any"
parameters = { topic_arns = "arn:aws:sns:us-east-1:123456789012:orders" }
signature = { tolerance = 3900 }

[sources.rfc9421-hmac-capitals]
sender = "rfc9421-hmac"
secrets = ["env:RFC9421_HMAC_SECRET"]
workflow = "any"
public_url = "https://HOOKS.Example.com/hooks/rfc9421-hmac"
"""


def _spelled(sender: str) -> str:
    secrets = f'["env:{variable(sender)}"]'
    text = _SOURCE.format(sender=sender, secrets=secrets, parameters="{}")
    text = text.replace(f"[sources.{sender}]", f"[sources.{sender}-spelled]")
    return f'{text}public_url = "{SPELLED_URL.format(sender)}"\n'


def variable(sender: str) -> str:
    return sender.upper().replace("-", "_") + "_SECRET"


def write(folder: Path) -> Path:
    """Lay the deployment out; return the path of its hooks.toml."""
    text = _WORKFLOW
    for sender in playable():
        key = key_of(sender)
        secrets = f'["file:{sender}.secret"]' if sender in PAIRED else f'["env:{variable(sender)}"]'
        parameters = ", ".join(f"{name} = {json.dumps(value)}" for name, value in key.parameters.items())
        secrets = "[]" if sender in FETCHING else secrets
        text += _SOURCE.format(sender=sender, secrets=secrets, parameters=f"{{ {parameters} }}")
        registered = f'public_url = "{PUBLIC_URL.format(sender)}"\n' if signs_url(sender) else ""
        text += registered
        if load_sender(sender).places.each and sender not in PAIRED:
            split = _SOURCE.format(sender=sender, secrets=secrets, parameters=f"{{ {parameters} }}")
            text += split.replace(f"[sources.{sender}]", f"[sources.{sender}-each]\neach = true") + registered
    text += "".join(map(_spelled, SPELLED)) + _LENIENT
    (folder / "workflows").mkdir(parents=True)
    (folder / "workflows" / "any.py").write_text("def run(event, context):\n    return None\n")
    (folder / "hooks.toml").write_text(text)
    return folder / "hooks.toml"


@contextmanager
def deployed(folder: Path) -> Iterator[Services]:
    """The services over a new ledger. No worker runs: an instance that was started stays as it is."""
    hooks = load_hooks(write(folder / "deployment"))
    data = folder / "data"
    data.mkdir(mode=0o700)
    variables = {variable(sender): key_of(sender).verifies for sender in playable()} | {"VERIFY_TOKEN": VERIFY_TOKEN}
    with LocalEngines(hooks, data) as engines:
        yield _fetching(hooks, on_one_machine(hooks, variables, data, engines.endpoints, b"k" * 32, local_log()))


def _fetching(hooks: Hooks, services: Services) -> Services:
    """The services whose senders fetch their keys here."""
    verify, handshakes = {}, {}
    for name in (*FETCHING, "aws-sns-lenient"):
        source = hooks.sources[name]
        certificate = key_of(source.sender.id).certificate

        def fetch(url: str, content: bytes = b"", authorization: str = "", certificate: bytes = certificate) -> bytes:
            return b"<ConfirmSubscriptionResponse/>" if "SubscribeURL" in url or "Action=" in url else certificate

        scheme, parameters = source.sender.scheme, source.parameters
        if source.sender.id == "aws-sns":
            parameters = {"topic_arns": ",".join((TOPIC, *OTHER_TOPICS))}
        verify[name] = scheme.bind((), Setting(parameters=parameters, fetch=fetch))
        if source.sender.handshake is not None:
            handshakes[name] = source.sender.handshake.bind(HandshakeContext(parameters=parameters, fetch=fetch))
    return replace(
        services,
        verify=ChainMap(verify, dict(services.verify)),
        handshakes=ChainMap(handshakes, dict(services.handshakes)),
    )


@contextmanager
def served(services: Services) -> Iterator[str]:
    """The URL of a server of this process over the services."""
    app = create_app(services, Access(services, loopback=True, run_key="run"), local=True)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off", ws="none"))
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        wait_until(lambda: server.started)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@dataclass
class Played:
    """One sender, and what came of what it sent. ``ids``: of the instances that its answers named, in their order."""

    sender: str
    face: Face
    services: Services
    source: str = ""
    ids: list[str] = field(default_factory=list)
    event: str = field(default_factory=lambda: os.urandom(12).hex())

    @property
    def key(self) -> Key:
        return key_of(self.sender)

    def sample(self) -> bytes:
        return fresh(sample_of(self.sender), self.services.sources[self.sender].sender.places, self.event)

    def signed(self, body: bytes, kind: str = "", *, age_s: int = 2) -> Request:
        """The delivery that the sender signed ``age_s`` seconds ago."""
        source, form = self.services.sources[self.source or self.sender], content_type_of(body)
        kind, now = kind or sample_type(self.sender), int(time.time()) - age_s
        return SignedDelivery(source, self.key.signs, body, form, self.event, kind, now).signed()

    def told(self, request: Request, body: bytes | None = None) -> str:
        """What the answer says: its status, what became of the delivery, and whether it has a body; ``body``: which."""
        target = f"{request.path}?{request.query}" if request.query else request.path
        answer = self.face.send(request.method, target, list(request.headers), request.body)
        assert body in (None, answer.body)
        told = f"{answer.status} {self._outcome(answer)}"
        return told if answer.body else f"{told}, no body"

    def _outcome(self, answer: Answer) -> str:
        instance = answer.headers.get("location", "").partition("instanceId=")[2]
        content: Any = answer.json if "json" in answer.headers.get("content-type", "") else {}
        if not instance:
            return next((word for word in ("ignored", "code") if word in content), "answered")
        known = instance in self.ids
        if not known:
            self.ids.append(instance)
        assert self.services.ledger.get(instance, int(time.time() * 1000)) is not None
        assert content.get("duplicate", known) == known
        return "known" if known else "new"
