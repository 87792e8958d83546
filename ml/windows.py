"""Walk-forward windows: what may be learnt from, what is forecast, and the gap between them.

A target of `h` sessions known at session t reaches to t + h. A row may teach only if its target ended
before the first session it is tested on: t + h < first test session, so h rows before each test block are
purged. h = 2:

    x x x x . . y y y - - -      x train   . purged   y test
    x x x x x x x . . y y y

The windows themselves are SQL (`training.walk_forward_windows`); everything that learns checks them here.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

COLUMNS = (
    "fold_id",
    "horizon",
    "horizon_sessions",
    "train_first_index",
    "train_last_index",
    "test_first_index",
    "test_last_index",
)


def check_windows(windows: pd.DataFrame) -> None:
    """Refuse windows that would let a forecaster see its own answer.

    Parameters
    ----------
    windows : one row per fold and horizon, with `COLUMNS`; indices are session numbers.

    Raises
    ------
    ValueError
        Missing column, a fold twice, a gap shorter than the horizon, or test blocks that overlap; one line
        with the fold and what was expected.
    """
    missing = [column for column in COLUMNS if column not in windows]
    if missing:
        raise ValueError(f"walk_forward_windows lacks {missing[0]}; it has {', '.join(windows.columns)}.")
    if windows.duplicated(["fold_id", "horizon"]).any():
        twice = windows[windows.duplicated(["fold_id", "horizon"])].iloc[0]
        raise ValueError(f"walk_forward_windows has fold {twice.fold_id}, horizon {twice.horizon} twice.")
    gap = windows["test_first_index"] - windows["train_last_index"] - 1
    short = windows.assign(gap=gap)[gap < windows["horizon_sessions"]]
    if len(short):
        fold = short.iloc[0]
        raise ValueError(
            f"walk_forward_windows, fold {fold.fold_id}, horizon {fold.horizon}: {fold.gap} sessions between "
            f"training and test; a target of {fold.horizon_sessions} sessions needs as many purged."
        )
    ordered = windows.sort_values(["horizon", "test_first_index"])
    before = ordered.groupby("horizon")["test_last_index"].shift()
    overlapping = ordered[ordered["test_first_index"] <= before]
    if len(overlapping):
        fold = overlapping.iloc[0]
        raise ValueError(
            f"walk_forward_windows, fold {fold.fold_id}, horizon {fold.horizon}: its test block begins at "
            f"session {fold.test_first_index}, inside the block before."
        )


def purged_holdout(
    session_index: NDArray, horizon_sessions: int, holdout_frac: float, min_holdout_sessions: int
) -> tuple[slice, slice]:
    """Split training rows into an earlier part to fit on and a later one to weigh by.

        x x x x x . . v v v      x fit   . purged (h = 2)   v holdout

    Parameters
    ----------
    session_index : shape (n,), increasing. Session numbers of the training rows; gaps are allowed.
    horizon_sessions : sessions a target reaches ahead.
    holdout_frac : share of the rows held out, at least `min_holdout_sessions` of them.

    Returns
    -------
    Slices of the rows to fit on and of the holdout; the first is empty if nothing is left before the gap.
    """
    if len(session_index) and (np.diff(session_index) <= 0).any():
        raise ValueError("`session_index` must increase: sort the training rows by session first.")
    n = len(session_index)
    first = max(0, n - max(round(n * holdout_frac), min_holdout_sessions))
    if first == 0:
        return slice(0, 0), slice(0, n)
    n_fit = int(np.searchsorted(session_index, session_index[first] - horizon_sessions, side="left"))
    return slice(0, n_fit), slice(first, n)


def drawn(n: int, fit: slice, holdout: slice) -> str:
    """The picture of a split, one sign per row: x fit, . purged, v holdout."""
    signs = ["."] * n
    signs[fit] = "x" * (fit.stop - fit.start)
    signs[holdout] = "v" * (holdout.stop - holdout.start)
    return " ".join(signs)
