"""The memory that a signed body can take: a process of its own for each, by the peak that the kernel has seen."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.flows.deployment import ROOT

#: A function has 512 MB; that is what a process of ours stays below, in MB.
MOST = 300

PROGRAM = """
import json, pathlib, re, sys
from benchmarks import receive
from tests.flows.faces import function_url_event
from tests.flows.signing import x_signature
from verihook.adapters.payloads.files import FilePayloads
receive.InstantEngine.max_input = 100_000_000
handler = receive.ours()
services = receive.main.services()
object.__setattr__(services.sources["orders"], "max_body", 6_000_000)
object.__setattr__(services, "payloads", FilePayloads(pathlib.Path(sys.argv[2])))
services.workflows["order-created"].input_schema = json.loads(sys.argv[1])
body = sys.stdin.buffer.read()
answer = handler(function_url_event("POST", "/hooks/orders", x_signature(body, receive.SECRET), body), None)
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
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(schema), str(tmp_path)],
        input=(EVENT % items).encode(),
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT / 'handler'}:{ROOT}", "AWS_DEFAULT_REGION": "eu-west-1"},
        capture_output=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-2000:]
    answered, violations, most = json.loads(result.stdout.splitlines()[-1])
    assert (answered, violations) == (status, told)
    assert most < MOST
