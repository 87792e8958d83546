"""Invented bars of four roots, as int_bars__roll_neutral has them, and histories made by hand."""

import math

import numpy as np
import pandas as pd

from ml import histories

ROOTS = {"AA": 0, "BB": 0, "CC": 40, "DD": 300}
"""Invented roots and the session each starts at."""


def simulated_bars(n_sessions: int = 760, seed: int = 1) -> pd.DataFrame:
    """Bars as int_bars__roll_neutral has them: slow log volatility, gaps, a roll every 60 sessions."""
    rng = np.random.default_rng(seed)
    dates = pd.bdate_range("2015-03-02", periods=n_sessions)
    bars = []
    for symbol, first in ROOTS.items():
        log_sd = np.zeros(n_sessions)
        for session in range(1, n_sessions):
            log_sd[session] = 0.97 * log_sd[session - 1] + rng.normal(0, 0.1)
        sd = 0.014 * np.exp(log_sd)
        gap = rng.normal(size=n_sessions) * 0.4 * sd
        path = np.cumsum(
            rng.standard_t(6, size=(n_sessions, 24)) * (0.9 * sd / math.sqrt(24 * 1.5))[:, None], axis=1
        )
        is_roll = np.arange(n_sessions) % 60 == 59
        log_open = np.empty(n_sessions)
        level = math.log(50)
        for session in range(n_sessions):
            log_open[session] = level + gap[session] + (0.02 if is_roll[session] else 0.0)
            level = log_open[session] + path[session, -1]
        close = np.exp(log_open + path[:, -1])
        previous = np.where(is_roll, np.nan, np.concatenate([[np.nan], close[:-1]]))
        opening = np.exp(log_open)
        bars.append(
            pd.DataFrame(
                {
                    "symbol": symbol,
                    "edition_at": pd.Timestamp("1970-01-01"),
                    "trade_date": dates,
                    "open": opening,
                    "high": np.exp(log_open + np.maximum(path.max(axis=1), 0)),
                    "low": np.exp(log_open + np.minimum(path.min(axis=1), 0)),
                    "close": close,
                    "previous_close": previous,
                    "return_log": np.where(is_roll, np.log(close / opening), np.log(close / previous)),
                    "published_at": dates + pd.Timedelta(hours=19),
                }
            ).iloc[first:]
        )
    bars = pd.concat(bars, ignore_index=True)
    first_rows = bars.groupby("symbol").head(1).index
    bars.loc[first_rows, ["previous_close", "return_log"]] = np.nan
    return bars


def history_of(
    returns: np.ndarray, ranges: np.ndarray | None = None, start: str = "2010-06-07"
) -> histories.History:
    dates = pd.bdate_range(start, periods=len(returns)).to_numpy().astype("datetime64[D]")
    return histories.History(
        symbol="AA",
        edition_at=np.datetime64("1970-01-01", "us"),
        dates=dates,
        published_at=dates.astype("datetime64[us]"),
        returns=returns,
        ranges=returns**2 if ranges is None else ranges,
        wanted=np.ones(len(returns), dtype=bool),
    )
