"""`zl` on a real build: README shows what it prints, the report is whole, and a replay ends equal."""

import os
import re
import subprocess
import sys

from builds import PROJECT, Outcome, fingerprints, rows

from ml.params import load_params

README_BLOCK = r"<!-- zl show -->\n```\n(.*?)\n```\n<!-- end of zl show -->"


def zl(*args: str, db) -> Outcome:
    """Run `zl ARGS` on `db` as another process; the fit cache stays the project's."""
    cache = os.environ.get("ZL_CACHE") or str(PROJECT / ".zl_cache")
    done = subprocess.run(
        [sys.executable, "-c", "from zl.cli import app; app(prog_name='zl')", *args],
        cwd=PROJECT,
        env=os.environ | {"ZL_DB": str(db), "ZL_CACHE": cache, "COLUMNS": "100"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Outcome(done.returncode, done.stdout)


def without_age_and_run(text: str) -> str:
    """Printed output without what the day of printing and the fingerprint of the code decide."""
    text = re.sub(r"[\d,]+\s+days old", "N days old", text)
    return " ".join(re.sub(r"Run \w+", "Run id", text).split())


def test_readme_shows_what_zl_show_prints_of_the_sample(sample_db):
    outcome = zl("show", db=sample_db)
    assert outcome.code == 0, outcome.output
    shown = re.search(README_BLOCK, (PROJECT / "README.md").read_text(), re.DOTALL).group(1)
    assert without_age_and_run(outcome.output) == without_age_and_run(shown), (
        "README.md is out of date; make readme"
    )


def test_the_report_of_the_sample_is_whole(sample_db, tmp_path):
    outcome = zl("report", "--out", str(tmp_path / "report.html"), db=sample_db)
    assert outcome.code == 0, outcome.output
    page = (tmp_path / "report.html").read_text()
    assert page.count("<svg ") == 10 and "SAMPLE DATA" in page
    assert all(
        model in page for model in ("ensemble", "main", "chronos_bolt", "gjr_t_fhs", "volatility_pool")
    )


def test_zl_ablation_takes_the_sample_s_forecast_apart(sample_db, tmp_path):
    """It refuses unless the forecast made again with nothing left out is the one that is served."""
    outcome = zl("ablation", "--out", str(tmp_path / "ablation.md"), db=sample_db)
    assert outcome.code == 0, outcome.output
    table = (tmp_path / "ablation.md").read_text()
    names = [name for (name,) in rows(sample_db, "select model_name from forecasts.driver_weights")]
    not_parts = {"stack_l2", load_params("quick").ensemble.fallback_model}
    parts = set(names) - not_parts | {"stacking", "all 8 drivers", "calibration"}
    assert [part for part in sorted(parts) if table.count(f"| {part} |") == 0] == []


def test_zl_replay_of_a_served_day_is_equal_and_leaves_the_served_set_alone(sample_db):
    before = fingerprints(sample_db)
    day = rows(sample_db, "select quantile_disc(as_of_date, 0.31) from forecasts.zl_predictions")[0][0]
    outcome = zl("replay", "--as-of", str(day), db=sample_db)
    assert outcome.code == 0, outcome.output
    assert outcome.says(f"Replay of {day}: equal to the served forecast, bit for bit (4 rows)")
    assert outcome.says(f"through {day}, 0 days old")  # its now is its cut
    assert fingerprints(sample_db) == before
