"""Pictures of every page, to be looked at: ``python -m tests.console.screenshots [FOLDER] [PART OF A NAME]``.

Each page at 1440, 1024 and 390 pixels, in both themes, as PNG. docs/console/ has those of 1440 in light colours, and
those of 390 in dark ones.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.console.deployment import Deployed, deployed
from tests.console.pages import PAGES, filled
from tests.console.watched import Watched, chromium

WIDTHS = (1440, 1024, 390)


def take(folder: Path, part: str = "") -> None:
    """Write ``NAME-WIDTH-THEME.png`` of every page whose name has ``part`` in it."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data, deployed(Path(data), hostile=False) as served, chromium() as browser:
        for theme in ("light", "dark"):
            page = Watched(browser, served.url, color_scheme=theme)
            for name, path in PAGES.items():
                if part in name:
                    _take(page, served, folder, f"{name}-{{}}-{theme}.png", filled(path, served))
            page.context.close()


def _take(page: Watched, served: Deployed, folder: Path, name: str, path: str) -> None:
    for width in WIDTHS:
        page.page.set_viewport_size({"width": width, "height": 900})
        # What is open at first depends on the width.
        page.page.goto("about:blank")
        page.go(path, served.key)
        page.settled()
        page.page.wait_for_timeout(150)
        page.page.screenshot(path=folder / name.format(width), animations="disabled")


if __name__ == "__main__":
    take(Path(sys.argv[1] if len(sys.argv) > 1 else ".tools/screenshots"), *sys.argv[2:3])
