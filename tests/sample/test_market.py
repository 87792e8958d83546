"""The sample is synthetic, reproducible, within the contract, and holds exactly what was planted."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingest.landing_contract import TABLES
from ingest.news_score import SCORER_VERSION, tone
from sample.core import PLANTED_EFFECTS, market_between
from sample.files import LABEL
from sample.futures import QUIET_SESSIONS, ROOTS, STALE_RUNS, THIN_SESSIONS, VENUE_HOLES
from sample.macro import NEGATIVE_OIL_DAY
from sample.market import (
    FIRST_DATE,
    LAST_DATE,
    REVISIONS,
    SEED,
    load_at,
    simulate_market,
    write_deliveries,
    write_next_deliveries,
)
from sample.usda import CRUSH_PRODUCTS_START, ZERO_EXPORT_WEEK

SAMPLE = Path(__file__).parents[2] / "landing" / "sample"
SEEDS = Path(__file__).parents[2] / "seeds"
SHORT = (7, date(2021, 1, 4), date(2021, 8, 27))
CONTRACT = {
    "databento/ohlcv_1d": "symbol s, trade_date d, instrument_id i, open f, high f, low f, close f, volume i",
    "fred/observations": "series_id s, observation_date d, value f, realtime_start d",
    "cboe/vix_1d": "trade_date d, open f, high f, low f, close f",
    "eia/series": "series_id s, period d, value f, unit s",
    "epa/rin_prices": (
        "week_start d, transfer_year j, rin_year j, d_code s, qap_type s, price_usd_per_rin f"
    ),
    "usda/export_sales": (
        "week_ending d, commodity s, country s, marketing_year s, net_sales_mt f, weekly_exports_mt f, "
        "total_commitments_mt f, accumulated_exports_mt f"
    ),
    "usda/nass_crush": (
        "month d, soybeans_crushed_tons f, oil_produced_1000lb f, meal_tons f, oil_stock_1000lb f, "
        "meal_stock_tons f"
    ),
    "usda/wasde": "release_date d, marketing_year s, attribute s, value f, unit s",
    "cftc/cot_legacy": (
        "report_date d, cftc_contract_code s, market_name s, open_interest i, noncommercial_long i, "
        "noncommercial_short i, noncommercial_spread i, commercial_long i, commercial_short i, "
        "nonreportable_long i, nonreportable_short i"
    ),
    "refinitiv_quotes/daily": "ric s, quote_date d, close f, unit s",
    "policy_uncertainty/monthly": "month d, category s, value f",
    "imf/commodity_prices": "month d, commodity s, value f, unit s",
    "farm_policy_news/articles": (
        "url s, title s, published_at t, category s, source s, tone f, scorer_version s"
    ),
    "farmdoc_daily/articles": (
        "url s, title s, published_at t, category s, source s, tone f, scorer_version s"
    ),
}
ARROW = {
    "s": pa.string(),
    "d": pa.date32(),
    "f": pa.float64(),
    "i": pa.int64(),
    "j": pa.int32(),
    "t": pa.timestamp("us"),
}


@pytest.fixture(scope="module")
def sample() -> dict[str, pd.DataFrame]:
    return simulate_market()


@pytest.fixture(scope="module")
def first(sample) -> dict[str, pd.DataFrame]:
    """Each key as it was first delivered."""
    return {
        name: frame.sort_values("ingested_at", kind="stable")
        .drop_duplicates(list(TABLES[name].key))
        .sort_index()
        for name, frame in sample.items()
    }


def bars_of(frames: dict[str, pd.DataFrame], root: str) -> pd.DataFrame:
    bars = frames["databento/ohlcv_1d"]
    return bars[bars["symbol"] == root].reset_index(drop=True)


def series_of(frames: dict[str, pd.DataFrame], series_id: str) -> pd.Series:
    fred = frames["fred/observations"]
    return fred[fred["series_id"] == series_id].set_index("observation_date")["value"]


def stamps(days) -> list[pd.Timestamp]:
    return [pd.Timestamp(day) for day in days]


# --- files ------------------------------------------------------------------------------------------------


def test_the_committed_sample_regenerates_to_the_same_bytes(tmp_path):
    write_deliveries(tmp_path)
    made = {path.relative_to(tmp_path): path for path in tmp_path.rglob("*") if path.is_file()}
    committed = {path.relative_to(SAMPLE): path for path in SAMPLE.rglob("*") if path.is_file()}
    assert sorted(made) == sorted(committed)
    different = [str(name) for name in made if made[name].read_bytes() != committed[name].read_bytes()]
    assert different == []


def test_the_sample_says_that_it_is_synthetic_and_is_small():
    assert (SAMPLE / "README.md").read_text(encoding="utf-8").startswith("# SYNTHETIC")
    files = sorted(SAMPLE.rglob("*.parquet"))
    assert len(files) > 100
    assert {pq.read_metadata(path).metadata[b"origin"] for path in files} == {LABEL["origin"].encode()}
    assert sum(path.stat().st_size for path in SAMPLE.rglob("*") if path.is_file()) <= 4_000_000


@pytest.mark.parametrize("name", CONTRACT)
def test_every_file_has_the_columns_and_types_of_the_contract(name):
    expected = [tuple(column.split()) for column in CONTRACT[name].split(", ")]
    for path in sorted((SAMPLE / name).glob("*.parquet")):
        schema = pq.read_schema(path)
        assert schema.names == [column for column, _ in expected] + ["ingested_at"]
        assert [schema.field(column).type for column, _ in expected] == [ARROW[code] for _, code in expected]
        assert schema.field("ingested_at").type == pa.timestamp("us")
        days = pq.read_table(path, columns=[TABLES[name].date_column]).column(0).to_pandas()
        assert {str(pd.Timestamp(day).year) for day in days} == {path.stem[:4]}


@pytest.mark.parametrize("feed", ["farm_policy_news", "farmdoc_daily"])
def test_an_article_has_the_tone_its_title_has_by_the_present_rules(sample, feed):
    articles = sample[f"{feed}/articles"]
    assert set(articles["scorer_version"]) == {SCORER_VERSION}
    assert list(articles["tone"]) == [tone(title) for title in articles["title"]]
    assert set(articles["tone"]) == {-1.0, 0.0, 1.0}


def test_a_sample_of_another_version_is_replaced(tmp_path):
    older = tmp_path / "fred" / "observations" / "2020.parquet"
    older.parent.mkdir(parents=True)
    table = pa.table({"value": [1.0]}).replace_schema_metadata({"origin": "SYNTHETIC: by an older version"})
    pq.write_table(table, older)
    write_deliveries(tmp_path, *SHORT)
    assert not older.exists()


def test_a_folder_with_other_deliveries_is_left_alone(tmp_path):
    foreign = tmp_path / "fred" / "observations" / "2020.parquet"
    foreign.parent.mkdir(parents=True)
    pq.write_table(pa.table({"value": [1.0]}), foreign)
    with pytest.raises(FileExistsError, match=r"2020\.parquet is not a sample file"):
        write_deliveries(tmp_path, *SHORT)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [foreign]


def test_one_more_day_is_appended_and_nothing_before_it_changes(tmp_path):
    write_deliveries(tmp_path, *SHORT)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.parquet")}
    session, written = write_next_deliveries(tmp_path, *SHORT)
    assert session == date(2021, 8, 30)
    assert {path.name for path in written} == {"2021-08-30.parquet"}
    assert all(path.read_bytes() == content for path, content in before.items())
    bars = pq.read_table(tmp_path / "databento/ohlcv_1d/2021-08-30.parquet").to_pandas()
    assert sorted(bars["symbol"]) == sorted(ROOTS)
    assert set(bars["ingested_at"]) == {pd.Timestamp("2021-08-31 06:00")}
    with pytest.raises(FileExistsError, match="has been delivered"):
        write_next_deliveries(tmp_path, *SHORT)


# --- keys and time ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("last", [date(2021, 8, 30), date(2021, 10, 1), date(2022, 1, 4)])
def test_a_longer_history_starts_with_the_shorter_one(last):
    seed, start, end = SHORT
    shorter, longer = simulate_market(seed, start, end), simulate_market(seed, start, last)
    for name, frame in shorter.items():
        columns = list(TABLES[name].columns)
        key = list(TABLES[name].key)
        again = frame[key].merge(longer[name][columns], on=key, how="left")
        pd.testing.assert_frame_equal(again[columns], frame[columns], check_exact=True)
        assert len(longer[name]) >= len(frame)


@pytest.mark.parametrize("name", CONTRACT)
def test_only_the_planted_keys_stand_twice(sample, name):
    key = list(TABLES[name].key)
    twice = sample[name][sample[name].duplicated(key, keep=False)]
    assert len(twice) == 2 * sum(item.table == name for item in REVISIONS)
    for item in REVISIONS:
        if item.table != name:
            continue
        rows = twice
        for column, value in item.key.items():
            rows = rows[rows[column] == (pd.Timestamp(value) if isinstance(value, date) else value)]
        values = rows.sort_values("ingested_at")[[c for c in TABLES[name].columns if c not in key]]
        differs = values.nunique(dropna=False) > 1
        assert list(differs.index[differs]) == [c for c in differs.index if c in item.change]


def test_nothing_is_null_but_what_the_contract_names(sample):
    for name, frame in sample.items():
        with_nulls = set(frame.columns[frame.isna().any()])
        assert with_nulls == set(TABLES[name].nullable), name
    crush = sample["usda/nass_crush"]
    assert (crush["oil_stock_1000lb"].isna() == (crush["month"] < pd.Timestamp(CRUSH_PRODUCTS_START))).all()
    quotes = sample["refinitiv_quotes/daily"]
    assert set(quotes.loc[quotes["unit"].isna(), "ric"]) == {
        "sb-oilib-c1",
        "soy-arg-ref",
        "so-premp-c1",
        "sm-premp-c1",
    }


def test_nothing_is_delivered_before_it_was_public(first):
    loaded = pd.Timestamp(load_at(LAST_DATE))
    assert loaded == pd.Timestamp("2024-07-01 06:00")
    newest = {
        "epa/rin_prices": ("week_start", 51),
        "usda/export_sales": ("week_ending", 7),
        "cftc/cot_legacy": ("report_date", 3),
        "eia/series": ("period", 7),
        "imf/commodity_prices": ("month", 63),
        "policy_uncertainty/monthly": ("month", 63),
        "usda/nass_crush": ("month", 60),
    }
    for name, (column, lag_days) in newest.items():
        assert first[name][column].max() + pd.Timedelta(days=lag_days) < loaded, name
    news = first["farm_policy_news/articles"]
    assert (news["published_at"] <= news["ingested_at"]).all()
    assert series_of(first, "DGS10").index.max() == pd.Timestamp("2024-06-27")  # Friday's comes on Monday
    assert series_of(first, "DEXBZUS").index.max() == pd.Timestamp(
        "2024-06-21"
    )  # H.10: Monday after the week
    assert series_of(first, "UNRATE").index.max() == pd.Timestamp("2024-05-01")


def test_a_range_too_short_to_simulate_is_refused():
    with pytest.raises(ValueError, match="at least 30 weekdays"):
        simulate_market(1, date(2024, 6, 3), date(2024, 6, 28))


# --- what a specialist would say --------------------------------------------------------------------------


def test_bars_lie_on_the_tick_grid_between_low_and_high(sample):
    bars = sample["databento/ohlcv_1d"]
    assert set(bars["symbol"]) == set(ROOTS)
    assert len(ROOTS) == 34
    assert (bars["low"] <= bars[["open", "close"]].min(axis=1)).all()
    assert (bars["high"] >= bars[["open", "close"]].max(axis=1)).all()
    assert (bars["low"] > 0).all()
    assert (bars["volume"] > 0).all()
    ticks = bars["symbol"].map({root: ROOTS[root].ticks_per_unit for root in ROOTS})
    for column in ("open", "high", "low", "close"):
        assert (bars[column] == np.rint(bars[column] * ticks) / ticks).all()
    zl = bars_of(sample, "ZL")
    assert zl["close"].between(5, 150).all()


@pytest.mark.parametrize(
    ("seed_file", "name", "suffix", "columns"),
    [
        ("symbols", "databento/ohlcv_1d", "price", ["low", "high"]),
        ("fred_series", "fred/observations", "value", ["value"]),
        ("quotes", "refinitiv_quotes/daily", "value", ["close"]),
    ],
)
def test_values_lie_inside_the_bounds_of_the_seeds(sample, seed_file, name, suffix, columns):
    bounds = pd.read_csv(SEEDS / f"{seed_file}.csv", index_col=0)
    key = sample[name][TABLES[name].key[0]]
    for column in columns:
        value = sample[name][column]
        inside = value.between(key.map(bounds[f"min_{suffix}"]), key.map(bounds[f"max_{suffix}"]))
        assert set(key[~inside]) == set()


def test_zl_rolls_some_nine_times_a_year_and_moves_like_a_commodity(first):
    zl = bars_of(first, "ZL")
    zl = zl[~zl["trade_date"].isin(stamps(THIN_SESSIONS["ZL"]))].reset_index(drop=True)
    is_roll = (zl["instrument_id"].diff() != 0).to_numpy()[1:]
    years = (zl["trade_date"].iloc[-1] - zl["trade_date"].iloc[0]).days / 365.25
    assert 7 <= is_roll.sum() / years <= 11
    gap = np.abs(np.log(zl["open"].to_numpy()[1:] / zl["close"].to_numpy()[:-1]))
    assert 0.004 < np.median(gap[is_roll]) < 0.02
    close = zl["close"].to_numpy()
    log_return = np.where(is_roll, np.log(close / zl["open"])[1:], np.log(close[1:] / close[:-1]))
    assert 0.010 < log_return.std() < 0.022
    assert np.abs(log_return).max() < 0.25
    size = np.abs(log_return)
    clustering = [np.corrcoef(size[lag:], size[:-lag])[0, 1] for lag in range(1, 11)]
    assert np.mean(clustering) > 0.03  # volatility persists


def test_board_crush_stays_near_its_products(first):
    close = first["databento/ohlcv_1d"].pivot(index="trade_date", columns="symbol", values="close")
    crush = ((2.2 * close["ZM"] + 11 * close["ZL"] - close["ZS"]) / 100).dropna()
    assert 0.5 < crush.median() < 3.0
    assert crush.quantile(0.01) > -1.0


def test_official_identities_hold(first):
    ten, two = series_of(first, "DGS10"), series_of(first, "DGS2")
    assert (series_of(first, "T10Y2Y") - (ten - two)).abs().max() < 0.02
    eia = first["eia/series"]
    for series, fred in (
        ("PET.RWTC.D", "DCOILWTICO"),
        ("PET.RBRTE.D", "DCOILBRENTEU"),
        ("NG.RNGWHHD.D", "DHHNGSP"),
    ):
        spot = eia[eia["series_id"] == series].set_index("period")["value"]
        assert spot.equals(series_of(first, fred).rename_axis("period"))
    vix = first["cboe/vix_1d"].set_index("trade_date")["close"]
    assert (series_of(first, "VIXCLS") == vix.reindex(series_of(first, "VIXCLS").index)).all()
    cot = first["cftc/cot_legacy"]
    for side in ("long", "short"):
        total = cot[[f"noncommercial_{side}", f"commercial_{side}", f"nonreportable_{side}"]].sum(axis=1)
        assert (total + cot["noncommercial_spread"] == cot["open_interest"]).all()
    assert (cot.select_dtypes("number") >= 0).all(axis=None)
    crush = first["usda/nass_crush"].dropna()
    pounds_per_bushel = crush["oil_produced_1000lb"] * 1000 / (crush["soybeans_crushed_tons"] * 2000 / 60)
    assert pounds_per_bushel.between(11.4, 12.0).all()


def test_export_sales_add_up_within_each_marketing_year(first):
    sales = first["usda/export_sales"].sort_values("week_ending")
    sales = sales[sales["marketing_year"] > "2015/16"]  # the sample starts late in that one
    by_year = sales.groupby(["country", "marketing_year"])
    for flow, total in (
        ("net_sales_mt", "total_commitments_mt"),
        ("weekly_exports_mt", "accumulated_exports_mt"),
    ):
        assert (by_year[flow].cumsum() == sales[total]).all()
    wide = sales.pivot(index=["week_ending", "marketing_year"], columns="country", values="weekly_exports_mt")
    assert (wide["TOTAL"] >= wide["CHINA"]).all()
    assert (sales["weekly_exports_mt"] >= 0).all()
    assert (sales["net_sales_mt"] < 0).any()
    assert sales["week_ending"].dt.dayofweek.eq(3).all()


def test_wasde_balances(first):
    us = first["usda/wasde"].pivot(index="release_date", columns="attribute", values="value")
    assert us.shape[1] == 69
    supply = us["Beginning Stocks"] + us["Production"] + us["Imports"]
    assert (supply == us["Total Supply"]).all()
    assert (us["Total Supply"] - us["Total Use"] == us["Ending Stocks"]).all()
    china = us["China BeginningStocks"] + us["China Production"] + us["China Imports"]
    use = us["China DomesticTotal"] + us["China Exports"] + us["China EndingStocks"]
    assert np.allclose(china, use, atol=1e-9)


def test_weekly_series_carry_their_weekday(first):
    weekday = {"ICSA": 5, "NFCI": 4, "STLFSI4": 4, "MORTGAGE30US": 3, "WALCL": 2, "GASREGW": 0}
    for series, day in weekday.items():
        assert set(series_of(first, series).index.dayofweek) == {day}
    assert first["fred/observations"]["series_id"].nunique() == 45
    assert set(series_of(first, "DFF").index.dayofweek) == set(range(7))
    assert set(series_of(first, "DGS10").index.dayofweek) == set(range(5))
    assert set(first["epa/rin_prices"]["week_start"].dt.dayofweek) == {0}
    assert first["epa/rin_prices"]["price_usd_per_rin"].between(0.01, 5).all()


# --- defects stand where the README says ------------------------------------------------------------------


def test_exactly_the_planted_sessions_fall_below_the_volume_rule(first):
    bars = first["databento/ohlcv_1d"].sort_values(["symbol", "trade_date"])
    median = bars.groupby("symbol")["volume"].transform(
        lambda volume: volume.rolling(60, min_periods=20).median().shift()
    )
    thin = bars[bars["volume"] < 0.03 * median]
    found = set(zip(thin["symbol"], thin["trade_date"], strict=True))
    assert found == {(root, day) for root, days in THIN_SESSIONS.items() for day in stamps(days)}
    share = (bars["volume"] / median).set_axis([bars["symbol"], bars["trade_date"]])
    for root, days in QUIET_SESSIONS.items():
        for day in stamps(days):
            assert 0.03 <= share[root, day] < 0.032


def test_holes_stale_runs_and_the_other_defects_are_in(first):
    for day, venues in VENUE_HOLES.items():
        at = first["databento/ohlcv_1d"]["trade_date"] == pd.Timestamp(day)
        present = set(first["databento/ohlcv_1d"].loc[at, "symbol"])
        assert present == {root for root in ROOTS if ROOTS[root].venue not in venues}
    for root, start, n_sessions in STALE_RUNS:
        bars = bars_of(first, root)
        run = bars[bars["trade_date"] >= pd.Timestamp(start)].head(n_sessions)
        assert run["close"].nunique() == 1
    sales = first["usda/export_sales"].set_index("week_ending")
    zero, after = (
        sales.loc[pd.Timestamp(ZERO_EXPORT_WEEK)],
        sales.loc[pd.Timestamp(ZERO_EXPORT_WEEK) + pd.Timedelta(7, "D")],
    )
    assert (zero[["net_sales_mt", "weekly_exports_mt"]] == 0).all(axis=None)
    assert (after["weekly_exports_mt"] > 0).all()
    monday = first["cftc/cot_legacy"]["report_date"]
    assert set(monday[monday.dt.dayofweek == 0]) == set(
        stamps(["2017-07-03", "2018-12-24", "2018-12-31", "2023-07-03"])
    )
    assert series_of(first, "DCOILWTICO")[pd.Timestamp(NEGATIVE_OIL_DAY)] < 0
    d4 = first["refinitiv_quotes/daily"].query("ric == 'rin-d4-us'")["close"]
    assert d4.median() > 20  # US cents, not USD
    assert 0.15 < (d4.diff() == 0).mean() < 0.40


# --- what was planted can be found ------------------------------------------------------------------------


def momentum(levels: np.ndarray, window: int) -> np.ndarray:
    """Change over `window` weekdays, as known two weekdays later; 0 while it fills."""
    out = np.zeros(len(levels))
    out[window + 2 :] = levels[window:-2] - levels[: -window - 2]
    return out


def test_planted_effects_are_recovered_and_placebos_are_not():
    signals, moves = [], []
    for seed in range(500, 516):  # 16 histories of eight years
        market = market_between(seed, FIRST_DATE, LAST_DATE)
        step = np.diff(market.log_level["ZL"], prepend=0.0)
        keep = (market.sigma["ZL"] > 0) & (np.arange(len(step)) > 30)
        placebos = [momentum(market.log_level[name], 21) / 0.06 for name in ("HG", "6E")]
        signals.append(np.column_stack([*market.signals.values(), *placebos])[keep])
        moves.append(step[keep] / market.sigma["ZL"][keep])
    design = np.column_stack([np.ones(sum(map(len, moves))), np.vstack(signals)])
    target = np.concatenate(moves)
    slope, *_ = np.linalg.lstsq(design, target, rcond=None)
    error = (target - design @ slope).std() * np.sqrt(np.diag(np.linalg.inv(design.T @ design)))
    planted = np.array([effect.daily_drift_sd for effect in PLANTED_EFFECTS])
    assert (np.abs(slope[1:4] - planted) < 3.5 * error[1:4]).all()
    assert (slope[1:4] / error[1:4] * np.sign(planted) > 3).all()
    assert (np.abs(slope[4:] / error[4:]) < 3.5).all()


def test_the_planted_signals_can_be_rebuilt_from_the_deliveries(first):
    market = market_between(SEED, FIRST_DATE, LAST_DATE)
    days = pd.DatetimeIndex(market.calendar.weekdays)
    quotes = first["refinitiv_quotes/daily"].pivot(index="quote_date", columns="ric", values="close")
    quotes = quotes.reindex(days).ffill()
    zl = bars_of(first, "ZL").set_index("trade_date")["close"].reindex(days).ffill()
    spread = np.log(zl * 22.0462 / (quotes["fcpoc1"] / quotes["myr="])) - np.log(34 * 22.0462 / 700)
    d4 = np.log(quotes["rin-d4-us"])
    rebuilt = {"palm_spread": spread.shift(2), "d4_momentum": (d4 - d4.shift(20)).shift(2)}
    for effect in PLANTED_EFFECTS[:2]:
        value = np.clip(rebuilt[effect.name] / effect.one_sd, -2.5, 2.5)
        assert np.corrcoef(value[60:], market.signals[effect.name][60:])[0, 1] > 0.95


def test_the_bulk_load_is_the_newest_first_delivery(first):
    for name, frame in first.items():
        assert frame["ingested_at"].max() <= pd.Timestamp(datetime(2024, 7, 1, 6)), name
