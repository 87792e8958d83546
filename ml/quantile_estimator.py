"""One AutoGluon quantile fit and its forecasts, as bytes in and bytes out. Runs in child processes.

Its source is part of every fit's key: what does not decide a fitted value belongs elsewhere. AutoGluon's
own random folds, its trial runs and its refits are all off; the forward holdout it gets decides early
stopping and the weights of the families, and is the only thing it ever validates on.
"""

import io
import signal
import tarfile
import tempfile
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

LABEL = "target_std"


def fit_quantiles(
    fit_rows: NDArray,
    fit_target: NDArray,
    holdout_rows: NDArray,
    holdout_target: NDArray,
    quantile_levels: tuple[float, ...],
    hyperparameters: dict[str, dict[str, Any]] | None,
    portfolio: str | None,
    families: tuple[str, ...],
    seed: int,
    time_limit_decides: bool,
    time_limit_seconds: float,
) -> bytes:
    """Fit AutoGluon's quantile predictor and pack it.

    The target is centred on the median of the fit rows and the forecasts stay so: the drift of the past is
    not learnt, only what the features say.

    Parameters
    ----------
    fit_rows : shape (n, k). Rows to fit on; NaN is missing.
    fit_target : shape (n,). Standardised target, in standard deviations.
    holdout_rows, holdout_target : shapes (m, k), (m,). Later rows, a purge gap after the last fit row.
    hyperparameters : per family, AutoGluon's names; None takes those of `portfolio`.
    portfolio : a preset of AutoGluon whose collection of estimators is used, limited to `families`.
    time_limit_decides : True gives AutoGluon `time_limit_seconds` of wall time to do what it can; False
        ends the process (SIGPROF) when it has computed that many CPU seconds.
    """
    from autogluon.features.generators import IdentityFeatureGenerator
    from autogluon.tabular import TabularPredictor

    kept = _informative_columns(fit_rows)
    centre = float(np.median(fit_target))
    fit_frame = _frame(fit_rows[:, kept]).assign(**{LABEL: fit_target - centre})
    holdout_frame = _frame(holdout_rows[:, kept]).assign(**{LABEL: holdout_target - centre})
    if hyperparameters is None:
        hyperparameters = _portfolio(portfolio, families)
    else:
        hyperparameters = {name: _repeatable(name, values, seed) for name, values in hyperparameters.items()}
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        predictor = TabularPredictor(
            LABEL, problem_type="quantile", quantile_levels=list(quantile_levels), path=folder, verbosity=0
        )
        with _cpu_limit(None if time_limit_decides else time_limit_seconds):
            predictor.fit(
                fit_frame,
                tuning_data=holdout_frame,
                time_limit=time_limit_seconds if time_limit_decides else None,
                hyperparameters=hyperparameters,
                feature_generator=IdentityFeatureGenerator(),
                fit_weighted_ensemble=True,
                num_bag_folds=0,
                num_bag_sets=1,
                num_stack_levels=0,
                auto_stack=False,
                dynamic_stacking=False,
                refit_full=False,
                save_space=True,
                num_cpus=1,
                num_gpus=0,
                raise_on_model_failure=not time_limit_decides,
            )
        names = _single_and_ensemble(predictor.leaderboard().set_index("model")["score_val"].to_dict())
        (Path(folder) / "columns").write_bytes(np.flatnonzero(kept).astype("<i8").tobytes())
        (Path(folder) / "names").write_text("\n".join(names))
        return _packed(Path(folder))


def predict_quantiles(model: bytes, rows: NDArray) -> NDArray:
    """Quantiles of the best single estimator and of the weighted ensemble, side by side.

    Parameters
    ----------
    model : what `fit_quantiles` returned.
    rows : shape (n, k), the k columns it was fitted on.

    Returns
    -------
    shape (n, 2 · levels), in standard deviations, unsorted, centred: the single estimator's, then the
    ensemble's.
    """
    from autogluon.tabular import TabularPredictor

    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with tarfile.open(fileobj=io.BytesIO(model), mode="r:xz") as packed:
            packed.extractall(folder, filter="data")
        predictor = TabularPredictor.load(folder, verbosity=0)
        kept = np.frombuffer((Path(folder) / "columns").read_bytes(), dtype="<i8")
        frame = _frame(rows[:, kept])
        names = (Path(folder) / "names").read_text().split("\n")
        return np.hstack([predictor.predict(frame, model=name).to_numpy(np.float64) for name in names])


def _single_and_ensemble(scores: dict[str, float]) -> tuple[str, str]:
    """The best single estimator on the holdout (ties: the name that sorts first) and the weighted ensemble.

    Where AutoGluon made no ensemble, because one estimator was left, that one is both.
    """
    singles = sorted(name for name in scores if not name.startswith("WeightedEnsemble"))
    best = max(singles, key=scores.get)
    return best, next((name for name in scores if name.startswith("WeightedEnsemble")), best)


def _informative_columns(rows: NDArray) -> NDArray:
    """Columns with at least two different known values, as booleans."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a column without any value has no minimum
        return np.nanmax(rows, axis=0) > np.nanmin(rows, axis=0)


def _frame(rows: NDArray) -> Any:
    import pandas as pd

    return pd.DataFrame(rows, columns=[f"x{place:03d}" for place in range(rows.shape[1])])


def _repeatable(family: str, values: dict[str, Any], seed: int) -> dict[str, Any]:
    """Hyperparameters with everything fixed that could make a second fit differ from the first."""
    if family == "GBM":
        # LightGBM otherwise times two ways of summing histograms and takes the faster: other bits on other
        # days.
        return values | {"seed": seed, "deterministic": True, "force_col_wise": True}
    if family == "CAT":
        return values | {"random_seed": seed}
    return values | {"random_state": seed}


def _portfolio(preset: str, families: tuple[str, ...]) -> dict[str, Any]:
    """AutoGluon's collection of estimators for a preset, without the families not asked for."""
    from autogluon.tabular.configs.hyperparameter_configs import get_hyperparameter_config
    from autogluon.tabular.configs.presets_configs import tabular_presets_dict

    collection = get_hyperparameter_config(tabular_presets_dict[preset]["hyperparameters"])
    return {name: values for name, values in collection.items() if name in families}


@contextmanager
def _cpu_limit(seconds: float | None):
    """Let the kernel end this process when it has computed this long; load of the machine does not count.

    An exception would be gentler, but libraries catch it half way and go on with what is left.
    """
    before = signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, seconds or 0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _packed(folder: Path) -> bytes:
    """All files of a folder as one compressed archive."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:xz", preset=3) as packed:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                packed.add(file, arcname=file.relative_to(folder).as_posix())
    return out.getvalue()
