"""CFTC: codes keep their zeros, each contract comes from its own report, futures only."""

from __future__ import annotations

import json

import cftc
import pytest
from runs import everything, run
from server import Answer, PublisherServer, renamed
from small import FUND_COUNTS, ask_for_little, small_landing

from ingest.cftc import SOURCE
from ingest.seeds import seed_rows

LEGACY, FUNDS = "cftc/cot_legacy", "cftc/cot_disaggregated"


@pytest.fixture
def server(tmp_path, monkeypatch):
    ask_for_little(tmp_path / "seeds", monkeypatch)
    with PublisherServer({"cftc": cftc.publisher(small_landing(tmp_path / "theirs"))}) as running:
        yield running


def test_every_contract_comes_from_the_report_that_holds_it(server, tmp_path):
    assert run(SOURCE, server, tmp_path / "ours").error is None
    told = everything(tmp_path / "ours", FUNDS)
    assert {(row[1], row[2]) for row in told} == {("007601", "disaggregated"), ("099741", "financial")}
    assert told[0][4:] == tuple(FUND_COUNTS.values())
    sent = [(asked.path, asked.parameters["$where"][26:34]) for asked in server.asked["cftc"]]
    assert sent == [
        ("resource/6dca-aqww.json", "'007601'"),
        ("resource/6dca-aqww.json", "'099741'"),
        ("resource/72hh-3qpy.json", "'007601'"),
        ("resource/gpe5-46if.json", "'099741'"),
    ]


def without_one(answer: Answer, field: str, value: str | None) -> Answer:
    """The first row has `value` in the field, or, as Socrata says nothing, no such field."""
    rows = json.loads(answer.body)
    rows[0].pop(field)
    if value is not None:
        rows[0][field] = value
    return Answer(json.dumps(rows).encode())


@pytest.mark.parametrize("code", [".", None])
def test_a_count_that_is_not_told_is_null(server, tmp_path, code):
    server.fail("cftc", lambda answer: without_one(answer, "noncomm_positions_long_all", code), times=1)
    assert run(SOURCE, server, tmp_path / "ours").error is None
    assert [row[4] for row in everything(tmp_path / "ours", LEGACY)].count(None) == 1


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        (b'"007601"', b'"7601"', "expected cftc_contract_market_code 007601, found '7601'"),
        (b'"FutOnly"', b'"Combined"', "expected futonly_or_combined FutOnly, found 'Combined'"),
        (b'"500"', b'"500.5"', "expected open_interest_all to be a whole number, found '500.5'"),
        (b"2024-01-02T00:00:00.000", b"01/02/2024", "expected report_date_as_yyyy_mm_dd to be a date"),
    ],
)
def test_an_answer_that_is_not_as_documented_names_contract_field_and_value(
    server, tmp_path, old, new, named
):
    server.fail("cftc", renamed(old, new), times=1)
    outcome = run(SOURCE, server, tmp_path / "ours")
    assert named in outcome.error and "007601" in outcome.error
    assert not list((tmp_path / "ours" / LEGACY).glob("*.parquet"))


def test_a_column_the_publisher_dropped_is_told_as_it_says(server, tmp_path, monkeypatch):
    monkeypatch.delitem(cftc.DATA_SETS["6dca-aqww"][2], "open_interest_all")
    outcome = run(SOURCE, server, tmp_path / "ours")
    assert "answered 400" in outcome.error and "No such column: open_interest_all" in outcome.error


def test_codes_of_the_seed_have_six_characters_and_a_known_report():
    assert {len(row["cftc_contract_code"]) for row in seed_rows("cot_contracts")} == {6}
    assert {row["report"] for row in seed_rows("cot_contracts")} == {"disaggregated", "financial"}
