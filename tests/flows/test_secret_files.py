"""A secret in a file of the data folder, which is outside the code: the server and the commands find it by its name."""

from __future__ import annotations

import json
from pathlib import Path

from tests.flows.commands import verihook
from tests.flows.faces import serving

HOOKS = """
[sources.deals]
sender = "generic"
secrets = ["file:deals.secret"]
workflow = "deal"

[workflows.deal]
engine = "function"
definition = "deal"
"""


def test_the_server_and_the_commands_find_it(tmp_path: Path) -> None:
    code, data = tmp_path / "handler", tmp_path / "data"
    (code / "workflows").mkdir(parents=True)
    (code / "workflows" / "deal.py").write_text("def run(event, context):\n    return event\n")
    hooks = code / "hooks.toml"
    hooks.write_text(HOOKS)
    (data / "secrets").mkdir(parents=True)
    (data / "secrets" / "deals.secret").touch(0o600)
    (data / "secrets" / "deals.secret").write_text("s3cret\n")
    (tmp_path / "deal.json").write_text('{"id": "evt_1", "deal": 7}')
    with serving(data, {}, "--hooks", str(hooks)) as server:
        sent = verihook(
            *("send", "deals", str(tmp_path / "deal.json"), "--wait"),
            *("--data", str(data), "--hooks", str(hooks), "--url", server.url),
        )
    assert sent.returncode == 0, sent.stderr
    assert json.loads(sent.stdout.splitlines()[-1])["status"] == "completed"
    assert ["hooks.toml", "workflows"] == sorted(path.name for path in code.iterdir())
