"""Crush, row by row: codes, units, counts, and what is refused."""

import pandas as pd
import pytest
import usda_runs as runs
from server import PublisherServer
from usda_cases import CASES, SINCE, spoiled_rows, told, write_recent

CASE = CASES[1]


@pytest.fixture(scope="module")
def recent(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recent")
    write_recent(folder)
    return folder


@pytest.fixture
def server(recent):
    with PublisherServer({CASE.name: CASE.imitation.publisher(recent)}) as running:
        yield running


def test_a_page_of_the_crush_told_twice_is_not_what_was_counted(server, tmp_path):
    spoiled_rows(server, CASE.name, "api_GET", lambda rows: rows + rows)
    outcome = runs.run(CASE.source, server, tmp_path, since=SINCE)
    assert "has 44 rows, 88 came" in outcome.error
    assert not runs.files_of(tmp_path)


@pytest.mark.parametrize("code", ["(D)", " (NA)", "(X)", "(Z)", "(S)"])
def test_withheld_crush_is_missing_not_zero_and_oil_is_in_thousand_lb(server, recent, tmp_path, code):
    def withheld(rows):
        for row in rows:
            if "CRUSHED" in row["short_desc"] and (row["year"], row["reference_period_desc"]) == (
                "2024",
                "APR",
            ):
                row["Value"] = code
        return rows

    spoiled_rows(server, CASE.name, "api_GET", withheld)
    assert runs.run(CASE.source, server, tmp_path, since=SINCE).error is None
    landed, published = told(tmp_path, CASE), told(recent, CASE)
    assert pd.isna(landed.iloc[-1]["soybeans_crushed_tons"])
    pd.testing.assert_frame_equal(landed.iloc[:-1], published.iloc[:-1])
    assert landed["oil_produced_1000lb"].between(1.5e6, 3e6).all()


@pytest.mark.parametrize(
    ("spoiled", "said"),
    [
        ({"unit_desc": "1000 LB"}, "unit_desc: expected TONS, found '1000 LB'"),
        ({"reference_period_desc": "YEAR"}, "expected a year and a month like JAN"),
        ({"Value": "(Q)"}, "expected a number, found '(Q)'"),
        ({"Value": "1,23"}, "expected a number, found '1,23'"),
    ],
)
def test_an_odd_row_of_the_crush_is_refused_by_name(server, tmp_path, spoiled, said):
    spoiled_rows(server, CASE.name, "api_GET", lambda rows: [{**row, **spoiled} for row in rows])
    outcome = runs.run(CASE.source, server, tmp_path, since=SINCE)
    assert said in outcome.error
    assert not runs.files_of(tmp_path)


def test_a_renamed_item_does_not_empty_what_has_landed(recent, server, tmp_path, monkeypatch):
    assert runs.run(CASE.source, server, tmp_path, since=SINCE).error is None
    before = runs.files_of(tmp_path)
    column, item, *rest = CASE.imitation.ITEMS[3]
    renamed = (*CASE.imitation.ITEMS[:3], (column, f"{item} (NEW)", *rest), *CASE.imitation.ITEMS[4:])
    monkeypatch.setattr(CASE.imitation, "ITEMS", renamed)
    server.publishers[CASE.name] = CASE.imitation.publisher(recent)
    outcome = runs.run(CASE.source, server, tmp_path, since=SINCE)
    assert f"NASS has no row of '{item}'" in outcome.error
    assert runs.files_of(tmp_path) == before
