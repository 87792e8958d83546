"""`zl ablation`: what each part of the forecast adds, told by going without it and by trusting it alone.

Going without: the ensemble's weights are chosen anew as if the part had never been, block by block from what
was known, calibrated, and compared with the forecast on identical rows. Alone: half of the fallback, half of
the part, against the fallback; it tells whether a part knows anything, whatever weight it was given.
"""

import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ml.calibration import calibrate
from ml.ensemble import CHALLENGERS, QUANTILES, walk_forward_weights
from ml.metrics import row_losses
from ml.params import Ensemble, Params, bucket_names, load_params
from ml.stacking import stack_quantiles
from zl.resampling import shared_resamples
from zl.scorecard import compare_with
from zl.served import HOW_TO_BUILD, Served, ServedError

KEY = ["as_of_date", "horizon"]
MEMBER = [*KEY, "model_name", "fold_id", *QUANTILES]
FOLD = ["horizon", "fold_id", "model_name"]
HALF = 0.5
"""Weight of a part that is trusted alone; the other half rests on the fallback."""
CHRONOS = "chronos_bolt"

QUERIES = {
    "level_0": f"select {', '.join(MEMBER)} from training.bucket_predictions order by all",
    "stack": f"select {', '.join(MEMBER)} from training.stacked_predictions order by all",
    "targets": """
        select
            as_of_date, horizon, horizon_sessions, session_index, vol_forecast_log, blend_forecast_log,
            target_log, target_std
        from training.standardised_targets
        order by as_of_date, horizon_sessions""",
    "windows": "select * exclude (run_id) from training.walk_forward_windows order by all",
    "weights": "select horizon, fold_id, model_name, weight from training.ensemble_weights order by all",
    "forecasts": f"""
        select {", ".join(f"predictions.{name}" for name in [*KEY, "horizon_sessions", *QUANTILES])},
            targets.actual_log
        from forecasts.zl_predictions as predictions
        inner join training.targets as targets
            on predictions.as_of_date = targets.as_of_date and predictions.horizon = targets.horizon
        order by predictions.as_of_date, predictions.horizon_sessions""",
}


class Inputs(NamedTuple):
    """What was served, as frames; `as_of_date` as timestamps."""

    level_0: pd.DataFrame
    stack: pd.DataFrame
    targets: pd.DataFrame
    windows: pd.DataFrame
    weights: pd.DataFrame
    forecasts: pd.DataFrame
    """`forecasts.zl_predictions` with `actual_log`, null until matured."""


class Part(NamedTuple):
    """What can be gone without."""

    name: str
    models: tuple[str, ...] = ()
    """Level-0 forecasters, or the stackers, that are left out with it."""
    challenger: str | None = None
    """A way to choose weights that is not followed."""


def ablation(
    served: Served, is_restacked: bool = False, on_step: Callable[[str], None] = lambda step: None
) -> dict[str, Any]:
    """What every part adds to the served forecast and whether it knows anything alone.

    Parameters
    ----------
    served
        Open served tables.
    is_restacked
        Fit the stacker anew without each part; otherwise it still hears what is left out (the rest does not).
    on_step
        Told the name of each part before it is weighed.

    Returns
    -------
    dict with `run`, `is_restacked`, `n_compared`, and `horizons`: per horizon its rows and `parts`, each with
    `adds` (the forecast against the one without the part) and `alone` (fallback and part, half each, against
    the fallback), of the form of `zl.scorecard.compare_with`: `skill_pct` is positive where the part helps.

    Raises
    ------
    ServedError
        Tables of another version, or weights that this version does not choose again.
    """
    runs = served.rows("select * from ops.training_runs")
    if not runs:
        raise ServedError(
            "The served database names no run. Build it again: dbt build --select +zl_predictions"
        )
    run = runs[0]
    inputs = read_inputs(served)
    params = load_params(run["effort"])
    fallback = params.ensemble.fallback_model
    if fallback not in set(inputs.level_0["model_name"]):
        raise ServedError(f"The served database has no {fallback}, where weights rest now. Build it again.")
    on_step("the forecast as it is")
    whole = forecast(pd.concat([inputs.level_0, inputs.stack]), inputs, params.ensemble, params)
    refuse_another_forecast(whole, inputs, served)
    losses = {"forecast": row_losses_of(whole, inputs)} | {
        name: row_losses_of(forecasts, inputs)
        for name, forecasts in forecasts_without(inputs, params, is_restacked, on_step)
    }
    without, alone = pd.DataFrame(losses), halves(inputs, params.ensemble)
    sessions_ahead = inputs.forecasts.groupby("horizon")["horizon_sessions"].first().sort_values()
    horizons = [
        horizon_parts(without, alone, str(horizon), int(sessions))
        for horizon, sessions in sessions_ahead.items()
    ]
    horizons = [one for one in horizons if one["parts"]]
    if not horizons:
        raise ServedError("No forecast has matured yet: there is nothing to weigh the parts by.")
    compared = [part[kind] for one in horizons for part in one["parts"] for kind in ("adds", "alone")]
    return {
        "run": run,
        "is_restacked": is_restacked,
        "n_compared": sum(found is not None and found["verdict"] != "equal" for found in compared),
        "horizons": horizons,
        "notice": served.notice,
    }


def read_inputs(served: Served) -> Inputs:
    """The served tables the weights are made of."""
    frames = {}
    for name, query in QUERIES.items():
        frame = pd.DataFrame(served.rows(query))
        if frame.empty and name != "stack":
            raise ServedError(f"{served.path} holds no {name} to weigh the parts by. {HOW_TO_BUILD}")
        if frame.empty:
            frame = pd.DataFrame(columns=MEMBER)
        frames[name] = (
            frame.assign(as_of_date=pd.to_datetime(frame["as_of_date"])) if KEY[0] in frame else frame
        )
    return Inputs(**frames)


def refuse_another_forecast(whole: pd.DataFrame, inputs: Inputs, served: Served) -> None:
    """Raise ServedError unless `whole`, made again with nothing left out, is what is served."""
    both = inputs.forecasts.merge(whole, on=KEY, how="left", suffixes=("", "_again"))
    again = both[[f"{name}_again" for name in QUANTILES]].to_numpy(dtype=float)
    if not np.allclose(both[QUANTILES].to_numpy(dtype=float), again, rtol=0, atol=1e-9):
        raise ServedError(
            f"{served.path}: the forecast made again is not the one that is served: another version of the "
            f"project, or of its knobs, made it. {HOW_TO_BUILD}"
        )


def parts_of(inputs: Inputs, params: Ensemble) -> list[Part]:
    """Drivers one by one and together, main, Chronos, stacker, benchmarks, ways to weigh, and all of it."""
    models = list(inputs.level_0["model_name"].unique())
    drivers = tuple(sorted(name for name in bucket_names() if name in models and name != "main"))
    learners = (*drivers, *(name for name in ("main", CHRONOS) if name in models))
    benchmarks = sorted(set(models) - set(learners) - {params.fallback_model})
    stackers = tuple(sorted(set(inputs.stack["model_name"]) - set(params.excluded_models)))
    parts = [Part(name, (name,)) for name in learners]
    parts += [Part(f"all {len(drivers)} drivers", drivers)] if len(drivers) > 1 else []
    parts += [Part("stacking", stackers)] if stackers else []
    parts += [Part("all learners", (*learners, *stackers))] if learners else []
    parts += [Part(name, (name,)) for name in benchmarks]
    parts += [Part(f"{name} rule", challenger=name) for name in CHALLENGERS]
    return parts


def forecasts_without(
    inputs: Inputs, params: Params, is_restacked: bool, on_step: Callable[[str], None]
) -> Iterator[tuple[str, pd.DataFrame]]:
    """Every part's name, and what would have been served without it."""
    stacked = {*bucket_names(), CHRONOS}
    for part in parts_of(inputs, params.ensemble):
        on_step(part.name)
        level_0 = inputs.level_0[~inputs.level_0["model_name"].isin(part.models)]
        stack = inputs.stack[~inputs.stack["model_name"].isin(part.models)]
        ensemble = (
            without_challenger(params.ensemble, part.challenger) if part.challenger else params.ensemble
        )
        if is_restacked and stacked & set(part.models) and stacked & set(level_0["model_name"]):
            stack = stack_quantiles(level_0, inputs.targets, inputs.windows, params.stacking)
            stack = stack.assign(as_of_date=pd.to_datetime(stack["as_of_date"]))
        yield part.name, forecast(pd.concat([level_0, stack]), inputs, ensemble, params)
    on_step("calibration")
    yield "calibration", combined(pd.concat([inputs.level_0, inputs.stack]), inputs.weights)
    on_step("all but fallback")
    at_rest = inputs.level_0[inputs.level_0["model_name"] == params.ensemble.fallback_model]
    yield "all but fallback", combined(at_rest, at_rest.assign(weight=1.0).drop_duplicates(FOLD))


def without_challenger(params: Ensemble, challenger: str) -> Ensemble:
    """Knobs under which `challenger` is never followed: no proof is enough for boundless caution."""
    knob = f"{challenger}_caution"
    if knob not in Ensemble.model_fields:
        raise ValueError(f"ensemble has no {knob}: what must prove itself is told by a caution of its own.")
    return params.model_copy(update={knob: math.inf})


def forecast(members: pd.DataFrame, inputs: Inputs, ensemble: Ensemble, params: Params) -> pd.DataFrame:
    """What would be served of these members: weights, their combination, calibration."""
    weights = walk_forward_weights(members, inputs.targets, inputs.windows, ensemble)
    return calibrate(combined(members, weights), inputs.targets, inputs.windows, params.calibration)


def combined(members: pd.DataFrame, weights: pd.DataFrame) -> pd.DataFrame:
    """`training.ensemble_predictions` in pandas: one weight per model, shared by the three quantiles."""
    weights = weights.loc[weights["weight"] > 0, [*FOLD, "weight"]]
    rows = members.merge(weights, on=FOLD).sort_values([*KEY, "model_name"])
    rows[QUANTILES] = rows[QUANTILES].mul(rows["weight"], axis=0)
    return rows.groupby([*KEY, "fold_id"], as_index=False)[QUANTILES].sum()


def row_losses_of(forecasts: pd.DataFrame, inputs: Inputs) -> pd.Series:
    """Mean pinball of each matured served row, by as-of date and horizon; NaN where there is no forecast."""
    matured = inputs.forecasts[inputs.forecasts["actual_log"].notna()]
    rows = matured[[*KEY, "actual_log"]].merge(
        forecasts[[*KEY, *QUANTILES]], on=KEY, how="left", validate="one_to_one"
    )
    losses = row_losses(rows[QUANTILES].to_numpy(dtype=float), rows["actual_log"].to_numpy(dtype=float))
    return pd.Series(losses / len(QUANTILES), index=pd.MultiIndex.from_frame(rows[KEY]))


def halves(inputs: Inputs, params: Ensemble) -> pd.DataFrame:
    """Losses of the fallback with each part at half weight, and of the `fallback` itself; a column each."""
    members = pd.concat([inputs.level_0, inputs.stack]).set_index([*KEY, "model_name"])[QUANTILES]
    at_rest = members.xs(params.fallback_model, level="model_name")
    losses = {"fallback": row_losses_of(at_rest.reset_index(), inputs)}
    for part in parts_of(inputs, params):
        if part.models:
            own = members[members.index.get_level_values("model_name").isin(part.models)]
            own = own.groupby(level=KEY).mean()
            mixed = ((1 - HALF) * at_rest + HALF * own).dropna()
            losses[part.name] = row_losses_of(mixed.reset_index(), inputs)
    return pd.DataFrame(losses)


def horizon_parts(
    without: pd.DataFrame, alone: pd.DataFrame, horizon: str, horizon_sessions: int
) -> dict[str, Any]:
    """One horizon: what each part adds and what it is worth alone, with the evidence."""
    without, alone = (
        frame[frame.index.get_level_values("horizon") == horizon].droplevel("horizon").sort_index()
        for frame in (without, alone)
    )
    answer = {"horizon": horizon, "horizon_sessions": horizon_sessions, "n": len(without), "parts": []}
    if without.empty:
        return answer
    resamples = shared_resamples(alone.notna().to_numpy(), horizon_sessions)
    worth = compare_with(alone.drop(columns="fallback"), alone["fallback"], resamples, horizon_sessions)
    by_name = dict(zip(alone.columns.drop("fallback"), worth, strict=True))
    for name in without.columns.drop("forecast"):
        (adds,) = compare_with(without[["forecast"]], without[name], resamples, horizon_sessions)
        answer["parts"].append({"name": name, "adds": adds, "alone": by_name.get(name)})
    return answer
