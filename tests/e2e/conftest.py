"""One build of the sample serves all end-to-end tests; each works on a copy of it. Local publishers are
importable by name."""

import sys
from pathlib import Path

import pytest
from builds import PROJECT, copy_database, main_job, staging_job

sys.path.insert(0, str(PROJECT / "tests" / "ingest" / "publishers"))


@pytest.fixture(scope="session")
def sample_build(tmp_path_factory) -> tuple[Path, str]:
    """The served database of the main command on the bundled sample, and what the command printed."""
    db = tmp_path_factory.mktemp("sample") / "zl.duckdb"
    outcome = main_job(db)
    assert outcome.code == 0, outcome.output
    return db, outcome.output


@pytest.fixture
def sample_db(sample_build, tmp_path) -> Path:
    """A database of one's own that holds the sample's build."""
    db = tmp_path / "zl.duckdb"
    copy_database(sample_build[0], db)
    return db


@pytest.fixture(scope="session")
def staged_sample(tmp_path_factory) -> Path:
    """A database with the staging layers of the bundled sample; to be copied, not written to."""
    db = tmp_path_factory.mktemp("staged") / "zl.duckdb"
    outcome = staging_job(db, PROJECT / "landing" / "sample")
    assert outcome.code == 0, outcome.output
    return db
