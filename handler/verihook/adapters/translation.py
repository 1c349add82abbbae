"""Raise errors of a library or of a port as our own errors: the one definition of "X did not answer"."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ContextDecorator
from types import TracebackType
from typing import Generic, TypeVar

from verihook.errors import Unavailable

E = TypeVar("E", bound=Exception)


class ErrorTranslation(ContextDecorator, Generic[E]):
    """A ``with`` block, or the decorator of a function, that raises another error for each of the class ``theirs``.

    ``ours``: makes our error from theirs, which becomes its cause. Any other error passes. Holds no state, so that
    threads may share it and blocks may nest.
    """

    def __init__(self, theirs: type[E], ours: Callable[[E], Unavailable]) -> None:
        self._theirs = theirs
        self._ours = ours

    def __enter__(self) -> None:
        """Nothing is prepared."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if isinstance(error, self._theirs):
            raise self._ours(error) from error
