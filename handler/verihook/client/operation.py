"""Makes one definition of an operation a method of both the blocking and the awaited client."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, Generic, ParamSpec, TypeVar, overload

from verihook.client.wire import Work

P = ParamSpec("P")
R = TypeVar("R")


class Blocking:
    """A client whose methods return the result."""

    def run(self, work: Work[R]) -> R:
        """Send the requests of an operation until it returns; return its result."""
        raise NotImplementedError


class Awaiting:
    """A client whose methods are awaited."""

    async def run(self, work: Work[R]) -> R:
        """Send the requests of an operation until it returns; return its result."""
        raise NotImplementedError


class Operation(Generic[P, R]):
    """A method that runs an operation, with the operation's parameters and documentation."""

    def __init__(self, work: Callable[P, Work[R]]) -> None:
        self._work = work
        self.__doc__ = work.__doc__

    @overload
    def __get__(self, client: None, owner: type) -> Callable[P, Work[R]]: ...

    @overload
    def __get__(self, client: Blocking, owner: type) -> Callable[P, R]: ...

    @overload
    def __get__(self, client: Awaiting, owner: type) -> Callable[P, Coroutine[Any, Any, R]]: ...

    def __get__(self, client: Blocking | Awaiting | None, owner: type) -> Callable[P, Any]:
        if client is None:
            return self._work
        run: Callable[[Work[R]], Any] = client.run

        @wraps(self._work)
        def call(*args: P.args, **kwargs: P.kwargs) -> Any:
            return run(self._work(*args, **kwargs))

        return call
