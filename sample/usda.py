"""USDA deliveries of the sample: export sales, crush and the balance sheets of WASDE."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sample.core import Market, autoregression, exponential, stream
from sample.periods import BusinessDays, month_start, months_between

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

WORLD_COLUMNS = (
    "BeginningStocks",
    "Production",
    "Imports",
    "DomesticCrush",
    "DomesticTotal",
    "Exports",
    "EndingStocks",
)

#: USDA's reporting failed: this week is zero, the next row holds both weeks.
ZERO_EXPORT_WEEK = date(2021, 6, 17)

#: First month with the four other columns of `usda/nass_crush`; they are NULL before.
CRUSH_PRODUCTS_START = date(2017, 4, 1)


def marketing_year(start_year: int) -> str:
    """`2023/24` for the year from September 2023."""
    return f"{start_year}/{(start_year + 1) % 100:02d}"


def export_weeks(market: Market) -> list[tuple[date, int, float]]:
    """Thursdays with the marketing year they count for and the share of the week that falls into it.

    Starts with the marketing year in which the simulation starts; boundary weeks stand twice.
    """
    first, last = (market.calendar.weekdays[at].astype(object) for at in (0, -1))
    start_year = first.year if first.month >= 9 else first.year - 1
    rows = []
    for stamp in np.arange(np.datetime64(f"{start_year}-09-01"), np.datetime64(last) + 3):
        day = stamp.astype(object)
        if day.weekday() != 3:
            continue
        year = day.year if day.month >= 9 else day.year - 1
        if day.month == 9 and day.day <= 6 and year > start_year:
            rows.append((day, year - 1, (7 - day.day) / 7.0))
            rows.append((day, year, day.day / 7.0))
        else:
            rows.append((day, year, 1.0))
    return rows


def export_pace(day: date) -> float:
    """Relative pace of shipments: high from October to February, low in summer."""
    months_from_november = min((day.month - 11) % 12, (11 - day.month) % 12)
    return 1.9 - 0.27 * months_from_november


def simulate_export_sales(market: Market, business: BusinessDays) -> pd.DataFrame:
    """`usda/export_sales` with `public_date`: weekly sales and shipments that add up to the cumulative
    columns exactly.
    """
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
            flows = (sold[country], shipped[country], book[1], book[2])
            rows.append((day, "SOYBEANS", country, marketing_year(year), *flows))
    columns = [
        "week_ending", "commodity", "country", "marketing_year",
        "net_sales_mt", "weekly_exports_mt", "total_commitments_mt", "accumulated_exports_mt",
    ]  # fmt: skip
    frame = plant_zero_week(pd.DataFrame(rows, columns=columns))
    week = frame["week_ending"].to_numpy(dtype="datetime64[D]")
    frame["public_date"] = week + 7 + ~business.is_open(week + 7)
    frame = frame[week >= market.calendar.weekdays[0]]
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
    """The US balance (million bu, yields in bu/acre) of one report; `draws` (5,) are the state of the
    marketing year's estimates.
    """
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
    """A world-table balance in million t: stocks + production + imports = domestic use + exports + stocks,
    to the last cent.
    """
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
    """`usda/wasde` with `public_date`: every report moves the year's estimates a little; May opens the next
    year.
    """
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
