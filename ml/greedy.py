"""Greedy selection (Caruana et al., "Ensemble Selection from Libraries of Models", ICML 2004)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def greedy_weights(
    predictions: NDArray, y_true: NDArray, quantile_levels: NDArray, names: Sequence[str], n_steps: int
) -> NDArray:
    """Caruana selection with replacement: times each model was chosen; divided by their sum, the weights.

    Every step adds the model whose inclusion in the equal-weight bag has the lowest pinball, summed over the
    levels; ties go to the name that sorts first; the earliest step with the lowest loss is kept.

    Parameters
    ----------
    predictions : shape (m, n, k)
        Quantiles of m models on the same n rows; already divided by the rows' volatility forecast.
    y_true : shape (n,)
        Outcomes, divided by the same.
    quantile_levels : shape (k,)
    names : length m

    Returns
    -------
    Integer counts, shape (m,), in the order of `names`. One per model: all its quantiles share it.

    Raises
    ------
    ValueError
        Shapes that do not fit, a value that is not finite, a name that stands there twice.
    """
    _refuse_bad_shapes(predictions, y_true, quantile_levels, names)
    order = np.argsort(names)
    levels = np.repeat(quantile_levels, len(y_true))
    outcome = np.tile(y_true, len(quantile_levels))
    models = np.ascontiguousarray(predictions[order].transpose(0, 2, 1)).reshape(len(order), -1)
    slope = ((levels - 0.5) * (outcome - models)).sum(axis=1)  # pinball(e) = |e| / 2 + (level - 1/2) e
    bag, bag_slope, chosen, losses = np.zeros_like(outcome), 0.0, [], []
    for size in range(1, n_steps + 1):
        distance = np.abs((size * outcome - bag) - models).sum(axis=1)
        loss = (distance / 2 + bag_slope + slope) / (size * len(y_true))
        best = int(np.argmin(loss))
        bag, bag_slope = bag + models[best], bag_slope + slope[best]
        chosen.append(best)
        losses.append(loss[best])
    # A bag chosen twice over has the same loss but for the last bits: that is no improvement.
    kept = int(np.argmax(np.array(losses) <= min(losses) + 1e-12 * abs(min(losses)))) + 1
    counts = np.zeros(len(order), dtype=np.int64)
    counts[order] = np.bincount(chosen[:kept], minlength=len(order))
    return counts


def _refuse_bad_shapes(
    predictions: NDArray, y_true: NDArray, quantile_levels: NDArray, names: Sequence[str]
) -> None:
    expected = (len(names), len(y_true), len(quantile_levels))
    if predictions.shape != expected:
        raise ValueError(
            f"`predictions` has shape {predictions.shape}; expected {expected}: models, rows, levels."
        )
    if len(set(names)) != len(names):
        raise ValueError(f"`names` holds a model twice: {sorted(names)}.")
    if not (np.isfinite(predictions).all() and np.isfinite(y_true).all()):
        raise ValueError("`predictions` and `y_true` must be finite: leave out rows a model does not have.")
