"""The report: one file, everything in it, nothing outside it."""

import datetime as dt
import re
import shutil
from html.parser import HTMLParser

import duckdb
import numpy as np
import pandas as pd
import pytest
from served_database import write_served
from typer.testing import CliRunner

from zl.cli import app
from zl.record_plots import murphy, skill_grid
from zl.report import report
from zl.report_plots import weights_through_time
from zl.scorecard import scorecard
from zl.served import open_served
from zl.show import PAST_ROWS

TODAY = dt.date(2021, 5, 20)
SECTIONS = [
    "Where the price may go",
    "What it may cost, on both sides",
    "What was forecast, and what came",
    "Do the quantiles mean what they say?",
    "Did the risk figures hold?",
    "Is it better than a simple rule?",
    "Which forecasters can be told apart?",
    "Better for whom?",
    "By year, and forecaster by forecaster",
    "Whom the forecast listens to",
    "The eight drivers",
    "How to read this",
]


class Page(HTMLParser):
    """Counts tags, and collects attributes that could make a browser fetch something."""

    def __init__(self, text: str):
        super().__init__()
        self.open_tags, self.n_drawings, self.references = [], 0, []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if tag not in ("meta", "br", "link"):
            self.open_tags.append(tag)
        self.n_drawings += tag == "svg"
        self.references += [
            v for k, v in attrs if k in ("src", "href", "xlink:href") and not v.startswith("#")
        ]

    def handle_endtag(self, tag):
        assert self.open_tags.pop() == tag


@pytest.fixture(scope="module")
def page(served_db) -> str:
    with open_served(served_db) as served:
        return report(served, TODAY)


def test_every_part_is_there_and_drawn(page):
    assert re.findall(r"<h2>(.*?)</h2>", page) == SECTIONS
    assert Page(page).n_drawings == 10


def test_the_file_needs_nothing_outside_itself(page):
    parsed = Page(page)
    assert parsed.open_tags == []
    assert parsed.references == []
    assert "<script" not in page and "@import" not in page and not re.search(r"url\((?!#)", page)


def test_the_numbers_of_the_newest_forecast_are_on_it(page, served_db):
    with open_served(served_db) as served:
        rows = served.rows("select * from forecasts.zl_predictions where is_live")
    for row in rows:
        assert f"<b>{row['p50_cents_per_lb']:.2f}</b>" in page
        assert f"{row['p10_cents_per_lb']:.2f} to {row['p90_cents_per_lb']:.2f}" in page
        for measure in ("var_95", "cvar_95", "var_99", "cvar_99"):
            for side in ("holder", "buyer"):
                cents, error, usd = (
                    row[f"{measure}_{side}_{unit}"]
                    for unit in ("cents_per_lb", "se_cents_per_lb", "usd_per_contract")
                )
                assert f"<td>{cents:.2f} <small>±{2 * error:.2f}<br>{usd:,.0f}</small></td>" in page
    assert "the simulation’s error only, not the model’s" in page
    assert "The median is the last close at 1w, 1m, 3m, 6m" in page


def test_the_age_of_the_data_names_the_day_it_is_counted_to(page):
    assert "through 2021-05-18, 2 days old on 2021-05-20." in page


def test_a_score_stands_high_and_speaks_for_no_price(page):
    drivers = page.split("The eight drivers")[1].split("</section>")[0]
    assert "stands high" in drivers and "speaks" not in drivers


def test_who_speaks_and_who_is_silent_stand_on_it_with_the_proof(page):
    part = page.split("Whom the forecast listens to")[1].split("</section>")[0]
    assert "<tr><td>crush</td><td>20 % <small>" in part and "<tr><td>china</td>" not in part
    assert "<strong>together</strong></td><td>100 % <small>" in part
    assert part.count("silent: china, main<br><small>greedy weights followed by 20%, t 2.1") == 4


def test_the_weights_rest_where_those_of_the_run_did(served_db, tmp_path):
    """Whatever today's knobs name: the fallback is the first colour of the run that is drawn."""
    path = shutil.copy(served_db, tmp_path / "zl.duckdb")
    for fallback, other in (("volatility_blend", "crush"), ("crush", "volatility_blend")):
        with duckdb.connect(str(path)) as connection:
            connection.execute("update forecasts.driver_weights set is_fallback = model_name = ?", [fallback])
        with open_served(path) as served:
            part = report(served, TODAY).split("Whom the forecast listens to")[1]
        assert part.index(f">{fallback}</text>") < part.index(f">{other}</text>")


def test_too_few_windows_for_an_interval_are_said(tmp_path):
    write_served(tmp_path / "young.duckdb", n_sessions=200)
    with open_served(tmp_path / "young.duckdb") as served:
        assert "too few windows for an interval" in report(served, TODAY)


def test_the_same_rows_give_the_same_bytes(page, served_db):
    with open_served(served_db) as served:
        assert report(served, TODAY) == page


def test_the_sample_is_called_a_sample_and_real_data_is_not(page, tmp_path):
    assert "SAMPLE DATA" in page
    write_served(tmp_path / "real.duckdb", data_origin="my <landing>", n_sessions=140)
    with open_served(tmp_path / "real.duckdb") as served:
        real = report(served, TODAY)
    assert "SAMPLE" not in real
    assert "my &lt;landing&gt;" in real and "my <landing>" not in real


def test_a_first_forecast_without_a_record_is_reported_all_the_same(tmp_path):
    path = tmp_path / "young.duckdb"
    write_served(path, n_sessions=30)
    with duckdb.connect(str(path)) as connection:
        for table in ("forecasts.forecast_scores", "training.ensemble_weights", "features.bucket_scores"):
            connection.execute(f"delete from {table}")
        connection.execute("update forecasts.zl_predictions set actual_cents_per_lb = null")
    with open_served(path) as served:
        young = report(served, TODAY)
    assert "No forecast has matured yet" in young and "Where the price may go" in young


def test_the_band_and_its_tails_stand_by_period(page):
    part = page.split("By year, and forecaster by forecaster")[1].split("</section>")[0]
    assert "<tr><td>2019</td>" + 4 * "<td>81<br><small>10/9</small></td>" in part


def test_the_last_close_is_the_benchmark_of_the_median(page):
    words = "of its mean absolute error it saves +0.00 % (1 week), +0.00 % (1 month)"
    assert words in page.split("Is it better than a simple rule?")[1].split("</section>")[0]


def test_past_rows_are_called_no_log(page):
    assert PAST_ROWS in page.split("What was forecast, and what came")[1].split("</section>")[0]


def test_a_grid_leaves_missing_cells_empty():
    figure = skill_grid(pd.DataFrame({2020: [1.0, None], 2021: [-0.5, 2.0]}, index=["1w", "1m"]))
    assert sorted(text.get_text() for text in figure.axes[0].texts) == ["+1.0", "+2.0", "-0.5"]


def test_members_of_the_confidence_set_are_marked_and_the_worse_are_not(page, served_db):
    with open_served(served_db) as served:
        scores = scorecard(served, "1w")["horizons"][0]["models"]
    told_apart = page.split("Which forecasters can be told apart?")[1].split("</section>")[0]
    cells = dict(re.findall(r"<tr><td>(?:<strong>)?(\w+)(?:</strong>)?</td><td>(.*?)</td>", told_apart))
    for score in scores:
        assert cells[score["model_name"]].count("●") == score["is_in_confidence_set"]
    assert "worse" in cells["climatology"] and "better" in cells["ensemble"]


def test_a_murphy_curve_is_above_zero_where_the_forecast_saves_loss():
    rng = np.random.default_rng(1)
    days = pd.bdate_range("2020-01-01", periods=400)
    frames = []
    actual = rng.normal(0, 0.02, 400)
    for name, width in (("ewma", 3.0), ("ensemble", 1.0), ("volatility_pool", 3.0)):
        quantiles = {f"p{p}_log": sign * width * 0.0256 for p, sign in ((10, -1), (50, 0), (90, 1))}
        row = {"horizon": "1w", "model_name": name, "as_of_date": days, "actual_log": actual}
        frames.append(pd.DataFrame(row | quantiles))
    lines = murphy(pd.concat(frames), ["1w"]).axes[0].get_lines()
    gain = {line.get_label(): line.get_ydata() for line in lines}
    assert gain["ensemble"].max() > 1 and gain["ensemble"].mean() > 0
    assert (gain["volatility_pool"] == 0).all()


@pytest.mark.parametrize("fallback", ["volatility_blend", "ewma"])
def test_weights_of_a_block_stack_to_one_on_the_fallback(fallback):
    weights = pd.DataFrame(
        {
            "horizon": "1w",
            "fold_id": ["2020-01-01", "2020-01-01", "2021-01-01"],
            "model_name": ["crush", fallback, fallback],
            "weight": [0.7, 0.3, 1.0],
        }
    )
    figure = weights_through_time(weights, fallback, pd.Timestamp("2021-06-01"), ["1w"])
    tops = [area.get_paths()[0].vertices[:, 1].max() for area in figure.axes[0].collections]
    assert tops == pytest.approx([1.0, 1.0])
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [fallback, "crush"]


def test_zl_report_writes_the_file(served_db, tmp_path, monkeypatch):
    monkeypatch.setattr("zl.report.report", lambda served, today: "<!doctype html>")
    out = tmp_path / "report.html"
    result = CliRunner().invoke(app, ["report", "--db", str(served_db), "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert str(out) in result.stdout.replace("\n", "")
    assert out.read_text() == "<!doctype html>"
