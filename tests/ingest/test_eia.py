"""EIA: withheld values stay unknown, units are checked, and what the publisher counts is what lands."""

from __future__ import annotations

import eia
import pytest
from runs import everything, run
from server import Answer, PublisherServer, renamed
from small import ask_for_little, small_landing

from ingest.eia import SOURCE

FEEDSTOCKS = "eia/feedstocks"


@pytest.fixture
def server(tmp_path, monkeypatch):
    ask_for_little(tmp_path / "seeds", monkeypatch)
    with PublisherServer({"eia": eia.publisher(small_landing(tmp_path / "theirs"))}) as running:
        yield running


def fetch(server, folder):
    return run(SOURCE, server, folder, key=eia.KEY)


@pytest.mark.parametrize("code", [b"null", b'"W"', b'"NA"', b'"--"', b'"(s)"'])
def test_a_withheld_value_is_null_and_never_zero(server, tmp_path, code):
    server.fail(
        "eia", lambda answer: Answer(answer.body.replace(b'"value": null', b'"value": ' + code)), None
    )
    assert fetch(server, tmp_path / "ours").error is None
    told = everything(tmp_path / "ours", FEEDSTOCKS)
    assert {row[2] for row in told if "FSPT" in row[0]} == {None}
    assert {(row[2], row[3]) for row in told if "SO" in row[0]} == {(1_100.0, "million lb")}


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        (b'"$/BBL"', b'"$/GAL"', "expected units to be one of"),
        (b'"RWTC"', b'"RWTX"', "expected rows of series RWTC"),
        (b'"70.0"', b'"E70.0"', "expected value to be a number"),
        (b'"total": "4"', b'"total": "5"', "the publisher counts 5 rows"),
        (b'"2024-01-02"', b'"2024-01"', "expected period to be a date like 2024-01-31"),
    ],
)
def test_an_answer_that_is_not_as_documented_says_where(server, tmp_path, old, new, named):
    server.fail("eia", renamed(old, new), times=1)
    outcome = fetch(server, tmp_path / "ours")
    assert named in outcome.error
    assert "petroleum/pri/spt" in outcome.error or "PET.RWTC.D" in outcome.error
    assert not list((tmp_path / "ours").rglob("*.parquet"))


def test_numbers_that_come_as_numbers_are_read_too(server, tmp_path):
    server.fail("eia", lambda answer: Answer(answer.body.replace(b'"70.0"', b"70.0")), None)
    assert fetch(server, tmp_path / "ours").error is None
    assert 70.0 in {row[2] for row in everything(tmp_path / "ours", "eia/series")}
