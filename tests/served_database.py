"""A small served database with the columns of the real one and invented numbers."""

import datetime as dt
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
from scipy.stats import norm

HORIZONS = {"1w": 5, "1m": 21, "3m": 63, "6m": 126}


def write_served(path: Path, data_origin: str = "sample", n_sessions: int = 620, seed: int = 7) -> None:
    """Write a served database to `path`: a seeded walk, forecasts of constant width, their scores."""
    rng = np.random.default_rng(seed)
    sessions = pd.bdate_range("2019-01-02", periods=n_sessions + 130)
    return_log = rng.normal(0, 0.015, n_sessions + 130)
    return_log[n_sessions:] = 0
    close = np.round(40 * np.exp(np.cumsum(return_log)), 2)
    cumulated = np.cumsum(return_log)
    predictions, scores, weights, scenarios = [], [], [], []
    for horizon, h in HORIZONS.items():
        width = 1.2816 * 0.015 * np.sqrt(h)
        for t in range(n_sessions):
            is_matured = t + h < n_sessions
            actual_log = cumulated[t + h] - cumulated[t] if is_matured else np.nan
            predictions.append(prediction(sessions, close[t], t, horizon, h, width, actual_log, data_origin))
            for side in ("holder", "buyer"):
                scenarios.append(
                    {"as_of_date": sessions[t], "horizon": horizon, "side": side, "n_paths": 10_000}
                )
            if is_matured:
                for model_name, factor in {
                    "ensemble": 1.0,
                    "volatility_pool": 1.0,
                    "ewma": 1.15,
                    "climatology": 1.5,
                    "crush": 1.3,
                }.items():
                    scores.append(score(sessions[t], horizon, model_name, factor * width, actual_log))
        for year in ("2019-01-01", "2020-01-01", "2021-01-01"):
            for model_name, weight in (("volatility_blend", 0.8), ("crush", 0.2)):
                row = {"horizon": horizon, "fold_id": year, "model_name": model_name, "weight": weight}
                weights.append(row | {"reason": f"greedy weights followed by 20%, t 2.1, {year}"})
    drivers = [
        {
            "horizon": horizon,
            "model_name": name,
            "kind": kind,
            "is_fallback": name == "volatility_blend",
            "voice": "itself" if weight else "silent",
            "weight": weight,
            "p50_log": median,
            "median_shift_log": None if weight is None else weight * median,
            "width_shift_frac": None if weight is None else weight * 0.25 * (name == "crush"),
            "reason": "greedy weights followed by 20%, t 2.1, 2021-01-01",
        }
        for horizon in HORIZONS
        for name, kind, weight, median in (
            ("volatility_blend", "benchmark", 0.8, 0.0),
            ("ewma", "benchmark", 0.0, 0.0),
            ("crush", "driver", 0.2, 0.02),
            ("china", "driver", 0.0, 0.03),
            ("main", "main", None, -0.01),
        )
    ]
    buckets = ["crush", "china", "fx", "fed", "tariff", "biofuel", "energy", "volatility"]
    bucket_scores = [
        {
            **{"as_of_date": day, "bucket": bucket, "score": value, "direction": direction},
            **{"coverage_frac": 0.75, "composite_score": 51.0},
        }
        for bucket in buckets
        for day, value in zip(
            sessions[:n_sessions], np.clip(50 + np.cumsum(rng.normal(0, 2, n_sessions)), 0, 100), strict=True
        )
        for direction in [None if bucket == "volatility" else int(value > 60) - int(value < 40)]
    ]
    runs = [
        {
            "run_id": "0123456789ab",
            "data_origin": data_origin,
            "landing": "landing/sample",
            "effort": "quick",
            "n_sessions": n_sessions,
            "last_as_of_date": sessions[n_sessions - 1],
        }
    ]
    periods = [
        {
            "horizon": horizon,
            "model_name": "ensemble",
            "period_kind": kind,
            "period": period,
            "first_as_of_date": sessions[0] if kind != "trailing_sessions" else sessions[n_sessions - 63 - h],
            "last_as_of_date": sessions[n_sessions - h - 1],
            "n_rows": n_sessions - h,
            "n_eff": (n_sessions - h) / h,
            "pinball": 0.01,
            "skill_against_ewma_frac": 0.012,
            "skill_against_volatility_pool_frac": 0.0,
            "skill_against_climatology_frac": 0.1,
            "coverage_frac": 0.81,
            "below_p10_frac": 0.1,
            "above_p90_frac": 0.09,
            "mean_absolute_error_log": 0.02,
        }
        for horizon, h in HORIZONS.items()
        for kind, period in (
            ("all", "all"), ("year", "2019"), ("volatility_tercile", "high"), ("trailing_sessions", "63")
        )
    ]  # fmt: skip
    panel = [
        {"as_of_date": sessions[t], "horizon": horizon, "model_name": name, "n_roots": 3, "gain_frac": gain}
        for horizon, h in HORIZONS.items()
        for t in range(n_sessions - h)
        for name, gain in (("volatility_pool", 0.01 + 0.02 * (-1) ** t), ("climatology", -0.03))
    ]
    roots = [
        {"symbol": symbol, "horizon": horizon, "model_name": name, "skill_against_ewma_frac": skill}
        for horizon in HORIZONS
        for name in ("volatility_pool", "climatology")
        for symbol, skill in (("ZL", 0.5), ("ZC", 0.02), ("GC", 0.03), ("NG", -0.02))
    ]
    matured = [row for row in predictions if row["actual_cents_per_lb"]]
    targets = [
        {name: row[name] for name in ("as_of_date", "horizon")}
        | {"actual_log": np.log(row["actual_cents_per_lb"] / row["close_cents_per_lb"])}
        for row in matured
    ]
    quantiles = [
        {
            "as_of_date": row["as_of_date"],
            "horizon": row["horizon"],
            "model_name": name,
            **{level: factor * row[level] for level in ("p10_log", "p50_log", "p90_log")},
        }
        for row in predictions
        for name, factor in (("ewma", 1.15), ("volatility_pool", 1.0))
    ]
    tables = {
        "forecasts.zl_predictions": predictions,
        "forecasts.forecast_scores": scores,
        "forecasts.monte_carlo_scenarios": scenarios,
        "forecasts.driver_weights": drivers,
        "ops.panel_gains": panel,
        "ops.benchmark_performance": roots,
        "training.ensemble_weights": weights,
        "training.chronos_baseline": [{"checkpoint": "ml/checkpoints/chronos_bolt_zl_small@0123456789ab"}],
        "features.bucket_scores": bucket_scores,
        "training.targets": targets,
        "training.bucket_predictions": quantiles,
        "ops.training_runs": runs,
        "ops.model_performance": [row for row in periods if row["n_rows"] > 0],
    }
    with duckdb.connect(str(path)) as connection:
        for name, rows in tables.items():
            frame = pd.DataFrame(rows)
            connection.execute(f"create schema if not exists {name.split('.')[0]}")
            casts = [f"{c}::date as {c}" if c.endswith("_date") else c for c in frame.columns]
            connection.execute(f"create or replace table {name} as select {', '.join(casts)} from frame")


def prediction(sessions, close, t, horizon, h, width, actual_log, data_origin) -> dict:
    """One row of `forecasts.zl_predictions` with a symmetric band of half-width `width` (log)."""
    row = {
        "as_of_date": sessions[t],
        "horizon": horizon,
        "horizon_sessions": h,
        "target_date": sessions[t + h],
        "close_cents_per_lb": close,
        "p10_log": -width,
        "p50_log": 0.0,
        "p90_log": width,
        "p10_cents_per_lb": close * np.exp(-width),
        "p50_cents_per_lb": close,
        "p90_cents_per_lb": close * np.exp(width),
    }
    for side, sign in (("holder", -1), ("buyer", 1)):
        for measure, n_sds in (("var_95", 1.645), ("cvar_95", 2.06), ("var_99", 2.33), ("cvar_99", 2.67)):
            loss = sign * close * (np.exp(sign * n_sds * width / 1.2816) - 1)
            row[f"{measure}_{side}_cents_per_lb"] = loss
            row[f"{measure}_{side}_usd_per_contract"] = 600 * loss
            row[f"{measure}_{side}_se_cents_per_lb"] = 0.01 * loss
    is_live = sessions[t] == sessions[len(sessions) - 131]
    return row | {
        "n_paths": 10_000,
        "actual_cents_per_lb": None if np.isnan(actual_log) else close * np.exp(actual_log),
        "is_live": bool(is_live),
        "data_origin": data_origin,
        "data_through_date": sessions[t],
        "carried_buckets": "",
        "oldest_input_days": None,
        "run_id": "0123456789ab",
    }


def score(as_of_date: dt.date, horizon: str, model_name: str, width: float, actual_log: float) -> dict:
    """One row of `forecasts.forecast_scores` for the symmetric band of half-width `width` (log)."""
    row = {
        "run_id": "0123456789ab",
        "as_of_date": as_of_date,
        "horizon": horizon,
        "model_name": model_name,
        "fold_id": f"{as_of_date.year}-01-01",
    }
    losses = []
    for name, level, quantile in (("p10", 0.1, -width), ("p50", 0.5, 0.0), ("p90", 0.9, width)):
        error = actual_log - quantile
        losses.append(max(level * error, (level - 1) * error))
        row[f"pinball_{name}"] = losses[-1]
    return row | {
        "pinball": sum(losses) / 3,
        "pit": norm.cdf(1.2815515655446004 * actual_log / width),
        "is_below_p10": actual_log < -width,
        "is_above_p90": actual_log > width,
        "is_inside_band": -width <= actual_log <= width,
        "error_log": actual_log,
    }
