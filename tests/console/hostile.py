"""What strangers put into bodies, headers, ids, types, labels and errors, and a server that has had all of it."""

from __future__ import annotations

import json
from typing import Any

from tests.console.calling import call
from tests.flows.deployment import SECRET
from tests.flows.faces import HttpFace
from tests.flows.signing import x_signature

#: Longer than any line that a page could show as one.
LONG = "l" * 100_000

#: https://cheatsheetseries.owasp.org/cheatsheets/XSS_Filter_Evasion_Cheat_Sheet.html
HOSTILE = [
    "<script>window.ran = 1</script>",
    "<img src=x onerror='window.ran = 2'>",
    '"><svg onload=window.ran=3>',
    "javascript:window.ran=4",
    "</title></textarea></pre><style>body{display:none}</style>",
    "{{constructor.constructor('window.ran=5')()}} ${window.ran=6} <%= 7 %>",
    "\u202eevil\u202c \u0000\u0007 \ufffe z\u0310\u0311\u0312\u0313\u0314\u0315\u0316\u0317",
    "__proto__",
    "<iframe srcdoc='<script>parent.ran=8</script>'></iframe><base href='//elsewhere.example/'>",
    "w" * 2000,
    LONG,
]

#: All of them that are short, in one.
ALL = " ".join(text for text in HOSTILE if len(text) < 200)

SOURCES = """
[sources.hostile]
secrets = ["env:ORDERS_WEBHOOK_SECRET"]
workflow = "echo"
keep = "full"
keep_headers = ["x-note"]
event = { id = { json = "id" }, type = { json = "type" } }
[sources.hostile.signature]
scheme = "hmac"
header = "X-Signature"

[sources.fails]
secrets = ["env:ORDERS_WEBHOOK_SECRET"]
workflow = "fails"
keep = "full"
event = { id = { json = "id" }, type = { json = "type" } }
[sources.fails.signature]
scheme = "hmac"
header = "X-Signature"

[workflows.fails]
engine = "stepfunctions"
definition = "fails"
"""

#: Fails with an error and a cause that a stranger has chosen, as long as Step Functions takes them.
FAILS = {
    "QueryLanguage": "JSONata",
    "StartAt": "Read",
    "States": {
        "Read": {"Type": "Pass", "Output": "{% $states.input %}", "Next": "Refuse"},
        "Refuse": {
            "Type": "Fail",
            "Error": "{% $substring($states.input.type, 0, 200) %}",
            "Cause": "{% $substring($states.input.text, 0, 30000) %}",
        },
    },
}


def send(face: HttpFace, source: str, name: str, text: str) -> str:
    """Send a delivery that has the text wherever one can be; returns the id of its instance, or "" if it is refused."""
    content = json.dumps({"id": f"{name}{text[:200]}", "type": text[:200], "text": text}).encode()
    note = text.encode("ascii", "replace").decode()[:200].replace("\0", "").replace("\7", "")
    answer = face.send("POST", f"/hooks/{source}", [*x_signature(content, SECRET), ("x-note", note)], content)
    assert answer.status in (200, 400), answer.body
    return str(answer.json.get("instanceId", ""))


def send_all(face: HttpFace, key: str) -> dict[str, str]:
    """Bring it everywhere; returns the ids of the instances of which a test looks at every page."""
    for at, text in enumerate(HOSTILE):
        send(face, "hostile", str(at), text)
    ids = {
        f"{name}-{source}": send(face, source, name, text)
        for source in ("hostile", "fails")
        for name, text in (("all", ALL), ("long", LONG))
    }
    for text in HOSTILE:
        if text.isprintable() and len(text) <= 64:
            call(face, key, "POST", "keys", {"name": text, "scopes": ["instances:read"]})
    for name, text in (("all", ALL), ("long", LONG[:60_000])):
        # What can be a label; the server refuses what cannot be printed.
        labels = [each for each in HOSTILE if each.isprintable() and len(each) < 64]
        body: dict[str, Any] = {"id": f"{name}-waits", "input": {"orderId": text}, "tags": labels}
        call(
            face, key, "POST", "workflows/order-review/instances", {**body, "metadata": {each: each for each in labels}}
        )
        ids[f"{name}-waits"] = f"{name}-waits"
    return ids
