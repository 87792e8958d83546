"""Futures deliveries of the sample: `databento/ohlcv_1d` and the quotes that follow futures.

A root's latent price is the price of "the contract", its front contract trades at ``latent * (1 + basis)``.
The basis is fixed for the life of a contract, so a contract's own return is the latent return and a roll is
a jump of the basis. Within a session open, high and low are those of a Brownian bridge to the close.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sample.core import ASSETS, GRAINS, LIVESTOCK, Market, autoregression, exponential, stream


@dataclass(frozen=True)
class Root:
    """A futures root: ticks per unit of price, contract months, sd of a contract's basis, usual volume."""

    ticks_per_unit: int
    months: tuple[int, ...]
    basis_sd: float
    volume: int
    venue: str


QUARTERLY, MONTHLY, WHEAT, EVEN = (3, 6, 9, 12), tuple(range(1, 13)), (3, 5, 7, 9, 12), (2, 4, 6, 8, 10, 12)
ROOTS: dict[str, Root] = {
    "ZL": Root(100, (1, 3, 5, 7, 8, 12), 0.0095, 40_000, "CBOT"),
    "ZS": Root(4, (1, 3, 5, 7, 8, 11), 0.0120, 70_000, "CBOT"),
    "ZM": Root(10, (1, 3, 5, 7, 8, 12), 0.0130, 32_000, "CBOT"),
    "ZC": Root(4, WHEAT, 0.0150, 100_000, "CBOT"),
    "ZW": Root(4, WHEAT, 0.0150, 42_000, "CBOT"),
    "KE": Root(4, WHEAT, 0.0130, 14_000, "CBOT"),
    "ZO": Root(4, WHEAT, 0.0200, 300, "CBOT"),
    "LE": Root(40, EVEN, 0.0250, 16_000, "CME"),
    "GF": Root(40, (1, 3, 4, 5, 8, 9, 10, 11), 0.0120, 4_200, "CME"),
    "HE": Root(40, (2, 4, 5, 6, 7, 8, 10, 12), 0.0500, 13_500, "CME"),
    "CL": Root(100, MONTHLY, 0.0060, 320_000, "NYMEX"),
    "BZ": Root(100, MONTHLY, 0.0070, 12_000, "NYMEX"),
    "HO": Root(10_000, MONTHLY, 0.0070, 25_000, "NYMEX"),
    "RB": Root(10_000, MONTHLY, 0.0120, 25_000, "NYMEX"),
    "NG": Root(1_000, MONTHLY, 0.0250, 90_000, "NYMEX"),
    "HG": Root(2_000, (3, 5, 7, 9, 12), 0.0030, 60_000, "NYMEX"),
    "GC": Root(10, EVEN, 0.0030, 190_000, "NYMEX"),
    "SI": Root(200, (3, 5, 7, 9, 12), 0.0035, 58_000, "NYMEX"),
    "PL": Root(10, (1, 4, 7, 10), 0.0035, 15_000, "NYMEX"),
    "PA": Root(2, QUARTERLY, 0.0040, 2_500, "NYMEX"),
    "ZT": Root(256, QUARTERLY, 0.0015, 330_000, "CBOT"),
    "ZF": Root(128, QUARTERLY, 0.0025, 730_000, "CBOT"),
    "ZN": Root(64, QUARTERLY, 0.0030, 1_300_000, "CBOT"),
    "ZB": Root(32, QUARTERLY, 0.0045, 275_000, "CBOT"),
    "ES": Root(4, QUARTERLY, 0.0030, 1_400_000, "CME"),
    "6A": Root(20_000, QUARTERLY, 0.0010, 86_000, "CME"),
    "6B": Root(10_000, QUARTERLY, 0.0010, 92_000, "CME"),
    "6C": Root(20_000, QUARTERLY, 0.0008, 67_000, "CME"),
    "6E": Root(20_000, QUARTERLY, 0.0015, 175_000, "CME"),
    "6J": Root(2_000_000, QUARTERLY, 0.0015, 117_000, "CME"),
    "6L": Root(20_000, MONTHLY, 0.0040, 4_800, "CME"),
    "6M": Root(100_000, QUARTERLY, 0.0050, 45_000, "CME"),
    "6N": Root(20_000, QUARTERLY, 0.0008, 24_500, "CME"),
    "6S": Root(20_000, QUARTERLY, 0.0015, 21_000, "CME"),
}
#: Bond futures: duration in years; price = 100 + duration * (6 - yield in percent), a round stand-in for
#: the 6 % notional coupon.
BOND_DURATIONS = {"ZT": 1.9, "ZF": 4.2, "ZN": 6.3, "ZB": 14.0}
FLIP_BACK_SHARE = {
    "BZ": 0.8,
    "6L": 0.8,
}  # share of rolls on which the volume rule returns to the old contract for a session
USUAL_FLIP_BACK_SHARE = 0.2
OPEN_SHARE = 0.15  # part of a session's variance between the last close and the open

#: Wrong-contract sessions: volume far below 3 % of the prior 60 rows' median, price of a contract nobody
#: trades.
THIN_SESSIONS: dict[str, tuple[date, ...]] = {
    "ZL": (
        date(2017, 9, 5),
        date(2018, 5, 29),
        date(2019, 9, 3),
        date(2020, 7, 6),
        date(2021, 7, 6),
        date(2022, 7, 5),  # two in a row
        date(2022, 7, 6),
        date(2023, 9, 5),
    ),
    "ZM": (date(2017, 9, 5), date(2019, 5, 28), date(2022, 9, 6)),
    "ZS": (date(2018, 9, 4),),
    "HG": (date(2019, 12, 26), date(2022, 12, 27)),
    "6M": (date(2017, 9, 14),),
}
THIN_SHARE = 0.006  # of the usual volume
#: Quiet, but the right contract: just above 3 % of the prior 60 rows' median. These stay.
QUIET_SESSIONS: dict[str, tuple[date, ...]] = {"ZL": (date(2021, 11, 26),), "ZS": (date(2019, 11, 29),)}
QUIET_SHARE = 0.031
#: A whole venue without bars.
VENUE_HOLES: dict[date, tuple[str, ...]] = {
    date(2019, 10, 15): ("CBOT",),
    date(2021, 9, 23): ("NYMEX",),
    date(2022, 3, 17): ("CME",),
}
#: Root, first repeated session, number of sessions with that same close (after five equal closes a row is
#: quarantined).
STALE_RUNS: tuple[tuple[str, date, int], ...] = (("ZO", date(2021, 3, 8), 8), ("6L", date(2020, 11, 9), 7))


def on_tick(price: NDArray, ticks_per_unit: int) -> NDArray:
    """The nearest tick, as the double nearest to that decimal."""
    return np.rint(price * ticks_per_unit) / ticks_per_unit


def trading_mask(market: Market, root: str) -> NDArray:
    """(n,) bool: weekdays on which the root has a bar."""
    calendar = market.calendar
    mask = calendar.is_grain_session.copy()
    if root not in GRAINS and root not in LIVESTOCK:
        mask |= calendar.is_half_session
    for hole, venues in VENUE_HOLES.items():
        if ROOTS[root].venue in venues:
            mask &= calendar.weekdays != np.datetime64(hole)
    return mask


def roll_dates(market: Market, root: str) -> NDArray:
    """Day from which each successive contract leads in volume: some 8 days before its delivery month, +- 4
    days.
    """
    first = market.calendar.weekdays[0].astype(object)
    generator = stream(market.seed, f"roll {root}")
    dates = []
    for year in range(first.year, market.calendar.weekdays[-1].astype(object).year + 2):
        for month in ROOTS[root].months:
            jitter = int(generator.integers(-4, 5))
            dates.append(date(year, month, 1) - timedelta(days=30 + jitter))
    return np.array([day for day in dates if day > first], dtype="datetime64[D]")


def front_contract(market: Market, root: str, days: NDArray) -> NDArray:
    """Number of the front contract (m,) on the root's own trading days, with flips back to the old one."""
    rolls = roll_dates(market, root)
    share = FLIP_BACK_SHARE.get(root, USUAL_FLIP_BACK_SHARE)
    flips = stream(market.seed, f"flip {root}").random(len(rolls) + 1) < share
    number = np.searchsorted(rolls, days, side="right")
    sessions_in = np.zeros(len(days), dtype=int)  # sessions since this contract took over
    for i in range(1, len(days)):
        sessions_in[i] = sessions_in[i - 1] + 1 if number[i] == number[i - 1] else 0
    is_flip = (sessions_in == 1) & (number > 0) & flips[number]
    return number - is_flip


def contract_basis(market: Market, root: str, n_contracts: int) -> NDArray:
    """Basis (n_contracts,) of each contract to the latent price, within three sd."""
    draws = stream(market.seed, f"basis {root}").standard_normal(n_contracts)
    return ROOTS[root].basis_sd * np.minimum(3.0, np.maximum(-3.0, draws))


def bridge_bars(
    close: NDArray, previous: NDArray, sigma: NDArray, draws: NDArray
) -> tuple[NDArray, NDArray, NDArray]:
    """Open, high and low (m,) given latent closes, previous closes, the session's sd and six normals each.

    The open divides the session's variance at `OPEN_SHARE`; the extremes are exact for a Brownian bridge
    one at a time: ``max = (a + b + sqrt((b - a)**2 + 2 * variance * E)) / 2`` with E exponential, half the
    sum of two squared normals.
    """
    move = close / previous - 1.0
    opening = OPEN_SHARE * move + np.sqrt(OPEN_SHARE * (1.0 - OPEN_SHARE)) * sigma * draws[:, 0]
    open_ = previous * (1.0 + opening)
    day = close / open_ - 1.0
    variance = (1.0 - OPEN_SHARE) * sigma * sigma
    above = 0.5 * (draws[:, 1] * draws[:, 1] + draws[:, 2] * draws[:, 2])
    below = 0.5 * (draws[:, 3] * draws[:, 3] + draws[:, 4] * draws[:, 4])
    high = open_ * (1.0 + 0.5 * (day + np.sqrt(day * day + 2.0 * variance * above)))
    low = open_ * (1.0 + 0.5 * (day - np.sqrt(day * day + 2.0 * variance * below)))
    return open_, high, low


def volumes(market: Market, root: str, days: NDArray, number: NDArray, is_half: NDArray) -> NDArray:
    """Contracts traded (m,): persistent, lower on half sessions and in the first sessions of a new front
    contract.
    """
    shocks = stream(market.seed, f"volume {root}").standard_normal((len(market.calendar.weekdays), 2))
    position = np.searchsorted(market.calendar.weekdays, days)
    log_volume = 0.25 * autoregression(shocks[:, 0], 0.95) + 0.22 * shocks[:, 1]
    fresh = np.ones(len(days))
    for lag in (1, 2, 3):
        fresh[lag:] = np.where(number[lag:] != number[:-lag], 0.75, fresh[lag:])
    level = ROOTS[root].volume * exponential(log_volume[position]) * np.where(is_half, 0.25, 1.0) * fresh
    return np.maximum(1.0, np.rint(level)).astype(np.int64)


def plant_volume_defects(root: str, days: NDArray, volume: NDArray) -> NDArray:
    """Volumes with the thin and quiet sessions, each a share of the median of the 60 rows before."""
    out = volume.copy()
    planted = [(day, THIN_SHARE) for day in THIN_SESSIONS.get(root, ())]
    planted += [(day, QUIET_SHARE) for day in QUIET_SESSIONS.get(root, ())]
    for day, share in sorted(planted):
        at = np.flatnonzero(days == np.datetime64(day))
        if len(at) == 1 and at[0] >= 60:
            window = np.sort(out[at[0] - 60 : at[0]])
            out[at[0]] = max(1, int(np.ceil(0.5 * (window[29] + window[30]) * share)))
    return out


def root_bars(market: Market, root: str, latent: NDArray, sigma: NDArray) -> pd.DataFrame:
    """All bars of one root as delivered; `latent` and `sigma` are (n,) on the weekdays of the simulation."""
    mask = trading_mask(market, root)
    days = market.calendar.weekdays[mask]
    close = latent[mask]
    previous = np.concatenate([close[:1], close[:-1]])
    draws = stream(market.seed, f"bar {root}").standard_normal((len(mask), 6))[mask]
    open_, high, low = bridge_bars(close, previous, sigma[mask], draws)
    number = front_contract(market, root, days)
    basis = contract_basis(market, root, int(number.max()) + 8)
    factor = 1.0 + basis[number]
    is_thin = np.isin(days, np.array(THIN_SESSIONS.get(root, ()), dtype="datetime64[D]"))
    # the dead contract: far out, never the front, priced well away from it
    factor = np.where(is_thin, 1.0 + np.where(draws[:, 5] > 0, 0.06, -0.05), factor)
    ticks = ROOTS[root].ticks_per_unit
    open_, high, low, close = (on_tick(price * factor, ticks) for price in (open_, high, low, close))
    for stale_root, first, n_repeats in STALE_RUNS:
        at = np.flatnonzero(days == np.datetime64(first))
        if stale_root == root and len(at) == 1:
            run = slice(at[0], at[0] + n_repeats)
            open_[run] = high[run] = low[run] = close[run] = close[at[0]]
    volume = volumes(market, root, days, number, market.calendar.is_half_session[mask])
    return pd.DataFrame(
        {
            "symbol": root,
            "trade_date": days,
            "instrument_id": 10_000 * (list(ROOTS).index(root) + 1) + np.where(is_thin, 900, number),
            "open": open_,
            "high": np.maximum(high, np.maximum(open_, close)),
            "low": np.minimum(low, np.minimum(open_, close)),
            "close": close,
            "volume": plant_volume_defects(root, days, volume),
        }
    )


def bond_paths(yields: dict[str, NDArray]) -> dict[str, NDArray]:
    """Latent prices (n,) of the bond futures from yields in percent."""
    five = 0.5 * (yields["DGS2"] + yields["DGS10"])
    source = {"ZT": yields["DGS2"], "ZF": five, "ZN": yields["DGS10"], "ZB": yields["DGS30"]}
    return {root: 100.0 + BOND_DURATIONS[root] * (6.0 - source[root]) for root in source}


def latent_prices(market: Market, yields: dict[str, NDArray]) -> dict[str, tuple[NDArray, NDArray]]:
    """Root -> latent price and daily sd (n,), bonds included."""
    bonds = bond_paths(yields)
    out = {}
    for root in ROOTS:
        if root in bonds:
            half = np.where(market.calendar.is_half_session, 0.4, 1.0)
            out[root] = (
                bonds[root],
                half * BOND_DURATIONS[root] * 0.00045 * exponential(0.25 * market.risk_vol),
            )
        else:
            out[root] = (market.price(root), market.sigma[root])
    return out


def simulate_bars(market: Market, yields: dict[str, NDArray]) -> pd.DataFrame:
    """`databento/ohlcv_1d` without `ingested_at`, sorted by symbol and day."""
    paths = latent_prices(market, yields)
    return pd.concat([root_bars(market, root, *paths[root]) for root in sorted(ROOTS)], ignore_index=True)


def nearest_month(market: Market, root: str, lag_days: int = 18) -> NDArray:
    """(n,) latent price of the nearest listed contract: the volume front of `lag_days` calendar days
    before.
    """
    days = market.calendar.weekdays
    number = np.searchsorted(roll_dates(market, root), days - np.timedelta64(lag_days, "D"), side="right")
    basis = contract_basis(market, root, int(number.max()) + 8)
    return market.price(root) * (1.0 + basis[number])


__all__ = ["ASSETS", "ROOTS", "latent_prices", "nearest_month", "on_tick", "simulate_bars", "trading_mask"]
