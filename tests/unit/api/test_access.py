"""Who is let in: keys in each header, AWS's own authentication, and one machine on loopback."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contracts.instances import NOW
from tests.unit.api.access.asking import access, asked, secret
from tests.unit.bare import Counted, documents
from verihook.api.access import Identity, challenge
from verihook.errors import Forbidden, LedgerUnavailable, RequestInvalid, Unauthenticated
from verihook.instances import api_keys

__all__ = ["documents", "secret"]

IAM = {"requestContext": {"authorizer": {"iam": {"userArn": "arn:aws:iam::1:user/a"}}}}


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


def test_what_a_caller_may(documents: Counted, secret: str) -> None:
    identity = access(documents).identify(asked(("x-api-key", secret)))
    assert identity.may("workflows:execute", "order-created")
    assert not identity.may("workflows:execute", "payroll")
    assert not identity.may("instances:read", "order-created")
    assert Identity().may("keys:manage", "payroll")
