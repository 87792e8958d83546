import numpy as np
import pandas as pd
import pytest
from simulated_walk import drift, forecast, targets, windows

from ml.ensemble import walk_forward_weights
from ml.params import bucket_names, load_params

PARAMS = load_params("standard").ensemble


def noise_walk(seed, n=1800, h=5, n_learners=9):
    rng = np.random.default_rng(seed)
    facts = targets(0.015 * rng.normal(size=n), np.full(n, 0.015), h=h)
    models = [forecast(PARAMS.fallback_model, facts), forecast("ewma", facts, np.exp(drift(rng, n, 0.1)))]
    for i in range(n_learners):
        size = rng.uniform(0.05, 0.25)
        median, width = drift(rng, n, size), np.exp(drift(rng, n, size / 2))
        models.append(forecast(bucket_names()[i], facts, width, median))
    return pd.concat(models, ignore_index=True), facts, windows(n, h=h)


def test_weights_are_shares_and_every_candidate_has_a_row():
    predictions, facts, folds = noise_walk(0)
    weights = walk_forward_weights(predictions, facts, folds, PARAMS)
    assert (weights["weight"] >= 0).all()
    total = weights.groupby(["horizon", "fold_id"])["weight"].sum()
    np.testing.assert_allclose(total, 1, rtol=0, atol=1e-12)
    assert list(total.index.get_level_values("fold_id")) == sorted(folds.loc[folds["is_served"], "fold_id"])
    assert (weights.groupby("fold_id").size() == predictions["model_name"].nunique()).all()
    assert not weights.duplicated(["horizon", "fold_id", "model_name"]).any()


@pytest.mark.parametrize("h", [5, 63])
def test_learners_with_nothing_to_say_stay_below_five_percent(h):
    shares = []
    for seed in range(16):
        weights = walk_forward_weights(*noise_walk(seed, h=h), PARAMS)
        learners = weights[weights["model_name"].isin(bucket_names())]
        shares.append(learners["weight"].sum() / weights["fold_id"].nunique())
        assert learners["greedy_weight"].sum() > 0  # selection itself does fall for them
    assert np.mean(shares) <= 0.05


def test_a_learner_that_sees_the_truth_is_followed():
    predictions, facts, folds = noise_walk(3)
    median = 0.5 * (facts["target_log"] / facts["vol_forecast_log"]).fillna(0).to_numpy()
    predictions = pd.concat([predictions, forecast("seer", facts, 1.0, median)], ignore_index=True)
    weights = walk_forward_weights(predictions, facts, folds, PARAMS)
    last = weights[weights["fold_id"] == folds["fold_id"].iloc[-1]].set_index("model_name")
    assert last.loc["seer", "weight"] > 0.3
    assert last["record_greedy_loss"].iloc[0] < last["record_equal_weight_loss"].iloc[0]
    assert last["record_greedy_loss"].iloc[0] < last["record_fallback_loss"].iloc[0]
    assert last["reason"].iloc[0].startswith("greedy weights followed by 9")
    assert 0.9 < last["followed_frac"].iloc[0] <= 1


def test_the_second_step_asks_for_its_own_proof():
    """Half of this learner's opinion is right, all of it is too much: the way ends half way."""
    predictions, facts, folds = noise_walk(3)
    truth = (facts["target_log"] / facts["vol_forecast_log"]).fillna(0).to_numpy()
    shouting = 0.3 * truth + drift(np.random.default_rng(3), len(facts), 0.7)
    predictions = pd.concat([predictions, forecast("shouter", facts, 1.0, shouting)], ignore_index=True)
    weights = walk_forward_weights(predictions, facts, folds, PARAMS)
    last = weights[weights["fold_id"] == folds["fold_id"].iloc[-1]]
    assert 0.3 < last["followed_frac"].iloc[0] <= PARAMS.first_step


def test_without_a_proven_first_step_a_proven_second_one_leads_nowhere():
    """The second step starts where the first one ends: nobody stands there."""
    predictions, facts, folds = noise_walk(3)
    median = 0.5 * (facts["target_log"] / facts["vol_forecast_log"]).fillna(0).to_numpy()
    predictions = pd.concat([predictions, forecast("seer", facts, 1.0, median)], ignore_index=True)
    never = dict.fromkeys(("greedy_caution", "better_half_caution", "learners_caution"), 1e9)
    params = PARAMS.model_copy(update=never | {"second_step_caution": 0.0})
    weights = walk_forward_weights(predictions, facts, folds, params)
    assert (weights["followed_frac"] == 0).all()
    assert (weights["weight"] == (weights["model_name"] == PARAMS.fallback_model)).all()


@pytest.mark.parametrize(("n_models", "n_in_half"), [(2, 1), (3, 2), (4, 2), (5, 3)])
def test_the_better_half_of_an_odd_number_is_the_larger_part(n_models, n_in_half):
    predictions, facts, folds = noise_walk(12, n=600, n_learners=n_models - 2)
    weights = walk_forward_weights(predictions, facts, folds, PARAMS)
    half = weights[weights["better_half_weight"] > 0].groupby("fold_id").size()
    assert weights.groupby("fold_id").size().eq(n_models).all()
    assert half.eq(n_in_half).all() and len(half) == weights["fold_id"].nunique()


def test_many_who_know_a_little_are_followed_in_equal_parts():
    predictions, facts, folds = noise_walk(13)
    rng, truth = (
        np.random.default_rng(13),
        (facts["target_log"] / facts["vol_forecast_log"]).fillna(0).to_numpy(),
    )
    crowd = [
        forecast(f"crowd_{i}", facts, 1.0, 0.07 * truth + drift(rng, len(facts), 0.15)) for i in range(9)
    ]
    predictions = pd.concat([predictions, *crowd], ignore_index=True)
    weights = walk_forward_weights(predictions, facts, folds, PARAMS)
    last = weights[weights["fold_id"] == folds["fold_id"].iloc[-1]].set_index("model_name")
    half = last["better_half_weight"] > 0
    assert half.sum() == (len(last) + 1) // 2
    assert last.loc[half, "selection_loss"].max() <= last.loc[~half, "selection_loss"].min()
    assert last["followed_frac"].iloc[0] > 0
    assert last["weight"].filter(like="crowd").sum() > 0.1


def test_weights_know_no_outcome_that_matured_after_their_fold_began():
    predictions, facts, folds = noise_walk(4)
    honest = walk_forward_weights(predictions, facts, folds, PARAMS)
    for fold in folds[folds["is_served"]].iloc[[0, 5, -1]].itertuples():
        late = facts["session_index"] > fold.train_last_index
        changed = facts.assign(target_log=facts["target_log"].where(~late, -3 * facts["target_log"] + 0.01))
        again = walk_forward_weights(predictions, changed, folds, PARAMS)
        kept = honest["fold_id"] <= fold.fold_id
        pd.testing.assert_frame_equal(again[kept], honest[kept], check_exact=True)
        # and the last row before the gap does count
        seen = facts["session_index"] == fold.train_last_index
        touched = facts.assign(target_log=facts["target_log"].where(~seen, 0.5))
        assert not walk_forward_weights(predictions, touched, folds, PARAMS)[kept].equals(honest[kept])


def test_a_cut_reproduces_every_bit():
    predictions, facts, folds = noise_walk(5)
    whole = walk_forward_weights(predictions, facts, folds, PARAMS)
    last = 1290
    cut = facts[facts["session_index"] <= last].copy()
    cut.loc[cut["session_index"] > last - 5, "target_log"] = np.nan
    known = predictions[predictions["as_of_date"].isin(cut["as_of_date"])].sample(frac=1, random_state=1)
    begun = folds[folds["test_first_index"] <= last]
    begun = begun.assign(test_last_index=begun["test_last_index"].clip(upper=last))
    replayed = walk_forward_weights(known, cut, begun, PARAMS)
    expected = whole[whole["fold_id"].isin(begun["fold_id"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(replayed, expected, check_exact=True)


def test_a_newcomer_is_a_candidate_once_it_has_half_of_the_rows():
    predictions, facts, folds = noise_walk(6)
    start = facts["as_of_date"].iloc[500]
    newcomer = forecast("stack_l2", facts[facts["as_of_date"] >= start])
    weights = walk_forward_weights(pd.concat([predictions, newcomer]), facts, folds, PARAMS)
    joined = weights[weights["model_name"] == "stack_l2"]
    last = folds.set_index("fold_id")["train_last_index"]
    assert joined["fold_id"].tolist() == last.index[last - 500 >= 0.5 * last].tolist()
    assert joined["n_rows"].tolist() == (last[joined["fold_id"]] - 500).tolist()  # for all candidates


def test_a_model_that_stopped_is_no_candidate():
    predictions, facts, folds = noise_walk(7)
    stopped, stop = bucket_names()[0], facts["as_of_date"].iloc[1500]
    gone = (predictions["model_name"] == stopped) & (predictions["as_of_date"] > stop)
    weights = walk_forward_weights(predictions[~gone], facts, folds, PARAMS)
    joined = weights.loc[weights["model_name"] == stopped, "fold_id"]
    begun = folds["is_served"] & (folds["test_first_index"] <= 1501)
    assert joined.tolist() == folds.loc[begun, "fold_id"].tolist()


def test_excluded_models_are_left_out_and_short_records_fall_back():
    predictions, facts, folds = noise_walk(8, n=500, h=63)
    extra = forecast("stack_l1", facts)
    weights = walk_forward_weights(pd.concat([predictions, extra]), facts, folds, PARAMS)
    assert "stack_l1" not in set(weights["model_name"])
    pool = weights[weights["model_name"] == "volatility_blend"]
    assert (pool["weight"] == 1).all()
    assert pool["reason"].str.contains("volatility_blend alone").all()


@pytest.mark.parametrize(("h", "needed"), [(5, 126), (31, 126), (32, 128), (63, 252)])
def test_weights_are_chosen_from_half_a_year_and_four_windows_of_rows_on(h, needed):
    predictions, facts, _ = noise_walk(11, n=needed + h + 1, h=h, n_learners=1)
    folds = windows(len(facts), h=h, first=needed + h, step=1, n_unserved=0)
    assert folds["train_last_index"].tolist() == [needed - 1, needed]
    weights = walk_forward_weights(predictions, facts, folds, PARAMS)
    before, after = (rows for _, rows in weights.groupby("fold_id"))
    assert before["reason"].str.startswith("too few matured rows").all()
    assert after["n_rows"].eq(needed).all() and len(after) == 3


def test_without_a_served_fold_there_are_typed_columns_and_no_rows():
    predictions, facts, folds = noise_walk(10, n=400)
    none = walk_forward_weights(predictions, facts, folds.assign(is_served=False), PARAMS)
    some = walk_forward_weights(predictions, facts, folds, PARAMS)
    assert none.empty
    assert none.dtypes.to_dict() == some.dtypes.to_dict()


def test_missing_fallback_and_double_rows_are_refused():
    predictions, facts, folds = noise_walk(9, n=600)
    with pytest.raises(ValueError, match="no row of volatility_blend"):
        pool = predictions["model_name"] == "volatility_blend"
        walk_forward_weights(predictions[~pool], facts, folds, PARAMS)
    with pytest.raises(ValueError, match="rows twice"):
        walk_forward_weights(pd.concat([predictions, predictions.head(1)]), facts, folds, PARAMS)
