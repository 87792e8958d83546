import numpy as np
import pandas as pd
import pytest
from simulated_walk import Z90, forecast, targets, windows

from ml.calibration import calibrate, conformal_steps, coverage_alarms
from ml.params import load_params

PARAMS = load_params("standard").calibration
QUANTILES = ["p10_log", "p50_log", "p90_log"]


def walk(width, seed=0, n=1500, h=5):
    rng = np.random.default_rng(seed)
    volatility = 0.015 * np.exp(0.3 * np.sin(np.arange(n) / 90))
    facts = targets(volatility * rng.normal(size=n), volatility, h=h)
    return forecast("ensemble", facts, width), facts, windows(n, h=h, n_unserved=0)


def served(frame, facts, start=101):
    """Only rows inside a fold, as the ensemble delivers them."""
    return frame[frame["as_of_date"].isin(facts.loc[facts["session_index"] >= start, "as_of_date"])]


def calibrated(width, **kwargs):
    predictions, facts, folds = walk(width, **kwargs)
    predictions = served(predictions, facts)
    return calibrate(predictions, facts, folds, PARAMS), predictions, facts, folds


def slow_step(scores, index, row, h, level, params):
    known = [
        score
        for score, session in zip(scores, index, strict=True)
        if index[row] - params.window_sessions < session + h <= index[row] and np.isfinite(score)
    ]
    if len(known) < params.min_windows * h:
        return 0.0
    place = min(len(known), int(np.ceil(level * (len(known) + 1))))
    return params.step_frac * sorted(known)[place - 1]


def test_step_equals_its_slow_definition():
    rng = np.random.default_rng(0)
    scores = rng.normal(size=1200)
    scores[rng.random(1200) < 0.05] = np.nan
    scores[-21:] = np.nan
    index = np.arange(1, 1201)
    params = PARAMS.model_copy(update={"window_sessions": 600})
    steps = conformal_steps(scores, index, 21, 0.8, params)
    for row in [0, 80, 104, 110, 300, 619, 620, 621, 622, 900, 1199]:
        assert steps[row] == slow_step(scores, index, row, 21, 0.8, params)


def test_a_target_informs_when_it_has_matured_and_not_a_session_earlier():
    scores = np.random.default_rng(1).normal(size=600)
    shocked = scores.copy()
    shocked[300] = 50.0
    index = np.arange(1, 601)
    before, after = (
        conformal_steps(s, index, 126, 0.9, PARAMS.model_copy(update={"min_windows": 1}))
        for s in (scores, shocked)
    )
    np.testing.assert_array_equal(before[:426], after[:426])
    assert not np.array_equal(before[426:], after[426:])


def test_honest_quantiles_are_left_alone():
    answer, predictions, _, _ = calibrated(1.0)
    assert answer["is_adjusted"].mean() < 0.1
    left = ~answer["is_adjusted"].to_numpy()
    given = predictions.sort_values("as_of_date")[QUANTILES].to_numpy()
    np.testing.assert_array_equal(answer.loc[left, QUANTILES].to_numpy(), given[left])
    assert (answer.loc[left, ["adjustment_p10_log", "adjustment_p90_log"]] == 0).all().all()
    assert (answer["step_log"] != 0).any()  # computed all the same


def test_too_narrow_quantiles_are_widened_once_that_has_paid():
    answer, _, facts, folds = calibrated(0.5)
    late = answer[answer["fold_id"] == folds["fold_id"].iloc[-2]]
    assert late["is_adjusted"].all()
    assert (late["adjustment_p10_log"] < 0).all()
    assert (late["adjustment_p90_log"] > 0).all()
    assert not answer.loc[answer["fold_id"] == folds["fold_id"].iloc[0], "is_adjusted"].any()
    # half a step from half the width: 0.5 + 0.5 * 0.5 of the true distance, followed as far as proven
    distance = late["p90_log"].to_numpy() / (
        Z90 * facts.set_index("as_of_date").loc[late["as_of_date"], "vol_forecast_log"].to_numpy()
    )
    assert 0.65 < distance.mean() < 0.85


def test_crossed_quantiles_are_sorted_and_counted():
    predictions, facts, folds = walk(1.0)
    predictions = served(predictions, facts)
    crossed = predictions.index[5]
    predictions.loc[crossed, QUANTILES] = [0.02, 0.01, -0.03]
    answer = calibrate(predictions, facts, folds, PARAMS)
    row = answer[answer["as_of_date"] == predictions.loc[crossed, "as_of_date"]].iloc[0]
    assert row["n_crossed"] == 2
    assert answer["n_crossed"].sum() == 2
    assert list(row[QUANTILES]) == [-0.03, 0.01, 0.02]


def test_no_quantile_ever_crosses_the_median():
    answer, _, _, _ = calibrated(3.0)  # far too wide: steps go inwards
    assert answer["is_adjusted"].any()
    assert (answer["p10_log"] <= answer["p50_log"]).all()
    assert (answer["p50_log"] <= answer["p90_log"]).all()


def test_alarm_rings_for_wrong_coverage_and_not_for_chance():
    assert calibrated(1.0)[0]["has_coverage_alarm"].mean() < 0.1
    # Adjustment cannot hide the first years of a forecast half as wide as it should be.
    assert calibrated(0.5)[0]["has_coverage_alarm"].any()


def test_alarm_band_counts_independent_windows():
    n, h = 1000, 63
    inside = np.ones(n, dtype=bool)
    inside[::4] = False  # 75 %
    alarm = coverage_alarms(inside, np.ones(n, dtype=bool), np.arange(n), h, PARAMS)
    assert alarm["n_matured"][-1] == 750
    assert alarm["n_matured"][h - 1] == 0
    assert alarm["coverage_band_frac"][-1] == pytest.approx(2 * np.sqrt(0.16 / (750 / 63)))
    assert not alarm["has_coverage_alarm"][-1]
    assert coverage_alarms(inside, np.ones(n, dtype=bool), np.arange(n), 1, PARAMS)["has_coverage_alarm"][-1]


@pytest.mark.parametrize("h", [1, 21, 126])
def test_four_windows_must_have_matured_before_an_alarm_can_ring(h):
    """The worst record there is, no outcome inside: three windows of it may still be chance."""
    n = 6 * h
    never_inside = np.zeros(n, dtype=bool)
    alarm = coverage_alarms(never_inside, np.ones(n, dtype=bool), np.arange(n), h, PARAMS)
    assert alarm["has_coverage_alarm"].tolist() == (alarm["n_matured"] >= 4 * h).tolist()
    assert alarm["has_coverage_alarm"].any() and (alarm["n_matured"] == 4 * h - 1).any()


@pytest.mark.parametrize("session", [1100, 1109], ids=["inside a block", "on its first day"])
def test_calibration_knows_no_outcome_before_it_matured(session):
    answer, predictions, facts, folds = calibrated(0.5)
    assert (folds["test_first_index"] == session).any() == (session == 1109)
    wild = facts.assign(target_log=facts["target_log"].where(facts["session_index"] + 5 <= session, 0.0))
    again = calibrate(predictions, wild, folds, PARAMS)
    kept = answer["as_of_date"] <= facts.loc[facts["session_index"] == session, "as_of_date"].iloc[0]
    pd.testing.assert_frame_equal(again[kept], answer[kept], check_exact=True)
    assert not again.equals(answer)


def test_a_cut_reproduces_every_bit():
    answer, predictions, facts, folds = calibrated(0.5)
    cut = facts[facts["session_index"] <= 1234].copy()
    cut.loc[cut["session_index"] > 1229, "target_log"] = np.nan
    begun = folds[folds["test_first_index"] <= 1234]
    known = predictions[predictions["as_of_date"].isin(cut["as_of_date"])].sample(frac=1, random_state=3)
    replayed = calibrate(known, cut, begun, PARAMS)
    expected = answer[answer["as_of_date"].isin(cut["as_of_date"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(replayed, expected, check_exact=True)


def test_no_forecast_nothing_to_calibrate():
    predictions, facts, folds = walk(1.0, n=400)
    assert calibrate(predictions.head(0), facts, folds, PARAMS).empty


def test_rows_without_fold_or_volatility_are_named():
    predictions, facts, folds = walk(1.0, n=400)
    with pytest.raises(ValueError, match="lies in no walk-forward window"):
        calibrate(predictions, facts, folds, PARAMS)
    inside = served(predictions, facts)
    with pytest.raises(ValueError, match=r"1 ensemble rows without a volatility forecast.*2012-11-02"):
        calibrate(inside, facts[facts["as_of_date"] != "2012-11-02"], folds, PARAMS)
