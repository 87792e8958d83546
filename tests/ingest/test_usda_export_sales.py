"""Export sales, row by row: totals, destinations, marketing years, and what is refused."""

import datetime as dt

import pandas as pd
import pytest
import usda_export_sales as fas
import usda_runs as runs
from server import Answer, PublisherServer
from usda_cases import CASES, LATER, SINCE, spoiled_rows, told, write_recent

CASE = CASES[0]
WEEK = "2024-03-14"


@pytest.fixture(scope="module")
def recent(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recent")
    write_recent(folder)
    return folder


@pytest.fixture
def server(recent):
    with PublisherServer({CASE.name: CASE.imitation.publisher(recent)}) as running:
        yield running


def test_a_destination_told_twice_counts_once_in_the_total(server, recent, tmp_path):
    spoiled_rows(server, CASE.name, "exports/", lambda rows: rows + rows)
    assert runs.run(CASE.source, server, tmp_path, since=SINCE).error is None
    pd.testing.assert_frame_equal(told(tmp_path, CASE), told(recent, CASE))


def test_a_week_without_one_of_its_destinations_has_no_total(server, tmp_path):
    def without_unknown(rows):
        return [r for r in rows if (r["weekEndingDate"][:10], r["countryCode"]) != (WEEK, fas.UNKNOWN)]

    spoiled_rows(server, CASE.name, "exports/", without_unknown)
    assert runs.run(CASE.source, server, tmp_path, since=SINCE).error is None
    landed = runs.newest_rows(tmp_path, CASE.table)
    by_week = landed.groupby("week_ending")["country"].agg(set)
    everyone = {"TOTAL", "CHINA", "UNKNOWN"}
    around = pd.date_range("2024-03-07", periods=3, freq="7D")
    assert by_week[around].tolist() == [everyone, {"CHINA"}, everyone]


@pytest.mark.parametrize("code", ["-", "", None])
def test_a_missing_part_makes_the_total_missing_not_smaller(server, tmp_path, code):
    def withheld(rows):
        for row in rows:
            if (row["weekEndingDate"][:10], row["countryCode"]) == (WEEK, 5700):
                row["outstandingSales"] = code
        return rows

    spoiled_rows(server, CASE.name, "exports/", withheld)
    assert runs.run(CASE.source, server, tmp_path, since=SINCE).error is None
    landed = runs.newest_rows(tmp_path, CASE.table)
    week = landed[landed["week_ending"] == pd.Timestamp(WEEK)].set_index("country")
    assert week.loc[["CHINA", "TOTAL"], "total_commitments_mt"].isna().all()
    assert week.loc["UNKNOWN", "total_commitments_mt"] > 0
    assert week["accumulated_exports_mt"].notna().all()


def test_a_boundary_week_stands_once_for_each_marketing_year(server, tmp_path):
    boundary = dt.date(2022, 9, 1)
    runs.run(CASE.source, server, tmp_path, since=boundary, until=boundary + dt.timedelta(days=13))
    total = runs.newest_rows(tmp_path, CASE.table).query("country == 'TOTAL'")
    years = total.groupby("week_ending")["marketing_year"].agg(list)
    assert years.tolist() == [["2021/22", "2022/23"], ["2022/23"]]


def test_meal_and_oil_land_with_their_own_marketing_years(tmp_path):
    sample = runs.newest_rows(runs.SAMPLE, CASE.table)
    oil = sample[sample["week_ending"] == pd.Timestamp("2023-09-21")]
    runs.write_rows(
        tmp_path / "publisher", CASE.table, oil.assign(commodity="SOYBEAN OIL", marketing_year="2022/23")
    )
    with PublisherServer({CASE.name: fas.publisher(tmp_path / "publisher")}) as server:
        outcome = runs.run(
            CASE.source, server, tmp_path, since=dt.date(2023, 9, 18), until=dt.date(2023, 9, 24)
        )
    assert outcome.error is None
    landed = told(tmp_path, CASE)
    assert set(landed["commodity"]) == {"SOYBEAN OIL"} and set(landed["marketing_year"]) == {"2022/23"}


@pytest.mark.parametrize(
    ("spoiled", "said"),
    [
        ({"countryCode": 42}, "countryCode 42 is not in FAS's list"),
        ({"unitId": 2}, "expected metric tons, found 2 (BALES)"),
        ({"weeklyExports": "lots"}, "weeklyExports: expected a number, found 'lots'"),
        ({"weekEndingDate": "14.03.2024"}, "weekEndingDate: expected a date"),
    ],
)
def test_an_odd_row_of_export_sales_is_refused_by_name(server, tmp_path, spoiled, said):
    spoiled_rows(
        server, CASE.name, "exports/", lambda rows: [*rows[:-1], {**rows[-1], **spoiled}] if rows else []
    )
    outcome = runs.run(CASE.source, server, tmp_path, since=SINCE)
    assert said in outcome.error
    assert not runs.files_of(tmp_path)


def test_a_closed_year_without_rows_behind_one_with_rows_is_an_error(recent, tmp_path):
    whole = fas.publisher(runs.SAMPLE)

    def answer(asked):
        return Answer(b"[]") if asked.path.endswith("801/allCountries/marketYear/2021") else whole(asked)

    with PublisherServer({CASE.name: answer}) as server:
        outcome = runs.run(CASE.source, server, tmp_path)
        assert "closed marketing year 2020/21 has no rows" in outcome.error
        assert outcome.newest[CASE.table] < dt.date(2020, 9, 10)
        server.publishers[CASE.name] = whole
        assert runs.run(CASE.source, server, tmp_path, now=LATER).error is None
    pd.testing.assert_frame_equal(told(tmp_path, CASE), told(runs.SAMPLE, CASE))
