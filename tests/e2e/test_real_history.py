"""The main command on the real market history: served rows, replays at awkward cuts, one more day."""

import shutil
from pathlib import Path

import duckdb
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from builds import NOT_KNOWN_THEN, SHARED, daily_job, main_job, rows, scratch, table_fingerprint

from zl.scorecard import scorecard
from zl.served import open_served

pytestmark = [pytest.mark.shared, pytest.mark.proof]

STANDARD = {"landing": str(SHARED / "landing"), "effort": "standard"}
LAST_SESSION = "2024-06-28"
CUTS = {
    "2023-05-04": "Thursday, the day before a COT release",
    "2021-03-08": "the day before a WASDE report",
    "2019-06-27": "the day before ZL's thin sessions of a roll",
    "2020-03-16": "wild markets",
}
DATES = {
    "databento/ohlcv_1d": "trade_date", "cboe/vix_1d": "trade_date", "refinitiv_quotes/daily": "quote_date",
    "fred/observations": "observation_date", "eia/series": "period",
}  # fmt: skip


def fits_made(output: str) -> int:
    """The closing line's count."""
    closing = next(line for line in output.splitlines() if " fits made, " in line)
    return int(closing.split(" fits made, ")[0].split()[-1])


@pytest.fixture(scope="module")
def real_build(tmp_path_factory) -> Path:
    """The real history, effort standard."""
    db = tmp_path_factory.mktemp("real") / "zl.duckdb"
    outcome = main_job(db, variables=STANDARD)
    assert outcome.code == 0, outcome.output
    return db


def a_roll(db: Path) -> str:
    """A session on which ZL's front contract changed, in the middle of the record."""
    rolls = rows(
        scratch(db),
        "select trade_date from staging.int_bars__roll_neutral "
        "where symbol = 'ZL' and is_roll and trade_date >= date '2016-01-01' order by trade_date",
    )
    return str(rolls[len(rolls) // 2][0])


def test_every_session_since_2014_is_served_once_at_every_horizon(real_build):
    assert rows(
        real_build,
        "select count(*), count(distinct (as_of_date, horizon)), min(as_of_date)::varchar, "
        "max(as_of_date)::varchar, count(*) filter (where not (p10_log <= p50_log and p50_log <= p90_log)) "
        "from forecasts.zl_predictions",
    ) == [(4 * 2630, 4 * 2630, "2014-01-02", LAST_SESSION, 0)]


def test_the_pool_keeps_the_losses_of_the_reference_recipe(real_build):
    asked = {"1w": 0.8257, "1m": 1.7526, "3m": 3.2478, "6m": 4.6081}
    measured = dict(
        rows(
            real_build,
            "select horizon, 100 * avg(pinball) from forecasts.forecast_scores "
            "where model_name = 'volatility_pool' group by horizon",
        )
    )
    for horizon, loss in asked.items():
        assert abs(measured[horizon] / loss - 1) < 0.001, (horizon, measured[horizon])


def test_the_ensemble_is_not_worse_than_the_reference_recipe(real_build):
    worst = {"1w": 0.0005, "1m": 0.001, "3m": 0.002, "6m": 0.003}
    losses = rows(
        real_build,
        "select horizon, avg(pinball) filter (where model_name = 'ensemble') "
        "/ avg(pinball) filter (where model_name = 'volatility_pool') - 1 "
        "from forecasts.forecast_scores group by horizon",
    )
    for horizon, excess in losses:
        assert excess <= worst[horizon], (horizon, excess)


@pytest.fixture(scope="module")
def card(real_build):
    with open_served(real_build) as served:
        return scorecard(served)


def test_the_ensemble_beats_what_a_user_would_pick_by_the_floors(card):
    floors = {"ewma": [0.35, 0.3, 0.6, 1.2], "climatology": [2.4, 3.8, 8.0, 14.0]}
    for place, scores in enumerate(card["horizons"]):
        ensemble = next(row for row in scores["models"] if row["model_name"] == "ensemble")
        for benchmark, asked in floors.items():
            skill = ensemble["benchmarks"][benchmark]["skill_pct"]
            assert skill >= asked[place], (scores["horizon"], benchmark, skill)


def test_bands_cover_and_risk_is_not_rejected(card):
    for allowed, scores in zip([0.02, 0.03, 0.05, 0.07], card["horizons"], strict=True):
        ensemble = next(row for row in scores["models"] if row["model_name"] == "ensemble")
        chance = 2 * (0.16 / ensemble["n_effective"]) ** 0.5
        assert abs(ensemble["coverage"] - 0.8) <= max(allowed, chance), (
            scores["horizon"],
            ensemble["coverage"],
        )
        for row in scores["risk"] if scores["horizon"] != "6m" else ():
            assert row["kupiec_exact_p_value"] > 0.05 and row["independence_p_value"] > 0.05, row
    terciles = [row for row in card["periods"] if row["period_kind"] == "volatility_tercile"]
    for horizon, allowed in (("1w", 0.04), ("1m", 0.05)):
        covered = [row["coverage_frac"] for row in terciles if row["horizon"] == horizon]
        assert len(covered) == 3 and max(covered) - min(covered) <= allowed, (horizon, covered)


def test_the_blend_is_better_on_the_thirty_other_instruments(card):
    """By the floors; at 6m the t of 3 needs the handbook's shorter lag (docs/experiments.md)."""
    blend = {row["horizon"]: row for row in card["panel"] if row["model_name"] == "volatility_blend"}
    for horizon, skill, t in (("1w", 0.45, 4), ("1m", 0.6, 4), ("3m", 1.0, 3), ("6m", 1.5, 2.5)):
        assert blend[horizon]["skill_pct"] >= skill and blend[horizon]["t"] > t, blend[horizon]
        assert blend[horizon]["n_roots"] == 30 and blend[horizon]["n_roots_better"] >= 25


def test_everything_made_anew_fits_nothing(real_build):
    again = daily_job(real_build, "--full-refresh", variables=STANDARD)
    assert again.code == 0, again.output
    assert fits_made(again.output) == 0


@pytest.mark.parametrize("cut", [*CUTS, "roll"])
def test_a_real_cut_reproduces_every_earlier_feature_and_the_days_forecast(real_build, tmp_path, cut):
    day = a_roll(real_build) if cut == "roll" else cut
    replayed = tmp_path / "replay.duckdb"
    outcome = daily_job(replayed, variables=STANDARD | {"as_of": day})
    assert outcome.code == 0, outcome.output
    earlier = f"as_of_date <= date '{day}'"
    compared = {
        "features.daily_ml_matrix": earlier,
        "features.bucket_scores": earlier,
        "staging.int_bars__roll_neutral": f"trade_date <= date '{day}' and published_at <= "
        f"(select close_at from reference.trading_calendar where trade_date = date '{day}')",
        # other roots close after the cut: their own forecasts of that day are made in the evening
        "training.benchmark_forecasts": f"as_of_date < date '{day}' "
        f"or as_of_date = date '{day}' and symbol = 'ZL'",
        "training.bucket_predictions": earlier,
        "training.stacked_predictions": earlier,
        "training.ensemble_weights": f"fold_id <= '{day}'",
        "forecasts.monte_carlo_scenarios": earlier,
        "forecasts.zl_predictions": earlier,
    }
    without = (*NOT_KNOWN_THEN, "prediction_type")
    full, cut_short = (duckdb.connect(str(scratch(db)), read_only=True) for db in (real_build, replayed))
    with full, cut_short:
        for relation, where in compared.items():
            now = table_fingerprint(full, relation, without, where)
            then = table_fingerprint(cut_short, relation, without, where)
            assert now == then, f"{relation} up to {day}: {now} now, {then} then"


def test_one_more_day_of_deliveries_fits_no_learner(real_build, tmp_path):
    landing = tmp_path / "landing"
    shutil.copytree(SHARED / "landing", landing)
    for file in landing.rglob("*.parquet"):
        file.chmod(0o644)
        file.parent.chmod(0o755)
    held_back = {}
    for table, column in DATES.items():
        file = landing / table / "2024.parquet"
        rows_of_year = pq.read_table(file)
        is_last = pc.equal(rows_of_year[column].cast("string"), LAST_SESSION)
        held_back[file.with_name(f"{LAST_SESSION}.parquet")] = rows_of_year.filter(is_last)
        pq.write_table(rows_of_year.filter(pc.invert(is_last)), file)
    variables = {"landing": str(landing), "effort": "standard"}
    db = tmp_path / "zl.duckdb"
    first = main_job(db, variables=variables)
    assert first.code == 0, first.output
    for file, table in held_back.items():
        pq.write_table(table, file)
    second = main_job(db, variables=variables)
    assert second.code == 0, second.output
    # The Chronos batch and the simulated quarter the new session falls in; no learner, no stacker.
    assert fits_made(second.output) <= 6, second.output
    assert rows(db, "select max(as_of_date)::varchar from forecasts.zl_predictions") == [(LAST_SESSION,)]
    with (
        duckdb.connect(str(db), read_only=True) as grown,
        duckdb.connect(str(real_build), read_only=True) as at_once,
    ):
        without = ("run_id", "data_origin")
        for relation in ["features.daily_ml_matrix", "forecasts.zl_predictions", "training.ensemble_weights"]:
            assert table_fingerprint(grown, relation, without) == table_fingerprint(
                at_once, relation, without
            ), relation
