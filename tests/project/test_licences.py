"""What is given to others says under which licence: the repository, the wheel, and what is deployed."""

from __future__ import annotations

import gzip
import hashlib
import re
import zipfile
from base64 import b64encode
from email import message_from_bytes
from pathlib import Path

import pytest

from tests.deployed.emulator import built
from tests.project.template import FUNCTIONS
from tests.project.test_requirements import PROJECT, ROOT
from tests.project.wheel import build_wheel

ASSETS = Path("handler/verihook/api/assets")
VENDOR = Path("handler/verihook/console/vendor")
#: Of https://www.apache.org/licenses/LICENSE-2.0.txt
APACHE_2_SHA256 = "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    return zipfile.ZipFile(build_wheel(tmp_path_factory.mktemp("wheel")))


def test_the_licence_is_apaches_own_text() -> None:
    assert hashlib.sha256((ROOT / "LICENSE").read_bytes()).hexdigest() == APACHE_2_SHA256
    assert PROJECT["license"] == "Apache-2.0"


def test_the_wheel_says_its_licence_and_brings_it(wheel: zipfile.ZipFile) -> None:
    (info,) = {name.partition("/")[0] for name in wheel.namelist() if ".dist-info/" in name}
    metadata = message_from_bytes(wheel.read(f"{info}/METADATA"))
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Author"] == "Verihook contributors"
    files = metadata.get_all("License-File") or []
    assert {"LICENSE", "NOTICE", *(str(path) for path in of_others())} == set(files)
    for name in files:
        assert wheel.read(f"{info}/licenses/{name}") == (ROOT / name).read_bytes(), name
    # No classifier of a licence beside the expression: https://peps.python.org/pep-0639/
    assert not [each for each in metadata.get_all("Classifier") or [] if each.startswith("License ::")]
    assert {"Source", "Documentation", "Issues", "Changelog"} == {
        each.partition(",")[0] for each in metadata.get_all("Project-URL") or []
    }


def of_others() -> list[Path]:
    """The licences and notices of files that others wrote."""
    kinds = ("*.LICENSE.txt", "*.NOTICE.txt")
    folders = (ASSETS, VENDOR)
    return sorted(path.relative_to(ROOT) for folder in folders for kind in kinds for path in (ROOT / folder).glob(kind))


def test_every_file_of_others_is_noted_and_is_what_it_was() -> None:
    """What git has that is not text of ours is listed, with its hash, and named in NOTICE."""
    notice = (ROOT / "NOTICE").read_text("utf-8")
    compressed = sorted((ROOT / "handler").rglob("*.gz"))
    plain = sorted((ROOT / VENDOR).glob("*.js"))
    assert compressed
    assert plain
    for path in (*compressed, *plain):
        assert path.relative_to(ROOT).name in notice
        content = path.read_bytes()
        digest = b64encode(
            hashlib.sha384(gzip.decompress(content) if path in compressed else content).digest()
        ).decode()
        assert f"`{path.name}` | `{digest}`" in (path.parent / "README.md").read_text("utf-8")
    assert len(of_others()) == 5
    for name in of_others():
        assert name.name in notice, name


def test_the_quoted_examples_say_whose_they_are() -> None:
    """Of the tests alone: each file is under a product that NOTICE and the folder's README name."""
    folder = ROOT / "tests" / "dialects" / "documents"
    listed = re.findall(r"^\| `([a-z]+)-?\*` \|", (folder / "README.md").read_text("utf-8"), re.MULTILINE)
    for path in folder.iterdir():
        assert path.name == "README.md" or path.name.startswith(tuple(listed)), path.name
    notice = (ROOT / "NOTICE").read_text("utf-8").lower()
    assert all(product in notice for product in listed)


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_what_is_deployed_brings_its_licences(name: str) -> None:
    folder = built(name)
    for text in ("LICENSE", "NOTICE"):
        assert (folder / text).read_bytes() == (ROOT / text).read_bytes()
    if (folder / "verihook" / "api").exists():
        assert all((folder / path.relative_to("handler")).exists() for path in of_others())
    for info in folder.glob("*.dist-info"):
        metadata = message_from_bytes((info / "METADATA").read_bytes())
        texts = [path for path in info.rglob("*") if re.match(r"(?i)(un)?licen[cs]e|copying", path.name)]
        assert texts or metadata["License-Expression"] or metadata["License"], info.name
