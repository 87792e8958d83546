"""Quotes of the sample: nearest-month futures, currencies, palm and cash oils, and RIN prices."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sample.core import ASSETS, Market, autoregression, exponential, stream
from sample.futures import nearest_month
from sample.macro import NEGATIVE_OIL_DAY, NEGATIVE_OIL_PRICE
from sample.periods import decimals, weekly_days, weekly_means


def simulate_rins(market: Market) -> pd.DataFrame:
    """`epa/rin_prices` with `public_date` (51 days after the Monday): weekly means of D4 and its relatives,
    three RIN years.
    """
    mondays = weekly_days(market, 0)
    draws = stream(market.seed, "rins").standard_normal((len(mondays), 28))
    d4 = weekly_means(market, ASSETS["D4"].start * exponential(market.log_level["D4"]), mondays) / 100.0
    d3_premium = 1.1 + 0.3 * autoregression(draws[:, 24], 0.95)
    d6_ratio = np.minimum(0.98, 0.80 + 0.10 * autoregression(draws[:, 25], 0.95))
    base = {"D3": d4 + np.maximum(0.2, d3_premium), "D4": d4, "D5": d4 * 0.97, "D6": d4 * d6_ratio}
    years = mondays.astype("datetime64[Y]").astype(int) + 1970
    frames = []
    for age in range(3):
        for c, (code, price) in enumerate(base.items()):
            for q, qap in enumerate(("Unverified", "Q-RIN")):
                noise = draws[:, 8 * age + 2 * c + q]
                value = np.minimum(
                    4.9,
                    np.maximum(0.02, price * (1.0 - 0.05 * age) + (0.01 if age + q == 0 else 0.04) * noise),
                )
                traded = (noise > -1.0 - (age == 0)) | (
                    age + q == 0
                )  # little-traded vintages are missing in some weeks
                frame = pd.DataFrame(
                    {
                        "week_start": mondays,
                        "transfer_year": years.astype(np.int32),
                        "rin_year": (years - age).astype(np.int32),
                        "d_code": code,
                        "qap_type": qap,
                        "price_usd_per_rin": decimals(value, 2),
                        "public_date": mondays + 51,
                    }
                )
                frames.append(frame[traded])
    keys = ["d_code", "qap_type", "week_start", "rin_year"]
    return pd.concat(frames, ignore_index=True).sort_values(keys, ignore_index=True)


def bursa_open(market: Market) -> NDArray:
    """(n,) bool: weekdays with palm-oil trading (fixed holidays and about seven moving ones a year)."""
    days = market.calendar.weekdays
    fixed = {(1, 1), (2, 1), (5, 1), (8, 31), (9, 16), (12, 25)}
    is_fixed = np.array([(day.month, day.day) in fixed for day in days.astype(object)])
    return ~is_fixed & (stream(market.seed, "bursa").random(len(days)) > 0.027)


def with_stale_days(values: NDArray, share: float, generator: np.random.Generator) -> NDArray:
    """Quotes that repeat the last one on a share of days."""
    out = values.copy()
    is_stale = generator.random(len(values)) < share
    for t in range(1, len(out)):
        if is_stale[t]:
            out[t] = out[t - 1]
    return out


def futures_quotes(market: Market) -> dict[str, tuple[NDArray, NDArray, str]]:
    """Nearest-month futures and currencies: RIC -> values, mask (n,), unit."""
    calendar = market.calendar
    session, weekday = calendar.is_grain_session, np.ones(len(calendar.weekdays), dtype=bool)
    wti = decimals(nearest_month(market, "CL"), 2)
    wti[calendar.weekdays == np.datetime64(NEGATIVE_OIL_DAY)] = NEGATIVE_OIL_PRICE
    swap = weekday & (calendar.weekdays >= np.datetime64("2018-04-16"))
    return {
        "boc1": (decimals(nearest_month(market, "ZL"), 2), session, "US cents/lb"),
        "sc1": (np.rint(nearest_month(market, "ZS") * 4) / 4, session, "US cents/bu"),
        "smc1": (decimals(nearest_month(market, "ZM"), 1), session, "USD/short ton"),
        "cc1": (np.rint(nearest_month(market, "ZC") * 4) / 4, session, "US cents/bu"),
        "clc1": (wti, session, "USD/bbl"),
        "lcoc1": (decimals(nearest_month(market, "BZ"), 2), session | calendar.is_half_session, "USD/bbl"),
        "hoc1": (decimals(nearest_month(market, "HO"), 4), session, "USD/gal"),
        "rsc1": (decimals(market.price("RS"), 1), session, "CAD/t"),
        "brl=": (decimals(1.0 / market.price("6L"), 4), weekday, "BRL/USD"),
        "myr=": (decimals(market.price("MYR"), 4), weekday, "MYR/USD"),
        "go10sgswmc1": (decimals(market.price("GASOIL"), 2), swap, "USD/bbl"),
    }


def cash_quotes(market: Market) -> dict[str, tuple[NDArray, NDArray, str | None]]:
    """Cash quotes and palm: RIC -> values, mask (n,), unit (None where the landing contract has NULL)."""
    n = len(market.calendar.weekdays)
    open_ = bursa_open(market)
    noise = stream(market.seed, "cash").standard_normal((n, 20))
    palm, oil_usd = market.price("PALM"), market.price("ZL") * 22.0462
    ringgit = np.rint(palm * market.price("MYR") * (1.0 + 0.0006 * noise[:, 0]))
    traded = stream(market.seed, "cash open").random(n) > 0.06

    def premium(j: int, mean: float, sd: float) -> NDArray:
        return mean + sd * autoregression(noise[:, j], 0.97)

    usd = "USD/t"
    quotes: dict[str, tuple[NDArray, NDArray, str | None, float]] = {
        "cpo-mysth-m1": (
            np.rint(2.0 * palm * market.price("MYR") * premium(1, 1.01, 0.01)) / 2,
            open_,
            "MYR/t",
            0.10,
        ),
        "cpo-id-m1": (np.rint(palm * premium(2, 1.0, 0.015)), traded, usd, 0.15),
        "palm-myrbd-p1": (np.rint(palm * premium(3, 1.04, 0.012)), traded, usd, 0.12),
        "palm-mycrd-p1": (np.rint(palm * premium(4, 1.08, 0.012)), traded, usd, 0.12),
        "rbd-pko-m1": (np.rint(palm * premium(5, 1.45, 0.06)), traded, usd, 0.30),
        "palm-sea-ocrdm": (np.rint(palm * premium(6, 1.07, 0.015)), traded, usd, 0.15),
        "soil-sea-dgcf": (np.rint(oil_usd * premium(7, 1.08, 0.02)), traded, usd, 0.20),
        "sunf-sea-crm": (np.rint(0.5 * (oil_usd + palm) * premium(8, 1.12, 0.03)), traded, usd, 0.33),
        "bo-brzpar-b1": (decimals(oil_usd * premium(9, 0.99, 0.02), 1), traded, usd, 0.10),
        "sb-oilib-c1": (np.rint(oil_usd * premium(10, 1.05, 0.02)), traded, None, 0.20),
        "soy-arg-ref": (decimals(premium(11, 50.0, 6.0), 2), traded, None, 0.20),
        "so-premp-c1": (decimals(premium(12, 10.0, 120.0), 0), traded, None, 0.25),
        "sm-premp-c1": (decimals(premium(13, 4.0, 8.0), 0), traded, None, 0.25),
    }
    out = {
        ric: (with_stale_days(values, share, stream(market.seed, f"stale {ric}")), mask, unit)
        for ric, (values, mask, unit, share) in quotes.items()
    }
    bid, mask, _ = out["bo-brzpar-b1"]
    out["bo-brzpar-a1"] = (decimals(bid + 12.0, 1), mask, usd)
    out["fcpoc1"] = (ringgit, open_, "MYR/t")
    out["fupoc1"] = (np.rint(8.0 * palm * (1.0 + 0.0006 * noise[:, 14])) / 8.0, open_, usd)
    d4 = decimals(ASSETS["D4"].start * exponential(market.d4_quoted_log), 2)
    out["rin-d4-us"] = (d4, market.calendar.is_grain_session, "US cents/RIN")
    return out


def simulate_quotes(market: Market) -> pd.DataFrame:
    """`refinitiv_quotes/daily` with `public_date`."""
    days = market.calendar.weekdays
    frames = []
    for ric, (values, mask, unit) in sorted({**futures_quotes(market), **cash_quotes(market)}.items()):
        frame = pd.DataFrame(
            {"ric": ric, "quote_date": days[mask], "close": values[mask] + 0.0, "unit": unit}
        )
        frames.append(frame.assign(public_date=days[mask]))
    return pd.concat(frames, ignore_index=True)
