"""Sessions and business days: what was open, until when, by the exchange and by the government."""

from pathlib import Path

import pandas as pd
import pytest

from ml.calendars import publication_days, trading_sessions

PROJECT = Path(__file__).parents[2]

OVERRIDES = pd.read_csv(PROJECT / "seeds" / "calendar_overrides.csv").replace({float("nan"): None})


@pytest.fixture(scope="module")
def sessions():
    return trading_sessions(OVERRIDES).set_index("trade_date")


@pytest.fixture(scope="module")
def days():
    return publication_days(OVERRIDES).set_index("calendar_date")


@pytest.mark.parametrize(
    ("day", "close"),
    [
        ("2024-01-16", "2024-01-16 19:20"),  # winter
        ("2024-06-14", "2024-06-14 18:20"),  # summer
        ("2024-03-08", "2024-03-08 19:20"),  # last Friday before daylight saving
        ("2024-03-11", "2024-03-11 18:20"),
        ("2023-11-24", "2023-11-24 18:05"),  # day after Thanksgiving
        ("2018-12-05", "2018-12-05 19:20"),  # days of mourning on which grains traded
        ("2025-01-09", "2025-01-09 18:15"),
        ("2019-07-03", "2019-07-03 17:05"),  # early closes the library does not know
        ("2014-07-03", "2014-07-03 17:00"),
        ("2016-12-23", "2016-12-23 18:05"),
        ("2021-07-02", "2021-07-02 18:20"),  # none
    ],
)
def test_a_session_closes_by_the_clock_in_chicago(sessions, day, close):
    assert sessions.loc[pd.Timestamp(day).date(), "close_at"] == pd.Timestamp(close)


@pytest.mark.parametrize("day", ["2024-07-04", "2024-03-29", "2024-06-15", "2021-12-24"])
def test_holidays_and_weekends_are_no_sessions(sessions, day):
    assert pd.Timestamp(day).date() not in sessions.index


def test_the_calendar_reaches_the_longest_horizon_and_numbers_without_gaps(sessions):
    assert sessions.index[0].year == 2000 and sessions.index[-1].year == 2035
    assert (sessions["session_number"].diff().dropna() == 1).all()
    assert sessions["close_at"].is_monotonic_increasing


def test_an_override_can_close_a_session():
    closed = pd.DataFrame(
        {
            "calendar": ["cbot_agriculture"],
            "calendar_date": ["2024-06-14"],
            "is_open": [False],
            "close_time": [None],
        }
    )
    assert pd.Timestamp("2024-06-14").date() not in set(trading_sessions(closed)["trade_date"])


def test_an_override_that_closes_no_session_is_named():
    closed = OVERRIDES.head(1).assign(calendar_date="2024-06-15", is_open=False)
    with pytest.raises(ValueError, match="closes 2024-06-15, which is no session"):
        trading_sessions(closed)


def test_business_days_leave_out_federal_holidays_and_days_of_mourning(days):
    for day in ("2024-06-19", "2024-11-11", "2018-12-05", "2025-01-09", "2025-12-26", "2024-06-15"):
        assert not days.loc[pd.Timestamp(day).date(), "is_business_day"]
    good_friday = pd.Timestamp("2024-03-29").date()  # a holiday of the exchange, not of the government
    assert days.loc[good_friday, "is_business_day"]


def test_business_days_are_counted_up_to_and_including_the_day(days):
    friday, monday = pd.Timestamp("2024-06-14").date(), pd.Timestamp("2024-06-17").date()
    number = days["business_day_number"]
    assert number[monday] - number[friday] == 1
    assert number[pd.Timestamp("2024-06-16").date()] == number[friday]
