"""What decides numbers is part of a run's id; nothing outside of it may reach into them unseen."""

import ast
from pathlib import Path

import pytest

from ml.dbt_plugin import CODE_FOLDERS

PROJECT = Path(__file__).parents[1]
OURS = {"benchmarks", "ingest", "ml", "sample", "zl"}
# The score of a title that a check reads again: articles carry the version of the rules that scored them.
ALLOWED = {"ml/dbt_plugin.py": {"ingest"}}


def packages_of(file: Path) -> set[str]:
    """First parts of every module a file imports, wherever in it."""
    names = []
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.append(node.module)
    return {name.split(".")[0] for name in names}


def python_files(folder: str) -> list[str]:
    return sorted(str(file.relative_to(PROJECT)) for file in (PROJECT / folder).rglob("*.py"))


@pytest.mark.parametrize("file", [file for folder in CODE_FOLDERS for file in python_files(folder)])
def test_what_decides_numbers_imports_only_what_the_runs_id_covers(file):
    assert packages_of(PROJECT / file) & OURS <= {"ml"} | ALLOWED.get(file, set())
