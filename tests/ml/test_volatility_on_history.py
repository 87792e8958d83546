"""The benchmarks on real history: the handbook's losses, and the same bits after a cut, for all 31 roots."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ml import metrics, volatility
from ml.params import QUANTILE_LEVELS, load_params

pytestmark = pytest.mark.shared

BARS = Path(__file__).parents[3] / "shared" / "landing" / "databento" / "ohlcv_1d"
HORIZONS = {"1w": 5, "1m": 21, "3m": 63, "6m": 126}
PARAMS = load_params("standard").volatility
LOSSES = {
    "ewma": (0.8288, 1.7580, 3.2684, 4.6674),
    "har_fhs": (0.8267, 1.7623, 3.2685, 4.6398),
    "climatology": (0.8466, 1.8231, 3.5416, 5.4226),
    "volatility_pool": (0.8257, 1.7526, 3.2478, 4.6081),
}
"""Mean pinball x 100 on ZL, every session 2014-01 .. 2024-06 (the handbook's tables), by horizon."""
COVERAGE = (0.795, 0.777, 0.742, 0.759)
SKILL_OF_THE_OTHERS = (0.45, 0.64, 1.04, 1.51)


def no_fits(tasks, label):
    return [np.full((len(task.arguments["returns"]), 4), np.nan) for task in tasks]


@pytest.fixture(scope="module")
def bars() -> pd.DataFrame:
    """Valid bars and roll-neutral returns, straight from the landing files: an own reading of the rules."""
    landed = pd.concat([pd.read_parquet(path) for path in sorted(BARS.glob("*.parquet"))])
    landed = landed.sort_values(["symbol", "trade_date"])
    roots = []
    for _, root in landed.groupby("symbol"):
        usual = root["volume"].shift(1).rolling(60, min_periods=20).median()
        repeats = root["close"].eq(root["close"].shift(1))
        repeated = repeats.groupby((~repeats).cumsum()).cumsum()
        valid = root[~(root["volume"] < 0.03 * usual) & (repeated < 5)].copy()
        same = valid["instrument_id"].eq(valid["instrument_id"].shift(1))
        valid["previous_close"] = valid["close"].shift(1).where(same)
        valid["return_log"] = np.log(valid["close"] / valid["previous_close"].where(same, valid["open"]))
        valid.iloc[0, valid.columns.get_loc("return_log")] = np.nan
        roots.append(valid)
    bars = pd.concat(roots, ignore_index=True)
    bars["trade_date"] = pd.to_datetime(bars["trade_date"])
    bars["published_at"] = bars["trade_date"] + pd.Timedelta(hours=22)
    return bars.assign(edition_at=pd.Timestamp("1970-01-01"))


@pytest.fixture(scope="module")
def forecasts(bars) -> pd.DataFrame:
    found = volatility.benchmark_forecasts(bars, HORIZONS, PARAMS, no_fits)
    return plain(found)


def plain(found: pd.DataFrame) -> pd.DataFrame:
    """Dates as instants, names as text."""
    found = found.astype(dict.fromkeys(["symbol", "horizon", "model_name", "fold_id"], str))
    return found.assign(as_of_date=pd.to_datetime(found["as_of_date"]))


@pytest.fixture(scope="module")
def losses(bars, forecasts) -> pd.DataFrame:
    """Loss x 100 and coverage of every matured forecast from 2014 on."""
    rows = []
    for name, h in HORIZONS.items():
        summed = bars.groupby("symbol")["return_log"].transform(lambda r, h=h: r.rolling(h).sum().shift(-h))
        actual = bars[["symbol"]].assign(as_of_date=bars["trade_date"], actual_log=summed)
        rows.append(forecasts[forecasts["horizon"] == name].merge(actual, on=["symbol", "as_of_date"]))
    scored = pd.concat(rows)
    scored = scored[scored["actual_log"].notna() & (scored["as_of_date"] >= "2014-01-01")]
    quantiles = scored[list(volatility.QUANTILES)].to_numpy()
    loss = metrics.pinball_losses(scored["actual_log"].to_numpy(), quantiles, np.array(QUANTILE_LEVELS))
    inside = scored["actual_log"].between(scored["p10_log"], scored["p90_log"])
    return scored.assign(loss=100 * loss.mean(axis=1), inside=inside)


@pytest.mark.parametrize("model", LOSSES)
def test_losses_on_zl_are_those_of_the_handbook(losses, model):
    found = (
        losses[(losses["symbol"] == "ZL") & (losses["model_name"] == model)].groupby("horizon")["loss"].mean()
    )
    assert found[list(HORIZONS)].tolist() == pytest.approx(LOSSES[model], rel=1e-3)


def test_the_pool_covers_what_the_handbook_says_and_gains_on_the_other_roots(losses):
    pool = losses[losses["model_name"] == "volatility_pool"]
    covered = pool[pool["symbol"] == "ZL"].groupby("horizon")["inside"].mean()
    assert covered[list(HORIZONS)].tolist() == pytest.approx(COVERAGE, abs=0.003)
    mean = losses.groupby(["model_name", "symbol", "horizon"])["loss"].mean()
    skill = 100 * metrics.skill(mean["volatility_pool"], mean["ewma"]).drop("ZL")
    assert skill.index.get_level_values("symbol").nunique() == 30
    found = skill.groupby("horizon").mean()
    assert found[list(HORIZONS)].tolist() == pytest.approx(SKILL_OF_THE_OTHERS, abs=0.03)


def test_the_blend_beats_the_pool_on_most_roots_in_both_halves_and_does_not_lose_on_zl(losses):
    half = losses["as_of_date"] < "2019-01-01"
    mean = losses.groupby(["model_name", "horizon", "symbol", half])["loss"].mean()
    gain = 100 * metrics.skill(mean["volatility_blend"], mean["volatility_pool"]).drop("ZL", level="symbol")
    assert (gain.groupby(level=[0, 2]).mean() > 0.03).all(), gain.groupby(level=[0, 2]).mean()
    whole = losses.groupby(["model_name", "horizon", "symbol"])["loss"].mean()
    gain = 100 * metrics.skill(whole["volatility_blend"], whole["volatility_pool"])
    assert (gain.drop("ZL", level="symbol").groupby("horizon").agg(lambda each: (each > 0).sum()) >= 20).all()
    assert (gain.xs("ZL", level="symbol") > 0).all(), gain.xs("ZL", level="symbol")


@pytest.mark.parametrize("last", ["2019-10-01", "2020-03-20"])
def test_a_cut_of_real_history_leaves_all_31_roots_with_the_same_bits(bars, forecasts, last):
    cut = volatility.benchmark_forecasts(bars[bars["trade_date"] <= last], HORIZONS, PARAMS, no_fits)
    expected = forecasts[forecasts["as_of_date"] <= last].reset_index(drop=True)
    cut = plain(cut)
    pd.testing.assert_frame_equal(cut, expected, check_exact=True)
    assert cut["symbol"].nunique() == 31
