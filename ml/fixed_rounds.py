"""AutoGluon's boosting families with the number of rounds given instead of chosen.

Early stopping on a holdout of a few independent windows picks between 1 and all rounds by luck: the same
trees with few, fixed rounds forecast better at every horizon (docs/experiments.md). The holdout keeps its
other task, the weights of the families. Imported only where something is fitted: it loads AutoGluon.
"""

from autogluon.tabular.models import CatBoostModel, LGBModel


class FixedRoundsGBM(LGBModel):
    """LightGBM that grows `num_boost_round` trees per quantile."""

    def _fit(self, X, y, X_val=None, y_val=None, **kwargs):
        super()._fit(X, y, **kwargs)


class FixedRoundsCAT(CatBoostModel):
    """CatBoost that grows `iterations` trees."""

    def _fit(self, X, y, X_val=None, y_val=None, **kwargs):
        super()._fit(X, y, **kwargs)
