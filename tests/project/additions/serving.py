"""A server of the tree that this file is in, and one delivery to it."""

from __future__ import annotations

from pathlib import Path

from tests.flows.deployment import ROOT
from tests.flows.faces import HttpFace, Server
from tests.flows.signing import x_signature
from verihook.client import Client, Instance

#: ``engine``, and the reference of the ``secret``.
HOOKS = """
[sources.notes]
sender = "generic"
secrets = ["{secret}"]
workflow = "note"

[workflows.note]
engine = "{engine}"
definition = "note"
"""

FUNCTION = """
def run(event, context):
    return event
"""

BODY = b'{"id": "n-1", "type": "noted", "text": "hello"}'


def delivered(folder: Path, hooks: str, secret: str, **variables: str) -> Instance:
    """The instance that a delivery, signed with ``secret``, starts on a server with these hooks, once it has ended."""
    (folder / "workflows").mkdir()
    (folder / "workflows" / "note.py").write_text(FUNCTION)
    (folder / "hooks.toml").write_text(hooks)
    here = {"PYTHONPATH": str(ROOT / "handler"), **variables}
    server = Server(folder / "data", here, "--hooks", str(folder / "hooks.toml"))
    try:
        face = HttpFace(server.ready())
        assert face.send("POST", "/hooks/notes", x_signature(BODY, "another"), BODY).status == 401
        answer = face.send("POST", "/hooks/notes", x_signature(BODY, secret), BODY)
        assert answer.status == 200, answer.body
        with Client.from_run(folder / "data") as client:
            client.wait(answer.json["instanceId"], timeout=30)
            return client.get(answer.json["instanceId"])
    finally:
        server.stop()
