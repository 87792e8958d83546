"""Level 0 on a synthetic market: it finds what is planted, and sees nothing it must not."""

import numpy as np
import pandas as pd
import pytest
from synthetic import folds, market

import ml.specialists
from ml.fit_pool import FitError
from ml.fits import fit_counts
from ml.params import FAMILIES, NORMAL_Z90, Bucket, CatBoost, Estimators, Learners, LightGBM
from ml.quantile_estimator import fit_quantiles, predict_quantiles
from ml.specialists import FRAME, shrunk_quantiles, walk_forward_quantiles

ESTIMATORS = Estimators(
    GBM=LightGBM(
        num_boost_round=40,
        learning_rate=0.1,
        num_leaves=4,
        min_data_in_leaf=20,
        feature_fraction=1.0,
        max_bin=63,
    ),
    CAT=CatBoost(iterations=40, learning_rate=0.1, depth=3, l2_leaf_reg=3.0),
)
PARAMS = Learners(
    seed=1,
    holdout_frac=0.2,
    min_holdout_sessions=60,
    min_fit_sessions=150,
    median_weight=0.5,
    median_weight_sd=0.5,
    width_weight=0.5,
    estimators=ESTIMATORS,
)


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    """One store for the module: what one test fitted, the next reuses."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZL_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(autouse=True)
def bucket(monkeypatch):
    """The bucket file the tests speak of."""
    bucket = Bucket(
        bucket="crush",
        features=("f0", "f1", "f2", "f3"),
        horizons=("1w", "1m"),
        estimators=("GBM", "CAT"),
        time_limit_seconds=60,
    )
    monkeypatch.setattr(ml.specialists, "load_bucket", lambda name: bucket)
    return bucket


def forecasts(matrix, targets, windows, params=PARAMS):
    return walk_forward_quantiles("crush", matrix, targets, windows, params)


def test_every_test_session_is_forecast_once_with_quantiles_in_order():
    matrix, targets = market()
    frame = forecasts(matrix, targets, folds())
    assert list(frame.columns) == FRAME
    assert len(frame) == 2 * 121
    assert not frame.duplicated(["as_of_date", "horizon"]).any()
    assert (frame["p10_log"] < frame["p50_log"]).all() and (frame["p50_log"] < frame["p90_log"]).all()
    assert frame["as_of_date"].min() == matrix["as_of_date"][499].date()
    assert set(frame["fold_id"]) == {"from 500", "from 560", "from 620"}
    assert set(frame["model_name"]) == {"crush"}


def test_a_planted_driver_is_found_and_noise_is_not():
    matrix, targets = market()
    frame = forecasts(matrix, targets, folds())
    week = frame[frame["horizon"] == "1w"].merge(
        matrix.assign(as_of_date=matrix["as_of_date"].dt.date), on="as_of_date"
    )
    assert np.corrcoef(week["p50_log"], week["f0"])[0, 1] > 0.8
    assert abs(np.corrcoef(week["p50_log"], week["f1"])[0, 1]) < 0.25


def test_a_second_run_fits_nothing_and_gives_the_same_bytes():
    matrix, targets = market()
    first = forecasts(matrix, targets, folds())
    before = fit_counts()
    shuffled = forecasts(
        matrix.sample(frac=1, random_state=3), targets.sample(frac=1, random_state=3), folds()
    )
    assert fit_counts().made == before.made
    pd.testing.assert_frame_equal(first, shuffled, check_exact=True)


def test_the_future_changes_no_forecast_and_a_new_day_fits_nothing():
    """Cut at session 590: same rows as with all 620, bit for bit; the rest of the block needs no new fit."""
    matrix, targets = market()
    targets = targets.copy()
    whole = forecasts(matrix, targets, folds())
    cut = targets[targets["session_index"] <= 590].copy()
    horizon_sessions = cut["horizon"].map({"1w": 5, "1m": 21})
    cut.loc[cut["session_index"] > 590 - horizon_sessions, ["target_log", "target_std"]] = np.nan
    windows = folds(n=590)
    before = fit_counts()
    replayed = forecasts(matrix.iloc[:590], cut, windows)
    assert fit_counts().made == before.made
    known = whole[whole["as_of_date"].isin(replayed["as_of_date"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(known, replayed, check_exact=True)


def test_a_fit_made_anew_is_the_same_to_the_last_bit(monkeypatch, tmp_path):
    matrix, targets = market()
    windows = folds()[:2]
    first = forecasts(matrix, targets, windows)
    monkeypatch.setenv("ZL_CACHE", str(tmp_path))
    before = fit_counts()
    again = forecasts(matrix, targets, windows)
    assert fit_counts().made == before.made + 2
    pd.testing.assert_frame_equal(first, again, check_exact=True)


def test_a_fit_uses_no_target_that_ends_in_its_test_block():
    """Targets that reach the first test session or later may change; the forecasts of the block stay."""
    matrix, targets = market()
    windows = folds()[:2]
    first = forecasts(matrix, targets, windows)
    reaches = targets["session_index"] + targets["horizon"].map({"1w": 5, "1m": 21}) >= 500
    spoilt = targets.assign(target_std=targets["target_std"].where(~reaches, targets["target_std"] + 100))
    before = fit_counts()
    pd.testing.assert_frame_equal(first, forecasts(matrix, spoilt, windows), check_exact=True)
    assert fit_counts().made == before.made


def test_a_block_is_believed_by_no_outcome_that_ends_in_it():
    """The second block's belief comes from the first block's rows, as far as they ended before it."""
    matrix, targets = market()
    windows = folds()
    windows = windows[(windows["horizon"] == "1w") & (windows["test_first_index"] <= 560)]
    assert len(windows) == 2
    first = forecasts(matrix, targets, windows)
    reaches = targets["session_index"] + 5 >= 560
    spoilt = targets.assign(target_std=targets["target_std"].where(~reaches, targets["target_std"] + 100))
    pd.testing.assert_frame_equal(first, forecasts(matrix, spoilt, windows), check_exact=True)


def test_windows_without_their_purge_are_refused():
    matrix, targets = market()
    windows = folds().assign(train_last_index=lambda frame: frame["train_last_index"] + 1)
    with pytest.raises(ValueError, match="needs as many purged"):
        forecasts(matrix, targets, windows)


def toy_model(rows: np.ndarray, target: np.ndarray) -> bytes:
    """Three families on 200 rows, a gap of 20, and the rest to weigh them on."""
    return fit_quantiles(
        rows,
        target,
        n_fit=200,
        first_holdout=220,
        quantile_levels=(0.1, 0.5, 0.9),
        hyperparameters={
            "GBM": {"num_boost_round": 20, "min_data_in_leaf": 10},
            "CAT": {"iterations": 20},
            "XT": {"n_estimators": 20, "min_samples_leaf": 10},
        },
        portfolio=None,
        families=(),
        seed=1,
        time_limit_decides=False,
        time_limit_seconds=60.0,
    )


def test_the_rows_of_the_gap_are_never_fitted_on():
    rng = np.random.default_rng(6)
    rows = rng.standard_normal((300, 3))
    target = rows[:, 0] + rng.standard_normal(300)
    medians = []
    for first in (200, 180):  # the gap's rows, and the last that are fitted on
        other = rows.copy()
        other[first : first + 20] = rng.standard_normal((20, 3))
        medians.append(predict_quantiles(toy_model(other, target), rows[:50])[:, [1, 4]])
    as_it_is = predict_quantiles(toy_model(rows, target), rows[:50])[:, [1, 4]]
    assert np.array_equal(medians[0], as_it_is) and not np.array_equal(medians[1], as_it_is)


def test_a_row_is_forecast_alike_alone_and_among_others():
    rng = np.random.default_rng(5)
    rows = rng.standard_normal((300, 3))
    model = toy_model(rows, rows[:, 0] + rng.standard_normal(300))
    together = predict_quantiles(model, rows[:20])
    alone = np.vstack([predict_quantiles(model, rows[place : place + 1]) for place in (0, 7, 19)])
    assert np.array_equal(alone, together[[0, 7, 19]])
    assert together.shape == (20, 6)
    assert len(model) < 300_000


def test_the_drift_of_the_past_is_not_learnt():
    """Targets that rose by two standard deviations whatever the features said leave the median near zero."""
    matrix, targets = market(effect=0.0, seed=3)
    drifting = targets.assign(target_std=targets["target_std"] + 2.0)
    frame = forecasts(matrix, drifting, folds()[:2])
    volatility = frame.merge(
        targets.assign(as_of_date=targets["as_of_date"].dt.date), on=["as_of_date", "horizon"]
    )["blend_forecast_log"]
    assert (frame["p50_log"] / volatility).abs().mean() < 0.2


def test_a_missing_value_stays_missing_and_an_empty_column_is_no_hindrance(monkeypatch, tmp_path):
    monkeypatch.setenv("ZL_CACHE", str(tmp_path))
    matrix, targets = market()
    matrix = matrix.assign(f1=np.nan, f2=matrix["f2"].mask(matrix.index % 3 == 0))
    frame = forecasts(matrix, targets, folds()[:2])
    assert np.isfinite(frame[["p10_log", "p50_log", "p90_log"]]).all(axis=None)


def test_with_nothing_to_learn_from_it_says_what_the_volatility_blend_says(capsys):
    matrix, targets = market()
    blank = matrix.assign(f0=np.nan, f1=np.nan, f2=np.nan, f3=np.nan)
    for given in (blank, matrix):
        windows = folds(first=500 if given is blank else 200)[:2]
        before = fit_counts()
        frame = forecasts(given, targets, windows)
        assert fit_counts() == before
        expected = frame.merge(
            targets.assign(as_of_date=targets["as_of_date"].dt.date), on=["as_of_date", "horizon"]
        )["blend_forecast_log"]
        assert np.array_equal(frame["p90_log"], NORMAL_Z90 * expected)
        assert (frame["p50_log"] == 0).all()
        assert "2 of 2 blocks have too little history" in capsys.readouterr().err


def test_what_is_said_widens_with_the_blend_and_what_is_learnt_does_not():
    matrix, targets = market()
    said = forecasts(matrix, targets, folds()[:2])
    before = fit_counts()
    twice = targets.assign(blend_forecast_log=2 * targets["blend_forecast_log"])
    wider = forecasts(matrix, twice, folds()[:2])
    assert fit_counts().made == before.made
    assert np.array_equal(wider[FRAME[-3:]], 2 * said[FRAME[-3:]])
    pool = targets.assign(vol_forecast_log=2 * targets["vol_forecast_log"])
    pd.testing.assert_frame_equal(forecasts(matrix, pool, folds()[:2]), said, check_exact=True)


def test_a_feature_the_matrix_lacks_is_named_with_its_file():
    matrix, targets = market()
    with pytest.raises(ValueError, match=r"^ml/buckets/crush\.yml: features: 'f3' is no column of"):
        forecasts(matrix.drop(columns="f3"), targets, folds())


def test_a_test_row_without_volatility_forecast_is_named():
    matrix, targets = market()
    is_hole = targets["session_index"] == 510
    hole = targets.assign(blend_forecast_log=targets["blend_forecast_log"].mask(is_hole))
    with pytest.raises(
        ValueError, match="crush 1w from 500: standardised_targets has no blend_forecast_log on"
    ):
        forecasts(matrix, hole, folds())


def test_a_fit_over_its_time_limit_fails_loudly(monkeypatch, tmp_path, bucket):
    monkeypatch.setenv("ZL_CACHE", str(tmp_path))
    slow = bucket.model_copy(update={"time_limit_seconds": 0.01})
    monkeypatch.setattr(ml.specialists, "load_bucket", lambda name: slow)
    matrix, targets = market()
    with pytest.raises(FitError, match="crush 1w from 500: met its time limit and was stopped"):
        forecasts(matrix, targets, folds()[:1])


def test_shrinking_goes_from_the_standard_normal_to_the_learnt_median_and_width():
    raw = np.array([[-1.0, 0.4, 3.0], [3.0, 0.4, -1.0]])
    assert np.allclose(shrunk_quantiles(raw, 0.0, 0.0), [-NORMAL_Z90, 0, NORMAL_Z90])
    assert np.allclose(shrunk_quantiles(raw, 1.0, 1.0), [0.4 - 2, 0.4, 0.4 + 2])
    assert np.allclose(shrunk_quantiles(np.zeros((1, 3)), 0.0, 0.0)[0], [-NORMAL_Z90, 0, NORMAL_Z90])
    assert (np.diff(shrunk_quantiles(np.zeros((1, 3)), 1.0, 1.0)) > 0).all()


def test_a_fit_is_of_the_libraries_that_make_it(bucket, monkeypatch):
    """All that learn; torch where a network may be among them, and not where it only might have been."""
    asked = []

    def refuse(tasks, label):
        asked.extend(tasks)
        raise FitError("not fitted here")

    monkeypatch.setattr(ml.specialists, "run_fits", refuse)
    allowed = bucket.model_copy(update={"estimators": FAMILIES})
    monkeypatch.setattr(ml.specialists, "load_bucket", lambda name: allowed)
    for params in (PARAMS, PARAMS.model_copy(update={"portfolio": "best_quality"})):
        with pytest.raises(FitError):
            forecasts(*market(), folds(), params)
    trees, portfolio = asked[0], asked[-1]
    assert {"lightgbm", "catboost", "autogluon.tabular", "scikit-learn"} <= set(trees.packages)
    assert "torch" not in trees.packages and "torch" in portfolio.packages
