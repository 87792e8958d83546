"""USDA's three sources against imitations of their publishers: the right rows or one clear line, and nothing
half landed."""

import datetime as dt
import json
from dataclasses import dataclass, replace
from types import ModuleType

import pandas as pd
import pytest
import usda_export_sales as fas
import usda_nass_crush as nass
import usda_runs as runs
import usda_wasde as oce
from server import (
    Answer,
    Asked,
    PublisherServer,
    cut_connection,
    html_page,
    renamed,
    server_error,
    too_many_requests,
    truncated_body,
)
from typer.testing import CliRunner

from ingest.run import ingest
from ingest.sources import SOURCES
from ml.cli import app
from ml.landing_contract import TABLES

SINCE = dt.date(2022, 7, 1)
LATER = runs.NOW + dt.timedelta(days=1)


@dataclass(frozen=True)
class Case:
    """A source, its imitation, a field of its answers, and how a test revises a row."""

    name: str
    imitation: ModuleType
    field: bytes
    value: str

    @property
    def source(self):
        return SOURCES[self.name]

    @property
    def table(self):
        return self.source.tables[0]

    @property
    def date(self):
        return TABLES[self.table].date_column


CASES = [
    Case("usda_export_sales", fas, b"weeklyExports", "weekly_exports_mt"),
    Case("usda_nass_crush", nass, b"reference_period_desc", "soybeans_crushed_tons"),
    Case("usda_wasde", oce, b"MarketYear", "value"),
]
WITH_KEY = CASES[:2]


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request):
    return request.param


@pytest.fixture(scope="module")
def recent(tmp_path_factory):
    """The last two years of the sample, as a publisher's landing."""
    folder = tmp_path_factory.mktemp("recent")
    for one in CASES:
        frame = runs.newest_rows(runs.SAMPLE, one.table)
        runs.write_rows(folder, one.table, frame[frame[one.date] >= pd.Timestamp(SINCE)])
    return folder


@pytest.fixture
def server(case, recent):
    with PublisherServer({case.name: case.imitation.publisher(recent)}) as running:
        yield running


def told(landing, case) -> pd.DataFrame:
    """What has landed, of the destinations the publisher's landing has."""
    frame = runs.newest_rows(landing, case.table)
    if "country" in frame:
        frame = frame[frame["country"].isin(["TOTAL", "CHINA"])]
    return frame.reset_index(drop=True)


def test_the_imitation_of_the_sample_gives_the_sample(case, tmp_path):
    with PublisherServer({case.name: case.imitation.publisher(runs.SAMPLE)}) as server:
        outcome = runs.run(case.source, server, tmp_path)
        assert outcome.error is None
        pd.testing.assert_frame_equal(told(tmp_path, case), told(runs.SAMPLE, case))

        before = runs.files_of(tmp_path)
        server.asked[case.name].clear()
        outcome = runs.run(case.source, server, tmp_path, now=LATER)
        assert outcome.error is None and outcome.new_rows == {case.table: 0}
        assert runs.files_of(tmp_path) == before
        assert oldest_asked(case, server) >= 2023


def oldest_asked(case: Case, server: PublisherServer) -> int:
    """Oldest calendar year asked for; soybeans only of the export sales, the sample has no others."""
    years = []
    for asked in server.asked[case.name]:
        if "year__GE" in asked.parameters:
            years.append(int(asked.parameters["year__GE"]))
        elif "wasde" in asked.path:
            years.append(int(asked.path.split("-data-")[1][:4]))
        elif "commodityCode/801" in asked.path:
            years.append(int(asked.path.split("/")[-1]) - 1)
    return min(years)


@pytest.mark.parametrize("fault", [too_many_requests, server_error, cut_connection])
def test_a_passing_fault_changes_nothing(case, server, recent, tmp_path, fault):
    server.fail(case.name, fault, times=2, after=1)
    assert runs.run(case.source, server, tmp_path, since=SINCE).error is None
    pd.testing.assert_frame_equal(told(tmp_path, case), told(recent, case))


@pytest.mark.parametrize("fault", [server_error, cut_connection, truncated_body, html_page])
def test_a_lasting_fault_lands_nothing_and_says_so_in_one_line(case, server, tmp_path, fault):
    server.fail(case.name, fault, times=None)
    outcome = runs.run(case.source, server, tmp_path, since=SINCE)
    assert outcome.error and "\n" not in outcome.error
    assert not runs.files_of(tmp_path)


def test_a_renamed_field_is_named(case, server, tmp_path):
    def fault(answer: Answer) -> Answer:
        spoiled = renamed(case.field, case.field + b"New")
        return spoiled(answer) if case.field in answer.body else answer

    server.fail(case.name, fault, times=None)
    outcome = runs.run(case.source, server, tmp_path, since=SINCE)
    assert f"no {'column' if case.name == 'usda_wasde' else 'field'} {case.field.decode()};" in outcome.error
    assert not runs.files_of(tmp_path)


def test_a_revised_value_lands_alone_and_later(case, server, recent, tmp_path):
    runs.run(case.source, server, tmp_path, since=SINCE)
    before = {path: path.read_bytes() for path in runs.files_of(tmp_path)}
    revised = runs.newest_rows(recent, case.table)
    at = revised.index[-1]  # the last week of TOTAL, the last month, the last line of the last report
    revised.loc[at, case.value] += 8
    corrected = tmp_path / "publisher"
    runs.write_rows(corrected, case.table, revised)
    server.publishers[case.name] = case.imitation.publisher(corrected)

    landing = tmp_path / case.table
    outcome = runs.run(case.source, server, tmp_path, now=LATER)
    assert outcome.error is None
    # A total revised alone is a destination revised: UNKNOWN has what is left of it.
    assert outcome.new_rows == {case.table: 2 if case.imitation is fas else 1}
    assert all(path.read_bytes() == content for path, content in before.items())
    assert len(set(landing.glob("*.parquet")) - set(before)) == 1
    assert told(tmp_path, case).loc[at, case.value] == revised.loc[at, case.value]


def test_an_empty_period_is_no_error(case, server, tmp_path):
    outcome = runs.run(case.source, server, tmp_path, since=dt.date(2021, 2, 1), until=dt.date(2021, 2, 20))
    assert outcome.error is None and outcome.new_rows == {case.table: 0}
    assert not runs.files_of(tmp_path)


def test_since_and_until_bound_what_lands(case, server, tmp_path):
    since, until = dt.date(2023, 5, 1), dt.date(2024, 2, 15)
    assert runs.run(case.source, server, tmp_path, since=since, until=until).error is None
    dates = told(tmp_path, case)[case.date]
    assert dates.min() >= pd.Timestamp(since) and dates.max() <= pd.Timestamp(until)
    assert dates.max() >= pd.Timestamp(2024, 1, 1)


def test_a_killed_run_goes_on_where_it_was(case, tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    with PublisherServer({case.name: case.imitation.publisher(runs.SAMPLE)}) as server:
        runs.run(case.source, server, whole)
        variables = {**server.variables(), "USDA_FAS_API_KEY": runs.KEY, "USDA_NASS_API_KEY": runs.KEY}
        landed = runs.Killed(killed, at=1)
        with pytest.raises(KeyboardInterrupt):
            ingest([case.source], killed, variables, landed=landed, in_a_hurry=True)
        assert 0 < landed.rows(case.table) < len(runs.newest_rows(whole, case.table))
        assert runs.run(case.source, server, killed, now=LATER).error is None
    assert all(path.suffix == ".parquet" for path in runs.files_of(killed))
    pd.testing.assert_frame_equal(told(killed, case), told(whole, case))


@pytest.mark.parametrize("case", WITH_KEY, ids=lambda case: case.name, indirect=True)
def test_a_missing_key_says_which_and_what_works_without(case, server, tmp_path):
    (outcome,) = ingest([case.source], tmp_path, server.variables())
    assert case.source.key.variable in outcome.error and "WASDE (no key) still come" in outcome.error
    assert not server.asked[case.name]


@pytest.mark.parametrize("case", WITH_KEY, ids=lambda case: case.name, indirect=True)
def test_a_wrong_key_is_never_said(case, server, tmp_path, caplog):
    outcome = runs.run(case.source, server, tmp_path, key=case.imitation.WRONG_KEY)
    assert "answered 40" in outcome.error
    assert case.imitation.WRONG_KEY not in outcome.error + caplog.text


def test_zl_ingest_usda_lands_all_three_and_a_missing_key_stops_its_own_only(recent, tmp_path, monkeypatch):
    with PublisherServer({one.name: one.imitation.publisher(recent) for one in CASES}) as server:
        for name, value in {**server.variables(), "USDA_FAS_API_KEY": runs.KEY, "COLUMNS": "200"}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("USDA_NASS_API_KEY", raising=False)
        for one in CASES:
            monkeypatch.setitem(SOURCES, one.name, replace(one.source, pause=0.0))
        period = ["--since", "2024-05-01", "--until", "2024-06-30"]
        shown = CliRunner().invoke(app, ["ingest", "usda", "--landing", str(tmp_path), *period])
    assert shown.exit_code == 1
    rows = {line.split("│")[1].strip(): line for line in shown.output.splitlines() if "│ usda" in line}
    assert list(rows) == [one.name for one in CASES]
    assert "USDA_NASS_API_KEY is not set" in rows["usda_nass_crush"]
    assert "2024-06-20" in rows["usda_export_sales"] and "2024-06-10" in rows["usda_wasde"]
    assert runs.KEY not in shown.output


def spoiled_rows(server: PublisherServer, name: str, part: str, spoil) -> None:
    """Every JSON answer whose path has `part` goes through `spoil` (list of rows -> list of rows)."""
    whole = server.publishers[name]

    def answer(asked):
        given = whole(asked)
        if part not in asked.path or given.status != 200:
            return given
        body = json.loads(given.body)
        rows = body["data"] if isinstance(body, dict) else body
        rows = spoil(rows)
        return Answer(json.dumps({"data": rows} if isinstance(body, dict) else rows).encode())

    server.publishers[name] = answer


def of(name: str):
    """The case of that source, as an argument of `server`."""
    return pytest.mark.parametrize(
        "case", [one for one in CASES if one.name == name], ids=lambda case: case.name, indirect=True
    )


@of("usda_export_sales")
def test_a_destination_told_twice_counts_once_in_the_total(case, server, recent, tmp_path):
    spoiled_rows(server, case.name, "exports/", lambda rows: rows + rows)
    assert runs.run(case.source, server, tmp_path, since=SINCE).error is None
    pd.testing.assert_frame_equal(told(tmp_path, case), told(recent, case))


WEEK = "2024-03-14"


@of("usda_export_sales")
def test_a_week_without_one_of_its_destinations_has_no_total(case, server, tmp_path):
    def without_unknown(rows):
        return [r for r in rows if (r["weekEndingDate"][:10], r["countryCode"]) != (WEEK, fas.UNKNOWN)]

    spoiled_rows(server, case.name, "exports/", without_unknown)
    assert runs.run(case.source, server, tmp_path, since=SINCE).error is None
    landed = runs.newest_rows(tmp_path, case.table)
    by_week = landed.groupby("week_ending")["country"].agg(set)
    everyone = {"TOTAL", "CHINA", "UNKNOWN"}
    around = pd.date_range("2024-03-07", periods=3, freq="7D")
    assert by_week[around].tolist() == [everyone, {"CHINA"}, everyone]


@of("usda_export_sales")
@pytest.mark.parametrize("code", ["-", "", None])
def test_a_missing_part_makes_the_total_missing_not_smaller(case, server, tmp_path, code):
    def withheld(rows):
        for row in rows:
            if (row["weekEndingDate"][:10], row["countryCode"]) == (WEEK, 5700):
                row["outstandingSales"] = code
        return rows

    spoiled_rows(server, case.name, "exports/", withheld)
    assert runs.run(case.source, server, tmp_path, since=SINCE).error is None
    landed = runs.newest_rows(tmp_path, case.table)
    week = landed[landed["week_ending"] == pd.Timestamp(WEEK)].set_index("country")
    assert week.loc[["CHINA", "TOTAL"], "total_commitments_mt"].isna().all()
    assert week.loc["UNKNOWN", "total_commitments_mt"] > 0
    assert week["accumulated_exports_mt"].notna().all()


@of("usda_export_sales")
def test_a_boundary_week_stands_once_for_each_marketing_year(case, server, tmp_path):
    boundary = dt.date(2022, 9, 1)
    runs.run(case.source, server, tmp_path, since=boundary, until=boundary + dt.timedelta(days=13))
    total = runs.newest_rows(tmp_path, case.table).query("country == 'TOTAL'")
    years = total.groupby("week_ending")["marketing_year"].agg(list)
    assert years.tolist() == [["2021/22", "2022/23"], ["2022/23"]]


@of("usda_export_sales")
def test_meal_and_oil_land_with_their_own_marketing_years(case, tmp_path):
    sample = runs.newest_rows(runs.SAMPLE, case.table)
    oil = sample[sample["week_ending"] == pd.Timestamp("2023-09-21")]
    runs.write_rows(
        tmp_path / "publisher", case.table, oil.assign(commodity="SOYBEAN OIL", marketing_year="2022/23")
    )
    with PublisherServer({case.name: fas.publisher(tmp_path / "publisher")}) as server:
        outcome = runs.run(
            case.source, server, tmp_path, since=dt.date(2023, 9, 18), until=dt.date(2023, 9, 24)
        )
    assert outcome.error is None
    landed = told(tmp_path, case)
    assert set(landed["commodity"]) == {"SOYBEAN OIL"} and set(landed["marketing_year"]) == {"2022/23"}


@of("usda_export_sales")
@pytest.mark.parametrize(
    ("spoiled", "said"),
    [
        ({"countryCode": 42}, "countryCode 42 is not in FAS's list"),
        ({"unitId": 2}, "expected metric tons, found 2 (BALES)"),
        ({"weeklyExports": "lots"}, "weeklyExports: expected a number, found 'lots'"),
        ({"weekEndingDate": "14.03.2024"}, "weekEndingDate: expected a date"),
    ],
)
def test_an_odd_row_of_export_sales_is_refused_by_name(case, server, tmp_path, spoiled, said):
    spoiled_rows(
        server, case.name, "exports/", lambda rows: [*rows[:-1], {**rows[-1], **spoiled}] if rows else []
    )
    outcome = runs.run(case.source, server, tmp_path, since=SINCE)
    assert said in outcome.error
    assert not runs.files_of(tmp_path)


@of("usda_export_sales")
def test_a_closed_year_without_rows_behind_one_with_rows_is_an_error(case, recent, tmp_path):
    whole = fas.publisher(runs.SAMPLE)

    def answer(asked):
        return Answer(b"[]") if asked.path.endswith("801/allCountries/marketYear/2021") else whole(asked)

    with PublisherServer({case.name: answer}) as server:
        outcome = runs.run(case.source, server, tmp_path)
        assert "closed marketing year 2020/21 has no rows" in outcome.error
        assert outcome.newest[case.table] < dt.date(2020, 9, 10)
        server.publishers[case.name] = whole
        assert runs.run(case.source, server, tmp_path, now=LATER).error is None
    pd.testing.assert_frame_equal(told(tmp_path, case), told(runs.SAMPLE, case))


@of("usda_nass_crush")
def test_a_page_of_the_crush_told_twice_is_not_what_was_counted(case, server, tmp_path):
    spoiled_rows(server, case.name, "api_GET", lambda rows: rows + rows)
    outcome = runs.run(case.source, server, tmp_path, since=SINCE)
    assert "has 44 rows, 88 came" in outcome.error
    assert not runs.files_of(tmp_path)


@of("usda_nass_crush")
@pytest.mark.parametrize("code", ["(D)", " (NA)", "(X)", "(Z)", "(S)"])
def test_withheld_crush_is_missing_not_zero_and_oil_is_in_thousand_lb(case, server, recent, tmp_path, code):
    def withheld(rows):
        for row in rows:
            if "CRUSHED" in row["short_desc"] and (row["year"], row["reference_period_desc"]) == (
                "2024",
                "APR",
            ):
                row["Value"] = code
        return rows

    spoiled_rows(server, case.name, "api_GET", withheld)
    assert runs.run(case.source, server, tmp_path, since=SINCE).error is None
    landed, published = told(tmp_path, case), told(recent, case)
    assert pd.isna(landed.iloc[-1]["soybeans_crushed_tons"])
    pd.testing.assert_frame_equal(landed.iloc[:-1], published.iloc[:-1])
    assert landed["oil_produced_1000lb"].between(1.5e6, 3e6).all()


@of("usda_nass_crush")
@pytest.mark.parametrize(
    ("spoiled", "said"),
    [
        ({"unit_desc": "1000 LB"}, "unit_desc: expected TONS, found '1000 LB'"),
        ({"reference_period_desc": "YEAR"}, "expected a year and a month like JAN"),
        ({"Value": "(Q)"}, "expected a number, found '(Q)'"),
        ({"Value": "1,23"}, "expected a number, found '1,23'"),
    ],
)
def test_an_odd_row_of_the_crush_is_refused_by_name(case, server, tmp_path, spoiled, said):
    spoiled_rows(server, case.name, "api_GET", lambda rows: [{**row, **spoiled} for row in rows])
    outcome = runs.run(case.source, server, tmp_path, since=SINCE)
    assert said in outcome.error
    assert not runs.files_of(tmp_path)


def edited(server: PublisherServer, month: str, *changes: tuple[bytes, bytes]) -> None:
    """The WASDE file of `month` with some text replaced."""
    whole = server.publishers["usda_wasde"]

    def answer(asked):
        given = whole(asked)
        if f"{month}.csv" in asked.path:
            for old, new in changes:
                given = renamed(old, new)(given)
        return given

    server.publishers["usda_wasde"] = answer


@of("usda_wasde")
def test_the_newest_correction_of_a_report_is_taken(case, server, tmp_path):
    whole = server.publishers[case.name]
    corrected = renamed(b'"Ending Stocks"', b'"Ending  stocks"')

    def answer(asked):
        if asked.path == "oce-wasde-report-data-2024-03.csv":
            return Answer(b"taken down", 404)
        if asked.path == "oce-wasde-report-data-2024-03-V2.csv":
            return corrected(whole(Asked("oce-wasde-report-data-2024-03.csv", {}, {})))
        if asked.path == "oce-wasde-report-data-2024-02-V2.csv":
            first = whole(Asked("oce-wasde-report-data-2024-02.csv", {}, {}))
            return renamed(
                b'"Exports","","Oilseed, Soybean","United States","2023/24","Proj.","Annual","',
                b'"Exports","","Oilseed, Soybean","United States","2023/24","Proj.","Annual","9',
            )(first)
        return whole(asked)

    server.publishers[case.name] = answer
    assert runs.run(case.source, server, tmp_path, since=SINCE).error is None
    exports = runs.newest_rows(tmp_path, case.table).query("attribute == 'Exports'").set_index("release_date")
    assert (exports["value"] > 9000).sum() == 1 and exports.loc["2024-02", "value"].iloc[0] > 9000
    assert len(exports.loc["2024-03"]) == 1


@of("usda_wasde")
def test_a_report_left_out_is_seen_by_its_number(case, server, tmp_path):
    whole = server.publishers[case.name]
    server.publishers[case.name] = lambda asked: Answer(b"", 404) if "2023-11" in asked.path else whole(asked)
    outcome = runs.run(case.source, server, tmp_path, since=SINCE)
    assert "is missing; nothing behind it has landed" in outcome.error


@of("usda_wasde")
def test_a_value_that_is_not_printed_has_no_row(case, server, recent, tmp_path):
    where = b'"Residual","","Oilseed, Soybean","United States","2024/25","Proj.","Annual","'
    printed = server.publishers[case.name](Asked("oce-wasde-report-data-2024-06.csv", {}, {})).body
    value = printed.split(where)[1].split(b'"')[0]
    edited(server, "2024-06", (where + value, where + b"NA"))
    assert runs.run(case.source, server, tmp_path, since=SINCE).error is None
    absent = len(told(recent, case)) - len(told(tmp_path, case))
    assert absent == 1
    last = told(tmp_path, case).loc[lambda frame: frame["release_date"] == pd.Timestamp("2024-06-10")]
    assert "Residual" not in set(last["attribute"]) and "Seed" in set(last["attribute"])


@of("usda_wasde")
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ((b'"Crushings"', b'"Crush"'), "expected one of area planted"),
        ((b'"Million Bushels"', b'"1,000 Bushels"'), "Unit of Beginning Stocks"),
        ((b'"Oilseed, Soybean"', b'"Soybeans"'), "has no row of 'Oilseed, Soybean'"),
        ((b'"World  2/"', b'"Globe"'), "no World BeginningStocks of 2024/25"),
        ((b'"Proj."', b'"Est."'), "expected the flag Proj., found 'Est.'"),
        ((b'"2024/25"', b'"2024-25"'), "MarketYear: expected a year like 2023/24, found '2024-25'"),
        ((b'"2024-06-10"', b'""'), "ReleaseDate: expected a date"),
    ],
)
def test_an_odd_report_is_refused_by_name(case, server, tmp_path, change, said):
    edited(server, "2024-06", change)
    outcome = runs.run(case.source, server, tmp_path, since=dt.date(2024, 5, 1))
    assert said in outcome.error
    assert not runs.files_of(tmp_path)


@of("usda_wasde")
def test_an_archive_cut_off_is_no_archive(case, tmp_path):
    with PublisherServer({case.name: oce.publisher(runs.SAMPLE)}) as server:
        server.fail(case.name, truncated_body, times=None)
        outcome = runs.run(case.source, server, tmp_path, since=dt.date(2016, 1, 1))
    assert "no whole zip archive" in outcome.error
    assert not runs.files_of(tmp_path)
