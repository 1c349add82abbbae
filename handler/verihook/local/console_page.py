"""A page in the data folder that leads a browser to the console with the key of the run.

A browser that is started gets its address as an argument, which every user of the machine can see. So it gets the path
of this file, which its owner alone can read; the key in it ends with the run.
"""

from __future__ import annotations

import html
from pathlib import Path

from verihook.local.data import write_private

#: The name of the file in the data folder.
NAME = "open.html"

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Verihook</title>
<meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0; url={address}">
</head>
<body><p><a href="{address}">To the console</a></p></body>
</html>
"""


def write_page(data: Path, address: str) -> Path:
    """Write the page that leads to this address, and return its path. Raises ConfigurationError."""
    path = data.absolute() / NAME
    write_private(path, _PAGE.format(address=html.escape(address)))
    return path
