"""The gap between what is learnt from and what is forecast."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.windows import check_windows, drawn, purged_holdout


def windows(h=5, gap=None, first=(100, 120), n=20):
    gap = h if gap is None else gap
    return pd.DataFrame(
        {
            "fold_id": [f"{start}" for start in first],
            "horizon": "1w",
            "horizon_sessions": h,
            "train_first_index": 1,
            "train_last_index": [start - gap - 1 for start in first],
            "test_first_index": list(first),
            "test_last_index": [start + n - 1 for start in first],
        }
    )


def test_windows_purged_by_the_horizon_pass():
    check_windows(windows())


def test_a_gap_one_session_short_is_refused():
    with pytest.raises(
        ValueError, match=r"fold 100, horizon 1w: 4 sessions between training and test; a target of 5"
    ):
        check_windows(windows(gap=4))


def test_overlapping_test_blocks_are_refused():
    with pytest.raises(
        ValueError, match="fold 110, horizon 1w: its test block begins at session 110, inside"
    ):
        check_windows(windows(first=(100, 110)))


def test_a_fold_given_twice_or_a_missing_column_is_refused():
    with pytest.raises(ValueError, match="has fold 100, horizon 1w twice"):
        check_windows(windows(first=(100, 100)))
    with pytest.raises(ValueError, match="lacks train_last_index"):
        check_windows(windows().drop(columns="train_last_index"))


def test_the_pictures_of_the_docstring_are_true():
    assert drawn(10, *purged_holdout(np.arange(10), 2, 0.3, 1)) == "x x x x x . . v v v"


def test_a_hole_on_the_axis_does_not_shorten_the_gap():
    session_index = np.array([1, 2, 3, 4, 8, 9, 10, 11])
    fit, holdout = purged_holdout(session_index, 3, 0.25, 1)
    assert session_index[fit].tolist() == [1, 2, 3, 4]
    assert session_index[holdout].tolist() == [10, 11]


@given(n=st.integers(0, 300), h=st.integers(1, 126), frac=st.floats(0.05, 0.49), least=st.integers(1, 126))
def test_no_fitted_target_reaches_the_holdout(n, h, frac, least):
    session_index = np.arange(7, 7 + n)
    fit, holdout = purged_holdout(session_index, h, frac, least)
    assert holdout.stop == n
    if fit.stop > 0:
        assert session_index[fit][-1] + h < session_index[holdout][0]
        assert session_index[fit][-1] + h + 1 == session_index[holdout][0]  # and no row is thrown away
        assert holdout.stop - holdout.start >= min(least, n)


def test_unsorted_sessions_are_refused():
    with pytest.raises(ValueError, match="must increase"):
        purged_holdout(np.array([1, 3, 2]), 1, 0.3, 1)
