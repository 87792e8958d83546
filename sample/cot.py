"""Positions of traders in the sample: `cftc/cot_legacy`."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sample.core import Market, autoregression, exponential, stream
from sample.periods import BusinessDays, as_of_weekday, weekly_days

COT_CONTRACTS = {
    "007601": ("SOYBEAN OIL - CHICAGO BOARD OF TRADE", "ZL", 450_000),
    "005602": ("SOYBEANS - CHICAGO BOARD OF TRADE", "ZS", 750_000),
    "026603": ("SOYBEAN MEAL - CHICAGO BOARD OF TRADE", "ZM", 420_000),
    "002602": ("CORN - CHICAGO BOARD OF TRADE", "ZC", 1_500_000),
}


def report_days(market: Market) -> NDArray:
    """Tuesdays, or the Monday before when that Tuesday is 4 July, Christmas or New Year's Day."""
    days = []
    for stamp in weekly_days(market, 1):
        day = stamp.astype(object)
        days.append(day - timedelta(days=1) if (day.month, day.day) in {(7, 4), (12, 25), (1, 1)} else day)
    return np.array(days, dtype="datetime64[D]")


def simulate_cot(market: Market, business: BusinessDays) -> pd.DataFrame:
    """`cftc/cot_legacy` with `public_date`: speculators follow the last month's return; both sides add up
    to open interest.
    """
    days = report_days(market)
    week = days + (4 - (days.astype(int) + 3) % 7)  # Friday of the week
    friday = business.after(week, 0)
    # a holiday inside the week delays the release by one business day
    n_closed = 5 - np.busday_count(week - 4, week + 1, busdaycal=business.calendar)
    public = np.where((n_closed > 0) & business.is_open(week), business.after(friday, 1), friday)
    frames = []
    for code, (name, root, size) in COT_CONTRACTS.items():
        draws = stream(market.seed, f"cot {code}").standard_normal((len(days) + 1, 5))[: len(days)]
        level = market.log_level[root]
        momentum = as_of_weekday(market, level, days) - as_of_weekday(market, level, days - 28)
        oi = np.rint(size * exponential(0.18 * autoregression(draws[:, 0], 0.97)))
        net = np.minimum(
            0.35, np.maximum(-0.30, 0.05 + 0.6 * momentum + 0.07 * autoregression(draws[:, 1], 0.95))
        )
        spread = np.rint(oi * (0.24 + 0.03 * autoregression(draws[:, 2], 0.9)))
        short = np.rint(oi * np.maximum(0.04, 0.13 - 0.35 * net))
        long = short + np.rint(oi * net)
        small_long = np.rint(oi * (0.07 + 0.008 * autoregression(draws[:, 3], 0.9)))
        small_short = np.rint(oi * (0.06 + 0.008 * autoregression(draws[:, 4], 0.9)))
        columns = {
            "open_interest": oi,
            "noncommercial_long": long,
            "noncommercial_short": short,
            "noncommercial_spread": spread,
            "commercial_long": oi - spread - long - small_long,
            "commercial_short": oi - spread - short - small_short,
            "nonreportable_long": small_long,
            "nonreportable_short": small_short,
        }
        frame = pd.DataFrame({"report_date": days, "cftc_contract_code": code, "market_name": name})
        frames.append(
            frame.assign(
                **{key: value.astype(np.int64) for key, value in columns.items()}, public_date=public
            )
        )
    return pd.concat(frames, ignore_index=True).sort_values(
        ["cftc_contract_code", "report_date"], ignore_index=True
    )
