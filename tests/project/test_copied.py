"""What is deployed is a folder that was copied and never installed: nothing in it may ask for an installation."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

import verihook
from tests.flows.deployment import ROOT
from tests.flows.faces import function_url_event
from tests.project.test_imports import settings

__all__ = ["settings"]

#: Answers each request with the artifact and the libraries, of which no file says that Verihook is installed.
PROGRAM = """
import json, sys
sys.path[:0] = json.loads(sys.argv[1])
from verihook import main
import verihook
for event in json.load(sys.stdin):
    answer = main.api(event, None)
    print(json.dumps([answer["statusCode"], answer["body"]]))
print(json.dumps(verihook.__file__))
"""


@pytest.fixture
def folders(tmp_path: Path) -> list[str]:
    """A copy of handler/, and the libraries without Verihook among them."""
    shutil.copytree(ROOT / "handler", tmp_path / "task", ignore=shutil.ignore_patterns("__pycache__"))
    libraries = tmp_path / "libraries"
    libraries.mkdir()
    for entry in Path(sysconfig.get_paths()["purelib"]).iterdir():
        if "verihook" not in entry.name and entry.suffix != ".pth":
            (libraries / entry.name).symlink_to(entry)
    return [str(tmp_path / "task"), str(libraries)]


def test_the_api_answers_from_a_copied_folder(folders: list[str], settings: dict[str, str]) -> None:
    paths = ["/v1.0/metadata", "/v1/openapi.json", "/docs", "/docs/swagger-ui-bundle.js", "/console/"]
    result = subprocess.run(
        # -S: what is installed beside the interpreter does not count; -I: nor does what the environment names.
        [sys.executable, "-I", "-S", "-c", PROGRAM, json.dumps(folders)],
        input=json.dumps([function_url_event("GET", path, [], b"") for path in paths]),
        env={**settings, "VERIHOOK_CONSOLE": "yes"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-2000:]
    *answers, file = [json.loads(line) for line in result.stdout.splitlines() if line.startswith(("[", '"'))]
    assert file.startswith(folders[0])
    assert [200] * len(paths) == [status for status, _ in answers], answers
    assert json.loads(answers[0][1])["runtimeVersion"] == verihook.__version__


def test_no_module_asks_what_is_installed() -> None:
    sources = {path: path.read_text() for path in (ROOT / "handler").rglob("*.py")}
    found = re.compile(r"importlib[._ ]*(import )?(metadata|resources)|pkg_resources")
    assert [] == [str(path) for path, text in sources.items() if found.search(text)]


def test_one_place_knows_the_version() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", verihook.__version__)
    project = (ROOT / "pyproject.toml").read_text()
    assert 'dynamic = ["version"]' in project
    assert f'"{verihook.__version__}"' not in project
