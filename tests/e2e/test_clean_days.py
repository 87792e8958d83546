"""On clean days nothing alarms: 250 sessions of the sample and every weekend and holiday between them."""

import json
import random
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from builds import PROJECT, STAGED, copy_database, dbt, staging_job
from simulated_days import SimulatedDays

from ingest.landing_contract import LIVE_ONLY
from ingest.sources import SOURCES

SEED = 20240628
N_ALWAYS = 10
N_DAYS = 250
LAST_SESSION = date(2024, 6, 27)
# UTC, of the day after: late evening in Chicago, all of the day is out. By UTC's date, which ages are counted
# in, the next day has begun and nothing of it is out: the hour at which everything is oldest.
EVENING = time(5)
SAMPLE = PROJECT / "landing" / "sample"


@pytest.fixture(scope="module")
def simulation(staged_sample, tmp_path_factory) -> SimulatedDays:
    db = tmp_path_factory.mktemp("days") / "zl.duckdb"
    copy_database(staged_sample, db)
    return SimulatedDays(db, SAMPLE)


def sessions(simulation: SimulatedDays, n: int) -> list[date]:
    """The last n sessions up to LAST_SESSION, oldest first."""
    found = simulation.connection.sql(
        f"select trade_date from zl.reference.trading_calendar where trade_date <= date '{LAST_SESSION}' "
        f"order by trade_date desc limit {n}"
    ).fetchall()
    return sorted(day for (day,) in found)


def evenings(first: date, last: date) -> list[datetime]:
    """The evening of every day, session or not."""
    days = (first + timedelta(days=n + 1) for n in range((last - first).days + 1))
    return [datetime.combine(day, EVENING) for day in days]


def alarms(simulation: SimulatedDays, hours: Sequence[datetime]) -> list[str]:
    """One line per check that is not green and the first hour of each time it turned so."""
    lines, before = [], {}
    for hour in hours:
        said = simulation.verdicts(hour)
        for name, status in said.items():
            if status not in ("pass", before.get(name)):
                lines.append(f"{hour} {name} {status}: {simulation.offenders(name, hour)[:3]}")
        before = said
    return lines


def test_ten_clean_days_raise_no_alarm(simulation):
    days = sessions(simulation, N_DAYS)
    first = random.Random(SEED).randrange(N_DAYS - N_ALWAYS)
    hours = evenings(days[first], days[first + N_ALWAYS - 1])
    found = alarms(simulation, hours)
    assert not found, "\n".join(found)


@pytest.mark.proof
def test_250_clean_days_raise_no_alarm(simulation, request):
    days = sessions(simulation, N_DAYS)
    hours = evenings(days[0], days[-1])
    found = alarms(simulation, hours)
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        print(
            f"\n{len(days)} sessions from {days[0]} to {days[-1]}, {len(hours)} evenings, "
            f"{len(simulation.checks)} checks: {len(found)} alarms"
        )
    assert not found, "\n".join(found)


def test_before_anything_has_come_every_source_a_job_brings_is_missed_by_name(simulation):
    hour = datetime(2000, 1, 1, 5)
    said = simulation.verdicts(hour)
    # Of the tables only live sources deliver, a declared history is without.
    tables = {table for source in SOURCES.values() for table in source.tables} - LIVE_ONLY
    expected = {f"{table.replace('/', '_')}_is_fresh" for table in tables}
    expected |= {f"{source.publisher}_is_not_late" for source in SOURCES.values()}
    missed = {name for name in said if name.endswith(("_is_fresh", "_is_not_late")) and said[name] != "pass"}
    assert missed == expected
    for name in expected:
        assert said[name] == "warn"
        assert any("never delivered" in row for row in simulation.offenders(name, hour)), name


def said_by_dbt(simulation: SimulatedDays, hour: datetime, folder: Path) -> dict[str, str]:
    """Verdicts of a real run on a landing that holds what was known at the hour."""
    db, landing = folder / "zl.duckdb", folder / "landing"
    simulation.land(hour, landing)
    built = staging_job(db, landing, str(hour))
    assert built.code == 0, built.output
    selection = ("--select", *STAGED, "--exclude", "test_type:unit")
    dbt("test", *selection, db=db, variables={"landing": str(landing), "clock": str(hour)})
    results = json.loads((db.with_suffix(".target") / "run_results.json").read_text())["results"]
    return {
        result["unique_id"]: result["status"].replace("fail", "error")
        for result in results
        if result["unique_id"].startswith("test.")
    }


@pytest.mark.proof
@pytest.mark.parametrize(
    "hour", [datetime(2023, 7, 5, 5), datetime(2023, 11, 26, 5), datetime(2024, 3, 14, 5)]
)
def test_a_dbt_run_says_the_same_as_the_simulation(simulation, tmp_path, hour: datetime):
    simulated = simulation.verdicts(hour)
    said = said_by_dbt(simulation, hour, tmp_path)
    assert {check.name: said[check.key] for check in simulation.checks} == simulated
