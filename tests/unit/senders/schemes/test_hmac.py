"""The HMAC scheme: what is signed verifies, within its window and with any of its secrets; what is not, does not."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import replace

import pytest

from verihook.errors import SignatureError
from verihook.request import Request
from verihook.senders import load_sender, sender_ids
from verihook.senders.schemes import Proof, Setting
from verihook.senders.schemes.hmac import HmacScheme
from verihook.strict_json import MAX_JSON

SCHEMES = {sender: scheme for sender in sender_ids() if isinstance(scheme := load_sender(sender).scheme, HmacScheme)}
SETTING = Setting("https://hooks.example.com/in?a=1", {"public_key": "key-1"})
NOW = 1_765_432_100
BODIES = (b"{}", b'{"a":"\xc3\xaf","n":1.0}', b'{"a":"' + b"x" * 16_384 + b'"}')


def request(headers: list[tuple[str, str]], body: bytes = b"{}", query: str = "") -> Request:
    return Request("POST", "/", query, tuple((name.lower(), value) for name, value in headers), body, "")


def secret_of(scheme: HmacScheme, text: str = "c2VjcmV0c2VjcmV0") -> str:
    return text.encode().hex() if scheme.key == "hex" else text


def reason(sender: str | HmacScheme, secret: str, delivery: Request, now: int = NOW) -> str | None:
    scheme = SCHEMES[sender] if isinstance(sender, str) else sender
    try:
        scheme.bind((secret,), SETTING)(delivery, now)
    except SignatureError as error:
        return error.reason
    return None


@pytest.mark.parametrize("sender", SCHEMES)
@pytest.mark.parametrize("body", BODIES, ids=len)
def test_what_is_signed_verifies_within_the_tolerance_and_not_beyond(sender: str, body: bytes) -> None:
    scheme = SCHEMES[sender]
    secret, window = secret_of(scheme), scheme.tolerance
    delivery = scheme.sign(secret, request([], body), SETTING, message_id="msg_1", now=NOW)
    timed = scheme.timestamp_header or scheme.timestamp_label or scheme.timestamp_json
    for drift in (0, window, -window, window + 1, -window - 1, 10**9, -(10**9)):
        late = bool(timed) and abs(drift) > window
        expected = "timestamp-outside-tolerance" if late else None
        assert expected == reason(sender, secret, delivery, NOW + drift), drift


@pytest.mark.parametrize("sender", SCHEMES)
def test_each_of_several_secrets_verifies_and_is_told_apart(sender: str) -> None:
    scheme = SCHEMES[sender]
    newest, older, oldest, stranger = (secret_of(scheme, letter * 8) for letter in "abcd")
    verify = scheme.bind((newest, older, oldest), SETTING)
    for secret, verified_by in ((newest, "current"), (older, "previous"), (oldest, "previous")):
        delivery = scheme.sign(secret, request([]), SETTING, message_id="msg_1", now=NOW)
        assert Proof(verified_by) == verify(delivery, NOW)
    with pytest.raises(SignatureError) as refusal:
        verify(scheme.sign(stranger, request([]), SETTING, message_id="msg_1", now=NOW), NOW)
    assert "signature-mismatch" == refusal.value.reason


@pytest.mark.parametrize("sender", SCHEMES)
def test_an_empty_secret_and_no_secret_never_verify(sender: str) -> None:
    scheme = SCHEMES[sender]
    with pytest.raises(ValueError, match="the secret is empty"):
        scheme.bind((secret_of(scheme), ""), SETTING)
    with pytest.raises(SignatureError) as refusal:
        scheme.bind((), SETTING)(request([]), 0)
    assert "no-secret" == refusal.value.reason


@pytest.mark.parametrize("sender", SCHEMES)
def test_a_changed_body_is_refused_wherever_the_body_is_signed(sender: str) -> None:
    scheme = SCHEMES[sender]
    secret = secret_of(scheme)
    delivery = scheme.sign(secret, request([]), SETTING, message_id="msg_1", now=NOW)
    changed = replace(delivery, body=delivery.body[:-1] + b',"x":1}')
    expected = None if scheme.body_unsigned else "body-hash-mismatch" if scheme.body_hash else "signature-mismatch"
    if scheme.body_unsigned:
        assert ["braintree", "dropbox-sign", "lever", "mailgun", "mailgun-routes", "midtrans"] == [
            name for name, one in SCHEMES.items() if one.body_unsigned
        ]
        more = b"&event-data=1" if scheme.signature_form or scheme.form_field else b""
        changed = replace(delivery, body=delivery.body.removesuffix(b"}") + (more or b',"event-data":{}}'))
    assert expected == reason(sender, secret, changed)


@pytest.mark.parametrize("sender", [name for name, scheme in SCHEMES.items() if "{url}" in scheme.message])
def test_a_signed_url_must_be_configured(sender: str) -> None:
    for public_url in ("", "hooks.example.com", "ftp://hooks.example.com", "https://a b/", "https://a/#b"):
        with pytest.raises(ValueError, match=r"^public_url: "):
            SCHEMES[sender].bind((secret_of(SCHEMES[sender]),), Setting(public_url))


@pytest.mark.parametrize("sender", [name for name, scheme in SCHEMES.items() if "{url}" in scheme.message])
def test_the_url_is_the_one_that_was_configured_whatever_the_delivery_says(sender: str) -> None:
    """Behind a proxy or a stage its host and path are others, and Host is a stranger's to write."""
    scheme, secret = SCHEMES[sender], secret_of(SCHEMES[sender])
    made = scheme.sign(secret, request([]), SETTING, message_id="msg_1", now=NOW)
    inner = (("host", "inner.example.com"), ("x-forwarded-host", "inner.example.com"))
    assert reason(sender, secret, replace(made, path="/stage/in", headers=(*made.headers, *inner))) is None
    outer = replace(made, path="/in", headers=(*made.headers, ("host", "hooks.example.com")))
    with pytest.raises(SignatureError) as refusal:
        scheme.bind((secret,), Setting("https://other.example.com/in?a=1"))(outer, NOW)
    assert "signature-mismatch" == refusal.value.reason


def test_twilio_signs_the_delivered_query_and_square_the_registered_url() -> None:
    for sender, followed in (("twilio", True), ("hubspot-v2", True), ("square", False), ("trello", False)):
        scheme = SCHEMES[sender]
        made = scheme.sign("secret", request([]), Setting("https://hooks.example.com/in?b=2"), message_id="1", now=NOW)
        assert (None if followed else "signature-mismatch") == reason(sender, "secret", replace(made, query="b=2"))
        assert "signature-mismatch" == reason(sender, "secret", made)


def test_twilio_signatures_over_each_port_variant_verify() -> None:
    for url in ("https://hooks.example.com/in?a=1", "https://hooks.example.com:443/in?a=1"):
        made = SCHEMES["twilio"].sign("secret", request([]), Setting(url), message_id="1", now=NOW)
        assert reason("twilio", "secret", made) is None
    wrong = SCHEMES["twilio"].sign(
        "secret", request([]), Setting("https://hooks.example.com:80/in?a=1"), message_id="1", now=NOW
    )
    assert "signature-mismatch" == reason("twilio", "secret", wrong)


def test_a_json_delivery_of_twilio_without_the_hash_of_its_body_is_refused() -> None:
    scheme = SCHEMES["twilio-json"]
    url_only = HmacScheme("X-Twilio-Signature", "{url}", "sha1", "base64", url="delivered", body_unsigned=True)
    without = url_only.sign("secret", request([]), SETTING, message_id="1", now=NOW)
    assert "body-hash-mismatch" == reason(scheme, "secret", without)
    twice = f"bodySHA256={hashlib.sha256(b'{}').hexdigest()}&bodySHA256={'0' * 64}"
    made = url_only.sign("secret", request([], query=twice), SETTING, message_id="1", now=NOW)
    assert "body-hash-mismatch" == reason(scheme, "secret", made)


def test_the_header_linear_timestamp_is_not_trusted() -> None:
    """An old delivery, captured, with the unsigned header set to now."""
    made = SCHEMES["linear"].sign("secret", request([]), message_id="1", now=NOW - 9 * 3600)
    fresh = replace(made, headers=(*made.headers, ("linear-timestamp", str(NOW * 1000))))
    assert "timestamp-outside-tolerance" == reason("linear", "secret", fresh)


def test_a_linear_body_without_its_timestamp_is_refused() -> None:
    for body in (b"{}", b"[]", b"\xff", b'{"webhookTimestamp":1.5}', b'{"webhookTimestamp":true}', b"[" * 100_000):
        signature = hmac.new(b"secret", body, hashlib.sha256).hexdigest()
        found = reason("linear", "secret", request([("Linear-Signature", signature)], body))
        assert found in ("no-timestamp", "body-is-not-json"), body[:20]


def test_a_strangers_linear_body_is_not_parsed() -> None:
    assert "signature-mismatch" == reason("linear", "secret", request([("Linear-Signature", "0" * 64)], b"no json"))


@pytest.mark.parametrize(
    ("signature", "expected"),
    [
        (None, "signature-is-not-text"),
        ({"timestamp": "1", "token": "a"}, "signature-is-not-text"),
        ({"timestamp": "1", "token": "a", "signature": ["0" * 64]}, "signature-is-not-text"),
        ({"timestamp": "1", "token": "a", "signature": "0"}, "not-hex"),
        ({"timestamp": "+1", "token": "a", "signature": "0" * 64}, "bad-timestamp"),
        ({"timestamp": True, "token": "a", "signature": "0" * 64}, "no-timestamp"),
        ({"timestamp": "1", "token": None, "signature": "0" * 64}, "signed-member-is-not-text"),
        ({"timestamp": "1", "token": "ä", "signature": "0" * 64}, "signed-member-is-not-text"),
        ({"timestamp": 1, "token": "a", "signature": "0" * 64}, "signature-mismatch"),
    ],
)
def test_a_mailgun_body_without_what_is_signed_is_refused(signature: object, expected: str) -> None:
    body = json.dumps({"signature": signature}).encode()
    assert expected == reason("mailgun", "secret", request([], body))


@pytest.mark.parametrize("body", [b"", b"{", b"NaN", b"\xff", b"[" * 100_000, b"9" * 5_000, b'{"a":1}' + b" " * 2**20])
def test_a_mailgun_body_that_is_no_json_is_refused(body: bytes) -> None:
    expected = "body-too-long-for-its-scheme" if len(body) > MAX_JSON else "body-is-not-json"
    assert expected == reason("mailgun", "secret", request([], body))


def test_either_header_of_box_verifies_with_either_key() -> None:
    scheme = SCHEMES["box"]
    made = scheme.sign("primary", request([]), message_id="1", now=NOW)
    secondary = tuple(
        ("box-signature-secondary", value) if name == "box-signature-primary" else (name, value)
        for name, value in made.headers
    )
    for headers in (made.headers, secondary, (*secondary, ("box-signature-primary", "junk"))):
        verify = scheme.bind(("new", "primary"))
        assert Proof("previous") == verify(replace(made, headers=headers), NOW)


def test_an_announced_algorithm_other_than_ours_is_refused() -> None:
    for sender, header in (("box", "box-signature-algorithm"), ("adyen-header", "protocol")):
        scheme = SCHEMES[sender]
        secret = secret_of(scheme)
        made = scheme.sign(secret, request([]), message_id="1", now=NOW)
        other = tuple((name, "HmacSHA1" if name == header else value) for name, value in made.headers)
        assert f"unexpected-{header}" == reason(sender, secret, replace(made, headers=other))
        none = replace(made, headers=tuple(pair for pair in made.headers if pair[0] != header))
        assert ("missing-header" if sender == "box" else None) == reason(sender, secret, none)


def test_a_plain_digest_is_no_hmac() -> None:
    body = b'[{"eventId":1}]'
    digest = hashlib.sha256(b"secret" + body).hexdigest()
    assert reason("hubspot-v1", "secret", request([("X-HubSpot-Signature", digest)], body)) is None
    mac = hmac.new(b"secret", body, hashlib.sha256).hexdigest()
    assert "signature-mismatch" == reason("hubspot-v1", "secret", request([("X-HubSpot-Signature", mac)], body))


def test_white_labelled_svix_headers_verify() -> None:
    made = SCHEMES["svix"].sign("c2VjcmV0", request([]), message_id="msg_1", now=NOW)
    renamed = tuple((name.replace("svix-", "webhook-"), value) for name, value in made.headers)
    assert reason("svix", "c2VjcmV0", replace(made, headers=renamed)) is None
    # The names that the sender usually writes count, where both stand.
    both = (*made.headers, *((name, value + "x") for name, value in renamed))
    assert reason("svix", "c2VjcmV0", replace(made, headers=both)) is None


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"algorithm": "md5"}, "algorithm"),
        ({"encoding": "base32"}, "encoding"),
        ({"key": "rot13"}, "key"),
        ({"header": ""}, "header"),
        ({"headers": ["X-Other"]}, "header"),
        ({"header": "", "headers": [1]}, "headers"),
        ({"header": "", "headers": ["X-{9..1}"]}, "headers"),
        ({"message": "{timestamp}"}, "message"),
        ({"message": "{timestamp}.{body}"}, "message"),
        ({"message": "{id}.{body}"}, "message"),
        ({"message": "{body}{body}"}, "message"),
        ({"message": "{body}{header}"}, "message"),
        ({"message": "{body}{nonce}"}, "message"),
        ({"message": "{Timestamp}{body}"}, "message"),
        ({"message": "{body"}, "message"),
        ({"message": "{url}"}, "message"),
        ({"timestamp_header": "X-Time"}, "message"),
        ({"id_header": "X-Id"}, "message"),
        ({"body_hash": "hash"}, "body_hash"),
        ({"body_unsigned": True, "message": "{json:a}", "timestamp_json": "t"}, "message"),
        ({"timestamp_label": "t", "message": "{timestamp}{body}"}, "timestamp_label"),
        ({"timestamp_header": "X-Time", "timestamp_json": "t", "message": "{timestamp}{body}"}, "timestamp_header"),
        ({"timestamp": "days"}, "timestamp"),
        ({"url": "guessed"}, "url"),
        ({"header": "", "headers": ["X-A"], "separator": ","}, "separator"),
        ({"signature_query": "s"}, "header"),
        ({"header": "", "signature_query": "s", "signature_form": "s"}, "header"),
        ({"message": "{form:a}"}, "message"),
        ({"message": "{query:a}"}, "message"),
        ({"label": "v1"}, "separator"),
        ({"assign": ""}, "assign"),
        ({"tolerance": 0}, "tolerance"),
        ({"required": {"X-Version": 1}}, "required"),
        ({"aliases": {"": "x-"}}, "aliases"),
    ],
)
def test_a_scheme_that_makes_no_sense_is_refused(fields: dict[str, object], key: str) -> None:
    with pytest.raises(ValueError, match=f"^{key}: "):
        HmacScheme(**{"header": "X-Signature", **fields})  # type: ignore[arg-type]


def test_a_parameter_of_the_source_can_be_signed() -> None:
    scheme = HmacScheme("X-Signature", "{parameter:hook}:{header:X-Topic}:{body}")
    with pytest.raises(ValueError, match=r"^parameters\.hook: "):
        scheme.bind(("secret",))
    setting = Setting(parameters={"hook": "h1"})
    signature = hmac.new(b"secret", b"h1:t:{}", hashlib.sha256).hexdigest()
    delivery = request([("X-Signature", signature), ("X-Topic", "t")])
    assert Proof("current") == scheme.bind(("secret",), setting)(delivery, NOW)


def test_a_key_that_is_not_in_its_encoding_is_refused() -> None:
    with pytest.raises(ValueError, match="not base64"):
        SCHEMES["standard-webhooks"].bind(("whsec_not base64!",))
    with pytest.raises(ValueError, match="not hex"):
        SCHEMES["adyen-header"].bind(("0g",))


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha512"])
@pytest.mark.parametrize("length", [1, 64, 65, 128, 129, 300])
def test_a_key_that_is_hashed_once_makes_every_mac(algorithm: str, length: int) -> None:
    scheme, key = HmacScheme("x-sig", algorithm=algorithm), b"k" * length
    compute = scheme.mac_with(key)
    for before, body, after in ((b"", b"{}", b""), (b"1.", b"", b""), (b"1.", b"{}", b".2"), (b"", b"{}", b"")):
        assert hmac.digest(key, before + body + after, algorithm) == compute((before, body, after, ""))


def test_a_secret_in_front_is_hashed_with_each_message() -> None:
    compute = HmacScheme("x-sig", "{secret}{timestamp}{body}", timestamp_header="x-time").mac_with(b"secret")
    for number in (b"1", b"2", b"1"):
        assert hashlib.sha256(b"secret" + number + b"{}").digest() == compute((number, b"{}", b"", ""))
