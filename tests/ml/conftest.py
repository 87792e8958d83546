"""Fixtures of the unit tests of `ml`."""

from pathlib import Path

import pytest
from served_database import write_served


@pytest.fixture(scope="session")
def served_db(tmp_path_factory) -> Path:
    """A served database with the columns of the real one and invented numbers, marked as a sample."""
    path = tmp_path_factory.mktemp("served") / "zl.duckdb"
    write_served(path)
    return path
