"""A cut at a past close reproduces that day bit for bit: every earlier feature and the day's forecast."""

import duckdb
import pytest
from builds import NOT_KNOWN_THEN, daily_job, main_job, rows, scratch, table_fingerprint

FEATURES = ["features.daily_ml_matrix", "features.bucket_scores"]


def served_session(db, position: float) -> str:
    """A served session at a relative position of the record (0 first, 1 last)."""
    return str(rows(db, f"select quantile_disc(as_of_date, {position}) from forecasts.zl_predictions")[0][0])


@pytest.mark.parametrize("position", [pytest.param(0.31), pytest.param(0.77, marks=pytest.mark.proof)])
def test_a_replay_reproduces_the_day_bit_for_bit(sample_db, tmp_path, position):
    day = served_session(sample_db, position)
    replayed = tmp_path / "replay.duckdb"
    outcome = daily_job(replayed, variables={"as_of": day})
    assert outcome.code == 0, outcome.output
    with (
        duckdb.connect(str(scratch(sample_db)), read_only=True) as full,
        duckdb.connect(str(scratch(replayed)), read_only=True) as cut,
    ):
        for relation in FEATURES:
            then = f"as_of_date <= date '{day}'"
            assert table_fingerprint(full, relation, where=then) == table_fingerprint(
                cut, relation, where=then
            ), relation
        that_day = f"as_of_date = date '{day}'"
        for relation, then in [
            # other roots close after the cut: their own forecasts of that day are made in the evening
            ("training.benchmark_forecasts", f"as_of_date < date '{day}' or {that_day} and symbol = 'ZL'"),
            ("training.ensemble_weights", f"fold_id <= '{day}'"),
            ("training.bucket_predictions", that_day),
            ("forecasts.zl_predictions", that_day),
        ]:
            without = (*NOT_KNOWN_THEN, "prediction_type")
            assert table_fingerprint(full, relation, without, then) == table_fingerprint(
                cut, relation, without, then
            ), relation
    assert outcome.says("Not published", "never moves what is served")


def test_a_cut_on_a_day_without_a_session_is_refused(tmp_path):
    outcome = main_job(tmp_path / "replay.duckdb", variables={"as_of": "2023-05-06"})
    assert outcome.code != 0
    assert outcome.says("2023-05-06", "session")
