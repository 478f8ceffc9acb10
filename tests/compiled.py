"""Engines of a test session know the statements that an engine before them compiled.

Each test has an engine of its own, and compiling costs more than asking: a quarter of the tests'
time went there. A process that serves compiles once, too, so that nothing here is kinder to a
statement than what it meets there.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import Dialect
from sqlalchemy.util import LRUCache

from liangxin import db

#: More than the different statements of the whole suite.
STATEMENTS = 5_000


@contextmanager
def once() -> Iterator[None]:
    """As long as the block, what ``db`` makes compiles no statement that was compiled before."""
    compiled: LRUCache[Any, Any] = LRUCache(STATEMENTS)
    dialects: dict[str, Dialect] = {}

    def knowing(*how: Any, **more: Any) -> Engine:
        made = create_engine(*how, **more)
        made.update_execution_options(compiled_cache=compiled)
        if known := dialects.get(made.dialect.name):
            made.dialect = known  # part of what a statement is found by
        else:
            # One that has met its database: before, it does not know what that is able to do.
            @event.listens_for(made, "connect", once=True)
            def _met(*_: object) -> None:
                dialects.setdefault(made.dialect.name, made.dialect)

        return made

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(db, "create_engine", knowing)
        yield
