"""A market whose truth is known: targets, folds and forecasts for the walk-forward tests."""

import numpy as np
import pandas as pd

Z90 = 1.2815515655446004
QUANTILES = ["p10_log", "p50_log", "p90_log"]


def targets(returns, volatility, horizon="1w", h=5, dates=None):
    """Standardised targets of one horizon; `volatility` is daily, known at each session."""
    n = len(returns)
    total = np.concatenate([[0.0], np.cumsum(returns)])
    target = np.full(n, np.nan)
    target[: n - h] = total[h + 1 :] - total[1 : n - h + 1]
    dates = pd.bdate_range("2012-01-02", periods=n) if dates is None else dates
    return pd.DataFrame(
        {
            "as_of_date": dates,
            "horizon": horizon,
            "session_index": np.arange(1, n + 1),
            "vol_forecast_log": volatility * np.sqrt(h),
            "blend_forecast_log": volatility * np.sqrt(h),
            "target_log": target,
        }
    )


def windows(n, horizon="1w", h=5, first=101, step=84, n_unserved=3):
    """Folds of `step` sessions, purged by h."""
    starts = np.arange(first, n + 1, step)
    return pd.DataFrame(
        {
            "fold_id": [f"fold_{i:02d}" for i in range(len(starts))],
            "horizon": horizon,
            "horizon_sessions": h,
            "train_last_index": starts - h - 1,
            "test_first_index": starts,
            "test_last_index": np.minimum(starts + step - 1, n),
            "is_served": np.arange(len(starts)) >= n_unserved,
        }
    )


def forecast(name, facts, width=1.0, median=0.0):
    """Normal quantiles `median` (in volatility forecasts) +- `width` times the volatility forecast."""
    scale = facts["vol_forecast_log"].to_numpy()
    middle = median * scale
    rows = facts[["as_of_date", "horizon"]].assign(model_name=name)
    for column, z in zip(QUANTILES, (-Z90, 0, Z90), strict=True):
        rows[column] = middle + z * width * scale
    return rows


def drift(rng, n, size):
    """Slowly changing noise, standard deviation `size`: what a learner with nothing to say says."""
    shocks, values = rng.normal(size=n), np.zeros(n)
    for i in range(1, n):
        values[i] = 0.95 * values[i - 1] + np.sqrt(1 - 0.95**2) * shocks[i]
    return size * values
