"""Guards that only their order or their absence shows: what each says is broken by a mutant of mutants.toml."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.flows import signing
from tests.flows.deployment import ROOT, SECRET, VARIABLES
from tests.unit.senders.schemes.test_any_delivery import target
from verihook import bootstrap
from verihook.adapters.ledgers.sqlite import SqliteDocuments, SqliteFile, SqliteLedger
from verihook.adapters.secrets.environment import EnvironmentSecrets
from verihook.config import load_hooks
from verihook.errors import SignatureError
from verihook.model.instance import Instance
from verihook.model.ports import Services, Trace
from verihook.request import Reply, Request
from verihook.senders import load_sender, sender_ids
from verihook.webhooks.receive import receive

#: Schemes that verify with a public key: there is no secret to be found out by the time that a comparison takes.
PUBLIC_KEY = {"PublicKeyScheme", "SnsScheme", "JwtScheme", "HttpSignatureScheme", "DetachedJwsScheme"}


@pytest.mark.parametrize("sender", sender_ids())
def test_a_mac_is_compared_in_constant_time(sender: str, monkeypatch: pytest.MonkeyPatch) -> None:
    scheme = load_sender(sender).scheme
    if type(scheme).__name__ in PUBLIC_KEY and not getattr(scheme, "algorithm", "").startswith("HS"):
        return
    aim, compared = target(sender), []

    def compare(first: bytes, second: bytes) -> bool:
        compared.append((type(first), type(second)))
        return first == second

    # Of the standard library, before the check is bound: it keeps the function.
    monkeypatch.setattr(hmac, "compare_digest", compare)
    verify = aim.scheme.bind(aim.secrets, aim.setting)
    assert "current" == verify(aim.request, aim.now).verified_by
    assert (bytes, bytes) in compared


def test_every_candidate_is_compared_whichever_matches(monkeypatch: pytest.MonkeyPatch) -> None:
    aim, compared = target("standard-webhooks"), []

    def compare(first: bytes, second: bytes) -> bool:
        compared.append(second)
        return first == second

    monkeypatch.setattr(hmac, "compare_digest", compare)
    other = "v1," + "A" * 43 + "="
    request = _with_header("standard-webhooks", "webhook-signature", lambda text: f"{text} {other} {text} {other}")
    assert "current" == aim.scheme.bind(aim.secrets, aim.setting)(request, aim.now).verified_by
    assert 4 == len(compared)


class Journal(SqliteLedger):
    """The ledger, which notes into a list what happens."""

    def __init__(self, file: SqliteFile, happened: list[str]) -> None:
        super().__init__(file)
        self.happened = happened
        self.claimed: list[Instance] = []

    def claim(self, instance: Instance) -> Instance | None:
        self.happened.append("claim")
        self.claimed.append(instance)
        return super().claim(instance)


class Engine:
    """An engine that notes what it is given."""

    max_input = 262_144
    keeps_names = True
    continues = True

    def __init__(self, happened: list[str]) -> None:
        self.happened = happened
        self.inputs: list[str] = []

    def start(self, definition: str, name: str, input: str, connection: str | None = None) -> None:
        self.happened.append("start")
        self.inputs.append(input)


class Quiet:
    """Telemetry that keeps the traces."""

    def __init__(self) -> None:
        self.traces: list[Trace] = []

    def delivery(self, trace: Trace) -> None:
        self.traces.append(trace)

    def measured(self, measures: Any) -> None:
        """Nothing."""

    def failure(self, where: str, error: BaseException) -> None:
        raise error


SOURCE = """
[sources.{name}]
sender = "generic"
secrets = ["env:ORDERS_WEBHOOK_SECRET"]
workflow = "order-created"
{extra}
"""

#: Sources by name, with what they have beside the shipped ones.
EXTRAS = {
    "filtered": 'types = ["wanted"]',
    "strict": 'changed = "reject"',
    "limited": "starts_per_minute = 2",
    "once": 'duplicates = "reject"',
    "again": 'duplicates = "restart"',
    "small": "max_body = 300",
}


class Parts:
    """A receiver over the shipped sources and those of EXTRAS."""

    def __init__(self, folder: Path) -> None:
        hooks_path = folder / "hooks.toml"
        more = "".join(SOURCE.format(name=name, extra=extra) for name, extra in EXTRAS.items())
        hooks_path.write_text((ROOT / "handler" / "hooks.toml").read_text("utf-8") + more)
        (folder / "workflows").symlink_to(ROOT / "handler" / "workflows")
        self.happened: list[str] = []
        self.file = SqliteFile(folder / "ledger.db")
        self.ledger, self.engine = Journal(self.file, self.happened), Engine(self.happened)
        self.telemetry = Quiet()
        self.services: Services = bootstrap.assemble(
            load_hooks(hooks_path),
            EnvironmentSecrets(VARIABLES, folder),
            self.ledger,
            SqliteDocuments(self.file),
            self.telemetry,
            engines={"stepfunctions": self.engine, "durable": self.engine, "function": self.engine},
            payloads=None,
            caller=None,
            instance_key=b"k" * 32,
            pace=bootstrap.LOCAL_PACE,
        )

    def post(self, source: str, body: bytes, headers: list[tuple[str, str]], request_id: str = "request-1") -> Reply:
        pairs = tuple((name.lower(), value) for name, value in headers)
        return receive(Request("POST", f"/hooks/{source}", "", pairs, body, request_id), self.services)

    def read(self, path: str, instance_id: str) -> Reply:
        return receive(Request("GET", path, f"instanceId={instance_id}", (), b"", "request-1"), self.services)


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    made = Parts(tmp_path)
    yield made
    made.file.close()


def test_an_instance_is_claimed_before_it_is_started(parts: Parts) -> None:
    body = signing.order()
    assert 200 == parts.post("orders", body, signing.x_signature(body)).status
    assert ["claim", "start"] == parts.happened


def test_an_unwanted_type_is_not_claimed(parts: Parts) -> None:
    body = signing.order(type="unwanted")
    assert 200 == parts.post("filtered", body, signing.x_signature(body)).status
    assert [] == parts.happened


def test_the_input_is_the_body_and_nothing_of_the_request(parts: Parts) -> None:
    body = signing.order()
    parts.post("orders", body, signing.x_signature(body), "request-that-shows")
    assert [body.decode()] == parts.engine.inputs
    assert [body.decode()] == [instance.input for instance in parts.ledger.claimed]


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[" * 100_000], ids=["not JSON", "not UTF-8", "too deep"])
def test_a_forged_body_is_refused_for_its_signature_whatever_it_is(parts: Parts, body: bytes) -> None:
    reply = parts.post("orders", body, signing.x_signature(body, "guess"))
    assert (401, "signature") == (reply.status, json.loads(reply.body)["code"])
    assert [] == parts.happened


def test_an_unsigned_handshake_is_refused(parts: Parts) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "c" * 40}).encode()
    reply = parts.post("slack", body, signing.slack(body, secret="guess"))
    assert 401 == reply.status
    assert b"c" * 40 not in reply.body


def test_the_secret_that_matched_is_traced(parts: Parts) -> None:
    body = signing.order()
    parts.post("orders", body, signing.x_signature(body, SECRET))
    assert ["current"] == [trace.verified_by for trace in parts.telemetry.traces]


def test_the_previous_secret_verifies() -> None:
    for sender in sender_ids():
        aim = target(sender)
        other = _another(aim.secrets[0])
        try:
            verify = aim.scheme.bind((other, *aim.secrets), aim.setting)
        except ValueError:
            # The other one is no key of this sender's kind: its own tests rotate.
            continue
        assert "previous" == verify(aim.request, aim.now).verified_by, sender


def _another(secret: str) -> str:
    """A secret of the same form, with another character in the middle."""
    at = len(secret) // 2
    return secret[:at] + ("2" if secret[at] != "2" else "3") + secret[at + 1 :]


def test_an_empty_secret_is_refused_at_load() -> None:
    empty: Any = ("",)
    for sender in sender_ids():
        aim = target(sender)
        with pytest.raises(ValueError, match=r"empty|secret|key"):
            aim.scheme.bind(empty, aim.setting)


def test_no_secret_verifies_nothing() -> None:
    with_secrets = [sender for sender in sender_ids() if not target(sender).scheme.keyless]
    assert len(with_secrets) > 80
    for sender in with_secrets:
        aim = target(sender)
        with pytest.raises(SignatureError) as refusal:
            aim.scheme.bind((), aim.setting)(aim.request, aim.now)
        assert "no-secret" == refusal.value.reason, sender


def _refused(sender: str, request: Request, now: int) -> str:
    """The reason for which the sender's check refuses the delivery."""
    with pytest.raises(SignatureError) as error:
        target(sender).checks[0](request, now)
    return error.value.reason


def _with_header(sender: str, name: str, change: Callable[[str], str]) -> Request:
    """The sender's genuine delivery with one header changed."""
    request = target(sender).request
    return replace(
        request, headers=tuple((key, change(text) if key == name else text) for key, text in request.headers)
    )


def test_a_header_that_is_not_signed_does_not_make_a_delivery_fresh() -> None:
    aim, later = target("linear"), target("linear").now + 36000
    request = replace(aim.request, headers=(*aim.request.headers, ("linear-timestamp", str(later * 1000))))
    only = dict(request.headers)
    assert "timestamp-outside-tolerance" == _refused("linear", replace(request, headers=tuple(only.items())), later)


def test_the_prefix_of_a_token_is_checked() -> None:
    assert "wrong-prefix" == _refused("chargebee", _with_header("chargebee", "authorization", "b".__add__), 0)
    other = _with_header("chargebee", "authorization", lambda text: "Wrong" + text[5:])
    assert "wrong-prefix" == _refused("chargebee", other, 0)


def test_unused_bits_of_base64_are_refused() -> None:
    # 32 bytes leave two bits of the last digit over: four spellings of one signature, of which one is right.
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    name = "x-line-signature"
    other = _with_header("line", name, lambda text: text[:42] + alphabet[alphabet.index(text[42]) + 1] + "=")
    assert "non-canonical-base64" == _refused("line", other, target("line").now)


@pytest.mark.parametrize("broken", ["v1,!", "v1,AA", "v1"])
def test_a_malformed_candidate_hides_no_good_one(broken: str) -> None:
    aim = target("standard-webhooks")
    for change in (lambda text: f"{broken} {text}", lambda text: f"{text} {broken}"):
        request = _with_header("standard-webhooks", "webhook-signature", change)
        assert "current" == aim.checks[0](request, aim.now).verified_by


def test_a_member_that_stands_twice_is_refused() -> None:
    aim = target("mailgun")
    assert aim.request.body.startswith(b"{")
    twice = replace(aim.request, body=b'{"signature":{},' + aim.request.body[1:])
    assert "body-is-not-json" == _refused("mailgun", twice, aim.now)
