"""Static tokens."""

from __future__ import annotations

import pytest

from verihook.errors import SignatureError
from verihook.request import Request
from verihook.senders.schemes import Proof
from verihook.senders.schemes.token import TokenScheme

BASIC = TokenScheme("Authorization", "Basic ")


def request(*values: str) -> Request:
    return Request("POST", "/", "", tuple(("authorization", value) for value in values), b"{}", "")


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([], "missing-header"),
        (["Basic new", "Basic new"], "duplicate-header"),
        (["Basic né"], "non-ascii-header"),
        (["\ud800"], "non-ascii-header"),
        (["basic new"], "wrong-prefix"),
        (["new"], "wrong-prefix"),
        ([""], "wrong-prefix"),
        (["Basic "], "signature-mismatch"),
        (["Basic NEW"], "signature-mismatch"),
        (["Basic ne"], "signature-mismatch"),
        (["Basic new "], "signature-mismatch"),
        (["Basic newold"], "signature-mismatch"),
    ],
)
def test_another_token_is_refused(values: list[str], reason: str) -> None:
    with pytest.raises(SignatureError) as refusal:
        BASIC.bind(("new", "old"))(request(*values), 0)
    assert reason == refusal.value.reason


def test_each_of_several_tokens_verifies_and_is_told_apart() -> None:
    verify = BASIC.bind(("new", "old", "older"))
    for secret, verified_by in (("new", "current"), ("old", "previous"), ("older", "previous")):
        assert Proof(verified_by) == verify(BASIC.sign(secret, request(), message_id="1", now=0), 0)


@pytest.mark.parametrize(
    ("secret", "words"),
    [("", "the secret is empty"), ("né", "printable"), ("a\n", "printable"), ("\ud800", "printable")],
)
def test_a_secret_that_no_header_can_hold_is_refused(secret: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        BASIC.bind(("new", secret))
    with pytest.raises(ValueError, match=words):
        BASIC.sign(secret, request(), message_id="1", now=0)


def test_no_secret_never_verifies() -> None:
    with pytest.raises(SignatureError) as refusal:
        BASIC.bind(())(request("Basic "), 0)
    assert "no-secret" == refusal.value.reason


def test_a_header_must_be_named() -> None:
    with pytest.raises(ValueError, match=r"^header: "):
        TokenScheme("")


@pytest.mark.parametrize(
    "fields",
    [
        *({}, {"header": "X", "json": "a"}, {"json": "a", "prefix": "Bearer "}),
        *({"query": "a", "form": "a"}, {"header": "X", "query": "a"}, {"query": "a", "prefix": "Bearer "}),
    ],
)
def test_there_is_one_place_of_the_token(fields: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"^(header|prefix): "):
        TokenScheme(**fields)


@pytest.mark.parametrize(
    ("path", "body", "signed"),
    [
        ("a.b", b"{}", b'{"a":{"b":"s"}}'),
        ("v[].t", b"{}", b'{"v":[{"t":"s"}]}'),
        ("v[].t", b'{"v":[{"n":1},{"t":"x"}]}', b'{"v":[{"n":1,"t":"s"},{"t":"s"}]}'),
    ],
)
def test_a_token_in_the_body(path: str, body: bytes, signed: bytes) -> None:
    scheme = TokenScheme(json=path)
    made = scheme.sign("s", Request("POST", "/", "", (), body, ""), message_id="", now=0)
    assert signed == made.body
    assert "previous" == scheme.bind(("new", "s"))(made, 0).verified_by
    with pytest.raises(ValueError, match="must be a JSON object"):
        scheme.sign("s", Request("POST", "/", "", (), b"[]", ""), message_id="", now=0)


@pytest.mark.parametrize("place", ["query", "form"])
def test_a_token_in_the_query_or_in_a_form(place: str) -> None:
    scheme = TokenScheme(**{place: "to ken"})
    body = b"a=1&to ken=old"
    bare = Request("POST", "/", "x=y&to%20ken=" if place == "form" else "x=y&to ken=old", (), body, "")
    for secret, verified_by in (("new &=", "current"), ("old", "previous")):
        signed = scheme.sign(secret, bare, message_id="1", now=0)
        assert Proof(verified_by) == scheme.bind(("new &=", "old"))(signed, 0)
    for text in (
        "",
        "to+ken=",
        "to+ken=NEW",
        "to+ken=new+%26%3D&to+ken=new+%26%3D",
        "To+ken=new+%26%3D",
        "to+ken=\ud800",
    ):
        forged = Request("POST", "/", text, (), text.encode("utf-8", "surrogatepass"), "")
        with pytest.raises(SignatureError):
            scheme.bind(("new &=", "old"))(forged, 0)


def test_a_token_may_be_the_digest_of_the_secret() -> None:
    """PhonePe shows the SHA-256 of name and password."""
    hashed = TokenScheme("Authorization", hashed="sha256")
    shown = "c91b1d6acd383c44c4ec20c9723e758c31182a1f4f0231d63d91259a2ea14b9d"  # printf %s user:password | sha256sum
    assert Proof("current") == hashed.bind(("user:password",))(request(shown), 0)
    for other in ("user:password", shown.upper(), shown[:-1]):
        with pytest.raises(SignatureError):
            hashed.bind(("user:password",))(request(other), 0)
    with pytest.raises(ValueError, match=r"^hashed: must be one of sha256 \(got 'md5'\)"):
        TokenScheme("Authorization", hashed="md5")
