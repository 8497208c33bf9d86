from __future__ import annotations

from collections.abc import Iterator

import pytest

from .asking import Nursery


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    nursery = Nursery()
    yield nursery
    nursery.close()
