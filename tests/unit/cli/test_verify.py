"""``verihook verify`` on captured deliveries."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from tests.events.shapes import FUNCTION_URL, SHAPES, Shape
from tests.flows.deployment import OLD_SECRET, SECRET, STANDARD_SECRET, VARIABLES, write
from verihook import cli
from verihook.request import Request
from verihook.senders import load_sender
from verihook.senders.schemes.hmac import HmacScheme
from verihook.webhooks.reasons import in_words

BODY = b'{"id": "evt_1", "type": "order.created"}'
NOW = 1_765_432_100

ENDING = """
[sources.ending]
sender = "generic"
secrets = ["env:ORDERS_WEBHOOK_SECRET", { ref = "env:OLD_WEBHOOK_SECRET", until = 2025-12-11T05:48:20Z }]
workflow = "x"

[workflows.x]
engine = "stepfunctions"
definition = "x"
"""


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("deployment"))


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)


def signed(sender: str, secret: str, at: int = NOW) -> Request:
    request = Request("POST", "/hooks/x", "", (("content-type", "application/json"),), BODY, "")
    return load_sender(sender).scheme.sign(secret, request, message_id="msg_1", now=at)


def case(request: Request, **more: Any) -> dict[str, Any]:
    return {
        "method": request.method,
        "url": "https://example.com/hooks/x?a=b",
        "headers": [[name.title(), value] for name, value in request.headers],
        "body_base64": base64.b64encode(request.body).decode(),
        **more,
    }


class Verify:
    """Runs the command on a capture."""

    def __init__(self, folder: Path, hooks: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.path, self.hooks, self.capsys = folder / "captured.json", hooks, capsys

    def __call__(self, source: str, capture: object, *more: str) -> tuple[int, str, str]:
        """Exit code, standard output, standard error."""
        self.path.write_text(capture if isinstance(capture, str) else json.dumps(capture))
        data = str(self.path.parent / "no-data")
        options = ["--hooks", str(self.hooks), "--data", data, *more]
        code = cli.main(["verify", source, "--request", str(self.path), *options])
        captured = self.capsys.readouterr()
        for secret in VARIABLES.values():
            assert secret not in captured.out + captured.err
        return code, captured.out, captured.err


@pytest.fixture
def verify(tmp_path: Path, hooks: Path, capsys: pytest.CaptureFixture[str]) -> Verify:
    return Verify(tmp_path, hooks, capsys)


@pytest.mark.parametrize(("secret", "which"), [(SECRET, "current"), (OLD_SECRET, "previous")])
def test_yes_and_by_which_secret(verify: Verify, secret: str, which: str) -> None:
    expected = f"yes: genuine, by the {which} secret of the source rotated (generic)\n"
    assert (0, expected, "") == verify("rotated", case(signed("generic", secret)))
    assert (0, expected, "") == verify("rotated", [case(signed("generic", secret))])


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_lambda_event_of_every_shape(verify: Verify, shape: Any) -> None:
    request = signed("stripe", VARIABLES["STRIPE_WEBHOOK_SECRET"])
    event = shape("POST", "/hooks/stripe", list(request.headers), BODY)
    assert 0 == verify("stripe", event, "--at", str(NOW))[0]
    for name in ("timeEpoch", "requestTimeEpoch"):
        event["requestContext"].pop(name, None)
    # No time in the file, so now is the time.
    code, out, _ = verify("stripe", event)
    assert (1, "no: timestamp-outside-tolerance") == (code, out.splitlines()[0])


def test_a_lambda_event_says_when_it_came(verify: Verify) -> None:
    request = signed("stripe", VARIABLES["STRIPE_WEBHOOK_SECRET"])
    for shape, name in ((FUNCTION_URL, "timeEpoch"), (Shape("rest"), "requestTimeEpoch")):
        event = shape("POST", "/hooks/stripe", list(request.headers), BODY)
        event["requestContext"][name] = NOW * 1000 + 999
        assert 0 == verify("stripe", event)[0]


def test_the_clock_is_that_of_the_capture_or_the_one_given(verify: Verify) -> None:
    capture = case(signed("standard-webhooks", STANDARD_SECRET), now=NOW + 300)
    assert 0 == verify("standard", capture)[0]
    for at in (str(NOW + 301), "now"):
        code, out, _ = verify("standard", capture, "--at", at)
        assert (1, f"no: timestamp-outside-tolerance\n{in_words('timestamp-outside-tolerance')}") == (
            code,
            out.rsplit("\n", 2)[0],
        )


def test_no_and_why(verify: Verify) -> None:
    code, out, err = verify("rotated", case(signed("generic", "another")))
    assert (1, "") == (code, err)
    reason, words, judged = out.splitlines()
    assert ("no: signature-mismatch", in_words("signature-mismatch")) == (reason, words)
    assert judged.endswith(" UTC by the source rotated (generic).")
    unsigned = case(Request("POST", "/", "", (), BODY, ""))
    assert "no: missing-header" == verify("orders", unsigned)[1].splitlines()[0]


@pytest.mark.parametrize(
    ("capture", "words"),
    [
        ("{", "is not JSON: Expecting property name"),
        ("[]", "must hold one request, a JSON object"),
        ("[[]]", "must hold one request, a JSON object"),
        ("{}", "must have headers (a list of [name, value]) and body_base64, or be a Lambda event with requestContext"),
        ('{"headers": [["a", 1]], "body_base64": ""}', "headers: must be a list of [name, value], both strings"),
        ('{"headers": [], "body_base64": "?"}', "body_base64: must be base64"),
        ('{"headers": [], "body_base64": "", "now": "x"}', "the time of capture must be whole seconds"),
        ('{"headers": [], "body_base64": "", "now": 100000000000}', "the time of capture must be whole seconds"),
        ('{"headers": [], "body_base64": "", "url": 1}', "method and url must be strings"),
        ('{"requestContext": {}}', "The Lambda event is not of an HTTP shape that Verihook knows."),
    ],
)
def test_what_is_no_capture(verify: Verify, capture: str, words: str) -> None:
    code, out, err = verify("orders", capture)
    assert (2, "", 1) == (code, out, len(err.splitlines()))
    assert err.startswith(f"verihook: {verify.path}: ")
    assert words in err


def test_other_wrong_use(verify: Verify, monkeypatch: pytest.MonkeyPatch) -> None:
    good = case(signed("generic", SECRET))
    assert "verihook: hooks.toml: sources: must be one of orders," in verify("unknown", good)[2]
    monkeypatch.delenv("ORDERS_WEBHOOK_SECRET")
    code, _, err = verify("orders", good)
    assert (2, True) == (code, "env:ORDERS_WEBHOOK_SECRET is not set" in err)
    monkeypatch.setenv("STANDARD_WEBHOOK_SECRET", "whsec_not base64!")
    code, _, err = verify("standard", good)
    assert (2, "not base64!" in err) == (code, False)
    with pytest.raises(SystemExit) as end:
        verify("orders", good, "--at", "yesterday")
    assert 2 == end.value.code


def test_the_scheme_of_a_source_is_what_judges(verify: Verify) -> None:
    """A source with a signature of its own."""
    scheme = HmacScheme(header="X-Acme-Signature", encoding="base64", algorithm="sha512")
    request = scheme.sign(SECRET, Request("POST", "/", "", (), BODY, ""), message_id="", now=NOW)
    assert 0 == verify("inline", case(request))[0]


def test_an_old_secret_counts_until_its_end(verify: Verify, tmp_path: Path) -> None:
    verify.hooks = tmp_path / "hooks.toml"
    verify.hooks.write_text(ENDING)
    capture = case(signed("generic", OLD_SECRET))
    assert 0 == verify("ending", capture, "--at", str(NOW - 1))[0]
    code, out, _ = verify("ending", capture, "--at", str(NOW))
    ended = "env:OLD_WEBHOOK_SECRET ended at 2025-12-11 05:48:20 UTC and was not tried."
    assert (1, "no: signature-mismatch", ended) == (code, out.splitlines()[0], out.splitlines()[2])
