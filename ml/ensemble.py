"""Level 2.5: one weight per model and horizon, chosen on earlier blocks, trusted as far as they prove it.

Greedy selection (`ml.greedy`) overfits the few independent windows there are; equal weights of the better
half of the models pick less and overfit less; equal weights of the learners pick nothing. All challenge the
fallback on a nested record: what weights chosen earlier earned on rows they had not seen. The one whose
proven gain is largest is followed, as far as it is proven (`ml.proof`).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.comparison import loss_gains
from ml.greedy import greedy_weights
from ml.metrics import row_losses
from ml.params import QUANTILE_LEVELS, Ensemble, bucket_names
from ml.proof import Proof, proven_share

QUANTILES = ["p10_log", "p50_log", "p90_log"]
CHALLENGERS = ("greedy", "better_half", "learners")
RIVALS = (*CHALLENGERS, "equal_weight", "best_single")
"""Ways to weigh the candidates, all chosen on the same rows; the last two are compared and never followed."""

COLUMNS = {
    **dict.fromkeys(("horizon", "fold_id", "model_name"), "str"),
    "weight": "float64",
    **dict.fromkeys((f"{name}_weight" for name in CHALLENGERS), "float64"),
    "n_times_chosen": "int64",
    "selection_loss": "float64",
    "n_rows": "int64",
    "followed_frac": "float64",
    **dict.fromkeys((f"record_{name}_t_stat" for name in CHALLENGERS), "float64"),
    "n_record_rows": "int64",
    **dict.fromkeys((f"record_{name}_loss" for name in ("fallback", *RIVALS)), "float64"),
    "reason": "str",
}


class Panel(NamedTuple):
    """One horizon: every model's quantiles on the sessions of `standardised_targets`, oldest first."""

    names: list[str]
    session_index: NDArray
    quantiles: NDArray
    """Shape (m, n, 3), divided by the volatility forecast; NaN where a model has no row."""
    y_true: NDArray
    """Shape (n,), divided by the same; NaN until matured."""


class Selection(NamedTuple):
    """What one fold chose from, on which rows, and how each of RIVALS weighs the candidates."""

    candidates: NDArray
    counts: NDArray
    rows: NDArray
    losses: NDArray
    """Mean loss of each candidate alone on `rows`."""
    weights: NDArray
    """Shape (len(RIVALS), candidates); rows sum to 1."""


class Record(NamedTuple):
    """Losses on rows that the weights in force had not seen; NaN where there were none."""

    fallback: NDArray
    """Shape (n,)."""
    challenges: NDArray
    """Shape (len(CHALLENGERS), n): the fallback, the first step of the way to the challenger."""
    rivals: NDArray
    """Shape (len(RIVALS), n): taken whole."""


def walk_forward_weights(
    predictions: pd.DataFrame, standardised_targets: pd.DataFrame, windows: pd.DataFrame, params: Ensemble
) -> pd.DataFrame:
    """Ensemble weights of every served fold and horizon, from rows matured before the fold's first test date.

    ```
    x x x x . . y y y - - -      x selection (out-of-sample rows)   . purged (h)   y weighted
    ```

    Earlier folds went the same way; what their choices lost on their own `y` rows, as far as matured, is the
    record that says which challenger this fold follows and how far.

    Parameters
    ----------
    predictions : one row per as_of_date, horizon and model_name, out of sample
        p10_log, p50_log, p90_log.
    standardised_targets : one row per as_of_date and horizon
        session_index, vol_forecast_log, target_log (NULL until matured).
    windows : one row per fold_id and horizon
        horizon_sessions, train_last_index, test_first_index, test_last_index, is_served.

    Returns
    -------
    One row per horizon, fold and candidate (zero weights too): `weight` (>= 0, sums to 1), `greedy_weight`,
    `better_half_weight`, `learners_weight`, `n_times_chosen` (greedy), `selection_loss` (the model alone),
    `n_rows` (selection), `followed_frac` (of the challenger that `reason` names; the rest is the fallback),
    `record_<challenger>_t_stat`, `n_record_rows`, mean losses on the record (`record_fallback_loss`,
    `record_<rival>_loss`). Losses are pinball in units of the volatility forecast, summed over the levels.

    Raises
    ------
    ValueError
        Two rows for one key, or no usable row of the fallback model.
    """
    _refuse_duplicates(predictions)
    frames = []
    folds = windows.sort_values(["horizon_sessions", "test_first_index"])
    for horizon, own_folds in folds.groupby("horizon", sort=False):
        panel = _panel(predictions, standardised_targets, horizon, params)
        frames += _horizon_weights(panel, own_folds, horizon, params)
    rows = [row for fold_rows in frames for row in _as_records(fold_rows)]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)  # typed even without a row


def _as_records(columns: dict) -> list[dict]:
    n = len(columns["model_name"])
    return [
        {k: v[i] if isinstance(v, (list, np.ndarray)) else v for k, v in columns.items()} for i in range(n)
    ]


def _refuse_duplicates(predictions: pd.DataFrame) -> None:
    key = ["as_of_date", "horizon", "model_name"]
    twice = predictions.duplicated(key)
    if twice.any():
        first = predictions.loc[twice, key].iloc[0].to_dict()
        raise ValueError(f"predictions hold {int(twice.sum())} rows twice; the first is {first}.")


def _panel(predictions: pd.DataFrame, targets: pd.DataFrame, horizon: str, params: Ensemble) -> Panel:
    targets = targets[targets["horizon"] == horizon].sort_values("session_index")
    rows = predictions[
        (predictions["horizon"] == horizon) & ~predictions["model_name"].isin(params.excluded_models)
    ]
    dates = pd.Index(pd.to_datetime(targets["as_of_date"]))
    names = sorted(rows["model_name"].unique())
    if params.fallback_model not in names:
        raise ValueError(f"Horizon {horizon}: no row of {params.fallback_model}, the ensemble's fallback.")
    position = dates.get_indexer(pd.to_datetime(rows["as_of_date"]))
    model = pd.Index(names).get_indexer(rows["model_name"])
    quantiles = np.full((len(names), len(dates), 3), np.nan)
    known = position >= 0
    quantiles[model[known], position[known]] = rows[QUANTILES].to_numpy(dtype=float)[known]
    scale = targets["vol_forecast_log"].to_numpy(dtype=float)
    return Panel(
        names,
        targets["session_index"].to_numpy(dtype=np.int64),
        quantiles / scale[:, None],
        targets["target_log"].to_numpy(dtype=float) / scale,
    )


def _horizon_weights(panel: Panel, folds: pd.DataFrame, horizon: str, params: Ensemble) -> list[dict]:
    """Folds of one horizon, oldest first; the record grows as they pass."""
    n, answers = len(panel.session_index), []
    record = Record(*(np.full((*size, n), np.nan) for size in ((), (len(CHALLENGERS),), (len(RIVALS),))))
    for fold in folds.itertuples():
        selection = _selection(panel, fold, params)
        matured = (panel.session_index <= fold.train_last_index) & np.isfinite(panel.y_true)
        known = matured & np.isfinite(record.rivals).all(axis=0)
        seen = Record(*(losses[..., known] for losses in record))
        if fold.is_served:
            answers.append(_fold_weights(panel, fold, horizon, selection, seen, params))
        if selection is not None:
            test = (panel.session_index >= fold.test_first_index) & (
                panel.session_index <= fold.test_last_index
            )
            for losses, new in zip(record, _record_losses(panel, selection, test, params), strict=True):
                losses[..., test] = new
    return answers


def _selection(panel: Panel, fold, params: Ensemble) -> Selection | None:
    """Greedy selection on the fold's matured rows; None while there are too few of them.

    A model that started later (a stacker) becomes a candidate once it has `min_candidate_frac` of the rows;
    all candidates are then compared on the rows they share. It must also forecast the first test date.
    """
    matured = (panel.session_index <= fold.train_last_index) & np.isfinite(panel.y_true)
    has_row = np.isfinite(panel.quantiles).all(axis=2)
    n_rows = (has_row & matured).sum(axis=1)
    alive = has_row[:, panel.session_index == fold.test_first_index].all(axis=1)
    candidates = np.flatnonzero(alive & (n_rows >= max(1, params.min_candidate_frac * n_rows.max(initial=0))))
    rows = np.flatnonzero(matured & has_row[candidates].all(axis=0))
    enough = max(params.min_selection_sessions, params.min_selection_windows * fold.horizon_sessions)
    if len(candidates) == 0 or len(rows) < enough:
        return None
    quantiles = panel.quantiles[np.ix_(candidates, rows)]
    names = [panel.names[i] for i in candidates]
    counts = greedy_weights(quantiles, panel.y_true[rows], np.array(QUANTILE_LEVELS), names, params.n_steps)
    losses = row_losses(quantiles, panel.y_true[rows]).mean(axis=1)
    return Selection(candidates, counts, rows, losses, _rival_weights(counts, losses, names, params))


def _rival_weights(counts: NDArray, losses: NDArray, names: Sequence[str], params: Ensemble) -> NDArray:
    """Weights of the candidates by each of RIVALS; ties in loss go to the name that sorts first."""
    order = np.argsort(losses, kind="stable")
    is_learner = np.isin(names, bucket_names())
    weights = {
        "greedy": counts,
        "better_half": np.isin(np.arange(len(order)), order[: (len(order) + 1) // 2]),
        # Without a learner there is no such challenger: it is the fallback, and gains nothing.
        "learners": is_learner if is_learner.any() else np.array(names) == params.fallback_model,
        "equal_weight": np.ones(len(order)),
        "best_single": np.arange(len(order)) == order[0],
    }
    return np.stack([weights[name] / weights[name].sum() for name in RIVALS])


def _record_losses(panel: Panel, selection: Selection, test: NDArray, params: Ensemble) -> Record:
    """Losses on the fold's own rows."""
    y_true, at_rest = panel.y_true[test], panel.quantiles[panel.names.index(params.fallback_model), test]
    forecasts = []
    for weights in selection.weights:
        members = panel.quantiles[np.ix_(selection.candidates[weights > 0], np.flatnonzero(test))]
        forecasts.append((weights[weights > 0][:, None, None] * members).sum(axis=0))
    challenges = [
        at_rest + params.first_step * (forecast - at_rest) for forecast in forecasts[: len(CHALLENGERS)]
    ]
    return Record(
        row_losses(at_rest, y_true),
        np.stack([row_losses(forecast, y_true) for forecast in challenges]),
        np.stack([row_losses(forecast, y_true) for forecast in forecasts]),
    )


def _fold_weights(
    panel: Panel, fold, horizon: str, selection: Selection | None, seen: Record, params: Ensemble
) -> dict:
    fallback = panel.names.index(params.fallback_model)
    steps = _steps(seen, fold.horizon_sessions, params)
    best = int(np.argmax([first.share * first.mean_gain if first.share else 0.0 for first, _ in steps]))
    first, second = steps[best]
    share = params.first_step * first.share + (1 - params.first_step) * second.share * (first.share > 0)
    if selection is None:
        alone = np.ones((len(RIVALS), 1))
        selection = Selection(np.array([fallback]), np.array([0]), np.array([]), np.array([np.nan]), alone)
        share, reason = 0.0, f"too few matured rows shared by the candidates: {params.fallback_model} alone"
    else:
        reason = _reason(best, [first for first, _ in steps], share, fold.horizon_sessions, params)
    if fallback not in selection.candidates:
        raise ValueError(
            f"Fold {fold.fold_id}, horizon {horizon}: {params.fallback_model} lacks rows the learners "
            "have, or the first test date; the ensemble has nothing to fall back to."
        )
    weight = share * selection.weights[best]
    weight[selection.candidates == fallback] += 1 - share
    losses = np.concatenate([seen.fallback[None], seen.rivals])
    means = losses.mean(axis=1) if losses.shape[1] else np.full(len(losses), np.nan)
    return {
        "horizon": horizon,
        "fold_id": fold.fold_id,
        "model_name": [panel.names[i] for i in selection.candidates],
        "weight": weight,
        **{f"{name}_weight": selection.weights[RIVALS.index(name)] for name in CHALLENGERS},
        "n_times_chosen": selection.counts,
        "selection_loss": selection.losses,
        "n_rows": len(selection.rows),
        "followed_frac": share,
        **{
            f"record_{name}_t_stat": first.t_stat for name, (first, _) in zip(CHALLENGERS, steps, strict=True)
        },
        "n_record_rows": len(seen.fallback),
        **{f"record_{name}_loss": mean for name, mean in zip(("fallback", *RIVALS), means, strict=True)},
        "reason": reason,
    }


def _steps(seen: Record, horizon_sessions: int, params: Ensemble) -> list[tuple[Proof, Proof]]:
    """By challenger: the first step against the fallback, and the whole way against the first step."""
    cautions = [getattr(params, f"{name}_caution") for name in CHALLENGERS]
    return [
        (
            proven_share(
                loss_gains(step, seen.fallback), horizon_sessions, caution, params.min_record_windows
            ),
            proven_share(
                loss_gains(whole, step),
                horizon_sessions,
                params.second_step_caution,
                params.min_record_windows,
            ),
        )
        for step, whole, caution in zip(
            seen.challenges, seen.rivals[: len(CHALLENGERS)], cautions, strict=True
        )
    ]


def _reason(best: int, proofs: list[Proof], share: float, horizon_sessions: int, params: Ensemble) -> str:
    n_rows, needed = proofs[0].n_rows, int(np.ceil(params.min_record_windows * horizon_sessions))
    if n_rows < needed:
        return f"record of {n_rows} rows, {needed} needed: {params.fallback_model} alone"
    if share == 0:
        found = ", ".join(
            f"{name} t {proof.t_stat:.2f}" for name, proof in zip(CHALLENGERS, proofs, strict=True)
        )
        return f"not proven on {n_rows} earlier rows ({found}): {params.fallback_model} alone"
    verdict = f"t {proofs[best].t_stat:.2f} against {params.fallback_model} on {n_rows} earlier rows"
    return f"{CHALLENGERS[best]} weights followed by {share:.0%}, {verdict}"
