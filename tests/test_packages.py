"""What decides numbers is part of a run's id; nothing outside of it may reach into them unseen."""

import ast
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from ml.dbt_plugin import CODE_FOLDERS

PROJECT = Path(__file__).parents[1]
OURS = {"benchmarks", "ingest", "ml", "sample", "zl"}
# The score of a title that a check reads again: articles carry the version of the rules that scored them.
ALLOWED = {"ml/dbt_plugin.py": {"ingest"}}


# One name for parts that are distributed each by itself.
SHARED_NAMES = {"autogluon"}
# Parts of AutoGluon that its extras bring; peers of the benchmark and a measurement of parts name them.
EXTRAS = {"lightgbm", "catboost"}


def modules_of(file: Path) -> set[str]:
    """Every module a file imports, wherever in it."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return names


def packages_of(file: Path) -> set[str]:
    """First parts of every module a file imports, wherever in it."""
    return {name.split(".")[0] for name in modules_of(file)}


def declared(*groups: str) -> set[str]:
    """Distributions of pyproject.toml's dependencies and of these groups of optional ones."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    lines = project["dependencies"] + [
        line for group in groups for line in project["optional-dependencies"][group]
    ]
    return {canonicalize_name(Requirement(line).name) for line in lines}


def foreign_distributions(folder: str) -> dict[str, set[str]]:
    """What brings each module of others that a folder's files import: one of these distributions."""
    own = {file.stem for file in (PROJECT / "tests").rglob("*.py")} | OURS
    of_package, found = packages_distributions(), {}
    for file in python_files(folder):
        for module in modules_of(PROJECT / file):
            first, *rest = module.split(".")
            if first in own or first in sys.stdlib_module_names:
                continue
            if first in SHARED_NAMES and rest:
                found[f"{first}.{rest[0]}"] = {canonicalize_name(f"{first}.{rest[0]}")}
            else:
                found[first] = {canonicalize_name(name) for name in of_package.get(first, [first])}
    return found


def python_files(folder: str) -> list[str]:
    return sorted(str(file.relative_to(PROJECT)) for file in (PROJECT / folder).rglob("*.py"))


@pytest.mark.parametrize("file", [file for folder in CODE_FOLDERS for file in python_files(folder)])
def test_what_decides_numbers_imports_only_what_the_runs_id_covers(file):
    assert packages_of(PROJECT / file) & OURS <= {"ml"} | ALLOWED.get(file, set())


@pytest.mark.parametrize(
    ("folder", "groups"),
    [("ingest", []), ("ml", ["ray"]), ("sample", []), ("zl", []), ("tests", ["dev", "ray"])],
)
def test_what_is_imported_is_declared_and_not_only_brought_by_something_else(folder, groups):
    known = declared(*groups)
    assert {name for name, brought in foreign_distributions(folder).items() if not brought & known} == set()


def test_what_the_benchmarks_import_beyond_the_product_is_in_their_requirements():
    lines = (PROJECT / "benchmarks" / "requirements.txt").read_text().splitlines()
    wanted = {canonicalize_name(Requirement(line).name) for line in lines if line and line[0] != "#"}
    known = declared("dev", "ray") | wanted | EXTRAS
    found = foreign_distributions("benchmarks")
    assert {name for name, brought in found.items() if not brought & known} == set()
