"""`--target motherduck` on a stand-in: a second DuckDB file, attached under its own name."""

from builds import fingerprints, main_job


def test_the_stand_in_is_published_like_the_local_file(sample_build, sample_db, monkeypatch, tmp_path):
    cloud = tmp_path / "zl_cloud.duckdb"
    monkeypatch.setenv("ZL_MOTHERDUCK", str(cloud))
    outcome = main_job(sample_db, target="motherduck")
    assert outcome.code == 0, outcome.output
    assert fingerprints(cloud) == fingerprints(sample_build[0])


def test_a_missing_token_is_named(sample_db, monkeypatch):
    monkeypatch.delenv("MOTHERDUCK_TOKEN", raising=False)
    monkeypatch.delenv("motherduck_token", raising=False)
    outcome = main_job(sample_db, target="motherduck")
    assert outcome.code != 0
    assert outcome.says("MOTHERDUCK_TOKEN")
    assert "Traceback" not in outcome.output
