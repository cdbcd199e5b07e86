"""What tests of several commands stand on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest


@pytest.fixture
def folder() -> Iterator[Path]:
    """One with a short path, as sockets must have."""
    with TemporaryDirectory(dir="/tmp") as short:
        yield Path(short)
