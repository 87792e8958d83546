"""The textbook recipe: AutoGluon's quantile boosting on raw returns, random 8-fold bagging, one stack level.

Refitted every January on all rows whose target has ended. What it reports about itself is the loss of its
out-of-fold forecasts, whose folds are drawn at random: neighbouring rows share all but a session of their
target, so that the answer is in the training folds.
"""

import tempfile

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.market import QUANTILE_LEVELS, Market
from ml.params import load_bucket

REFIT_MONTHS = 12
# The families of the project's own learners, at the sizes people give them.
FAMILIES = {
    "GBM": {"num_boost_round": 300},
    "CAT": {"iterations": 300, "depth": 4},
    "XT": {"n_estimators": 100},
}
LABEL = "return_log"


def forecast(market: Market) -> pd.DataFrame:
    """Columns of `market.FORECAST` and `reported_loss`, the recipe's own pinball loss of its fit."""
    features = market.covariates[list(load_bucket("main").features)]
    frames = []
    for horizon in market.horizons:
        target = market.target(horizon)
        for refit in market.refits(REFIT_MONTHS):
            taught = market.training_rows(horizon, refit.start)
            quantiles, reported = bagged_quantiles(
                features[taught].assign(**{LABEL: target[taught]}), features.iloc[refit.origins]
            )
            frame = market.forecasts(horizon, refit.origins, quantiles)
            frames.append(frame.assign(reported_loss=reported))
    return pd.concat(frames, ignore_index=True)


def bagged_quantiles(rows: pd.DataFrame, asked: pd.DataFrame) -> tuple[NDArray, float]:
    """Quantiles for the rows of `asked`, shape (n, 3), and the pinball loss the predictor reports."""
    from autogluon.tabular import TabularPredictor

    with tempfile.TemporaryDirectory() as folder:
        predictor = TabularPredictor(
            LABEL,
            problem_type="quantile",
            quantile_levels=list(QUANTILE_LEVELS),
            eval_metric="pinball_loss",
            path=folder,
            verbosity=0,
        )
        predictor.fit(
            rows,
            hyperparameters=FAMILIES,
            num_bag_folds=8,
            num_bag_sets=1,
            num_stack_levels=1,
            dynamic_stacking=False,
            ag_args_ensemble={"fold_fitting_strategy": "sequential_local"},
            num_cpus=1,
            num_gpus=0,
        )
        # AutoGluon's scores are negated losses.
        reported = -float(predictor.leaderboard()["score_val"].max())
        return np.asarray(predictor.predict(asked), dtype=float), reported
