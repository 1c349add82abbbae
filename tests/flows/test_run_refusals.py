"""What `verihook run` refuses to start with: one clear line, and an exit code that is not 0."""

from __future__ import annotations

import socket
from pathlib import Path

from tests.flows.commands import verihook
from tests.flows.conftest import LocalFace


def fails(*arguments: str, **variables: str) -> str:
    """The line."""
    result = verihook("run", *arguments, **variables)
    assert 2 == result.returncode
    assert ("", 1) == (result.stdout, len(result.stderr.splitlines())), result.stderr
    return result.stderr.removesuffix("\n")


def test_where_the_port_is_in_use(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = fails("--port", str(port), "--data", str(tmp_path / "data"))
    assert f"verihook: port {port}: is in use; give another: --port 9000 (make: PORT=9000)" == line


def test_where_hooks_toml_is_broken(tmp_path: Path) -> None:
    hooks = tmp_path / "hooks.toml"
    hooks.write_text("[sources.orders]\nsender = 'gihub'\nworkflow = 'x'\n[workflows.x]\n")
    line = fails("--port", "0", "--data", str(tmp_path / "data"), "--hooks", str(hooks))
    assert line.startswith("verihook: hooks.toml: workflows.x.engine: is missing")


def test_where_the_data_folder_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    line = fails("--port", "0", "--data", str(tmp_path / "file" / "data"))
    assert line.endswith("the data folder cannot be written: Not a directory")


def test_where_the_ledger_is_damaged(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_bytes(b"no database at all" * 100)
    line = fails("--port", "0", "--data", str(tmp_path))
    assert line.endswith(f"put a copy back that is whole. ({tmp_path / 'ledger.db'})")


def test_where_another_one_runs_on_the_folder(local_face: LocalFace) -> None:
    line = fails("--port", "0", "--data", str(local_face.data))
    assert "another Verihook runs on this data folder" in line


def test_where_a_secret_cannot_be_used(tmp_path: Path) -> None:
    line = fails("--port", "0", "--data", str(tmp_path / "d"), STANDARD_WEBHOOK_SECRET="whsec_not base64!")
    assert line == "verihook: hooks.toml: sources.standard.secrets: the secret is not base64 (after 'whsec_')"
    assert "not base64!" not in line
