"""Government and vendor deliveries about the soybean complex in the sample: USDA, CFTC, EPA and cash quotes."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.sample_core import ASSETS, D4_STALE_SHARE, Market, autoregression, exponential, stream
from ml.sample_futures import nearest_month
from ml.sample_macro import (
    NEGATIVE_OIL_DAY,
    NEGATIVE_OIL_PRICE,
    BusinessDays,
    as_of_weekday,
    decimals,
    month_start,
    months_between,
    weekly_days,
)

BUSHELS_PER_SHORT_TON = 2000.0 / 60.0
TONS_PER_MILLION_BUSHELS = 0.0272155  # million t
COUNTRIES = ("World", "United States", "Argentina", "Brazil", "China", "Japan", "Mexico", "European Union")
#: Production, imports, crush, exports in million t, round.
COUNTRY_LEVELS = {
    "Argentina": (50.0, 4.0, 42.0, 7.0),
    "Brazil": (110.0, 0.4, 44.0, 66.0),
    "China": (15.0, 90.0, 88.0, 0.1),
    "Japan": (0.2, 3.2, 2.3, 0.0),
    "Mexico": (0.4, 5.0, 5.2, 0.0),
    "European Union": (2.5, 14.5, 15.0, 0.2),
}
COT_CONTRACTS = {
    "007601": ("SOYBEAN OIL - CHICAGO BOARD OF TRADE", "ZL", 450_000),
    "005602": ("SOYBEANS - CHICAGO BOARD OF TRADE", "ZS", 750_000),
    "026603": ("SOYBEAN MEAL - CHICAGO BOARD OF TRADE", "ZM", 420_000),
    "002602": ("CORN - CHICAGO BOARD OF TRADE", "ZC", 1_500_000),
}
#: USDA's reporting failed: this week is zero, the next row holds both weeks.
ZERO_EXPORT_WEEK = date(2021, 6, 17)
#: First month with the four other columns of `usda/nass_crush`; they are NULL before.
CRUSH_PRODUCTS_START = date(2017, 4, 1)


def marketing_year(start_year: int) -> str:
    """`2023/24` for the year from September 2023."""
    return f"{start_year}/{(start_year + 1) % 100:02d}"


def export_weeks(market: Market) -> list[tuple[date, int, float]]:
    """Thursdays with the marketing year they count for and the share of the week that falls into it; boundary weeks stand twice."""
    rows = []
    first_start = date(market.calendar.weekdays[0].astype(object).year, 9, 1)
    for day in (stamp.astype(object) for stamp in weekly_days(market, 3)):
        if day < first_start:
            continue
        year = day.year if day.month >= 9 else day.year - 1
        if day.month == 9 and day.day <= 6 and year > first_start.year:
            rows.append((day, year - 1, (7 - day.day) / 7.0))
            rows.append((day, year, day.day / 7.0))
        else:
            rows.append((day, year, 1.0))
    return rows


def export_pace(day: date) -> float:
    """Relative pace of shipments: high from October to February, low in summer."""
    months_from_november = min((day.month - 11) % 12, (11 - day.month) % 12)
    return 1.9 - 0.27 * months_from_november


def simulate_export_sales(market: Market) -> pd.DataFrame:
    """`usda/export_sales` with `public_date`: weekly sales and shipments that add up to the cumulative columns exactly."""
    weeks = export_weeks(market)
    draws = stream(market.seed, "export sales").standard_normal((len(weeks) + 1, 4))
    books: dict[tuple[str, int], list[float]] = {}  # outstanding, commitments, accumulated
    rows = []
    for i, (day, year, share) in enumerate(weeks):
        china_share = 0.52 + 0.05 * draws[i, 2]
        shipped_total = max(0.0, 1_050_000.0 * export_pace(day) * share * (1.0 + 0.25 * draws[i, 0]))
        sold_total = (
            1_050_000.0 * (0.5 + 0.5 * export_pace(day)) * share * (1.0 + 0.55 * draws[i, 1]) - 60_000.0
        )
        parts = {"CHINA": china_share, "TOTAL": 1.0}
        shipped, sold = {}, {}
        for country, part in parts.items():
            key = (country, year)
            if key not in books:
                carried = round(12_000_000.0 * part * (1.0 + 0.15 * draws[i, 3]))
                books[key] = [carried, 0.0, 0.0]
                opening = carried
            else:
                opening = 0.0
            shipped[country] = float(round(min(shipped_total * part, max(0.0, books[key][0] * 0.6))))
            sold[country] = float(round(max(sold_total * part, -0.3 * books[key][0]))) + opening
        shipped["CHINA"] = min(shipped["CHINA"], shipped["TOTAL"])
        for country in parts:
            book = books[(country, year)]
            book[1] += sold[country]
            book[2] += shipped[country]
            book[0] = book[1] - book[2]
            rows.append(
                (
                    day,
                    "SOYBEANS",
                    country,
                    marketing_year(year),
                    sold[country],
                    shipped[country],
                    book[1],
                    book[2],
                )
            )
    columns = [
        "week_ending", "commodity", "country", "marketing_year",
        "net_sales_mt", "weekly_exports_mt", "total_commitments_mt", "accumulated_exports_mt",
    ]  # fmt: skip
    frame = plant_zero_week(pd.DataFrame(rows, columns=columns))
    week = frame["week_ending"].to_numpy(dtype="datetime64[D]")
    holidays = BusinessDays(week[0].astype(object), week[-1].astype(object))
    frame["public_date"] = week + 7 + ~holidays.is_open(week + 7)
    return frame.sort_values(["week_ending", "country", "marketing_year"], ignore_index=True)


def plant_zero_week(frame: pd.DataFrame) -> pd.DataFrame:
    """The week that was not reported is zero, its sums stand still, and the next row holds both weeks."""
    out = frame.copy()
    for country in ("CHINA", "TOTAL"):
        at = out.index[(out["country"] == country) & (out["week_ending"] == ZERO_EXPORT_WEEK)]
        following = out.index[
            (out["country"] == country) & (out["week_ending"] == ZERO_EXPORT_WEEK + timedelta(days=7))
        ]
        if len(at) != 1:
            continue
        for flow, total in (
            ("net_sales_mt", "total_commitments_mt"),
            ("weekly_exports_mt", "accumulated_exports_mt"),
        ):
            missed = out.loc[at[0], flow]
            out.loc[at[0], flow] = 0.0
            out.loc[at[0], total] -= missed
            if len(following) == 1:
                out.loc[following[0], flow] += missed
    return out


def simulate_nass_crush(market: Market, business: BusinessDays) -> pd.DataFrame:
    """`usda/nass_crush` with `public_date`: oil yield 11.4 .. 12.0 lb/bu, stocks that wander."""
    days = market.calendar.weekdays
    months = months_between(days[0], days[-1])
    draws = stream(market.seed, "nass crush").standard_normal((len(months), 5))
    number = (months.astype(int) % 12) + 1
    season = np.array([1.05, 0.95, 1.03, 0.98, 0.98, 0.94, 0.98, 0.95, 0.92, 1.07, 1.06, 1.07])[number - 1]
    crushed = np.rint(
        5_000_000.0 * season * (1.0 + 0.0015 * np.arange(len(months))) * (1.0 + 0.02 * draws[:, 0])
    )
    oil_yield = np.minimum(11.95, np.maximum(11.45, 11.7 + 0.12 * autoregression(draws[:, 1], 0.8)))
    meal_yield = np.minimum(0.742, np.maximum(0.726, 0.734 + 0.003 * draws[:, 2]))
    oil_stock = 1_900_000.0 * exponential(0.18 * autoregression(draws[:, 3], 0.93))
    frame = pd.DataFrame(
        {
            "month": month_start(months),
            "soybeans_crushed_tons": crushed,
            "oil_produced_1000lb": np.rint(crushed * BUSHELS_PER_SHORT_TON * oil_yield / 1000.0),
            "meal_tons": np.rint(crushed * meal_yield),
            "oil_stock_1000lb": np.rint(oil_stock),
            "meal_stock_tons": np.rint(400_000.0 * exponential(0.15 * autoregression(draws[:, 4], 0.6))),
            "public_date": business.after(month_start(months + 2), 0),
        }
    )
    unknown = frame["month"] < pd.Timestamp(CRUSH_PRODUCTS_START)
    frame.loc[unknown, ["oil_produced_1000lb", "meal_tons", "oil_stock_1000lb", "meal_stock_tons"]] = np.nan
    return frame


def us_balance(draws: NDArray, opening: float) -> tuple[dict[str, float], float]:
    """The US balance (million bu, yields in bu/acre) of one report; `draws` (5,) are the state of the marketing year's estimates."""
    planted = round(84.0 + 2.0 * draws[0], 1)
    harvested = round(0.99 * planted, 1)
    yield_per_acre = round(49.0 + 1.6 * draws[1], 1)
    production = float(round(harvested * yield_per_acre))
    crushings, exports = (
        5.0 * round((2000.0 + 60.0 * draws[2]) / 5),
        5.0 * round((1900.0 + 90.0 * draws[3]) / 5),
    )
    imports, seed = 20.0, 100.0
    supply = opening + production + imports
    residual = float(round(20.0 + 8.0 * draws[4]))
    ending = supply - crushings - exports - seed - residual
    if ending < 100.0:  # rationed: exports give way
        exports -= 100.0 - ending
        ending = 100.0
    if ending > 900.0:
        exports += ending - 900.0
        ending = 900.0
    return {
        "Area Planted": planted,
        "Area Harvested": harvested,
        "Yield": yield_per_acre,
        "Beginning Stocks": opening,
        "Production": production,
        "Imports": imports,
        "Total Supply": supply,
        "Crushings": crushings,
        "Exports": exports,
        "Seed": seed,
        "Residual": residual,
        "Total Use": supply - ending,
        "Ending Stocks": ending,
    }, ending


def country_balance(country: str, draws: NDArray) -> dict[str, float]:
    """A world-table balance in million t: stocks + production + imports = domestic use + exports + stocks, to the last cent."""
    production, imports, crush, exports = COUNTRY_LEVELS[country]
    hundredths = [
        round(100 * level * (1.0 + 0.04 * z))
        for level, z in zip((production, imports, crush, exports), draws, strict=True)
    ]
    made, bought, crushed, sold = hundredths
    opening = round(100 * 0.18 * (production + imports))
    domestic = round(1.12 * crushed)
    ending = opening + made + bought - domestic - sold
    if ending < 5:
        domestic, crushed, ending = domestic - (5 - ending), min(crushed, domestic - (5 - ending)), 5
    values = (opening, made, bought, crushed, domestic, sold, ending)
    return dict(zip(WORLD_COLUMNS, (value / 100 for value in values), strict=True))


WORLD_COLUMNS = (
    "BeginningStocks",
    "Production",
    "Imports",
    "DomesticCrush",
    "DomesticTotal",
    "Exports",
    "EndingStocks",
)


def world_rows(us: dict[str, float], draws: NDArray) -> dict[str, float]:
    """The 56 attributes of the world table; the world is the sum of the countries."""
    use = us["Crushings"] + us["Seed"] + us["Residual"]
    american = (
        us["Beginning Stocks"],
        us["Production"],
        us["Imports"],
        us["Crushings"],
        use,
        us["Exports"],
        us["Ending Stocks"],
    )
    tables = {
        "United States": dict(
            zip(WORLD_COLUMNS, (round(TONS_PER_MILLION_BUSHELS * v, 2) for v in american), strict=True)
        )
    }
    for i, country in enumerate(COUNTRY_LEVELS):
        tables[country] = country_balance(country, draws[4 * i : 4 * i + 4])
    tables["World"] = {column: round(sum(tables[c][column] for c in tables), 2) for column in WORLD_COLUMNS}
    return {
        f"{country} {column}": tables[country][column] for country in COUNTRIES for column in WORLD_COLUMNS
    }


def simulate_wasde(market: Market) -> pd.DataFrame:
    """`usda/wasde` with `public_date`: every report moves the year's estimates a little; May opens the next year."""
    n_draws = 5 + 4 * len(COUNTRY_LEVELS)
    draws = stream(market.seed, "wasde").standard_normal((len(market.calendar.wasde_dates), n_draws))
    state, opening, previous_year, ending = np.zeros(n_draws), 300.0, None, 300.0
    rows = []
    for i, day in enumerate(market.calendar.wasde_dates):
        year = day.year if day.month >= 5 else day.year - 1
        if year != previous_year:
            opening, state, previous_year = (
                (ending if previous_year is not None else opening),
                0.3 * state + 0.8 * draws[i],
                year,
            )
        else:
            state = state + 0.25 * draws[i]
        state = np.minimum(3.0, np.maximum(-3.0, state))
        us, ending = us_balance(state[:5], opening)
        for attribute, value in {**us, **world_rows(us, state[5:])}.items():
            rows.append((day, marketing_year(year), attribute, float(value), attribute_unit(attribute)))
    frame = pd.DataFrame(rows, columns=["release_date", "marketing_year", "attribute", "value", "unit"])
    frame["public_date"] = frame["release_date"].to_numpy(dtype="datetime64[D]")
    return frame


def attribute_unit(attribute: str) -> str:
    """Unit of a WASDE attribute as printed."""
    if attribute in ("Area Planted", "Area Harvested"):
        return "million acres"
    if attribute == "Yield":
        return "bu/acre"
    return "million t" if attribute.startswith(COUNTRIES) else "million bu"


def report_days(market: Market) -> NDArray:
    """Tuesdays, or the Monday before when that Tuesday is 4 July, Christmas or New Year's Day."""
    days = []
    for stamp in weekly_days(market, 1):
        day = stamp.astype(object)
        days.append(day - timedelta(days=1) if (day.month, day.day) in {(7, 4), (12, 25), (1, 1)} else day)
    return np.array(days, dtype="datetime64[D]")


def simulate_cot(market: Market, business: BusinessDays) -> pd.DataFrame:
    """`cftc/cot_legacy` with `public_date`: speculators follow the last month's return; both sides add up to open interest."""
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


def simulate_rins(market: Market) -> pd.DataFrame:
    """`epa/rin_prices` with `public_date` (51 days after the Monday): weekly means of D4 and its relatives, three RIN years."""
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


def weekly_means(market: Market, values: NDArray, mondays: NDArray) -> NDArray:
    """Mean (w,) over the weekdays of each week, summed in order."""
    start = np.searchsorted(market.calendar.weekdays, mondays)
    out = np.empty(len(mondays))
    for i, begin in enumerate(start):
        chosen = values[begin : begin + 5]
        total = 0.0
        for value in chosen:
            total += float(value)
        out[i] = total / max(1, len(chosen)) if len(chosen) else float(values[-1])
    return out


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


__all__ = [
    "D4_STALE_SHARE",
    "simulate_cot",
    "simulate_export_sales",
    "simulate_nass_crush",
    "simulate_quotes",
    "simulate_rins",
    "simulate_wasde",
]
