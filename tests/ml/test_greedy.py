import numpy as np
import pytest

from ml.greedy import greedy_weights
from ml.params import QUANTILE_LEVELS

LEVELS = np.array(QUANTILE_LEVELS)
MEDIAN = np.array([0.5])


def slow_greedy(predictions, y_true, levels, names, n_steps):
    """The definition, said slowly."""
    models = sorted(range(len(names)), key=lambda i: names[i])
    bag, best_loss, best_bag = [], np.inf, []
    for _ in range(n_steps):
        step_loss, step_model = np.inf, None
        for model in models:
            mean = sum(predictions[i] for i in [*bag, model]) / (len(bag) + 1)
            loss = 0.0
            for row, y in enumerate(y_true):
                for k, level in enumerate(levels):
                    error = y - mean[row, k]
                    loss += max(level * error, (level - 1) * error) / len(y_true)
            if loss < step_loss - 1e-12:
                step_loss, step_model = loss, model
        bag.append(step_model)
        if step_loss < best_loss - 1e-12:
            best_loss, best_bag = step_loss, list(bag)
    return np.array([best_bag.count(i) for i in range(len(names))])


def test_worked_example_takes_a_by_tie_then_b_and_stops():
    predictions = np.array([[[1.0], [-1.0]], [[-1.0], [1.0]]])
    assert greedy_weights(predictions, np.zeros(2), MEDIAN, ["A", "B"], 50).tolist() == [1, 1]
    assert greedy_weights(predictions, np.zeros(2), MEDIAN, ["A", "B"], 1).tolist() == [1, 0]


def test_ties_go_to_the_name_that_sorts_first_whatever_the_order_given():
    same = np.ones((3, 4, 3))
    assert greedy_weights(same, np.zeros(4), LEVELS, ["b", "a", "c"], 10).tolist() == [0, 1, 0]


def test_the_earliest_of_equally_good_bags_is_kept():
    predictions = np.array([[[0.0], [0.0]], [[3.0], [2.0]]])
    assert greedy_weights(predictions, np.zeros(2), MEDIAN, ["A", "B"], 50).tolist() == [1, 0]


@pytest.mark.parametrize("seed", range(6))
def test_greedy_equals_the_slow_reference(seed):
    rng = np.random.default_rng(seed)
    y = rng.normal(size=40)
    middle = 0.5 * y[None, :] + rng.normal(size=(5, 40))
    predictions = middle[:, :, None] + np.array([-1.3, 0, 1.3]) * rng.uniform(0.5, 2, size=(5, 1, 1))
    predictions = np.concatenate([predictions, predictions[:1]])  # a twin, for a tie
    names = ["main", "ewma", "china", "fed", "har_fhs", "crush"]
    fast = greedy_weights(predictions, y, LEVELS, names, 12)
    assert fast.tolist() == slow_greedy(predictions, y, LEVELS, names, 12).tolist()


def test_greedy_refuses_what_it_cannot_compare():
    predictions = np.zeros((2, 3, 3))
    with pytest.raises(ValueError, match=r"shape \(2, 3, 3\); expected \(2, 4, 3\)"):
        greedy_weights(predictions, np.zeros(4), LEVELS, ["a", "b"], 5)
    with pytest.raises(ValueError, match="twice"):
        greedy_weights(predictions, np.zeros(3), LEVELS, ["a", "a"], 5)
    with pytest.raises(ValueError, match="finite"):
        greedy_weights(predictions, np.array([0, np.nan, 0]), LEVELS, ["a", "b"], 5)
