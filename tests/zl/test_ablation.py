"""Ablation: a copy adds nothing, a part that knows adds with the right sign, and the intervals cover."""

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from rich.console import Console
from simulated_walk import drift, forecast, targets, windows
from typer.testing import CliRunner

from ml.ensemble import CHALLENGERS, walk_forward_weights
from ml.params import load_params
from zl import ablation as weighing
from zl.ablation import KEY, Inputs, ablation, horizon_parts, parts_of, without_challenger
from zl.ablation_tables import markdown, print_ablation
from zl.cli import app
from zl.served import ServedError, open_served

PARAMS = load_params("quick")
FALLBACK = PARAMS.ensemble.fallback_model
N, H = 1500, 5
TABLES = {
    "level_0": "training.bucket_predictions",
    "stack": "training.stacked_predictions",
    "targets": "training.standardised_targets",
    "windows": "training.walk_forward_windows",
    "weights": "training.ensemble_weights",
    "forecasts": "forecasts.zl_predictions",
}


def market(seed: int = 3) -> Inputs:
    """`crush` sees a part of the truth, `china` says what the fallback says, `fed` and the rest are noise."""
    rng = np.random.default_rng(seed)
    facts = targets(0.015 * rng.normal(size=N), np.full(N, 0.015), h=H)
    truth = (facts["target_log"] / facts["vol_forecast_log"]).fillna(0).to_numpy()
    members = [
        forecast(FALLBACK, facts),
        forecast("ewma", facts, np.exp(drift(rng, N, 0.1))),
        forecast("crush", facts, median=0.4 * truth + drift(rng, N, 0.2)),
        forecast("china", facts),
        forecast("fed", facts, median=drift(rng, N, 0.2)),
        forecast("main", facts, median=drift(rng, N, 0.2)),
    ]
    folds = windows(N, h=H, first=201).assign(train_first_index=1)
    stack = forecast("stack_l2", facts, median=drift(rng, N, 0.1))
    named = [with_folds(pd.concat(frames), facts, folds) for frames in (members, [stack])]
    facts = facts.assign(horizon_sessions=H, target_std=truth)
    weights = walk_forward_weights(pd.concat(named), facts, folds, PARAMS.ensemble)
    inputs = Inputs(*named, facts, folds, weights[[*weighing.FOLD, "weight"]], pd.DataFrame())
    served = weighing.forecast(pd.concat(named), inputs, PARAMS.ensemble, PARAMS)
    served = served[["as_of_date", "horizon", *weighing.QUANTILES]].assign(horizon_sessions=H)
    outcomes = facts[["as_of_date", "horizon", "target_log"]].rename(columns={"target_log": "actual_log"})
    return inputs._replace(forecasts=served.merge(outcomes, on=["as_of_date", "horizon"]))


def with_folds(predictions: pd.DataFrame, facts: pd.DataFrame, folds: pd.DataFrame) -> pd.DataFrame:
    """Rows of the folds' test blocks, with the fold's name."""
    session = predictions["as_of_date"].map(facts.set_index("as_of_date")["session_index"])
    place = np.searchsorted(folds["test_first_index"], session, side="right") - 1
    rows = predictions.assign(fold_id=folds["fold_id"].to_numpy()[np.maximum(place, 0)])
    return rows[place >= 0].reset_index(drop=True)


def write(inputs: Inputs, path: Path) -> Path:
    """The tables `zl ablation` reads."""
    run = [{"run_id": "r", "effort": "quick", "data_origin": "sample", "last_as_of_date": "2020-01-01"}]
    frames = {TABLES[name]: frame for name, frame in inputs._asdict().items()}
    frames["ops.training_runs"] = pd.DataFrame(run)
    frames["training.walk_forward_windows"] = inputs.windows.assign(run_id="r")
    frames["training.targets"] = inputs.forecasts[["as_of_date", "horizon", "actual_log"]]
    with duckdb.connect(str(path)) as connection:
        for name, frame in frames.items():
            connection.execute(f"create schema if not exists {name.split('.')[0]}")
            connection.register("frame", frame)
            connection.execute(f"create table {name} as from frame")
    return path


@pytest.fixture(scope="module")
def served_market(tmp_path_factory) -> Path:
    return write(market(), tmp_path_factory.mktemp("ablation") / "zl.duckdb")


@pytest.fixture(scope="module")
def result(served_market) -> dict:
    with open_served(served_market) as served:
        return ablation(served)


@pytest.fixture(scope="module")
def parts(result) -> dict:
    return {part["name"]: part for part in result["horizons"][0]["parts"]}


def test_a_part_that_knows_adds_and_knows_alone(parts):
    for kind in ("adds", "alone"):
        assert parts["crush"][kind]["verdict"] == "better"
        assert parts["crush"][kind]["skill_pct"] > 1
        assert 0 < parts["crush"][kind]["low_pct"] < parts["crush"][kind]["skill_pct"]
    assert parts["all learners"]["adds"]["verdict"] == "better"
    assert parts["all but fallback"]["adds"]["skill_pct"] > 1


def test_a_part_that_knows_nothing_is_not_called_better(parts):
    assert parts["fed"]["alone"]["skill_pct"] < 0
    assert parts["ewma"]["adds"]["verdict"] != "better"


def test_a_copy_of_the_fallback_is_equal_alone_and_a_copy_of_a_driver_adds_nothing_to_greedy_weights():
    inputs = market()
    alone = weighing.halves(inputs, PARAMS.ensemble)
    assert (alone["china"].dropna() == alone["fallback"].dropna()).all()
    copy = inputs.level_0[inputs.level_0["model_name"] == "crush"].assign(model_name="tariff")
    inputs = inputs._replace(level_0=pd.concat([inputs.level_0, copy], ignore_index=True))
    greedy = PARAMS.ensemble
    for name in set(CHALLENGERS) - {"greedy"}:
        greedy = without_challenger(greedy, name)
    params = PARAMS.model_copy(update={"ensemble": greedy})
    members = pd.concat([inputs.level_0, inputs.stack])
    whole = weighing.row_losses_of(weighing.forecast(members, inputs, greedy, params), inputs)
    forecasts = dict(weighing.forecasts_without(inputs, params, False, lambda step: None))
    losses = {name: weighing.row_losses_of(forecasts[name], inputs) for name in ("tariff", "crush", "ewma")}
    assert (losses["tariff"] == whole).all()
    # Without the one there is still the other; without both what they know is lost.
    assert losses["crush"].to_numpy() == pytest.approx(whole.to_numpy(), rel=1e-12)


def test_rows_are_identical_and_those_of_the_served_record(result, served_market):
    with open_served(served_market) as served:
        ((n,),) = served.connection.execute(
            "select count(*) from forecasts.zl_predictions where actual_log is not null"
        ).fetchall()
    assert result["horizons"][0]["n"] == n


def test_calibration_and_every_way_to_weigh_are_parts(parts):
    assert {"calibration", "stacking", *(f"{name} rule" for name in CHALLENGERS)} <= set(parts)
    assert parts["calibration"]["alone"] is None and parts["stacking"]["alone"] is not None


def test_no_proof_is_enough_for_a_challenger_that_is_left_out():
    inputs = market()
    params = PARAMS.ensemble
    for name in CHALLENGERS:
        params = without_challenger(params, name)
    weights = walk_forward_weights(
        pd.concat([inputs.level_0, inputs.stack]), inputs.targets, inputs.windows, params
    )
    assert set(weights.loc[weights["weight"] > 0, "model_name"]) == {FALLBACK}
    with pytest.raises(ValueError, match="no luck_caution"):
        without_challenger(params, "luck")


def test_restacking_fits_the_stacker_without_the_part(monkeypatch):
    inputs, heard = market(), {}
    steps = []

    def stack_quantiles(level_0, targets, windows, params):
        heard[steps[-1]] = set(level_0["model_name"])
        return inputs.stack.assign(as_of_date=inputs.stack["as_of_date"].dt.date)

    monkeypatch.setattr(weighing, "stack_quantiles", stack_quantiles)
    list(weighing.forecasts_without(inputs, PARAMS, True, steps.append))
    everyone = set(inputs.level_0["model_name"])
    assert heard == {
        name: everyone - set(part.models)
        for part in parts_of(inputs, PARAMS.ensemble)
        for name in [part.name]
        if set(part.models) & {"crush", "china", "fed", "main"} and "stack_l2" not in part.models
    }


def test_the_intervals_cover_the_true_difference_nineteen_times_in_twenty():
    rng = np.random.default_rng(8)
    n_held, n_markets, n = 0, 40, 500
    index = pd.MultiIndex.from_product(
        [pd.bdate_range("2015-01-01", periods=n), ["1w"]], names=["as_of_date", "horizon"]
    )

    def losses(mean: float) -> np.ndarray:
        return mean * np.convolve(rng.gamma(2.0, size=n + H - 1), np.ones(H), mode="valid")

    for _ in range(n_markets):
        market_loss = losses(1.0)
        whole, without = market_loss + losses(1.0), market_loss + losses(1.1)
        frame = pd.DataFrame({"forecast": whole, "part": without}, index=index)
        alone = pd.DataFrame({"fallback": without, "part": whole}, index=index)
        (part,) = horizon_parts(frame, alone, "1w", H)["parts"]
        assert part["adds"] == part["alone"]
        n_held += part["adds"]["low_pct"] <= 100 * (1 - 2.0 / 2.1) <= part["adds"]["high_pct"]
    assert 0.85 <= n_held / n_markets <= 1


def test_a_horizon_none_of_whose_forecasts_has_matured_has_no_parts():
    days = pd.MultiIndex.from_product([pd.bdate_range("2024-01-01", periods=30), ["1w"]], names=KEY)
    losses = pd.DataFrame({"forecast": 1.0, "crush": 1.1, "fallback": 1.2}, index=days)
    assert horizon_parts(losses, losses, "6m", 126)["parts"] == []


def test_a_forecast_of_another_version_is_not_taken_apart(served_market, tmp_path):
    inputs = market()
    other = inputs._replace(forecasts=inputs.forecasts.assign(p90_log=inputs.forecasts["p90_log"] + 0.001))
    path = write(other, tmp_path / "other.duckdb")
    with open_served(path) as served, pytest.raises(ServedError, match="not the one that is served"):
        ablation(served)
    with duckdb.connect(str(path)) as connection:
        connection.execute("drop table training.walk_forward_windows")
    outcome = CliRunner().invoke(app, ["ablation", "--db", str(path)])
    assert outcome.exit_code == 1 and "was built by another version" in outcome.stderr


def test_it_prints_every_part_within_80_columns_and_writes_the_table(served_market, result, tmp_path):
    out = tmp_path / "ablation.md"
    outcome = CliRunner().invoke(
        app, ["ablation", "--db", str(served_market), "--out", str(out)], env={"COLUMNS": "80"}
    )
    assert outcome.exit_code == 0, outcome.output
    assert "…" not in outcome.stdout and max(len(line) for line in outcome.stdout.splitlines()[:-1]) <= 80
    for part in result["horizons"][0]["parts"]:
        assert any(line.startswith(part["name"]) for line in outcome.stdout.splitlines())
        assert f"| {part['name']} |" in out.read_text()
    assert out.read_text() == markdown(result)
    assert "**+" in out.read_text() and " better**" in out.read_text()


def test_large_numbers_keep_their_columns(result):
    wild = {**result, "horizons": [dict(result["horizons"][0])]}
    numbers = {"skill_pct": -12.345, "low_pct": -98.76, "high_pct": 10.0, "t": -11.25, "verdict": "worse"}
    wild["horizons"][0]["parts"] = [{"name": "all but fallback", "adds": numbers, "alone": numbers}]
    console = Console(width=80, record=True, highlight=False)
    print_ablation(wild, console)
    (line,) = [line for line in console.export_text().splitlines() if line.startswith("all but fallback")]
    assert line.split()[3:] == 2 * ["-12.35", "-98.8", "+10.0", "-11.2", "worse"]
