"""What is done with an instance has one word: in the core, the API, the commands and the client."""

from __future__ import annotations

import pytest

from verihook import cli, instances
from verihook.api.operations import OPERATIONS
from verihook.client.clients import Operations


@pytest.mark.parametrize("act", ["suspend", "resume", "terminate", "restart", "redrive"])
def test_an_act_on_an_instance_has_one_word(act: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert callable(getattr(instances, act))
    assert f"POST /v1/instances/{{instanceId}}/{act}" in [each.row for each in OPERATIONS]
    assert hasattr(Operations, act)
    with pytest.raises(SystemExit, match="0"):
        cli.main(["instances", act, "--help"])
    assert f"verihook instances {act} " in capsys.readouterr().out
