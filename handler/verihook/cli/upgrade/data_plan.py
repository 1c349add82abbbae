"""The plan of a data folder: its databases are copied, then the ledger's schema is brought up to date.

A start of the server brings the schema up to date, too, without a copy.
"""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from verihook.adapters.ledgers.sqlite import SqliteFile
from verihook.adapters.ledgers.sqlite.file import schema_version
from verihook.adapters.ledgers.sqlite.schema import VERSION
from verihook.cli.ledger import existing_ledger
from verihook.cli.upgrade.steps import Plan, Step, StepFailed
from verihook.errors import ConfigurationError, LedgerUnavailable
from verihook.local.data import DATABASES, DataFolder

_MB = 1e6
_STOPPED = "the server has to be stopped, so senders repeat what they deliver"


@dataclass(frozen=True, slots=True)
class DataUpgrade:
    """The upgrade of the data folder ``data``."""

    data: Path

    def plan(self) -> Plan:
        """Return what is still to be done. Raises ConfigurationError, StepFailed."""
        path = existing_ledger(self.data)
        try:
            version = schema_version(path)
        except LedgerUnavailable as error:
            mend = "look at the file's rights and its disk, and run this again"
            raise StepFailed(f"{path} cannot be read: {error.__cause__ or error}; {mend}") from error
        if version > VERSION:
            mend = f"a newer Verihook made it (schema {version}, this one has {VERSION}): use that one"
            raise ConfigurationError(str(path), "", mend)
        plan = Plan()
        if version == VERSION:
            return plan
        copy = self.data / f"before-schema-{VERSION}"
        if not copy.exists():
            plan.steps.append(self._copy(copy))
        plan.steps.append(self._migrate(path, version))
        engines = "start the server: it brings executions.db and durable.db up to date"
        plan.afterwards.append(f"{engines}. To go back, put what is in {copy} in their place")
        return plan

    def _copy(self, copy: Path) -> Step:
        size = sum(path.stat().st_size for path in self._databases())

        def run() -> None:
            if shutil.disk_usage(self.data).free < 2 * size:
                raise StepFailed(f"the disk of {self.data} has no room for a copy of {size / _MB:.1f} MB: make some")
            with closing(DataFolder(self.data)):
                # A folder of this name is whole: what a stop has left has another one.
                made = copy.with_name(f"{copy.name}.part")
                shutil.rmtree(made, ignore_errors=True)
                made.mkdir(mode=0o700)
                for path in self._databases():
                    _copy_database(path, made / path.name)
                made.rename(copy)

        return Step(
            "copy",
            f"copy the databases of {self.data} to {copy}: the way back",
            "seconds",
            f"{size / _MB:.1f} MB of disk",
            _STOPPED,
            (),
            run,
        )

    def _migrate(self, path: Path, version: int) -> Step:
        def run() -> None:
            with closing(DataFolder(self.data)):
                SqliteFile(path).close()

        return Step(
            "schema",
            f"bring the schema of {path} from {version} to {VERSION}, in one transaction",
            "seconds, minutes for millions of instances",
            "nothing",
            f"{_STOPPED}. A stop leaves the file as it was",
            (),
            run,
        )

    def _databases(self) -> list[Path]:
        return [path for name in DATABASES if (path := self.data / name).exists()]


def _copy_database(path: Path, target: Path) -> None:
    """Copy a database with what is in its log (https://www.sqlite.org/backup.html)."""
    target.touch(mode=0o600)
    try:
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(target)) as copy:
            source.backup(copy)
    except sqlite3.Error as error:
        raise StepFailed(f"{path} cannot be copied: {error}; look at its disk, and run this again") from error
