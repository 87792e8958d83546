"""Databases a build cannot use are refused by name, before a file is made."""

import os
from pathlib import Path

import duckdb
import pytest
import yaml

from ml import dbt_plugin
from ml.dbt_plugin import (
    SCHEMAS,
    OneLineError,
    code_fingerprint,
    prepare_folder,
    refuse_odd_name,
    refuse_unreachable,
    refuse_unusable_cache,
    swap_snapshot,
)

# One file of each kind that decides a build's numbers.
DECISIVE_FILES = (
    "models/training/targets.sql",
    "models/training/specialist_crush.py",
    "models/training/_training.yml",
    "macros/formulas/board_crush.sql",
    "seeds/release_rules.csv",
    "ml/simulation.py",
    "ml/params.yml",
    "ml/checkpoints/small/config.json",
    "ml/checkpoints/small/model.safetensors",
    "dbt_project.yml",
    "requirements.lock",
)


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


@pytest.mark.parametrize("changed", DECISIVE_FILES)
def test_the_codes_fingerprint_follows_every_file_that_decides_a_number(changed, tmp_path, monkeypatch):
    monkeypatch.setattr(dbt_plugin, "PROJECT", tmp_path)
    for name in DECISIVE_FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("as it was")
    before = code_fingerprint()
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "quality.md").write_text("decides nothing")
    assert code_fingerprint() == before
    (tmp_path / changed).write_text("another line")
    after = code_fingerprint()
    (tmp_path / changed).unlink()
    assert len({before, after, code_fingerprint()}) == 3


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


def test_a_cache_that_is_no_folder_is_refused_before_anything_is_built(tmp_path, monkeypatch):
    file = tmp_path / "cache"
    monkeypatch.setenv("ZL_CACHE", str(file))
    refuse_unusable_cache()  # made when the first fit is stored
    file.touch()
    with pytest.raises(OneLineError, match=f"ZL_CACHE, {file}, is no folder"):
        refuse_unusable_cache()


def test_a_snapshot_copied_as_a_real_folder_is_replaced_like_any_other(tmp_path):
    link, folders = tmp_path / "zl.duckdb.snapshot", tmp_path / "zl.duckdb.snapshots"
    link.mkdir()
    (link / "ops.training_runs.parquet").touch()
    fresh = Path(prepare_folder(str(folders), "0a1b"))
    swap_snapshot(str(link), str(fresh))
    assert link.is_symlink() and link.resolve() == fresh.resolve()
    assert [folder.name for folder in folders.iterdir()] == [fresh.name]
