"""A switch in a seed switches something."""

import csv
from pathlib import Path

import pytest
import yaml

PROJECT = Path(__file__).parents[1]
NAME_COLUMNS = {"bucket_name", "series_name", "symbol_name"}
PREFIXES = ("is_", "has_", "in_", "may_", "closes_")
SWITCHES = sorted(
    (path.stem, column)
    for path in (PROJECT / "seeds").glob("*.csv")
    for column in path.read_text(encoding="utf-8").splitlines()[0].split(",")
    if column.startswith(PREFIXES)
)


def text_of(*globs: str) -> list[str]:
    return [path.read_text(encoding="utf-8") for glob in globs for path in PROJECT.glob(glob)]


@pytest.fixture(scope="module")
def readers() -> list[str]:
    """Each query by itself; Python as one: a model hands its tables to a function in `ml`."""
    python = "\n".join(text_of("models/**/*.py", "ml/*.py")).replace('ref("', "ref('").replace('")', "')")
    # A generic test is handed its seed by the yml that names it.
    generic = "\n".join(text_of("tests/generic/*.sql"))
    handed = [properties + generic for properties in text_of("models/**/*.yml")]
    return [*text_of("models/**/*.sql", "macros/**/*.sql", "tests/**/*.sql"), *handed, python]


@pytest.mark.parametrize(("seed", "column"), SWITCHES)
def test_every_switch_of_a_seed_is_read_by_what_reads_the_seed(readers, seed, column):
    assert any(f"ref('{seed}')" in text and column in text for text in readers), (
        f"{seed}.{column}: nobody reads it"
    )


def test_every_column_of_a_seed_is_described_and_none_that_is_gone():
    described = {}
    for path in (PROJECT / "seeds").glob("*.yml"):
        for seed in yaml.safe_load(path.read_text(encoding="utf-8"))["seeds"]:
            described[seed["name"]] = [column["name"] for column in seed["columns"]]
    for path in (PROJECT / "seeds").glob("*.csv"):
        header = path.read_text(encoding="utf-8").splitlines()[0].split(",")
        assert described[path.stem] == header, path.name


def named(path: Path) -> list[str]:
    """What a seed calls its rows, where it has one name for each."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            value for row in csv.DictReader(file) for column, value in row.items() if column in NAME_COLUMNS
        ]


@pytest.mark.parametrize("path", sorted((PROJECT / "seeds").glob("*.csv")), ids=lambda path: path.stem)
def test_a_name_for_people_tells_the_rows_apart(path):
    names = named(path)
    assert sorted(name for name in set(names) if names.count(name) > 1) == []
