"""The synthetic market behind the sample: latent prices and volatilities, one weekday after the other.

Nothing here is fitted to, or copied from, anybody's prices: starting levels are round numbers, volatilities
and loadings are round guesses. Every random number comes from a named stream (`stream`) that is read
forward in time, so a longer simulation repeats a shorter one exactly. Only ``+ - * /`` and square roots are
used on floats, in a fixed order (`exponential` and the sums over factors are written out), so that values
rounded to ticks are the same bytes on every machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
import pandas as pd
import pandas_market_calendars as mcal
from numpy.typing import NDArray

FACTORS = ("risk", "dollar", "energy", "grain", "oilseed", "vegoil", "metal", "rates", "livestock")

#: Sessions held although `CBOT_Agriculture` does not list them (the Wednesday of a national day of mourning).
EXTRA_SESSIONS = (date(2018, 12, 5),)


@dataclass(frozen=True)
class Asset:
    """A latent price: its start (own unit), daily volatility (fraction) and loadings on `FACTORS`
    (correlations).
    """

    start: float
    daily_vol: float
    loadings: dict[str, float]


#: Everything with a price of its own. The bond futures are not here: they follow the yields
#: (`sample.macro.yield_paths`).
ASSETS: dict[str, Asset] = {
    "ZL": Asset(34.0, 0.0140, {"vegoil": 0.60, "oilseed": 0.35, "energy": 0.20, "dollar": -0.10}),
    "ZS": Asset(975.0, 0.0120, {"oilseed": 0.70, "vegoil": 0.30, "grain": 0.25, "dollar": -0.10}),
    "ZM": Asset(340.0, 0.0160, {"oilseed": 0.65, "grain": 0.15}),
    "ZC": Asset(400.0, 0.0150, {"grain": 0.75, "oilseed": 0.20, "energy": 0.10}),
    "ZW": Asset(500.0, 0.0180, {"grain": 0.70}),
    "KE": Asset(490.0, 0.0180, {"grain": 0.75}),
    "ZO": Asset(280.0, 0.0180, {"grain": 0.35}),
    "LE": Asset(120.0, 0.0100, {"livestock": 0.75, "risk": 0.10}),
    "GF": Asset(150.0, 0.0110, {"livestock": 0.75, "grain": -0.20}),
    "HE": Asset(75.0, 0.0190, {"livestock": 0.35}),
    "CL": Asset(60.0, 0.0220, {"energy": 0.90, "risk": 0.20}),
    "BZ": Asset(64.0, 0.0210, {"energy": 0.92, "risk": 0.18}),
    "HO": Asset(1.90, 0.0200, {"energy": 0.80, "risk": 0.12}),
    "RB": Asset(1.80, 0.0220, {"energy": 0.75, "risk": 0.15}),
    "NG": Asset(3.0, 0.0300, {"energy": 0.15}),
    "HG": Asset(3.0, 0.0130, {"metal": 0.45, "risk": 0.40, "dollar": -0.20}),
    "GC": Asset(1500.0, 0.0090, {"metal": 0.60, "rates": -0.30, "dollar": -0.30}),
    "SI": Asset(20.0, 0.0170, {"metal": 0.75, "dollar": -0.25}),
    "PL": Asset(1000.0, 0.0140, {"metal": 0.65, "dollar": -0.20}),
    "PA": Asset(1200.0, 0.0190, {"metal": 0.45, "risk": 0.20}),
    "ES": Asset(2500.0, 0.0100, {"risk": 0.95}),
    "6A": Asset(0.75, 0.0060, {"dollar": -0.60, "risk": 0.35, "metal": 0.20}),
    "6B": Asset(1.30, 0.0055, {"dollar": -0.65, "risk": 0.15}),
    "6C": Asset(0.75, 0.0045, {"dollar": -0.55, "risk": 0.25, "energy": 0.20}),
    "6E": Asset(1.10, 0.0045, {"dollar": -0.85}),
    "6J": Asset(0.0090, 0.0055, {"dollar": -0.50, "rates": -0.35}),
    "6L": Asset(0.25, 0.0100, {"dollar": -0.35, "risk": 0.30, "oilseed": 0.05}),
    "6M": Asset(0.052, 0.0080, {"dollar": -0.25, "risk": 0.40}),
    "6N": Asset(0.68, 0.0060, {"dollar": -0.60, "risk": 0.30}),
    "6S": Asset(1.02, 0.0045, {"dollar": -0.65, "risk": -0.10}),
    "PALM": Asset(700.0, 0.0150, {"vegoil": 0.60, "energy": 0.15}),
    "RS": Asset(520.0, 0.0110, {"vegoil": 0.40, "oilseed": 0.40}),
    "GASOIL": Asset(75.0, 0.0200, {"energy": 0.85}),
    "CNY": Asset(6.8, 0.0025, {"dollar": 0.50}),
    "MYR": Asset(4.2, 0.0035, {"dollar": 0.50, "energy": -0.10}),
    "D4": Asset(100.0, 0.0250, {"vegoil": 0.10, "energy": -0.10}),
}

#: Follower, leader, daily speed: the log distance from the starting ratio closes at this speed, on the
#: follower's side only.
ERROR_CORRECTIONS = (
    ("KE", "ZW", 0.02),
    ("ZO", "ZC", 0.005),
    ("BZ", "CL", 0.05),
    ("HO", "CL", 0.01),
    ("RB", "CL", 0.01),
    ("GASOIL", "HO", 0.03),
    ("PALM", "ZL", 0.012),
    ("RS", "ZL", 0.005),
)
#: Beans close 6 % of the gap to (2.2 ZM + 11 ZL - 150) cents/bu a day: they follow their products.
BOARD_CRUSH_SPEED = 0.06
#: A price more than `BAND_LOG` from its start is pulled back by this share of the excess a day; inside
#: there is no pull.
BAND_LOG, BAND_SPEED = 0.6, 0.0015
LARGEST_MOVE_SD = 7.0  # no move beyond seven of the asset's own daily volatilities
HALF_SESSION_VOL = 0.4
GRAINS = ("ZL", "ZS", "ZM", "ZC", "ZW", "ZO", "KE")
LIVESTOCK = ("LE", "GF", "HE")
NO_HALF_SESSIONS = (*GRAINS, *LIVESTOCK)
REPORT_DAY_ROOTS = ("ZL", "ZS", "ZM", "ZC", "ZW", "KE")
REPORT_DAY_VOL = 1.35  # volatility of the day of a WASDE report, times the day's own
SUMMER_ROOTS = GRAINS
SUMMER_VOL = 0.25  # + 25 % in mid July, falling to nothing two months either side
D4_STALE_SHARE = 0.25  # days on which the quoted D4 price repeats


@dataclass(frozen=True)
class PlantedEffect:
    """A driver whose lagged value moves ZL.

    Session t's expected ZL log return is ``daily_drift_sd * signal * sigma_t`` with ``sigma_t`` that day's
    volatility and ``signal = clip(value / one_sd, -2.5, 2.5)``, the value being that of two weekdays before
    t: the newest one a forecast made at the close before t may know.
    """

    name: str
    bucket: str
    series: str
    value: str
    one_sd: float
    daily_drift_sd: float


#: All there is to find in the mean of ZL. Together about 2 % of the variance of a week.
PLANTED_EFFECTS = (
    PlantedEffect(
        name="palm_spread",
        bucket="crush",
        series="databento/ohlcv_1d ZL; refinitiv_quotes/daily fcpoc1 / myr=",
        value="ln(ZL * 22.0462 / palm in USD/t) less its starting value, 0.0685; dear soybean oil falls",
        one_sd=0.080,
        daily_drift_sd=-0.040,
    ),
    PlantedEffect(
        name="d4_momentum",
        bucket="biofuel",
        series="refinitiv_quotes/daily rin-d4-us (and, weeks later, epa/rin_prices D4)",
        value="log change of the quoted D4 price over 20 weekdays",
        one_sd=0.11,
        daily_drift_sd=0.040,
    ),
    PlantedEffect(
        name="ho_momentum",
        bucket="energy",
        series="databento/ohlcv_1d HO",
        value="sum of the roll-neutral log returns of 21 weekdays",
        one_sd=0.09,
        daily_drift_sd=0.030,
    ),
)
#: Drivers that look plausible and say nothing about tomorrow's ZL: what a test may use as a placebo.
PLACEBO_DRIVERS = (
    "copper momentum",
    "dollar momentum",
    "VIX change",
    "news tone",
    "NFCI",
    "policy uncertainty",
)


def stream(seed: int, name: str) -> np.random.Generator:
    """Random numbers of one named process; read forward in time, never shared."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *name.encode()])))


def exponential(x: NDArray | float) -> NDArray | float:
    """``(1 + x/1024)**1024`` by ten squarings: within 1 % of exp for |x| < 4, the same bits everywhere."""
    y = 1.0 + x / 1024.0
    for _ in range(10):
        y = y * y
    return y


def autoregression(shocks: NDArray, persistence: float) -> NDArray:
    """Stationary AR(1) of unit variance along axis 0, started at its mean; `shocks` is (n,) or (n, k)
    standard normal.
    """
    scale = np.sqrt(1.0 - persistence * persistence)
    out = np.empty_like(shocks)
    state = np.zeros(shocks.shape[1:])
    for t in range(len(shocks)):
        state = persistence * state + scale * shocks[t]
        out[t] = state
    return out


def heavy_tailed(generator: np.random.Generator, n: int, k: int) -> NDArray:
    """Shocks (n, k) of unit variance: a normal whose scale is .88, on 5 % of days 2.2, on 0.2 % of days 4
    (jumps).
    """
    draws = generator.standard_normal((n, k, 2))
    # the second normal only chooses the scale: |z| > 1.96 on 5 % of days, > 3.09 on 0.2 %
    chooser = np.abs(draws[:, :, 1])
    scale = np.where(chooser > 3.09, 4.0, np.where(chooser > 1.96, 2.2, 0.88))
    return draws[:, :, 0] * scale


@dataclass(frozen=True)
class Calendar:
    """Weekdays of the simulation (n,) and who trades on them."""

    weekdays: NDArray  # datetime64[D]
    is_grain_session: NDArray  # bool
    is_half_session: NDArray  # bool: a US holiday on which all but grains and livestock trade a short session
    wasde_dates: tuple[date, ...]


@lru_cache(maxsize=8)
def session_dates(first_date: date, last_date: date) -> frozenset[date]:
    """Grain sessions of the exchange calendar `CBOT_Agriculture`, with `EXTRA_SESSIONS`."""
    valid = mcal.get_calendar("CBOT_Agriculture").valid_days(
        first_date.isoformat(), last_date.isoformat(), tz=None
    )
    extra = {day for day in EXTRA_SESSIONS if first_date <= day <= last_date}
    return frozenset({stamp.date() for stamp in valid} | extra)


def wasde_release_dates(weekdays: list[date], sessions: frozenset[date]) -> tuple[date, ...]:
    """First session on or after the 9th of each month; none in January 2019 (government shutdown)."""
    found: dict[tuple[int, int], date] = {}
    for day in weekdays:
        month = (day.year, day.month)
        if day.day >= 9 and day in sessions and month not in found and month != (2019, 1):
            found[month] = day
    return tuple(found.values())


def calendar_between(first_date: date, last_date: date) -> Calendar:
    """The calendar of the simulation; raises ValueError when it would hold fewer than 30 weekdays."""
    days = [stamp.date() for stamp in pd.bdate_range(first_date, last_date)]
    if len(days) < 30:
        raise ValueError(
            f"The sample needs at least 30 weekdays; {first_date} .. {last_date} holds {len(days)}."
        )
    sessions = session_dates(first_date, last_date)
    grain = np.array([day in sessions for day in days])
    full_closure = np.array(
        [
            (day.month, day.day) in {(12, 24), (12, 25), (12, 26), (12, 31), (1, 1), (1, 2)}
            or (day.weekday() == 4 and day.month in (3, 4))
            for day in days
        ]
    )
    return Calendar(
        weekdays=np.array(days, dtype="datetime64[D]"),
        is_grain_session=grain,
        is_half_session=~grain & ~full_closure,
        wasde_dates=wasde_release_dates(days, sessions),
    )


@dataclass(frozen=True)
class Market:
    """The simulated truth on every weekday.

    `log_level[a]` (n,) is the log of the latent price over its start, `sigma[a]` (n,) the standard
    deviation the day's log return was drawn with (0 where the market was closed), `signals` the planted
    signals known before the session, `d4_quoted_log` the quoted (sometimes stale) D4 price, `rates_shock`
    the level shock of yields.
    """

    seed: int
    calendar: Calendar
    log_level: dict[str, NDArray]
    sigma: dict[str, NDArray]
    signals: dict[str, NDArray]
    d4_quoted_log: NDArray
    rates_shock: NDArray
    risk_vol: NDArray

    def price(self, asset: str) -> NDArray:
        """Latent price (n,) in the asset's unit."""
        return ASSETS[asset].start * exponential(self.log_level[asset])


def open_share(calendar: Calendar, names: list[str]) -> NDArray:
    """(n, k): 1 on a session, `HALF_SESSION_VOL` on a half session, 0 when closed. Quotes (palm,
    currencies) move every weekday.
    """
    share = np.zeros((len(calendar.weekdays), len(names)))
    for j, name in enumerate(names):
        if name in NO_HALF_SESSIONS:
            share[:, j] = calendar.is_grain_session
        elif name in ("PALM", "CNY", "MYR"):
            share[:, j] = 1.0
        else:
            share[:, j] = np.where(
                calendar.is_grain_session, 1.0, np.where(calendar.is_half_session, HALF_SESSION_VOL, 0.0)
            )
    return share


def day_of_year(days: NDArray) -> NDArray:
    """1 for 1 January."""
    return (days - days.astype("datetime64[Y]").astype("datetime64[D]")).astype(int) + 1


def volatilities(seed: int, calendar: Calendar, names: list[str]) -> tuple[NDArray, NDArray]:
    """Daily volatility (n, k) and its part common to all (n,): slow and fast log-volatility, no leverage,
    summer and report days.
    """
    n, k = len(calendar.weekdays), len(names)
    shocks = stream(seed, "volatility").standard_normal((n, 2 * k + 2))
    slow, fast = autoregression(shocks[:, :k], 0.992), autoregression(shocks[:, k : 2 * k], 0.88)
    common = 0.7 * autoregression(shocks[:, -2], 0.985) + 0.5 * autoregression(shocks[:, -1], 0.90)
    log_vol = 0.25 * slow + 0.20 * fast + 0.20 * common[:, None] - 0.07
    sigma = np.array([ASSETS[name].daily_vol for name in names]) * exponential(log_vol)
    distance = (day_of_year(calendar.weekdays) - 196) / 60.0
    summer = 1.0 + SUMMER_VOL * np.maximum(0.0, 1.0 - distance * distance)
    report = np.isin(calendar.weekdays, np.array(calendar.wasde_dates, dtype="datetime64[D]"))
    for j, name in enumerate(names):
        if name in SUMMER_ROOTS:
            sigma[:, j] *= summer
        if name in REPORT_DAY_ROOTS:
            sigma[:, j] *= np.where(report, REPORT_DAY_VOL, 1.0)
    return sigma, common


def standardised_shocks(seed: int, n: int, names: list[str]) -> tuple[NDArray, NDArray]:
    """Correlated shocks (n, k) of unit variance and the factors (n, f) they load on."""
    factors = heavy_tailed(stream(seed, "factors"), n, len(FACTORS))
    own = heavy_tailed(stream(seed, "own"), n, len(names))
    shocks = np.empty_like(own)
    for j, name in enumerate(names):
        loadings = ASSETS[name].loadings
        total, explained = np.zeros(n), 0.0
        for f, factor in enumerate(FACTORS):
            loading = loadings.get(factor, 0.0)
            if loading != 0.0:
                total = total + loading * factors[:, f]
                explained = explained + loading * loading
        shocks[:, j] = total + np.sqrt(1.0 - explained) * own[:, j]
    return shocks, factors


def clipped_signal(effect: PlantedEffect, value: float) -> float:
    """The value in its own standard deviations, within -2.5 .. 2.5."""
    return min(2.5, max(-2.5, value / effect.one_sd))


def planted_signals(path: NDArray, quoted_d4: NDArray, t: int, column: dict[str, int]) -> tuple[float, ...]:
    """The planted signals before weekday t, from values of weekday t - 2 and earlier; 0 while the windows
    fill.
    """
    if t < 23:
        return 0.0, 0.0, 0.0
    palm, d4, ho = PLANTED_EFFECTS
    return (
        clipped_signal(palm, path[t - 2, column["ZL"]] - path[t - 2, column["PALM"]]),
        clipped_signal(d4, quoted_d4[t - 2] - quoted_d4[t - 22]),
        clipped_signal(ho, path[t - 2, column["HO"]] - path[t - 23, column["HO"]]),
    )


def board_crush_gap(levels: NDArray, column: dict[str, int]) -> float:
    """Relative distance of the beans from the value of their products less 1.50 USD/bu."""
    product = 2.2 * ASSETS["ZM"].start * exponential(levels[column["ZM"]]) + 11.0 * ASSETS[
        "ZL"
    ].start * exponential(levels[column["ZL"]])
    beans = ASSETS["ZS"].start * exponential(levels[column["ZS"]])
    return (product - 150.0) / beans - 1.0


@lru_cache(maxsize=4)
def market_between(seed: int, first_date: date, last_date: date) -> Market:
    """Simulate the latent market; a later `last_date` continues the same history."""
    calendar = calendar_between(first_date, last_date)
    names = list(ASSETS)
    column = {name: j for j, name in enumerate(names)}
    n, k = len(calendar.weekdays), len(names)
    sigma, risk_vol = volatilities(seed, calendar, names)
    shocks, factors = standardised_shocks(seed, n, names)
    share = open_share(calendar, names)
    is_stale = stream(seed, "d4 stale").random(n) < D4_STALE_SHARE
    path, quoted_d4, signals = np.zeros((n, k)), np.zeros(n), np.zeros((n, len(PLANTED_EFFECTS)))
    levels = np.zeros(k)
    largest = LARGEST_MOVE_SD * np.array([ASSETS[name].daily_vol for name in names])
    for t in range(n):
        drift = -BAND_SPEED * (levels - np.minimum(BAND_LOG, np.maximum(-BAND_LOG, levels)))
        for follower, leader, speed in ERROR_CORRECTIONS:
            drift[column[follower]] -= speed * (levels[column[follower]] - levels[column[leader]])
        drift[column["ZS"]] += BOARD_CRUSH_SPEED * min(0.3, max(-0.3, board_crush_gap(levels, column)))
        signals[t] = planted_signals(path, quoted_d4, t, column)
        for effect, signal in zip(PLANTED_EFFECTS, signals[t], strict=True):
            drift[column["ZL"]] += effect.daily_drift_sd * signal * sigma[t, column["ZL"]]
        move = np.minimum(largest, np.maximum(-largest, sigma[t] * shocks[t] * share[t] + drift))
        levels = levels + np.where(share[t] > 0.0, move, 0.0)
        path[t] = levels
        quoted_d4[t] = quoted_d4[t - 1] if is_stale[t] and t > 0 else levels[column["D4"]]
    return Market(
        seed=seed,
        calendar=calendar,
        log_level={name: path[:, j] for name, j in column.items()},
        sigma={name: sigma[:, j] * share[:, j] for name, j in column.items()},
        signals={effect.name: signals[:, j] for j, effect in enumerate(PLANTED_EFFECTS)},
        d4_quoted_log=quoted_d4,
        rates_shock=factors[:, FACTORS.index("rates")],
        risk_vol=risk_vol,
    )
