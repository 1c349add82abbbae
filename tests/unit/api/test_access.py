"""Who is let in: keys in each header, AWS's own authentication, and one machine on loopback."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import Request

from tests.contracts.instances import MINUTE, NOW
from tests.unit.bare import Counted, StandingClock, bare_services, documents
from verihook.api.access import KEEP_MS, Access, Identity, challenge
from verihook.errors import Forbidden, LedgerUnavailable, RequestInvalid, Unauthenticated
from verihook.instances import api_keys
from verihook.model.policy import Policy
from verihook.model.ports import Document

__all__ = ["documents"]

IAM = {"requestContext": {"authorizer": {"iam": {"userArn": "arn:aws:iam::1:user/a"}}}}


def asked(*headers: tuple[str, str], event: dict[str, Any] | None = None) -> Request:
    raw = [(name.encode(), value.encode()) for name, value in (("host", "127.0.0.1:8000"), *headers)]
    return Request({"type": "http", "headers": raw, **({} if event is None else {"aws.event": event})})


def access(
    documents: Counted, *, loopback: bool = False, auth: str = "required", run_key: str = "", clock: Any = None
) -> Access:
    policy = Policy(auth=auth)  # type: ignore[arg-type]
    parts = {"documents": documents, "policy": policy, "clock": clock or StandingClock()}
    return Access(bare_services(**parts), loopback=loopback, run_key=run_key)


@pytest.fixture
def secret(documents: Counted) -> str:
    return api_keys.create("ci", ["workflows:execute"], documents, NOW, workflows=["order-*"])[1]


@pytest.mark.parametrize(
    ("header", "before"),
    [("Authorization", "Bearer "), ("authorization", "bearer  "), ("X-Api-Key", ""), ("dapr-api-token", "")],
)
def test_a_key_in_each_header(documents: Counted, secret: str, header: str, before: str) -> None:
    identity = access(documents).identify(asked((header.lower(), before + secret)))
    assert identity.key is not None
    assert identity.name == identity.key.id == api_keys.digest_of(secret)[:16]


def test_the_scope_and_the_workflow_count(documents: Counted, secret: str) -> None:
    guard, request = access(documents), asked(("x-api-key", secret))
    assert guard.require(request, "workflows:execute", "order-created").covers("order-created")
    with pytest.raises(Forbidden, match="lacks the scope keys:manage"):
        guard.require(request, "keys:manage")
    with pytest.raises(Forbidden, match="on this workflow"):
        guard.require(request, "workflows:execute", "payroll")
    identity = guard.identify(request)
    assert not identity.covers("payroll")
    with pytest.raises(Forbidden):
        identity.require("workflows:execute", "payroll")


@pytest.mark.parametrize(
    "headers",
    [
        (),
        (("authorization", "Bearer "),),
        (("authorization", "Basic dXNlcjpwYXNz"),),
        (("authorization", "AWS4-HMAC-SHA256 Credential=a"),),
        (("x-api-key", " "),),
    ],
)
def test_no_key_no_entry(documents: Counted, headers: tuple[tuple[str, str], ...]) -> None:
    contexts: list[Any] = [{"authorizer": None}, {"authorizer": {"jwt": {}}}]
    for event in (None, {}, *({"requestContext": context} for context in contexts)):
        with pytest.raises(Unauthenticated, match="Send an API key") as caught:
            access(documents, auth="open").identify(asked(*headers, event=event))
        assert {"www-authenticate": 'Bearer realm="verihook"'} == challenge(caught.value)
    assert [] == documents.calls


def test_a_wrong_key(documents: Counted, secret: str) -> None:
    wrong = secret[:-1] + ("a" if secret[-1] != "a" else "b")
    documents.remove(api_keys.PARTITION, api_keys.digest_of(secret)[:16])
    for text in (wrong, secret, "made up"):
        with pytest.raises(Unauthenticated) as caught:
            access(documents).identify(asked(("x-api-key", text)))
        assert {"www-authenticate": 'Bearer realm="verihook", error="invalid_token"'} == challenge(caught.value)
    assert 'Bearer realm="verihook", error="insufficient_scope"' in challenge(Forbidden("no")).values()
    assert {} == challenge(LedgerUnavailable("no"))


def test_two_different_keys_are_none(documents: Counted, secret: str) -> None:
    other = api_keys.create("other", ["workflows:execute"], documents, NOW)[1]
    guard = access(documents)
    for headers in (
        [("x-api-key", secret), ("authorization", f"Bearer {other}")],
        [("x-api-key", secret), ("x-api-key", other)],
        [("dapr-api-token", secret), ("x-api-key", "anything")],
    ):
        with pytest.raises(RequestInvalid, match="more than one"):
            guard.identify(asked(*headers))
    assert guard.identify(asked(("x-api-key", secret), ("authorization", f"Bearer {secret}"))).key is not None


def test_what_aws_has_authenticated_may_do_everything(documents: Counted, secret: str) -> None:
    identity = access(documents).require(asked(("authorization", "AWS4-HMAC-SHA256 ..."), event=IAM), "keys:manage")
    assert (Identity(entry="iam"), "") == (identity, identity.name)
    assert identity.covers("payroll")


def test_a_key_narrows_what_aws_has_authenticated(documents: Counted, secret: str) -> None:
    """A proxy that signs for everybody (CloudFront) makes no sender of a key an administrator."""
    with pytest.raises(Forbidden):
        access(documents).require(asked(("x-api-key", secret), event=IAM), "keys:manage")
    with pytest.raises(Unauthenticated):
        access(documents).require(asked(("x-api-key", "wrong"), event=IAM), "keys:manage")


def test_one_machine_is_open_on_loopback(documents: Counted) -> None:
    guard = access(documents, loopback=True, auth="open")
    for headers in ([], [("authorization", "Bearer made-up")], [("dapr-api-token", "x"), ("host", "localhost")]):
        assert Identity(entry="open") == guard.require(asked(*headers), "keys:manage")
    assert Identity(entry="open") == guard.identify(asked(("origin", "http://localhost:8000")))


def test_the_key_of_the_run_opens_everything_from_anywhere_and_costs_no_read(documents: Counted) -> None:
    mine, another = api_keys.new_secret(), api_keys.new_secret()
    for auth in ("required", "open"):
        guard = access(documents, loopback=True, auth=auth, run_key=mine)
        for headers in ([("x-api-key", mine)], [("authorization", f"Bearer {mine}"), ("x-forwarded-for", "1.2.3.4")]):
            assert Identity(entry="run") == guard.require(asked(*headers), "keys:manage")
    assert [] == documents.calls
    with pytest.raises(Unauthenticated, match="not valid"):
        access(documents, loopback=True, run_key=mine).identify(asked(("x-api-key", another)))
    with pytest.raises(Unauthenticated, match="verihook keys run"):
        access(documents, loopback=True, run_key=mine).identify(asked())
    # A deployment without one has no such way in.
    for nothing in ("", " "):
        with pytest.raises(Unauthenticated):
            access(documents).identify(asked(("x-api-key", nothing)))


def test_a_key_of_ours_means_what_it_says_on_loopback(documents: Counted, secret: str) -> None:
    guard = access(documents, loopback=True, auth="open")
    with pytest.raises(Forbidden):
        guard.require(asked(("x-api-key", secret)), "keys:manage")
    with pytest.raises(Unauthenticated):
        guard.identify(asked(("x-api-key", secret + "x")))


@pytest.mark.parametrize(
    "header",
    [
        ("host", "evil.example"),
        ("host", "127.0.0.1.evil.example:8000"),
        ("host", "["),
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("x-forwarded-for", "203.0.113.9"),
        ("x-forwarded-host", "a.tunnel.example"),
        ("x-forwarded-proto", "https"),
        ("forwarded", "for=203.0.113.9"),
        ("via", "1.1 proxy"),
        ("cf-connecting-ip", "203.0.113.9"),
        ("true-client-ip", "203.0.113.9"),
        ("x-real-ip", "203.0.113.9"),
    ],
)
def test_what_comes_from_elsewhere_needs_a_key(documents: Counted, secret: str, header: tuple[str, str]) -> None:
    """Tunnels, other sites' pages in a browser, DNS rebinding: the socket is loopback, the caller is not."""
    guard = access(documents, loopback=True, auth="open")
    with pytest.raises(Unauthenticated, match="from this machine alone"):
        guard.identify(asked(header))
    assert guard.identify(asked(header, ("x-api-key", secret))).key is not None


def test_the_http_that_nginx_passes_on_needs_a_key(documents: Counted) -> None:
    guard, request = access(documents, loopback=True, auth="open"), asked()
    request.scope["http_version"] = "1.0"
    with pytest.raises(Unauthenticated, match="from this machine alone"):
        guard.identify(request)


@pytest.mark.parametrize(("loopback", "auth"), [(True, "required"), (False, "open")])
def test_open_takes_both_loopback_and_the_policy(documents: Counted, loopback: bool, auth: str) -> None:
    with pytest.raises(Unauthenticated):
        access(documents, loopback=loopback, auth=auth).identify(asked())


def test_a_key_is_read_once_in_30_seconds(documents: Counted, secret: str) -> None:
    clock = StandingClock()
    guard, request = access(documents, clock=clock), asked(("x-api-key", secret))
    documents.calls.clear()
    guard.identify(request)
    assert ["read", "write"] == documents.calls
    api_keys.revoke(api_keys.digest_of(secret)[:16], documents, NOW)
    documents.calls.clear()
    clock.at += KEEP_MS - 1
    assert guard.identify(request).key is not None
    assert [] == documents.calls
    clock.at += 1
    for _ in range(3):
        with pytest.raises(Unauthenticated):
            guard.identify(request)
    assert ["read"] == documents.calls


def test_whoever_handles_keys_is_looked_up_each_time(documents: Counted) -> None:
    key, secret = api_keys.create("ops", ["keys:manage", "workflows:read"], documents, NOW)
    guard, request = access(documents), asked(("x-api-key", secret))
    for _ in range(2):
        assert key.id == guard.require(request, "keys:manage").name
    api_keys.revoke(key.id, documents, NOW)
    assert key.id == guard.require(request, "workflows:read").name
    with pytest.raises(Unauthenticated):
        guard.require(request, "keys:manage")
    with pytest.raises(Unauthenticated):
        guard.require(request, "workflows:read")


def test_a_key_that_is_forgotten_is_read_anew(documents: Counted, secret: str) -> None:
    guard, request = access(documents), asked(("x-api-key", secret))
    other = api_keys.create("other", ["workflows:read"], documents, NOW)[1]
    for held in (request, asked(("x-api-key", other))):
        guard.identify(held)
    key_id = api_keys.digest_of(secret)[:16]
    api_keys.revoke(key_id, documents, NOW)
    guard.reread(key_id)
    documents.calls.clear()
    assert guard.identify(asked(("x-api-key", other))).key is not None
    assert [] == documents.calls
    with pytest.raises(Unauthenticated):
        guard.identify(request)


def test_a_key_that_changes_while_it_is_read_is_not_held(documents: Counted, secret: str) -> None:
    guard, request, key_id = access(documents), asked(("x-api-key", secret)), api_keys.digest_of(secret)[:16]
    write = documents.write

    def revoked_meanwhile(partition: str, document: Document, now_ms: int) -> bool:
        documents.write = write  # type: ignore[method-assign]
        api_keys.revoke(key_id, documents, NOW)
        guard.reread(key_id)
        return False

    documents.write = revoked_meanwhile  # type: ignore[method-assign]
    assert guard.identify(request).key is not None
    with pytest.raises(Unauthenticated):
        guard.identify(request)


def test_what_a_caller_may(documents: Counted, secret: str) -> None:
    identity = access(documents).identify(asked(("x-api-key", secret)))
    assert identity.may("workflows:execute", "order-created")
    assert not identity.may("workflows:execute", "payroll")
    assert not identity.may("instances:read", "order-created")
    assert Identity().may("keys:manage", "payroll")


def test_a_key_that_is_held_still_expires(documents: Counted) -> None:
    clock = StandingClock()
    _, secret = api_keys.create("ci", ["workflows:read"], documents, NOW, expires_at=NOW + 10)
    guard, request = access(documents, clock=clock), asked(("x-api-key", secret))
    guard.identify(request)
    clock.at += 10
    with pytest.raises(Unauthenticated):
        guard.identify(request)


def test_the_use_of_a_key_that_is_held_is_noted(documents: Counted, secret: str) -> None:
    clock = StandingClock()
    guard, request = access(documents, clock=clock), asked(("x-api-key", secret))
    for _ in range(60):
        guard.identify(request)
        clock.at += MINUTE // 3
    (key,) = api_keys.list_keys(documents, clock.at)
    assert key.last_used_at is not None
    assert clock.at - key.last_used_at < 2 * api_keys.USE_NOTED_MS
    assert 3 == documents.calls.count("write")


def test_an_outage_is_no_refusal_and_is_not_remembered(documents: Counted, secret: str) -> None:
    guard, request = access(documents), asked(("x-api-key", secret))
    documents.failing = {"read"}
    with pytest.raises(LedgerUnavailable):
        guard.identify(request)
    documents.failing = set()
    assert guard.identify(request).key is not None


def test_what_is_held_is_bounded(documents: Counted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verihook.api.access.MAX_HELD", 2)
    guard = access(documents)
    secrets = [api_keys.create("ci", ["workflows:read"], documents, NOW)[1] for _ in range(4)]
    for secret in secrets:
        guard.identify(asked(("x-api-key", secret)))
    documents.calls.clear()
    for secret in secrets[2:]:
        guard.identify(asked(("x-api-key", secret)))
    assert [] == documents.calls
    guard.identify(asked(("x-api-key", secrets[0])))
    assert ["read"] == documents.calls
