"""Tests that need the real market history are left out aloud where it is not; a served database to read."""

import os
from pathlib import Path

import pytest
from served_database import write_served

PROJECT = Path(__file__).parents[1]
SHARED = PROJECT.parent / "shared"
N_WITHOUT_SHARED = pytest.StashKey[int]()


def pytest_configure(config):
    """Whoever collects in a process of `--numprocesses` cannot be heard: there CI is refused before."""
    if config.getoption("numprocesses", None):
        refuse_in_ci("all tests are")


def pytest_collection_modifyitems(config, items):
    """Without the real market history tests marked `shared` are left out aloud; in CI that is an error."""
    needing = [item for item in items if item.get_closest_marker("shared")]
    if not needing or (SHARED / "landing").is_dir():
        return
    refuse_in_ci(f"{len(needing)} tests are")
    items[:] = [item for item in items if item not in needing]
    config.hook.pytest_deselected(items=needing)
    config.stash[N_WITHOUT_SHARED] = len(needing)


def refuse_in_ci(asked: str) -> None:
    """CI has the real market history, or says that it has not."""
    if os.environ.get("CI", "").lower() in {"1", "true"} and not (SHARED / "landing").is_dir():
        raise pytest.UsageError(
            f"CI without the real market history: ../shared/landing is missing, and {asked} asked for."
        )


def pytest_sessionfinish(session):
    """A process of `--numprocesses` tells the one that prints what it left out."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["n_without_shared"] = session.config.stash.get(N_WITHOUT_SHARED, 0)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    """Every process collects all tests and leaves out the same; one that died tells nothing."""
    n_left_out = getattr(node, "workeroutput", {}).get("n_without_shared", 0)
    node.config.stash[N_WITHOUT_SHARED] = max(node.config.stash.get(N_WITHOUT_SHARED, 0), n_left_out)


def pytest_terminal_summary(terminalreporter, config):
    n_left_out = config.stash.get(N_WITHOUT_SHARED, 0)
    if n_left_out:
        terminalreporter.write_line(
            f"{n_left_out} tests left out: they need the real market history in ../shared/landing, which is "
            "not here."
        )


@pytest.fixture(scope="session")
def served_db(tmp_path_factory) -> Path:
    """A served database with the columns of the real one and invented numbers, marked as a sample."""
    path = tmp_path_factory.mktemp("served") / "zl.duckdb"
    write_served(path)
    return path
