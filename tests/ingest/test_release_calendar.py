"""Days typed into seeds/release_calendar.csv: after what they describe, and one report after another."""

import datetime as dt
from itertools import pairwise

import pytest

from ingest.release_times import ReleaseTimes, first_of_month
from ingest.seeds import seed_rows

DAYS_OF_RULE: dict[str, set[dt.date]] = {}
for row in seed_rows("release_calendar"):
    DAYS_OF_RULE.setdefault(row["release_rule"], set()).add(dt.date.fromisoformat(row["period_date"]))
WEEKLY = ("cftc_cot", "usda_export_sales", "epa_rin_prices", "fred_claims", "fred_gasoline")
DAILY = ("eia_spot", "fred_spot")
MONTHS = {"fred_gdp": 3}


def neighbours(rule: str, day: dt.date) -> list[dt.date]:
    """The days the reports before and after describe, as they usually stand."""
    if rule in DAILY:
        before, after = {0: (3, 1), 4: (1, 3)}.get(day.weekday(), (1, 1))
        return [day - dt.timedelta(before), day + dt.timedelta(after)]
    if rule in WEEKLY:
        return [day - dt.timedelta(7), day + dt.timedelta(7)]
    return [first_of_month(day, step * MONTHS.get(rule, 1)) for step in (-1, 1)]


@pytest.mark.parametrize("rule", DAYS_OF_RULE)
def test_no_report_is_public_before_the_one_before_it(rule):
    release_times, typed = ReleaseTimes(), DAYS_OF_RULE[rule]
    closest = 6 if rule in WEEKLY else 1  # a Monday's report stands for that week's Tuesday
    days = typed | {
        near
        for day in typed
        for near in neighbours(rule, day)
        if min(abs((near - other).days) for other in typed) >= closest
    }
    published = [(release_times.published_at(rule, day), day) for day in sorted(days)]
    assert [day for instant, day in published if instant.date() <= day] == []
    assert [
        f"{day}: {instant} before {before}"
        for (before, _), (instant, day) in pairwise(published)
        if instant < before
    ] == []
