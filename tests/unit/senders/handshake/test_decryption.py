"""Lark's check of a URL whose app has an Encrypt Key: encrypted and unsigned, so nothing may be learnt by asking."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.unit.senders.handshake.asking import PREVIOUS, SECRET, Store, bind, encrypted, get, post
from verihook.errors import SecretsUnavailable
from verihook.senders import sender_table

LARK = "\n".join(f'{key} = "{value}"' for key, value in sender_table("lark-encrypted")["handshake"].items())
TOKEN = "iRdCP2WwXNBXRM3mGLqhrgch3cn0gbT6"
CHALLENGE = "5634b122-c042-4634-bc7f-b07a3c3e77ad"
CONTENT = {"challenge": CHALLENGE, "token": TOKEN, "type": "url_verification"}
IV = bytes(range(16))
PARAMETERS = {"verify_token": "env:TOKEN"}

lark = bind(LARK, Store(NEW=SECRET, OLD=PREVIOUS, TOKEN=TOKEN), parameters=PARAMETERS)


def compact(content: object) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode()


def made(content: object, key: str = SECRET, **rest: Any) -> str:
    return encrypted(content if isinstance(content, bytes) else compact(content), key, IV, **rest)


def answer(text: object, **others: object) -> object:
    """What is answered, as JSON; None if it is no handshake."""
    reply = lark.unsigned(post(compact({"encrypt": text, **others})))
    return None if reply is None else json.loads(reply.body)


def test_the_case_of_the_official_library() -> None:
    """larksuite/node-sdk, adaptor/services/__tests__/challenge.ts."""
    text = (
        "tT1xP+ovuc0T3b/rnZX3ax76exqAn0ANQ6/U45GcciC0mgNBc8JtvqOJGNAPMKpgRs2dVU1NYk9VDeqS8T4SYtU0hzNU54aS84WnxvZ3VFfDcy/"
        "RyABlNqlUiGyLDzFI0yxdCMT4KR/YEQXlt6nZi50KwRlZ+A75r645KesZuLMljezYyY8VeeXEVjPw35+e"
    )
    bound = bind(LARK, Store(NEW="mazhe.nerd", TOKEN=TOKEN), parameters=PARAMETERS, references=("env:NEW",))
    reply = bound.unsigned(post(compact({"encrypt": text})))
    assert reply is not None
    assert (200, compact({"challenge": CHALLENGE})) == (reply.status, reply.body)
    assert "nosniff" == reply.headers["x-content-type-options"]


@pytest.mark.parametrize("content", [CONTENT, dict(reversed(CONTENT.items())), json.dumps(CONTENT, indent=1).encode()])
@pytest.mark.parametrize("challenge", [CHALLENGE, "a", "Z9-" * 21])
def test_the_challenge_comes_back(content: Any, challenge: str) -> None:
    if isinstance(content, bytes):
        content = content.replace(CHALLENGE.encode(), challenge.encode())
    else:
        content = {**content, "challenge": challenge}
    assert {"challenge": challenge} == answer(made(content))


@pytest.mark.parametrize(
    "change",
    [
        {"token": "another"},
        {"token": TOKEN[:-1]},
        {"token": ""},
        {"token": None},
        {"token": [TOKEN]},
        {"type": "event_callback"},
        {"type": True},
        {"more": "x"},
        *({"challenge": each} for each in ("", "a b", "a_b", "a.b", "é", 'a"', "<b>", "x" * 65, "a\n", 7, None, ["a"])),
    ],
)
def test_what_is_not_right_is_no_handshake(change: dict[str, object]) -> None:
    assert answer(made({**CONTENT, **change})) is None


@pytest.mark.parametrize("name", [*CONTENT])
def test_nothing_may_be_missing_or_twice(name: str) -> None:
    assert answer(made({key: value for key, value in CONTENT.items() if key != name})) is None
    assert answer(made(compact({name: CONTENT[name]})[:-1] + b"," + compact(CONTENT)[1:])) is None


@pytest.mark.parametrize(
    "text",
    [
        *("", "A", "AAAA", "=" * 64, made(CONTENT)[:-1], f" {made(CONTENT)}", made(CONTENT).replace("+", "-")[:-4]),
        *(7, None, True, [made(CONTENT)], {"encrypt": made(CONTENT)}),
        base64.b64encode(IV).decode(),
        base64.b64encode(IV * 9).decode(),
        made(CONTENT, PREVIOUS),
        made(b"\xff" * 31),
        made(b"[" * 600),
        made([CONTENT]),
    ],
)
def test_what_is_no_encrypted_object(text: object) -> None:
    assert answer(text) is None


@pytest.mark.parametrize("padding", [b" " * 8, b"\n" * 8, b"\x07" * 7 + b"\x08", b"\x00" * 8, b" " * 7 + b"\x00"])
def test_wrong_padding_is_no_handshake_though_its_text_is_right(padding: bytes) -> None:
    """White space as padding leaves the JSON as it is."""
    text = compact({**CONTENT, "challenge": CHALLENGE + "a" * 15})
    assert 8 == -len(text) % 16
    assert answer(made(text)) is not None
    assert answer(made(text, padding=padding)) is None


def test_other_requests() -> None:
    assert answer(made(CONTENT), more="x") is None
    body = compact({"encrypt": made(CONTENT)})
    assert lark.unsigned(post(body + b" " * 1024)) is None
    assert lark.unsigned(get()) is None
    assert lark.signed(post(body), {"encrypt": made(CONTENT)}) is None


def blocks(text: str) -> list[bytes]:
    sent = base64.b64decode(text)
    return [sent[at : at + 16] for at in range(0, len(sent), 16)]


def test_it_is_no_decryption_oracle() -> None:
    """A captured challenge, with two blocks of a captured event in it: the text of the second would be read out.

    A receiver that repeats what it finds, as text that need not be UTF-8, does so for one attempt in a hundred.
    """
    challenge = blocks(encrypted(compact(CONTENT), SECRET, IV))
    event = compact({"event": {"secret": "x" * 96}, "token": TOKEN})
    for number in range(400):
        captured = blocks(encrypted(event, SECRET, number.to_bytes(16, "big")))
        for at in range(2, 6):
            joined = b"".join([*challenge[:2], *captured[at : at + 2], *challenge[3:]])
            assert answer(base64.b64encode(joined).decode()) is None, (number, at)


def test_whoever_changes_the_first_block_learns_what_the_change_was() -> None:
    """The IV is not proven: two characters of the challenge can be changed, and those that come back are these."""
    changed = bytes([*IV[:14], IV[14] ^ 1, *IV[15:]])
    sent = base64.b64decode(made(CONTENT))
    assert {"challenge": "4" + CHALLENGE[1:]} == answer(base64.b64encode(changed + sent[16:]).decode())


def test_a_token_that_is_missing_is_our_fault_and_is_told_whatever_came() -> None:
    bound = bind(LARK, parameters={"verify_token": "env:NOWHERE"})
    for text in (made(CONTENT), "no base64"):
        with pytest.raises(SecretsUnavailable, match="token"):
            bound.unsigned(post(compact({"encrypt": text})))


def test_an_empty_token_is_none() -> None:
    bound = bind(LARK, Store(NEW=SECRET, TOKEN=""), parameters=PARAMETERS)
    assert bound.unsigned(post(compact({"encrypt": made({**CONTENT, "token": ""})}))) is None


def test_at_load() -> None:
    with pytest.raises(ValueError, match=r"^parameters\.verify_token: must be a reference"):
        bind(LARK)
