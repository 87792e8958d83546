"""`zl score`: the numbers are those of the rows, the tables fit, and what is asked wrongly is named."""

import datetime as dt
import json
import shutil
from pathlib import Path

import duckdb
import numpy as np
import pytest
import yaml
from served_database import write_served
from test_cli import one_line, run

from ml.comparison import loss_comparison
from zl.score_tables import LAST_VINTAGE_READERS, comparison_cells, hindsight
from zl.scorecard import scorecard
from zl.served import open_served

PROJECT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def card(served_db) -> dict:
    with open_served(served_db) as served:
        return scorecard(served)


def test_every_horizon_and_forecaster_is_scored_best_first(card):
    assert [scores["horizon"] for scores in card["horizons"]] == ["1w", "1m", "3m", "6m"]
    for scores in card["horizons"]:
        names = [score["model_name"] for score in scores["models"]]
        assert sorted(names) == ["climatology", "crush", "ensemble", "ewma", "volatility_pool"]
        skills = [score["benchmarks"]["ewma"]["skill_pct"] for score in scores["models"]]
        assert skills == sorted(skills, reverse=True)


def test_the_numbers_are_those_of_the_rows(card, served_db):
    with open_served(served_db) as served:
        (row,) = served.rows(
            "select avg(pinball) filter (model_name = 'crush') as loss, "
            "avg(pinball) filter (model_name = 'ewma') as ewma_loss, "
            "avg(is_inside_band::int) filter (model_name = 'crush') as coverage, "
            "avg(abs(error_log)) as error, count(*) filter (model_name = 'crush') as n "
            "from forecasts.forecast_scores where horizon = '1m'"
        )
        (risk,) = served.rows(
            "with apart as (select *, close_cents_per_lb - actual_cents_per_lb as loss, "
            "row_number() over (order by as_of_date) - 1 as place from forecasts.zl_predictions "
            "where horizon = '1w' and actual_cents_per_lb is not null), "
            "starts as (select place % 5 as start, count(*) as n, "
            "count(*) filter (loss > var_95_holder_cents_per_lb) as hits from apart group by all) "
            "select n, hits from starts order by hits, start limit 1 offset 2"
        )
    (crush,) = [score for score in card["horizons"][1]["models"] if score["model_name"] == "crush"]
    assert crush["pinball"] == pytest.approx(row["loss"]) and crush["coverage"] == row["coverage"]
    assert crush["mean_absolute_error_log"] == pytest.approx(row["error"])
    assert crush["n"] == row["n"] and crush["n_effective"] == pytest.approx(row["n"] / 21)
    found = crush["benchmarks"]["ewma"]
    assert found["skill_pct"] == pytest.approx(100 * (1 - row["loss"] / row["ewma_loss"]))
    assert found["low_pct"] < found["skill_pct"] < found["high_pct"]
    first = card["horizons"][0]["risk"][0]
    assert (first["side"], first["level_pct"]) == ("holder", 95)
    assert (first["n_origins"], first["n_hits"]) == (risk["n"], risk["hits"])


def test_the_panel_is_the_other_roots(card):
    pool = card["panel"][0]
    assert (pool["horizon"], pool["model_name"]) == ("1w", "volatility_pool")
    assert (pool["n_roots_better"], pool["n_roots"], pool["n_sessions"]) == (2, 3, 615)
    gains = np.array([0.01 + 0.02 * (-1) ** t for t in range(615)])
    assert pool["skill_pct"] == pytest.approx(100 * gains.mean())
    assert (
        pool["t"] == pytest.approx(loss_comparison(-gains, np.zeros(615), 5).t)
        and pool["verdict"] == "better"
    )
    assert card["panel"][1]["model_name"] == "climatology" and card["panel"][1]["skill_pct"] == pytest.approx(
        -3
    )
    assert [row["horizon"] for row in card["panel"]] == ["1w", "1w", "1m", "1m", "3m", "3m", "6m", "6m"]


def test_a_forecaster_equals_itself_and_its_twin_and_a_wide_one_is_found_out(card):
    scores = {score["model_name"]: score for score in card["horizons"][0]["models"]}
    assert scores["ewma"]["benchmarks"]["ewma"]["verdict"] == "equal"
    assert scores["ensemble"]["benchmarks"]["volatility_pool"]["verdict"] == "equal"
    assert scores["ensemble"]["confidence_set_p_value"] == scores["volatility_pool"]["confidence_set_p_value"]
    assert scores["climatology"]["benchmarks"]["ewma"]["verdict"] == "worse"
    assert not scores["climatology"]["is_in_confidence_set"]
    assert scores["climatology"]["coverage_verdict"] == "too many"
    assert scores["climatology"]["pit_p_value"] < 1e-3 < scores["ensemble"]["pit_p_value"]


def test_six_months_of_two_years_are_not_enough_evidence(card):
    last = card["horizons"][-1]
    assert all(score["coverage_verdict"] == "not enough evidence" for score in last["models"])
    against = [score["benchmarks"]["climatology"]["verdict"] for score in last["models"]]
    assert set(against) == {"equal", "not enough evidence"}


def test_since_and_models_and_horizon_narrow_what_is_scored(served_db):
    since = dt.date(2020, 6, 1)
    with open_served(served_db) as served:
        card = scorecard(served, "1w", ["ensemble", "ewma"], since)
        (row,) = served.rows(
            "select count(*) as n from forecasts.forecast_scores "
            "where horizon = '1w' and model_name = 'ensemble' and as_of_date >= '2020-06-01'"
        )
    (scores,) = card["horizons"]
    assert [score["model_name"] for score in scores["models"]] == ["ensemble", "ewma"]
    assert scores["models"][0]["n"] == row["n"] and scores["models"][0]["first_date"] == since
    # Benchmarks that are not shown are compared with all the same.
    assert scores["models"][0]["benchmarks"]["climatology"]["verdict"] == "better"
    assert [row["period_kind"] for row in card["periods"]] == ["trailing_sessions"]


def test_until_bounds_rows_panel_and_periods(served_db, card):
    until = dt.date(2020, 6, 1)
    with open_served(served_db) as served:
        early = scorecard(served, "1w", until=until)
        (row,) = served.rows(
            "select count(*) as n from forecasts.forecast_scores "
            "where horizon = '1w' and model_name = 'ensemble' and as_of_date <= '2020-06-01'"
        )
    (scores,) = early["horizons"]
    assert {(score["n"], score["last_date"]) for score in scores["models"]} == {(row["n"], until)}
    assert early["panel"][0]["n_sessions"] == row["n"] < card["panel"][0]["n_sessions"]
    assert early["horizons"][0]["risk"][0]["n_origins"] < card["horizons"][0]["risk"][0]["n_origins"]
    assert early["periods"] == [] != card["periods"]
    one_line(
        run("score", "--since", "2021-01-01", "--until", "2020-01-01", "--db", str(served_db)),
        "--until 2020-01-01 is before --since 2021-01-01",
    )


def test_the_median_stands_beside_the_last_close(card, served_db, tmp_path):
    assert [scores["median_saved_pct"] for scores in card["horizons"]] == [0, 0, 0, 0]
    path = Path(shutil.copy(served_db, tmp_path / "zl.duckdb"))
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "update forecasts.forecast_scores set error_log = 0.75 * error_log where model_name = 'ensemble'"
        )
    with open_served(path) as served:
        assert scorecard(served, "1w")["horizons"][0]["median_saved_pct"] == pytest.approx(25)
        assert "median_saved_pct" not in scorecard(served, "1w", ["crush"])["horizons"][0]
    words = "Of the last close's mean absolute error the ensemble's median saves +25.00 %."
    assert words in run("score", "--horizon", "1w", "--db", str(path)).stdout
    assert run("score", "--models", "crush", "--db", str(path)).exit_code == 0


def test_periods_tell_both_tails(served_db):
    lines = run("score", "--db", str(served_db)).stdout.splitlines()
    (year,) = [line.split() for line in lines if line.startswith("2019 ")]
    assert year == ["2019", *4 * ["+1.2", "81", "10/9"]]


def test_the_same_rows_give_the_same_evidence(card, served_db):
    with open_served(served_db) as served:
        assert scorecard(served) == card


def test_it_prints_every_forecaster_within_80_columns(served_db):
    printed = run("score", "--db", str(served_db)).stdout
    assert printed.startswith("SAMPLE DATA") and "…" not in printed
    assert max(len(line) for line in printed.splitlines()) <= 80
    for words in ("climatology", "holder 95", "buyer 99", "worse", "last 63", "volatility high"):
        assert words in printed


def test_json_holds_what_the_tables_show(served_db):
    answer = json.loads(run("score", "--json", "--horizon", "1m", "--db", str(served_db)).stdout)
    assert [scores["horizon"] for scores in answer["horizons"]] == ["1m"]
    assert len(answer["horizons"][0]["risk"]) == 4 and answer["periods"][0]["horizon"] == "1m"


def test_who_reads_the_last_vintage_of_a_revised_series_is_named():
    models = yaml.safe_load((PROJECT / "models/features/_features.yml").read_text())["models"]
    late = {
        column["name"]
        for model in models
        for column in model["columns"]
        if column.get("config", {}).get("meta", {}).get("vintage") == "latest"
    }
    readers = [
        file.stem
        for file in sorted((PROJECT / "ml/buckets").glob("*.yml"))
        if late & set(yaml.safe_load(file.read_text())["features"])
    ]
    assert list(LAST_VINTAGE_READERS) == readers
    words = hindsight({"horizons": [], "panel": []})
    assert f"{', '.join(readers[:-1])} and {readers[-1]} read some." in words
    assert "NASS crush and EPA's RIN prices" in words


def test_rows_after_the_recipe_was_settled_are_counted(served_db, tmp_path, monkeypatch):
    printed = " ".join(run("score", "--db", str(served_db)).stdout.split())
    assert "only later rows are a fresh test of it; there are 0 of them here." in printed
    assert "there are 0 of them here." in " ".join(run("show", "--db", str(served_db)).stdout.split())
    with open_served(served_db) as served:
        days = served.rows("select distinct as_of_date from forecasts.forecast_scores order by 1")
    settled = days[-11]["as_of_date"]
    for module in ("record", "scorecard"):
        monkeypatch.setattr(f"zl.{module}.RECIPE_SETTLED_TO", settled)
    words = "there are 10 of them here (1w 10, 1m 0, 3m 0, 6m 0)."
    for command in ("score", "show"):
        assert words in " ".join(run(command, "--db", str(served_db)).stdout.split())
    path = Path(shutil.copy(served_db, tmp_path / "zl.duckdb"))
    with duckdb.connect(str(path)) as connection:  # every forecaster alike: nothing is called better or worse
        connection.execute("update forecasts.forecast_scores set pinball = 0.01")
    assert "fresh test" not in run("show", "--db", str(path)).stdout


def test_chance_verdicts_are_counted_from_ten_comparisons_on():
    def words(n: int) -> str:
        found = {"benchmarks": {"ewma": {"verdict": "better"}}}
        return hindsight({"horizons": [{"horizon": "1w", "n_fresh": 0, "models": n * [found]}], "panel": []})

    assert "Of 26 comparisons with EWMA (the panel's too) chance alone would call about 2" in words(26)
    assert "Of 10 comparisons" in words(10) and "comparisons" not in words(9)


def test_a_t_just_short_of_two_is_not_written_as_two():
    found = {"skill_pct": 1.0, "low_pct": -0.1, "high_pct": 2.0, "t": 1.96, "verdict": "not enough evidence"}
    assert comparison_cells(found)[2] == "1.96"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--horizon", "2w"], ["2w", "1w, 1m, 3m, 6m"]),
        (["--models", "ensemble,chrush"], ["chrush", "crush"]),
        (["--since", "2031-01-01"], ["2031-01-01", "nothing to score"]),
        (["--since", "soon"], ["soon", "2023-05-05"]),
    ],
)
def test_what_is_not_served_is_named(served_db, arguments, words):
    one_line(run("score", *arguments, "--db", str(served_db)), *words)


def test_one_window_and_one_forecaster_are_scored_without_evidence(tmp_path):
    write_served(tmp_path / "young.duckdb", n_sessions=135)
    with open_served(tmp_path / "young.duckdb") as served:
        card = scorecard(served, "6m", ["ensemble"])
    (score,) = card["horizons"][0]["models"]
    assert score["n"] == 9 and score["benchmarks"]["ewma"]["t"] is None
    assert score["benchmarks"]["ewma"]["verdict"] == "not enough evidence"
    assert score["benchmarks"]["ewma"]["low_pct"] is None  # four windows are the fewest with an interval
    assert run("score", "--json", "--db", str(tmp_path / "young.duckdb")).exit_code == 0


def test_a_forecaster_with_fewer_rows_is_compared_on_its_own(served_db, tmp_path):
    path = Path(shutil.copy(served_db, tmp_path / "zl.duckdb"))
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "delete from forecasts.forecast_scores where model_name = 'crush' and as_of_date < '2020-01-01'"
        )
        (expected,) = connection.sql(
            "select 100 * (1 - sum(crush.pinball) / sum(ewma.pinball)) "
            "from forecasts.forecast_scores as crush "
            "inner join forecasts.forecast_scores as ewma using (as_of_date, horizon) "
            "where horizon = '1w' and crush.model_name = 'crush' and ewma.model_name = 'ewma'"
        ).fetchone()
    with open_served(path) as served:
        scores = scorecard(served, "1w")["horizons"][0]
    (crush,) = [score for score in scores["models"] if score["model_name"] == "crush"]
    assert crush["benchmarks"]["ewma"]["skill_pct"] == pytest.approx(expected)
    assert scores["n_common"] == crush["n"] < max(score["n"] for score in scores["models"])
    told = f"Fewer sessions, so another loss: crush {crush['n']:,}."
    assert told in run("score", "--horizon", "1w", "--db", str(path)).stdout
    assert "Fewer sessions" not in run("score", "--db", str(served_db)).stdout


def test_a_served_forecaster_without_rows_at_one_horizon_is_left_out_there(served_db, tmp_path):
    path = Path(shutil.copy(served_db, tmp_path / "zl.duckdb"))
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "delete from forecasts.forecast_scores where model_name = 'crush' and horizon = '6m'"
        )
    with open_served(path) as served:
        card = scorecard(served, models=["crush"])
    assert [row["horizon"] for row in card["horizons"]] == ["1w", "1m", "3m"]
    assert run("score", "--models", "crush", "--db", str(path)).exit_code == 0
    one_line(run("score", "--models", "crush", "--horizon", "6m", "--db", str(path)), "nothing to score")
