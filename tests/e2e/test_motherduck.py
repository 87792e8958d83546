"""`--target motherduck` on a stand-in: a second DuckDB file, attached under its own name."""

import shutil

from builds import PROJECT, daily_job, fingerprints, main_job


def test_the_stand_in_is_published_like_the_local_file(sample_build, sample_db, monkeypatch, tmp_path):
    cloud = tmp_path / "zl_cloud.duckdb"
    monkeypatch.setenv("ZL_MOTHERDUCK", str(cloud))
    outcome = daily_job(sample_db, target="motherduck")
    assert outcome.code == 0, outcome.output
    assert fingerprints(cloud) == fingerprints(sample_build[0])
    other = tmp_path / "landing"
    shutil.copytree(PROJECT / "landing" / "sample", other)
    refused = main_job(tmp_path / "mine.duckdb", target="motherduck", variables={"landing": str(other)})
    assert refused.code != 0
    assert refused.says("The served forecasts in 'zl_cloud' come from", "one database, one landing")


def test_a_missing_token_is_named(sample_db, monkeypatch):
    monkeypatch.delenv("MOTHERDUCK_TOKEN", raising=False)
    monkeypatch.delenv("motherduck_token", raising=False)
    outcome = main_job(sample_db, target="motherduck")
    assert outcome.code != 0
    assert outcome.says("MOTHERDUCK_TOKEN")
    assert "Traceback" not in outcome.output
