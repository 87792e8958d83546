"""Databases a build cannot use are refused by name, before a file is made."""

import os
from pathlib import Path

import duckdb
import pytest
import yaml

from ml.dbt_plugin import SCHEMAS, OneLineError, prepare_folder, refuse_odd_name, refuse_unreachable


@pytest.mark.parametrize(
    ("path", "alias", "words"),
    [
        ("", None, "ZL_DB names no file"),
        (".build", None, "ZL_DB names no file"),  # ZL_DB is set, and empty
        (":memory:.build", None, "ZL_DB names no file"),
        ("~/zl.duckdb", "published", "~/zl.duckdb: no shell has replaced the ~"),
        ("forecasts.duckdb", "published", "named forecasts already"),
        ("data/published.duckdb.build", None, "named published already"),
        ("Ops.duckdb", "published", "named Ops already"),  # DuckDB knows no case
        ("md:Ops", "Ops", "named Ops already"),
        ("md:ops", "ops", "named ops already: set ZL_DB (or ZL_MOTHERDUCK)"),
    ],
)
def test_a_database_that_is_no_file_or_has_a_taken_name_is_refused(path, alias, words):
    with pytest.raises(OneLineError) as refusal:
        refuse_odd_name(path, alias)
    assert words in refusal.value.msg and "\n" not in refusal.value.msg


@pytest.mark.parametrize("path", ["zl.duckdb", "/data/soy-oil.duckdb", "my forecasts.duckdb", "2024.build"])
def test_any_other_file_will_do(path):
    refuse_odd_name(path, "published")


def test_the_schemas_are_those_of_the_project():
    project = yaml.safe_load((Path(__file__).parents[2] / "dbt_project.yml").read_text())
    layers = {layer["+schema"] for layer in project["models"]["zl"].values() if "+schema" in layer}
    assert layers < set(SCHEMAS)


def test_motherduck_out_of_reach_is_told_in_one_line(monkeypatch):
    def offline(*_):
        raise duckdb.IOException("IO Error: Failed to download extension\nFor more info, visit")

    monkeypatch.setattr(duckdb, "connect", offline)
    monkeypatch.delenv("MOTHERDUCK_TOKEN", raising=False)
    with pytest.raises(OneLineError, match="md:zl needs a token"):
        refuse_unreachable("md:zl")
    monkeypatch.setenv("MOTHERDUCK_TOKEN", "a token")
    with pytest.raises(OneLineError) as refusal:
        refuse_unreachable("md:zl")
    assert refusal.value.msg == "md:zl cannot be reached: IO Error: Failed to download extension"


def test_whoever_may_read_the_served_file_may_read_its_snapshot(tmp_path):
    before = os.umask(0o022)
    try:
        folders = [Path(prepare_folder(str(tmp_path / "zl.duckdb.snapshots"), "0a1b")) for _ in range(2)]
    finally:
        os.umask(before)
    assert len(set(folders)) == 2 and all(folder.name.startswith("0a1b-") for folder in folders)
    assert {folder.stat().st_mode & 0o777 for folder in (*folders, folders[0].parent)} == {0o755}
