"""Lateness against the release calendars: weekends, holidays, shutdowns and ended series are not late; what
is overdue is, from the hour of its release."""

import datetime as dt
import io

import pandas as pd
import pytest
from rich.console import Console

from ingest.landed import Landed
from ingest.landing_contract import TABLES
from ingest.lateness import Late, Lateness
from ingest.run import Outcome
from ingest.show import WIDE, print_outcomes
from ingest.sources import SOURCES


@pytest.fixture(scope="module")
def lateness() -> Lateness:
    return Lateness()


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


# table, series, newest date, when the row after it is public (UTC)
DUE = [
    # Friday's bar: the next is Monday's, at the close.
    ("databento/ohlcv_1d", "ZL", "2024-06-28", "2024-07-01 18:20"),
    # Thanksgiving: the next session is Friday's, which closes early.
    ("databento/ohlcv_1d", "ZL", "2023-11-22", "2023-11-24 18:05"),
    ("databento/ohlcv_1d", "CL", "2024-06-28", "2024-07-01 21:00"),
    # Wednesday's yield before Independence Day: Friday's comes out on Monday.
    ("fred/observations", "DGS10", "2024-07-03", "2024-07-08 20:15"),
    # H.10: the whole week on the Monday after it, on Tuesday after a holiday.
    ("fred/observations", "DEXBZUS", "2024-06-28", "2024-07-08 20:15"),
    ("fred/observations", "DEXBZUS", "2024-08-23", "2024-09-03 20:15"),
    # Seven days a week.
    ("fred/observations", "DFF", "2024-06-28", "2024-07-01 13:00"),
    ("fred/observations", "NFCI", "2024-06-21", "2024-07-03 12:30"),
    ("fred/observations", "UNRATE", "2024-05-01", "2024-07-10 12:30"),
    ("fred/observations", "GDP", "2024-01-01", "2024-07-31 12:30"),
    ("fred/observations", "TEDRATE", "2022-01-21", None),
    ("fred/observations", "NOBODY", "2022-01-21", None),
    ("eia/series", "PET.RWTC.D", "2024-06-24", "2024-07-02 16:00"),
    ("epa/rin_prices", None, "2022-11-21", None),
    ("usda/export_sales", None, "2024-06-20", "2024-07-05 12:30"),
    ("usda/nass_crush", None, "2024-04-01", "2024-07-01 19:00"),
    ("usda/wasde", None, "2021-04-09", None),
    ("cboe/vix_1d", None, "2024-06-28", None),
    ("refinitiv_quotes/daily", None, "2024-06-28", None),
    ("imf/commodity_prices", None, "2024-06-01", None),
    ("policy_uncertainty/monthly", None, "2024-06-01", None),
    ("usda/wasde", None, "2024-06-12", "2024-07-17 16:00"),
    ("cftc/cot_legacy", "007601", "2024-06-25", "2024-07-08 19:30"),
    ("cftc/cot_disaggregated", "007601", "2024-06-25", "2024-07-08 19:30"),
    # April's feedstocks on the last business day of June.
    ("eia/feedstocks", "M_EPOOBDSO_YIFBP_NUS_MMLB", "2024-03-01", "2024-06-28 21:00"),
    # The shutdown of 2025: the report of September 30 came in November.
    ("cftc/cot_legacy", "007601", "2025-09-23", "2025-11-19 20:30"),
]


@pytest.mark.parametrize(("table", "series", "newest", "due"), DUE)
def test_the_next_row_is_due_when_its_publisher_prints_it(lateness, table, series, newest, due):
    expected = due and dt.datetime.fromisoformat(due)
    assert lateness.due_at(table, series, day(newest)) == expected
    if expected:
        assert lateness.days(table, series, day(newest), expected - dt.timedelta(seconds=1)) == 0
        assert lateness.days(table, series, day(newest), expected + dt.timedelta(days=3, hours=1)) == 3
    else:
        assert lateness.days(table, series, day(newest), dt.datetime(2026, 1, 1)) == 0


def test_a_weekend_a_holiday_and_a_shutdown_are_not_late(lateness):
    for newest, now in (
        ("2024-06-28", dt.datetime(2024, 7, 1, 12)),
        ("2023-12-22", dt.datetime(2023, 12, 26, 18)),
    ):
        assert lateness.days("databento/ohlcv_1d", "ZL", day(newest), now) == 0
    assert lateness.days("cftc/cot_legacy", "007601", day("2025-09-23"), dt.datetime(2025, 11, 19)) == 0


@pytest.mark.parametrize("table", TABLES)
def test_every_landing_table_has_a_due_date(lateness, table):
    series = {
        "databento/ohlcv_1d": "ZL",
        "fred/observations": "DGS10",
        "eia/series": "PET.RWTC.D",
        "eia/feedstocks": "M_EPOOBDSO_YIFBP_NUS_MMLB",
    }
    # A day on which no declared history ends.
    assert lateness.due_at(table, series.get(table), day("2024-06-20")) > dt.datetime(2024, 6, 20)


def test_a_silent_feed_is_late_from_the_day_freshness_warns(lateness):
    for name in ("farm_policy_news", "farmdoc_daily"):
        table = f"{name}/articles"
        assert lateness.days(table, None, day("2024-06-28"), dt.datetime(2024, 7, 2)) == 0
        assert lateness.days(table, None, day("2024-06-28"), dt.datetime(2024, 8, 1)) > 14


def fred(folder, *newest: tuple[str, str]) -> Landed:
    landed = Landed(folder, now=lambda: dt.datetime(2024, 7, 10, 12))
    frame = pd.DataFrame(
        [(series, day(date), 1.0, None) for series, date in newest],
        columns=["series_id", "observation_date", "value", "realtime_start"],
    )
    landed.land("fred/observations", frame)
    return landed


def test_the_latest_series_speaks_for_its_table(tmp_path, lateness):
    newest = [
        ("DGS10", "2024-07-01"),
        ("DGS2", "2024-07-08"),
        ("UNRATE", "2024-06-01"),
        ("TEDRATE", "2022-01-21"),
    ]
    late = lateness.of(fred(tmp_path, *newest), "fred/observations")
    assert late == Late(6, "DGS10")  # July 2 was due on the third, at 20:15 UTC
    assert str(late) == "6 DGS10"


def test_a_table_on_time_names_no_series_and_one_without_files_is_not_late(tmp_path, lateness):
    landed = fred(tmp_path, ("DGS10", "2024-07-08"), ("DGS2", "2024-07-08"))
    assert str(lateness.of(landed, "fred/observations")) == "0"
    assert lateness.of(landed, "eia/series") is None


def printed(width: int) -> str:
    tables = {source.name: source.tables for source in SOURCES.values()}
    outcomes = [
        Outcome(name, dict.fromkeys(names, 1_234_567), dict.fromkeys(names, day("2024-06-28")))
        for name, names in tables.items()
    ]
    broken = (
        "https://example.org/api/v2/endpoint: answered 503, 6 times in a row. " + "Try [again] later. " * 4
    )
    outcomes.append(Outcome("fred", {"fred/observations": 0}, {"fred/observations": None}, broken.strip()))
    late = {"fred/observations": Late(12, "DTWEXEMEGS")}
    console = Console(width=width, file=io.StringIO(), highlight=False)
    print_outcomes(outcomes, late, console)
    return console.file.getvalue()


@pytest.mark.parametrize("width", [60, 80, WIDE, 200])
def test_the_table_is_readable_on_every_terminal(width):
    text = printed(width)
    flat, letters = " ".join(text.split()), "".join(text.split())
    assert "…" not in text
    for words in ("1,234,567", "2024-06-28", "late"):
        assert words in flat
    assert "Try[again]later." in letters
    assert width < 80 or all(
        name in text for name in ("DTWEXEMEGS", "usda_export_sales", "cot_disaggregated")
    )
    table = text if width >= WIDE else text[: text.index("fred: https")]
    assert max(map(len, table.splitlines())) <= width
    if width < WIDE:
        assert "fred: https://example.org/api/v2/endpoint: answered 503, 6 times in a row." in flat
