"""The memory that a signed body can take: a process of its own for each, by the peak that the kernel has seen."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.flows.deployment import ROOT

# Each takes seconds, and all are of one kind.
pytestmark = pytest.mark.in_turn

#: A function has 512 MB; that is what a process of ours stays below, in MB.
MOST = 300

PROGRAM = """
import json, pathlib, re, sys
from dataclasses import replace
from benchmarks import receive
from tests.flows.faces import function_url_event
from tests.flows.signing import x_signature
from verihook.adapters.payloads.files import FilePayloads
from verihook.model.expression import Expression
from verihook.senders import load_sender
from verihook.senders.schemes import Setting
receive.InstantEngine.max_input = 100_000_000
handler = receive.ours()
services = receive.main.services()
object.__setattr__(services.sources["orders"], "max_body", 6_000_000)
object.__setattr__(services, "payloads", FilePayloads(pathlib.Path(sys.argv[2])))
services.workflows["order-created"].input_schema = json.loads(sys.argv[1])
options = json.loads(sys.argv[3])
source = services.sources["orders"]
if "body" in options:
    sender = replace(source.sender, places=replace(source.sender.places, body=options["body"]))
    object.__setattr__(source, "sender", sender)
if "transform" in options:
    object.__setattr__(source, "transform", Expression("transform", options["transform"]))
if "sender" in options:
    scheme = load_sender(options["sender"]).scheme
    services.verify["orders"] = scheme.bind(("secret",), Setting("https://a.example/hooks/orders"))
body = sys.stdin.buffer.read()
headers = {name.lower(): value for name, value in x_signature(body, receive.SECRET)} | options.get("headers", {})
answer = handler(function_url_event("POST", "/hooks/orders", [*headers.items()], body), None)
text = answer["body"]
told = len(json.loads(text).get("violations", []))
# Not getrusage: what it tells includes the process that started this one.
peak = int(re.search(r"VmHWM:\\s+(\\d+)", pathlib.Path("/proc/self/status").read_text())[1])
print(json.dumps([answer["statusCode"], told, peak // 1024]))
"""

EVENT = '{"id": "evt_1", "type": "order.created", "items": %s}'
ROWS = {"properties": {"items": {"items": {"type": "object", "required": ["id"]}}}}
BRANCHES = {"properties": {"items": {"anyOf": [{"items": {"type": "object"}}, {"maxItems": 9}], "uniqueItems": True}}}
DEFAULTS = {"properties": {"items": {"items": {"properties": {"a": {"default": "b"}}}}}}
FULL, MEGABYTE = 499_990, 499_970


@pytest.mark.parametrize(
    ("schema", "items", "status", "told"),
    [
        (ROWS, f"[{','.join(['0'] * MEGABYTE)}]", 422, 100),
        (BRANCHES, f"[{','.join(['0'] * FULL)}]", 422, 2),
        (ROWS, f"[{','.join(['{}'] * FULL)}]", 422, 100),
        ({}, f"[{','.join(['[]'] * FULL)}]", 200, 0),
        ({}, "[" + ",".join(f'{{"{number:06}":1.5}}' for number in range(FULL // 2)) + "]", 200, 0),
        (DEFAULTS, f"[{','.join(['{}'] * (FULL // 2))}]", 200, 0),
        ({"properties": {"items": {"type": "null"}}}, '"' + "\\u00e4" * 980_000 + '"', 422, 1),
        ({}, f"[{','.join(['0'] * 2_900_000)}]", 413, 0),
        ({}, f"[{','.join(['{}'] * 1_900_000)}]", 413, 0),
    ],
)
def test_a_signed_body_takes_less_than_a_function_has(
    schema: object, items: str, status: int, told: int, tmp_path: Path
) -> None:
    assert (status, told) == answered(schema, {}, EVENT % items, tmp_path)


FORM = {"content-type": "application/x-www-form-urlencoded"}
MULTIPART = {"content-type": "multipart/form-data; boundary=b"}
PART = '--b\r\ncontent-disposition: form-data; name="{}"{}\r\n\r\n{}\r\n'
KNOWN = PART.format("id", "", "evt_1") + PART.format("type", "", "order.created")
UPLOAD = PART.format("f", "; filename=a", "x" * 5_000_000)
ESCAPES = "%41" * 1_900_000
OBJECT = '{"a":1}'


@pytest.mark.parametrize(
    ("options", "body", "status"),
    [
        ({"headers": FORM}, f"id=evt_1&type=order.created&a={ESCAPES}", 200),
        ({"headers": FORM, "body": "form"}, f"id=evt_1&type=order.created&a={ESCAPES}", 200),
        # A stranger's: Twilio signs the fields, so they are read first.
        ({"sender": "twilio", "headers": {**FORM, "x-twilio-signature": "A" * 27 + "="}}, f"a={ESCAPES}", 401),
        ({"headers": MULTIPART, "body": "multipart"}, f"{KNOWN}{UPLOAD}--b--", 200),
        ({"body": "xml"}, "<id>" + "<a/>" * 1_400_000 + "</id>", 413),
        ({"body": "xml"}, "<id " + " ".join(f'a{each}="1"' for each in range(500_000)) + "/>", 413),
        ({"body": "ndjson"}, "{}\n" * 490_000, 400),
        ({"body": "ndjson"}, "0\n" * 2_900_000, 413),
        ({"transform": "map(&[@, @, @], items)"}, EVENT % f"[{','.join(['0'] * FULL)}]", 422),
        ({"transform": "items[*].{b: a, c: a}"}, EVENT % f"[{','.join([OBJECT] * (FULL // 2))}]", 422),
        ({"transform": "split(items, ' ')"}, EVENT % f'"{"a " * 2_900_000}"', 422),
    ],
)
def test_another_format_or_an_expression_takes_no_more(
    options: dict[str, object], body: str, status: int, tmp_path: Path
) -> None:
    assert answered({}, options, body, tmp_path)[0] == status


def answered(schema: object, options: dict[str, object], body: str, folder: Path) -> tuple[int, int]:
    """The status, and how many violations the answer has. The process has stayed below what a function has."""
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(schema), str(folder), json.dumps(options)],
        input=body.encode(),
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT / 'handler'}:{ROOT}", "AWS_DEFAULT_REGION": "eu-west-1"},
        capture_output=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-2000:]
    status, violations, most = json.loads(result.stdout.splitlines()[-1])
    assert most < MOST
    return status, violations
