"""Macro deliveries of the sample: yields, FRED, EIA spot, VIX, and when each was public.

Levels start at round numbers. Every series carries the day it became public, so that a delivery never
holds what was not yet known when it was made.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sample.core import Market, autoregression, exponential, stream
from sample.periods import (
    BusinessDays,
    as_of_weekday,
    decimals,
    first_friday,
    month_start,
    monthly_means,
    months_between,
    weekly_days,
)

SOFR_START, DAILY_UNCERTAINTY_START = date(2018, 4, 3), date(2018, 1, 1)

#: A day on which spot and nearest-month WTI were below zero (storage full); the volume front stayed positive.
NEGATIVE_OIL_DAY, NEGATIVE_OIL_PRICE = date(2020, 5, 19), -3.50

Series = tuple[NDArray, NDArray, NDArray]  # observation days, values, days of publication


def policy_path(market: Market) -> NDArray:
    """Policy rate in percent (n,): eight meetings a year, moves of 0.25 in phases of tightening and easing,
    0 .. 5.25.
    """
    generator = stream(market.seed, "policy")
    rate, direction, out = 1.0, 1, np.empty(len(market.calendar.weekdays))
    for t in range(len(out)):
        if t % 32 == 31:
            turn, act = generator.random(2)
            if turn < 0.10 or (direction > 0 and rate >= 5.25) or (direction < 0 and rate <= 0.25):
                direction = -direction
            if act < 0.55:
                rate = min(5.25, max(0.0, rate + 0.25 * direction))
        out[t] = rate
    return out


def yield_paths(market: Market) -> dict[str, NDArray]:
    """Unrounded yields in percent (n,): 3 months, 2, 10 and 30 years, and the ten-year real yield and
    break-even.
    """
    n = len(market.calendar.weekdays)
    shocks = stream(market.seed, "yields").standard_normal((n, 4))
    policy = policy_path(market)
    smooth, state = np.empty(n), policy[0]
    level, walk = np.empty(n), 0.0
    for t in range(n):
        state += 0.01 * (policy[t] - state)
        walk += 0.035 * market.rates_shock[t] + 0.020 * shocks[t, 0] - 0.002 * walk
        smooth[t], level[t] = state, walk
    slope = 0.25 * autoregression(shocks[:, 1], 0.995)
    ten = np.maximum(0.40, 1.3 + 0.55 * smooth + level + slope)
    two = np.maximum(0.05, 0.70 * smooth + 0.30 * ten + 0.55 * level - slope)
    inflation = 2.1 + 0.35 * autoregression(shocks[:, 2], 0.997) + 0.10 * level
    return {
        "policy": policy,
        "DGS3MO": np.maximum(0.01, 0.85 * policy + 0.15 * smooth + 0.08),
        "DGS2": two,
        "DGS10": ten,
        "DGS30": ten + 0.45 + 0.15 * autoregression(shocks[:, 3], 0.99),
        "T10YIE": inflation,
    }


def vix_bars(market: Market) -> pd.DataFrame:
    """Unfiltered VIX bars on grain sessions: equity volatility of the day, annualised, with a premium and
    noise.
    """
    n = len(market.calendar.weekdays)
    draws = stream(market.seed, "vix").standard_normal((n, 5))
    base = 17.0 * exponential(
        0.42 * market.risk_vol + 0.06 * autoregression(draws[:, 0], 0.9) + 0.03 * draws[:, 1]
    )
    keep = market.calendar.is_grain_session
    close = np.minimum(90.0, np.maximum(8.5, base))[keep]
    draws = draws[keep]
    open_ = np.concatenate([close[:1], close[:-1]]) * (1.0 + 0.02 * draws[:, 2])
    high = np.maximum(open_, close) * (1.0 + 0.02 * np.abs(draws[:, 3]))
    low = np.minimum(open_, close) * (1.0 - 0.02 * np.abs(draws[:, 4]))
    frame = pd.DataFrame({"trade_date": market.calendar.weekdays[keep]})
    for name, value in {"open": open_, "high": high, "low": low, "close": close}.items():
        frame[name] = decimals(value, 2)
    return frame


def spot_paths(market: Market) -> dict[str, NDArray]:
    """Spot prices (n,) of WTI, Brent and Henry Hub: the latent price with a small basis of its own."""
    n = len(market.calendar.weekdays)
    basis = autoregression(stream(market.seed, "spot").standard_normal((n, 3)), 0.9)
    wti = decimals(market.price("CL") * (1.0 + 0.008 * basis[:, 0]), 2)
    wti[market.calendar.weekdays == np.datetime64(NEGATIVE_OIL_DAY)] = NEGATIVE_OIL_PRICE
    return {
        "DCOILWTICO": wti,
        "DCOILBRENTEU": decimals(market.price("BZ") * (1.0 + 0.008 * basis[:, 1]), 2),
        "DHHNGSP": decimals(market.price("NG") * (1.0 + 0.03 * basis[:, 2]), 2),
    }


def dollar_index(market: Market) -> NDArray:
    """Broad dollar (n,), 115 at the start: weighted log levels of the simulated currencies."""
    log = market.log_level
    parts = (
        (-0.25, "6E"),
        (0.25, "CNY"),
        (-0.15, "6C"),
        (-0.15, "6M"),
        (-0.10, "6J"),
        (-0.06, "6B"),
        (-0.04, "6L"),
    )
    total = np.zeros(len(market.calendar.weekdays))
    for weight, name in parts:
        total = total + weight * log[name]
    return 115.0 * exponential(total)


def daily_fred(
    market: Market, business: BusinessDays, yields: dict[str, NDArray], vix: pd.DataFrame
) -> dict[str, Series]:
    """Daily FRED series on federal business days (7-day series apart)."""
    days = market.calendar.weekdays
    n = len(days)
    is_open = business.is_open(days)
    noise = stream(market.seed, "fred daily").standard_normal((n, 6))
    next_day = business.after(days, 1)
    monday = business.after(
        days + (7 - (days.astype(int) + 3) % 7), 0
    )  # Monday after the week, Tuesday after a holiday
    closes = {name: decimals(yields[name], 2) for name in ("DGS3MO", "DGS2", "DGS10", "DGS30")}
    vix_on_days = as_of_rows(vix, days)
    calm = autoregression(noise[:, 0], 0.97)
    values = {
        **closes,
        "T10Y2Y": decimals(closes["DGS10"] - closes["DGS2"], 2),
        "T10Y3M": decimals(closes["DGS10"] - closes["DGS3MO"], 2),
        "T10YIE": decimals(yields["T10YIE"], 2),
        "T5YIE": decimals(yields["T10YIE"] + 0.10 * calm, 2),
        "BAMLH0A0HYM2": decimals(2.2 + 0.11 * vix_on_days + 0.25 * calm, 2),
        "BAMLC0A0CM": decimals(0.6 + 0.035 * vix_on_days + 0.06 * calm, 2),
        "RRPONTSYD": decimals(np.maximum(0.0, 300.0 + 250.0 * autoregression(noise[:, 1], 0.995)), 3),
        "SOFR": decimals(np.maximum(0.01, yields["policy"] + 0.06 + 0.02 * noise[:, 2]), 2),
    }
    out = {name: (days[is_open], value[is_open], next_day[is_open]) for name, value in values.items()}
    out |= {name: with_month_ends(out[name], business) for name in ("BAMLH0A0HYM2", "BAMLC0A0CM")}
    currencies = {
        "DEXBZUS": decimals(1.0 / market.price("6L") * (1.0 + 0.002 * noise[:, 3]), 4),
        "DEXCHUS": decimals(market.price("CNY"), 4),
        "DEXJPUS": decimals(1.0 / market.price("6J") * (1.0 + 0.001 * noise[:, 4]), 2),
        "DEXUSEU": decimals(market.price("6E") * (1.0 + 0.001 * noise[:, 5]), 4),
        "DTWEXBGS": decimals(dollar_index(market), 4),
    }
    out |= {name: (days[is_open], value[is_open], monday[is_open]) for name, value in currencies.items()}
    on_vix = np.isin(days, vix["trade_date"].to_numpy().astype("datetime64[D]"))
    out["VIXCLS"] = (days[on_vix], vix_on_days[on_vix], next_day[on_vix])
    keep = days >= np.datetime64(SOFR_START)
    out["SOFR"] = tuple(part[keep[is_open]] for part in out["SOFR"])
    out |= {
        name: (days[is_open], value[is_open], days[is_open] + 7) for name, value in spot_paths(market).items()
    }
    return out


def with_month_ends(series: Series, business: BusinessDays) -> Series:
    """The bond indices also print the last day of a month that falls on a weekend; the last value stands."""
    days, values, _ = series
    ends = np.unique(days.astype("datetime64[M]")) + 1
    ends = ends.astype("datetime64[D]") - 1
    extra = ends[((ends.astype(int) + 3) % 7 >= 5) & (ends < days[-1] + 3)]
    at = np.searchsorted(days, extra) - 1
    order = np.argsort(np.concatenate([days, extra]), kind="stable")
    all_days = np.concatenate([days, extra])[order]
    return all_days, np.concatenate([values, values[at]])[order], business.after(all_days, 1)


def as_of_rows(vix: pd.DataFrame, days: NDArray) -> NDArray:
    """VIX close of the last row on or before each day."""
    at = np.searchsorted(vix["trade_date"].to_numpy().astype("datetime64[D]"), days, side="right") - 1
    return vix["close"].to_numpy()[np.maximum(at, 0)]


def seven_day_fred(market: Market, business: BusinessDays, yields: dict[str, NDArray]) -> dict[str, Series]:
    """DFF (carried over weekends) and the newspaper index of policy uncertainty."""
    days = np.arange(market.calendar.weekdays[0], market.calendar.weekdays[-1] + 3)
    draws = stream(market.seed, "seven day").standard_normal((len(days), 3))
    weekday_noise = 0.01 * np.rint(draws[:, 0])
    last_weekday = np.searchsorted(days, market.calendar.weekdays)[
        np.searchsorted(market.calendar.weekdays, days, side="right") - 1
    ]
    rate = as_of_weekday(market, yields["policy"], days) + 0.08 + weekday_noise[last_weekday]
    index = 110.0 * exponential(0.40 * autoregression(draws[:, 1], 0.98) + 0.30 * draws[:, 2])
    keep = days >= np.datetime64(DAILY_UNCERTAINTY_START)
    return {
        "DFF": (days, decimals(np.maximum(0.01, rate), 2), business.after(days, 1)),
        "USEPUINDXD": (days[keep], decimals(index, 2)[keep], days[keep] + 2),
    }


def weekly_fred(market: Market, yields: dict[str, NDArray], vix: pd.DataFrame) -> dict[str, Series]:
    """Weekly FRED series on the weekday of their date."""
    monday, wednesday, thursday, friday, saturday = (weekly_days(market, d) for d in (0, 2, 3, 4, 5))
    draws = stream(market.seed, "fred weekly").standard_normal((len(monday) + 4, 8))
    stress = as_of_rows(vix, friday) - 17.0

    def ar(j: int, days: NDArray, persistence: float) -> NDArray:
        return autoregression(draws[: len(days), j], persistence)

    mortgage = as_of_weekday(market, yields["DGS30"], thursday) + 1.1 + 0.1 * ar(0, thursday, 0.9)
    gas = as_of_weekday(market, market.price("RB"), monday) + 0.85 + 0.05 * ar(1, monday, 0.95)
    assets = 4_000_000.0 + 4_000.0 * np.arange(len(wednesday)) + 250_000.0 * ar(2, wednesday, 0.99)
    claims = 230_000.0 * exponential(0.20 * ar(3, saturday, 0.97) + 0.03 * draws[: len(saturday), 4])
    return {
        "MORTGAGE30US": (thursday, decimals(mortgage, 2), thursday),
        "GASREGW": (monday, decimals(gas, 3), monday + 1),
        "WALCL": (wednesday, np.rint(assets), wednesday + 1),
        "ICSA": (saturday, 1000.0 * np.rint(claims / 1000.0), saturday + 5),
        "NFCI": (friday, decimals(-0.45 + 0.015 * stress + 0.12 * ar(5, friday, 0.97), 5), friday + 5),
        "ANFCI": (friday, decimals(-0.42 + 0.012 * stress + 0.15 * ar(6, friday, 0.96), 5), friday + 5),
        "STLFSI4": (friday, decimals(-0.30 + 0.060 * stress + 0.25 * ar(7, friday, 0.95), 4), friday + 6),
    }


def monthly_fred(market: Market, business: BusinessDays, yields: dict[str, NDArray]) -> dict[str, Series]:
    """Monthly FRED series and quarterly GDPC1."""
    days = market.calendar.weekdays
    months = months_between(days[0], days[-1])
    starts, following = month_start(months), months + 1
    draws = stream(market.seed, "fred monthly").standard_normal((len(months), 16))
    proxy = month_start(following) - 1 + 35

    def index(j: int, start: float, monthly_growth: float, sd: float) -> NDArray:
        steps = monthly_growth + sd * autoregression(draws[:, j], 0.5)
        return start * exponential(np.cumsum(steps))

    inflation_day = month_start(following) + 14
    jobs_day = first_friday(following)
    energy = monthly_means(market, market.log_level["CL"], months)
    unemployment = np.maximum(3.0, 4.6 + 0.8 * autoregression(draws[:, 4], 0.97))
    payrolls = 145_000.0 + np.cumsum(150.0 + 120.0 * draws[:, 5])
    out = {
        "CPIAUCSL": (decimals(index(0, 240.0, 0.0021, 0.0018), 3), inflation_day),
        "CPILFESL": (decimals(index(1, 250.0, 0.0021, 0.0009), 3), inflation_day),
        "CPIENGSL": (decimals(200.0 * exponential(0.5 * energy), 3), inflation_day),
        "CPIUFDSL": (decimals(index(2, 245.0, 0.0021, 0.0022), 3), inflation_day),
        "PCEPI": (decimals(index(6, 100.0, 0.0018, 0.0014), 3), proxy),
        "PCEPILFE": (decimals(index(7, 100.0, 0.0018, 0.0008), 3), proxy),
        "INDPRO": (decimals(100.0 * exponential(0.03 * autoregression(draws[:, 8], 0.95)), 4), proxy),
        "CFNAI": (decimals(0.6 * autoregression(draws[:, 9], 0.3), 2), proxy),
        "UMCSENT": (decimals(np.maximum(50.0, 85.0 + 8.0 * autoregression(draws[:, 10], 0.9)), 1), proxy),
        "MICH": (decimals(np.maximum(1.5, 3.0 + 0.5 * autoregression(draws[:, 11], 0.9)), 1), proxy),
        "M2SL": (decimals(index(12, 13_000.0, 0.0045, 0.0030), 1), proxy),
        "UNRATE": (decimals(unemployment, 1), jobs_day),
        "PAYEMS": (np.rint(payrolls), jobs_day),
        "FEDFUNDS": (
            decimals(monthly_means(market, yields["policy"], months) + 0.08, 2),
            business.after(month_start(following), 0),
        ),
    }
    series = {name: (starts, values, public) for name, (values, public) in out.items()}
    is_quarter = (months.astype(int) % 3) == 0
    quarters = months[is_quarter]
    gdp = 18_500.0 * exponential(np.cumsum(0.0055 + 0.004 * draws[is_quarter, 13]))
    series["GDPC1"] = (month_start(quarters), decimals(gdp, 3), month_start(quarters + 3) - 1 + 31)
    return series


def simulate_fred(
    market: Market, business: BusinessDays, yields: dict[str, NDArray], vix: pd.DataFrame
) -> pd.DataFrame:
    """`fred/observations` with `public_date`, sorted by series and day."""
    series = {
        **daily_fred(market, business, yields, vix),
        **seven_day_fred(market, business, yields),
        **weekly_fred(market, yields, vix),
        **monthly_fred(market, business, yields),
    }
    frames = [
        pd.DataFrame(
            {
                "series_id": name,
                "observation_date": days,
                "value": values,
                "realtime_start": None,
                "public_date": public,
            }
        )
        for name, (days, values, public) in sorted(series.items())
    ]
    return pd.concat(frames, ignore_index=True)


def simulate_eia(fred: pd.DataFrame) -> pd.DataFrame:
    """`eia/series`: the same spot prices under EIA's names."""
    names = {
        "DCOILWTICO": ("PET.RWTC.D", "USD/bbl"),
        "DCOILBRENTEU": ("PET.RBRTE.D", "USD/bbl"),
        "DHHNGSP": ("NG.RNGWHHD.D", "USD/MMBtu"),
    }
    rows = fred[fred["series_id"].isin(names)]
    frame = pd.DataFrame(
        {
            "series_id": rows["series_id"].map(lambda name: names[name][0]),
            "period": rows["observation_date"],
            "value": rows["value"],
            "unit": rows["series_id"].map(lambda name: names[name][1]),
            "public_date": rows["public_date"],
        }
    )
    return frame.sort_values(["series_id", "period"], ignore_index=True)
