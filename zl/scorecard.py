"""`zl score`: every forecaster's record with the evidence, gathered as plain data from the served tables."""

import datetime as dt
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ml.comparison import loss_comparison, loss_gains, verdict
from ml.metrics import effective_sample_size, skill
from zl.calibration_checks import pit_uniformity, share_verdict
from zl.record import RECIPE_SETTLED_TO
from zl.resampling import (
    CONFIDENCE_SET_LEVEL,
    SEED,
    Resamples,
    model_confidence_set,
    shared_resamples,
    skill_intervals,
)
from zl.served import Served, ServedError
from zl.var_backtest import (
    acerbi_szekely,
    christoffersen_independence,
    conditional_coverage,
    kupiec,
    kupiec_exact,
    rejecting_starts,
    typical_start,
    var_verdict,
)

BENCHMARKS = ("ewma", "volatility_pool", "climatology")
SIDES = ("holder", "buyer")
LEVELS = (95, 99)
EXPECTED_SHARES = {"coverage": 0.8, "below_p10": 0.1, "above_p90": 0.1}

HORIZONS_QUERY = "select distinct horizon, horizon_sessions from forecasts.zl_predictions order by all"

MODELS_QUERY = "select distinct model_name from forecasts.forecast_scores order by all"

SCORES_QUERY = """
select
    as_of_date, model_name, pinball, pinball_p10, pinball_p50, pinball_p90, error_log, pit,
    is_inside_band as coverage, is_below_p10 as below_p10, is_above_p90 as above_p90
from forecasts.forecast_scores
where horizon = ? and as_of_date between ? and ?
order by as_of_date, model_name
"""

RISK_QUERY = """
select
    as_of_date, close_cents_per_lb - actual_cents_per_lb as loss_holder,
    actual_cents_per_lb - close_cents_per_lb as loss_buyer,
    columns('^c?var_(95|99)_(holder|buyer)_cents_per_lb$')
from forecasts.zl_predictions
where horizon = ? and as_of_date between ? and ? and actual_cents_per_lb is not null
order by as_of_date
"""

PERIODS_QUERY = """
select
    horizon, period_kind, period, first_as_of_date, last_as_of_date, n_rows, n_eff, pinball,
    skill_against_ewma_frac, skill_against_volatility_pool_frac, skill_against_climatology_frac,
    coverage_frac, below_p10_frac, above_p90_frac, mean_absolute_error_log
from ops.model_performance
where
    model_name = 'ensemble' and period_kind <> 'all'
    and first_as_of_date >= ? and last_as_of_date <= ? and horizon in (select unnest(?))
order by
    list_position(['year', 'volatility_tercile', 'trailing_sessions'], period_kind),
    coalesce(list_position(['low', 'middle', 'high'], period), try_cast(period as integer)),
    list_position(?, horizon)
"""


PANEL_QUERY = """
select gains.horizon, gains.model_name, gains.gain_frac, gains.n_roots, roots.n_better, roots.n_roots as n_all
from ops.panel_gains as gains
inner join (
    select
        horizon, model_name, count(*) as n_roots,
        count(*) filter (where skill_against_ewma_frac > 0) as n_better
    from ops.benchmark_performance
    where symbol <> 'ZL'
    group by all
) as roots using (horizon, model_name)
where gains.as_of_date between ? and ?
order by gains.as_of_date
"""


def scorecard(
    served: Served,
    horizon: str | None = None,
    models: Sequence[str] | None = None,
    since: dt.date | None = None,
    until: dt.date | None = None,
) -> dict[str, Any]:
    """Everything `zl score` tells, as plain data (missing numbers None).

    Parameters
    ----------
    served
        Open served tables.
    horizon, models
        One horizon, some forecasters; default all. The benchmarks are always read: skill is against them.
    since, until
        First and last as-of session that count.

    Returns
    -------
    dict with `run`, `horizons` (a list of `horizon_scores`), `panel` (`panel_scores`) and `periods` (the
    ensemble's rows of ops.model_performance that lie between `since` and `until`).

    Raises
    ------
    ServedError
        Nothing matured, an unknown horizon or forecaster, or tables of another version.
    """
    known = {row["horizon"]: row["horizon_sessions"] for row in served.rows(HORIZONS_QUERY)}
    known = dict(sorted(known.items(), key=lambda item: item[1]))
    if horizon is not None and horizon not in known:
        raise ServedError(f"No horizon '{horizon}' is served. There are: {', '.join(known)}.")
    _refuse_unknown(models, [row["model_name"] for row in served.rows(MODELS_QUERY)])
    span = (since or dt.date.min, until or dt.date.max)
    chosen = [horizon] if horizon else list(known)
    scores = [horizon_scores(served, name, known[name], models, span) for name in chosen]
    scores = [row for row in scores if row["models"]]
    if not scores:
        asked = "".join(f" {word} {date}" for word, date in (("since", since), ("until", until)) if date)
        raise ServedError(f"No forecast{asked} has matured yet: there is nothing to score.")
    run = served.rows("select * from ops.training_runs limit 1")
    periods = served.rows(PERIODS_QUERY, [*span, chosen, chosen])
    return {
        "run": run[0] if run else {},
        "horizons": scores,
        "panel": panel_scores(served, {name: known[name] for name in chosen}, models, span),
        "periods": periods,
        "notice": served.notice,
    }


def panel_scores(
    served: Served, horizons: dict[str, int], models: Sequence[str] | None, span: tuple[dt.date, dt.date]
) -> list[dict[str, Any]]:
    """The benchmarks against EWMA on the roots other than ZL: one row per horizon and model, best first.

    `skill_pct` is the mean over sessions and roots of the loss saved, in percent of each EWMA loss; its
    t is that of the daily mean over the roots, so that roots that move together do not count twice.
    """
    rows = pd.DataFrame(served.rows(PANEL_QUERY, [*span]))
    found = []
    for (horizon, name), own in rows.groupby(["horizon", "model_name"]) if len(rows) else ():
        if horizon not in horizons or (models is not None and name not in models):
            continue
        gains = own["gain_frac"].to_numpy(dtype=float)
        compared = loss_comparison(-gains, np.zeros(len(gains)), horizons[horizon])
        found.append(
            {
                "horizon": horizon,
                "model_name": name,
                "n_sessions": len(own),
                "n_roots": int(own["n_all"].iloc[0]),
                "n_roots_better": int(own["n_better"].iloc[0]),
                "skill_pct": 100 * compared.mean_gain,
                "t": number(compared.t),
                "verdict": verdict(compared),
            }
        )
    order = list(horizons)
    return sorted(found, key=lambda row: (order.index(row["horizon"]), -row["skill_pct"], row["model_name"]))


def horizon_scores(
    served: Served,
    horizon: str,
    horizon_sessions: int,
    models: Sequence[str] | None,
    span: tuple[dt.date, dt.date],
) -> dict[str, Any]:
    """One horizon: `models` (best first, each a `model_scores`), and `risk`, the tests of VaR and CVaR.

    `median_saved_pct` sets the ensemble's median beside the last close, `n_fresh` counts the sessions after
    `zl.record.RECIPE_SETTLED_TO`.
    The confidence set is chosen among the forecasters shown, on the rows all of them have (`n_common`).
    """
    rows = pd.DataFrame(served.rows(SCORES_QUERY, [horizon, *span]))
    answer = {"horizon": horizon, "horizon_sessions": horizon_sessions, "models": []}
    shown = sorted(name for name in set(rows.get("model_name", ())) if models is None or name in models)
    if not shown:
        return answer
    losses = rows.pivot(index="as_of_date", columns="model_name", values="pinball").sort_index()
    answer["n_fresh"] = int((losses.index > RECIPE_SETTLED_TO).sum())
    resamples = shared_resamples(losses[shown].notna().to_numpy(), horizon_sessions)
    common = losses[shown].dropna()
    p_values = pd.Series(1.0, index=shown)
    if len(shown) > 1 and len(common):
        p_values[:] = model_confidence_set(common.to_numpy(), horizon_sessions)
    by_model = dict(list(rows.groupby("model_name")))
    scores = [model_scores(by_model[name], horizon_sessions) for name in shown]
    for score in scores:
        name = score["model_name"]
        score["confidence_set_p_value"] = float(p_values[name])
        score["is_in_confidence_set"] = bool(p_values[name] > 1 - CONFIDENCE_SET_LEVEL)
    for benchmark in BENCHMARKS:
        if benchmark in losses and losses[benchmark].notna().all():
            against = compare_with(losses[shown], losses[benchmark], resamples, horizon_sessions)
            for score, found in zip(scores, against, strict=True):
                score["benchmarks"][benchmark] = found
    scores.sort(key=_best_first)
    answer |= {"block_sessions": resamples.mean_block, "n_common": len(common), "models": scores}
    if models is None or "ensemble" in models:
        answer["median_saved_pct"] = median_saved_pct(rows)
        answer["risk"] = risk_tests(pd.DataFrame(served.rows(RISK_QUERY, [horizon, *span])), horizon_sessions)
    return answer


def median_saved_pct(rows: pd.DataFrame) -> float | None:
    """Percent of the last close's mean absolute error that the ensemble's median saves on the same sessions.

    EWMA has no drift: its median is the last close. None without rows of both.
    """
    errors = rows.pivot(index="as_of_date", columns="model_name", values="error_log")
    errors = errors.reindex(columns=["ensemble", "ewma"]).dropna().abs().mean()
    return number(100 * skill(errors["ensemble"], errors["ewma"])) if errors["ewma"] > 0 else None


def _best_first(score: dict[str, Any]) -> tuple[float, float, str]:
    """By skill against EWMA, since not all forecasters have the same rows."""
    against = score["benchmarks"].get("ewma")
    return (-against["skill_pct"] if against else 0.0, score["pinball"], score["model_name"])


def _refuse_unknown(models: Sequence[str] | None, known: list[str]) -> None:
    unknown = [name for name in models or [] if name not in known]
    if unknown:
        raise ServedError(f"No forecaster '{unknown[0]}' is served. There are: {', '.join(known)}.")


def model_scores(rows: pd.DataFrame, horizon_sessions: int) -> dict[str, Any]:
    """One forecaster alone: losses (log-return unit), shares with verdicts, uniformity of its PITs."""
    n_eff = effective_sample_size(len(rows), horizon_sessions)
    score = {
        "model_name": rows["model_name"].iloc[0],
        "first_date": rows["as_of_date"].iloc[0],
        "last_date": rows["as_of_date"].iloc[-1],
        "n": len(rows),
        "n_effective": n_eff,
        **{
            name: float(rows[name].mean())
            for name in ("pinball", "pinball_p10", "pinball_p50", "pinball_p90")
        },
        "mean_absolute_error_log": float(rows["error_log"].abs().mean()),
    }
    for name, expected in EXPECTED_SHARES.items():
        share = float(rows[name].mean())
        score |= {name: share, f"{name}_verdict": share_verdict(share, expected, n_eff)}
    p_value = pit_uniformity(rows["pit"].to_numpy(dtype=float), horizon_sessions)
    return score | {"pit_p_value": number(p_value), "benchmarks": {}}


def compare_with(
    losses: pd.DataFrame, benchmark: pd.Series, resamples: Resamples, horizon_sessions: int
) -> list[dict[str, Any]]:
    """Skill of each column against `benchmark` on the column's rows: percent, interval, t, p, verdict."""
    intervals = 100 * skill_intervals(losses.to_numpy(), benchmark.to_numpy(), resamples, horizon_sessions)
    found = []
    for name, (low, high) in zip(losses.columns, intervals, strict=True):
        own = losses[name].dropna()
        against = benchmark.loc[own.index]
        is_same = not loss_gains(own.to_numpy(), against.to_numpy()).any()
        compared = loss_comparison(own.to_numpy(), against.to_numpy(), horizon_sessions)
        found.append(
            {
                "skill_pct": 100 * skill(float(own.mean()), float(against.mean())),
                "low_pct": number(low),
                "high_pct": number(high),
                "t": None if is_same else number(compared.t),
                "p_value": None if is_same else number(compared.p_value),
                "verdict": "equal" if is_same else verdict(compared),
            }
        )
    return found


def risk_tests(rows: pd.DataFrame, horizon_sessions: int) -> list[dict[str, Any]]:
    """VaR and CVaR of both sides at 95 and 99 % against outcomes of every h-th origin, from the typical start
    on; one row each."""
    tests = []
    for level in LEVELS if len(rows) else ():
        for side in SIDES:
            p = 1 - level / 100
            loss, var, cvar = (
                rows[name].to_numpy(dtype=float)
                for name in (
                    f"loss_{side}",
                    f"var_{level}_{side}_cents_per_lb",
                    f"cvar_{level}_{side}_cents_per_lb",
                )
            )
            every = loss > var
            start = typical_start(every, horizon_sessions)
            apart = slice(start, None, horizon_sessions)
            hits = every[apart]
            n_hits = int(hits.sum())
            shortfall = acerbi_szekely(loss[apart], var[apart], cvar[apart], p, np.random.default_rng(SEED))
            tests.append(
                {
                    "side": side,
                    "level_pct": level,
                    "first_date": rows["as_of_date"].iloc[start],
                    "n_origins": len(hits),
                    "n_expected": len(hits) * p,
                    "n_hits": n_hits,
                    "hit_share_all_sessions": float(every.mean()),
                    "kupiec_p_value": kupiec(len(hits), n_hits, p).p_value,
                    "kupiec_exact_p_value": kupiec_exact(len(hits), n_hits, p),
                    "independence_p_value": christoffersen_independence(hits).p_value,
                    "conditional_coverage_p_value": conditional_coverage(hits, p).p_value,
                    "rejecting_starts_share": rejecting_starts(every, horizon_sessions, p),
                    "z1": number(shortfall.z1),
                    "z1_p_value": number(shortfall.z1_p_value),
                    "z2": shortfall.z2,
                    "z2_p_value": shortfall.z2_p_value,
                    "verdict": var_verdict(hits, p),
                }
            )
    return tests


def number(value: float) -> float | None:
    """A plain number; None where there is none."""
    return float(value) if math.isfinite(value) else None
