"""``verihook listen`` over a real deployment and a real server: what came to the one is genuine to the other."""

from __future__ import annotations

import json
from pathlib import Path

from tests.flows.commands import verihook
from tests.flows.conftest import LocalFace
from tests.flows.deployment import VARIABLES
from tests.flows.faces import run_key
from tests.flows.signing import github, new_id, order, x_signature


def test_what_came_there_is_genuine_here(local_face: LocalFace, hooks: Path) -> None:
    """Here is the same server, so it is a duplicate of its own: whatever signs, all of it verified."""
    body, push = order(), b'{"ref": "refs/heads/main",  "n": 1}'
    sent = [
        ("orders", local_face.send("POST", "/hooks/orders", x_signature(body), body)),
        ("github", local_face.send("POST", "/hooks/github", github(push, new_id()), push)),
    ]
    url, rows = f"http://{local_face.host}", local_face.rows()
    for source, answer in sent:
        delivery = str(answer.json["instanceId"])
        told = verihook(
            *("listen", "--source", source, "--replay", delivery, "--json", "--print"),
            *("--url", url, "--to", f"{url}/hooks/{source}"),
            *("--hooks", str(hooks), "--data", str(local_face.data)),
            VERIHOOK_URL=url,
            VERIHOOK_KEY=run_key(local_face.data),
            **VARIABLES,
        )
        assert 0 == told.returncode, told.stdout + told.stderr
        line, shown = told.stdout.splitlines()
        assert (delivery, 200) == (json.loads(line)["id"], json.loads(line)["status"])
        assert shown == (body if source == "orders" else push).decode()
    assert rows == local_face.rows()
