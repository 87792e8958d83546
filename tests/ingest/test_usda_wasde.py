"""WASDE, report by report: corrections, gaps, what is not printed, and what is refused."""

import datetime as dt

import pandas as pd
import pytest
import usda_runs as runs
import usda_wasde as oce
from server import Answer, Asked, PublisherServer, renamed, truncated_body
from usda_cases import CASES, SINCE, told, write_recent

CASE = CASES[2]


@pytest.fixture(scope="module")
def recent(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recent")
    write_recent(folder)
    return folder


@pytest.fixture
def server(recent):
    with PublisherServer({CASE.name: CASE.imitation.publisher(recent)}) as running:
        yield running


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


def test_the_newest_correction_of_a_report_is_taken(server, tmp_path):
    whole = server.publishers[CASE.name]
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

    server.publishers[CASE.name] = answer
    assert runs.run(CASE.source, server, tmp_path, since=SINCE).error is None
    exports = runs.newest_rows(tmp_path, CASE.table).query("attribute == 'Exports'").set_index("release_date")
    assert (exports["value"] > 9000).sum() == 1 and exports.loc["2024-02", "value"].iloc[0] > 9000
    assert len(exports.loc["2024-03"]) == 1


def test_a_report_left_out_is_seen_by_its_number(server, tmp_path):
    whole = server.publishers[CASE.name]
    server.publishers[CASE.name] = lambda asked: Answer(b"", 404) if "2023-11" in asked.path else whole(asked)
    outcome = runs.run(CASE.source, server, tmp_path, since=SINCE)
    assert "is missing; nothing behind it has landed" in outcome.error


def test_a_value_that_is_not_printed_has_no_row(server, recent, tmp_path):
    where = b'"Residual","","Oilseed, Soybean","United States","2024/25","Proj.","Annual","'
    printed = server.publishers[CASE.name](Asked("oce-wasde-report-data-2024-06.csv", {}, {})).body
    value = printed.split(where)[1].split(b'"')[0]
    edited(server, "2024-06", (where + value, where + b"NA"))
    assert runs.run(CASE.source, server, tmp_path, since=SINCE).error is None
    absent = len(told(recent, CASE)) - len(told(tmp_path, CASE))
    assert absent == 1
    last = told(tmp_path, CASE).loc[lambda frame: frame["release_date"] == pd.Timestamp("2024-06-10")]
    assert "Residual" not in set(last["attribute"]) and "Seed" in set(last["attribute"])


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
def test_an_odd_report_is_refused_by_name(server, tmp_path, change, said):
    edited(server, "2024-06", change)
    outcome = runs.run(CASE.source, server, tmp_path, since=dt.date(2024, 5, 1))
    assert said in outcome.error
    assert not runs.files_of(tmp_path)


def test_an_archive_cut_off_is_no_archive(tmp_path):
    with PublisherServer({CASE.name: oce.publisher(runs.SAMPLE)}) as server:
        server.fail(CASE.name, truncated_body, times=None)
        outcome = runs.run(CASE.source, server, tmp_path, since=dt.date(2016, 1, 1))
    assert "no whole zip archive" in outcome.error
    assert not runs.files_of(tmp_path)
