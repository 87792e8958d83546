"""One AutoGluon quantile fit and its forecasts, as bytes in and bytes out. Runs in child processes.

Its source is part of every fit's key: what does not decide a fitted value belongs elsewhere. AutoGluon's
own random folds and trial runs are off; the forward holdout it gets decides the weights of the families,
and is the only thing it ever validates on.
"""

import gc
import io
import json
import signal
import tarfile
import tempfile
import warnings
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.params import NORMAL_Z90

LABEL = "target_std"
CARD = "card.json"


def fit_quantiles(
    rows: NDArray,
    target: NDArray,
    n_fit: int,
    first_holdout: int,
    quantile_levels: tuple[float, ...],
    hyperparameters: dict[str, dict[str, Any]] | None,
    portfolio: str | None,
    families: tuple[str, ...],
    seed: int,
    time_limit_decides: bool,
    time_limit_seconds: float,
) -> bytes:
    """Fit AutoGluon's quantile predictor and pack it.

    Families are fitted on the earlier rows and weighed on the holdout; then the best single one and the
    ensemble are fitted anew on both, with rounds and weights kept. The rows of the gap between them are
    never fitted on (docs/experiments.md). Neither the past's drift nor its level of width is learnt, only
    what changes with the features: the target is centred on its median, and the learnt widths are divided
    by their mean over the training rows.

    Parameters
    ----------
    rows : shape (n, k). Training rows in time order; NaN is missing.
    target : shape (n,). Standardised target, in standard deviations.
    n_fit : rows fitted on before the gap.
    first_holdout : first row after the gap; the holdout goes to the end.
    quantile_levels : increasing, symmetric around one half.
    hyperparameters : per family, AutoGluon's names; None takes those of `portfolio`.
    portfolio : a preset of AutoGluon whose collection of estimators is used, limited to `families`.
    time_limit_decides : True gives AutoGluon `time_limit_seconds` of wall time to do what it can; False
        ends the process (SIGPROF) when it has computed that many CPU seconds.
    """
    from autogluon.features.generators import IdentityFeatureGenerator
    from autogluon.tabular import TabularPredictor

    _read_versions_once()
    kept = informative_columns(rows[:n_fit])
    frame = _frame(rows[:, kept]).assign(**{LABEL: target - np.median(target)})
    if hyperparameters is None:
        estimators = _portfolio(portfolio, families)
    else:
        estimators = dict(_repeatable(name, values, seed) for name, values in hyperparameters.items())
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        predictor = TabularPredictor(
            LABEL, problem_type="quantile", quantile_levels=list(quantile_levels), path=folder, verbosity=0
        )
        with _cpu_limit(None if time_limit_decides else time_limit_seconds):
            predictor.fit(
                frame[:n_fit],
                tuning_data=frame[first_holdout:],
                time_limit=time_limit_seconds if time_limit_decides else None,
                hyperparameters=estimators,
                feature_generator=IdentityFeatureGenerator(),
                fit_weighted_ensemble=True,
                num_bag_folds=0,
                num_bag_sets=1,
                num_stack_levels=0,
                auto_stack=False,
                dynamic_stacking=False,
                refit_full=False,
                num_cpus=1,
                num_gpus=0,
                raise_on_model_failure=not time_limit_decides,
            )
            names = _single_and_ensemble(predictor.leaderboard().set_index("model")["score_val"].to_dict())
            refitted = predictor.refit_full(
                model=sorted(set(names)),
                set_best_to_refit_full=False,
                num_cpus=1,
                num_gpus=0,
            )
        names = [refitted[name] for name in names]
        predictor.set_model_best(names[-1])
        predictor.delete_models(models_to_keep=sorted(set(names)), dry_run=False)
        predictor.save_space()
        inputs = frame.drop(columns=LABEL)
        quantiles = [predictor.predict(inputs, model=name).to_numpy(np.float64) for name in names]
        card = {
            "names": names,
            "columns": np.flatnonzero(kept).tolist(),
            "mean_widths": [_mean_width(values) for values in quantiles],
        }
        (Path(folder) / CARD).write_text(json.dumps(card))
        _set_libraries_aside()
        return _packed(Path(folder))


def predict_quantiles(model: bytes, rows: NDArray) -> NDArray:
    """Quantiles of the best single estimator and of the weighted ensemble, side by side.

    Parameters
    ----------
    model : what `fit_quantiles` returned.
    rows : shape (n, k), the k columns it was fitted on.

    Returns
    -------
    shape (n, 2 · levels): the single estimator's, then the ensemble's. Unsorted; the distances from the
    median are those learnt over the mean learnt on the training rows, times the standard normal's.
    """
    from autogluon.tabular import TabularPredictor

    _read_versions_once()
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with tarfile.open(fileobj=io.BytesIO(model), mode="r:xz") as packed:
            # extractall(filter=...) is younger than Python 3.11.2
            packed.extraction_filter = getattr(tarfile, "data_filter", None)
            packed.extractall(folder)
        card = json.loads((Path(folder) / CARD).read_text())
        predictor = TabularPredictor.load(folder, verbosity=0)
        frame = _frame(rows[:, card["columns"]])
        answers = []
        for name, mean_width in zip(card["names"], card["mean_widths"], strict=True):
            quantiles = predictor.predict(frame, model=name).to_numpy(np.float64)
            median = quantiles[:, [quantiles.shape[1] // 2]]
            answers.append(median + (quantiles - median) / mean_width)
        return np.hstack(answers)


@cache
def _read_versions_once() -> None:
    """AutoGluon reads the version of every installed package at each save and load: 40 % of a light fit."""
    import autogluon.common.utils.utils as autogluon_utils

    autogluon_utils.get_package_versions = cache(autogluon_utils.get_package_versions)


@cache
def _set_libraries_aside() -> None:
    """Each fit collects garbage; after the first, what its libraries loaded need not be searched again."""
    gc.collect()
    gc.freeze()


def _mean_width(quantiles: NDArray) -> float:
    """Geometric mean over the rows of the outer quantiles' distance, in units of the standard normal's."""
    width = np.abs(quantiles[:, -1] - quantiles[:, 0]) / (2 * NORMAL_Z90)
    return float(np.exp(np.mean(np.log(np.maximum(width, 1e-3)))))


def _single_and_ensemble(scores: dict[str, float]) -> tuple[str, str]:
    """The best single estimator on the holdout (ties: the name that sorts first) and the weighted ensemble.

    Where AutoGluon made no ensemble, because one estimator was left, that one is both.
    """
    singles = sorted(name for name in scores if not name.startswith("WeightedEnsemble"))
    best = max(singles, key=scores.get)
    return best, next((name for name in scores if name.startswith("WeightedEnsemble")), best)


def informative_columns(rows: NDArray) -> NDArray:
    """Which columns hold at least two different known values; shape (k,), boolean."""
    # fmax and fmin pass over NaN; a column without any value is NaN on both sides, and NaN > NaN is false
    return np.fmax.reduce(rows, axis=0) > np.fmin.reduce(rows, axis=0)


def _frame(rows: NDArray) -> Any:
    import pandas as pd

    return pd.DataFrame(rows, columns=[f"x{place:03d}" for place in range(rows.shape[1])])


def _repeatable(family: str, values: dict[str, Any], seed: int) -> tuple[Any, dict[str, Any]]:
    """AutoGluon's key and values of a family, with everything fixed that could make a second fit differ."""
    from ml.fixed_rounds import FixedRoundsCAT, FixedRoundsGBM

    if family == "GBM":
        # LightGBM otherwise times two ways of summing histograms and takes the faster: other bits, other
        # days.
        return FixedRoundsGBM, values | {"seed": seed, "deterministic": True, "force_col_wise": True}
    if family == "CAT":
        return FixedRoundsCAT, values | {"random_seed": seed}
    return family, values | {"random_state": seed}


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
