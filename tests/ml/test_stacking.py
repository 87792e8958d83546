"""Levels 1 and 2 learn only from forecasts that were out of sample and have matured."""

import numpy as np
import pandas as pd
import pytest
from synthetic import folds, market
from test_specialists import ESTIMATORS

from ml.fits import fit_counts
from ml.params import NORMAL_Z90, Stacking
from ml.stacking import stack_quantiles

PARAMS = Stacking(
    seed=1,
    min_matured_horizons=4,
    holdout_frac=0.3,
    min_holdout_sessions=30,
    min_fit_sessions=60,
    median_weight=0.5,
    median_weight_sd=0.5,
    width_weight=0.5,
    time_limit_seconds=60,
    estimators=ESTIMATORS,
)
FOLDS = folds(first=100, step=100)


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    """One store for the module."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZL_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def level_0(matrix, targets, models=("crush", "fx", "main")):
    """Out-of-sample forecasts from session 100 on; `fx` knows the planted driver, the others know nothing."""
    rows = targets[targets["session_index"] >= 100].merge(matrix, on="as_of_date")
    frames = []
    for place, model in enumerate((*models, "climatology")):
        noise = np.random.default_rng(place).standard_normal(len(rows))
        median = (rows["f0"] if model == "fx" else 0.2 * noise) * rows["blend_forecast_log"]
        width = 1.28 * rows["blend_forecast_log"]
        frames.append(
            pd.DataFrame(
                {
                    "as_of_date": rows["as_of_date"],
                    "horizon": rows["horizon"],
                    "model_name": model,
                    "p10_log": median - width,
                    "p50_log": median,
                    "p90_log": median + width,
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


@pytest.fixture(scope="module")
def given():
    matrix, targets = market()
    return level_0(matrix, targets), targets, matrix


def test_the_stacker_trusts_the_forecaster_that_knows(given):
    forecasts, targets, matrix = given
    frame = stack_quantiles(forecasts, targets, FOLDS, PARAMS)
    assert set(frame["model_name"]) == {"stack_l1", "stack_l2"}
    assert not frame.duplicated(["as_of_date", "horizon", "model_name"]).any()
    assert (frame["p10_log"] < frame["p50_log"]).all() and (frame["p50_log"] < frame["p90_log"]).all()
    drivers = matrix.assign(as_of_date=matrix["as_of_date"].dt.date)[["as_of_date", "f0"]]
    late = frame[(frame["horizon"] == "1w") & (frame["fold_id"] == "from 500")].merge(
        drivers, on="as_of_date"
    )
    assert np.corrcoef(late["p50_log"], late["f0"])[0, 1] > 0.7


def test_it_exists_once_four_horizons_of_level_0_have_matured(given):
    """Block `from 200`: sessions 100..194 have matured for 1w (95 >= 20), 100..178 for 1m (79 < 84)."""
    forecasts, targets, _ = given
    frame = stack_quantiles(forecasts, targets, FOLDS, PARAMS)
    first = frame.groupby("horizon")["fold_id"].min()
    assert first.to_dict() == {"1w": "from 200", "1m": "from 300"}


def test_targets_that_end_in_a_block_do_not_change_its_stack(given):
    forecasts, targets, _ = given
    reaches = targets["session_index"] + targets["horizon"].map({"1w": 5, "1m": 21}) >= 400
    spoilt = targets.assign(target_std=targets["target_std"].where(~reaches, targets["target_std"] - 50))
    until = FOLDS[FOLDS["test_first_index"] <= 400]
    before = fit_counts()
    a = stack_quantiles(forecasts, targets, until, PARAMS)
    b = stack_quantiles(forecasts, spoilt, until, PARAMS)
    pd.testing.assert_frame_equal(a, b, check_exact=True)
    assert fit_counts().made - before.made <= 6


def test_an_absent_model_is_an_absent_input_and_benchmarks_are_none(given):
    forecasts, targets, matrix = given
    fold = FOLDS[(FOLDS["test_first_index"] == 300) & (FOLDS["horizon"] == "1w")]
    whole = stack_quantiles(forecasts, targets, fold, PARAMS)
    without_benchmark = stack_quantiles(
        forecasts[forecasts["model_name"] != "climatology"], targets, fold, PARAMS
    )
    pd.testing.assert_frame_equal(whole, without_benchmark, check_exact=True)
    fewer = stack_quantiles(forecasts[forecasts["model_name"] != "main"], targets, fold, PARAMS)
    assert len(fewer) == len(whole)
    gap = (forecasts["model_name"] == "main") & (forecasts["as_of_date"] == matrix["as_of_date"][305])
    holed = stack_quantiles(forecasts[~gap], targets, fold, PARAMS)
    assert np.isfinite(holed["p50_log"]).all()


def test_a_forecast_given_twice_is_refused(given):
    forecasts, targets, _ = given
    with pytest.raises(ValueError, match="Level 0 has crush twice on"):
        stack_quantiles(pd.concat([forecasts, forecasts.iloc[:1]]), targets, FOLDS, PARAMS)


def test_silent_forecasters_give_a_silent_stack(given, monkeypatch, tmp_path):
    """Before any specialist has history enough, all of level 0 says what the volatility blend says."""
    monkeypatch.setenv("ZL_CACHE", str(tmp_path))
    forecasts, targets, _ = given
    volatility = forecasts.merge(targets, on=["as_of_date", "horizon"])["blend_forecast_log"].to_numpy()
    silent = forecasts.assign(p10_log=-NORMAL_Z90 * volatility, p50_log=0.0, p90_log=NORMAL_Z90 * volatility)
    before = fit_counts()
    frame = stack_quantiles(silent, targets, FOLDS, PARAMS)
    assert fit_counts() == before
    assert (frame["p50_log"] == 0).all()
    assert np.allclose(frame["p10_log"], -frame["p90_log"])
    targets = targets.assign(as_of_date=targets["as_of_date"].dt.date)
    blend = frame.merge(targets, on=["as_of_date", "horizon"])["blend_forecast_log"]
    assert np.allclose(frame["p90_log"], NORMAL_Z90 * blend)
