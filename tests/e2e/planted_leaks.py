"""Ways of letting the future into a forecast, and the test of the project that has to go red for each.

A leak is a fault somebody could make on an ordinary day: a release rule without its lag, a purge a session
short, a window that reaches ahead. It replaces a text that stands exactly once in a file.
"""

from dataclasses import dataclass

RELEASE_RULES = "seeds/release_rules.csv"
RELEASE_TIMES = "assert_release_times_are_those_of_the_handbook"


@dataclass(frozen=True)
class Leak:
    """One fault.

    Parameters
    ----------
    name : what the forecast would know too early.
    file : where it is planted.
    found, planted : the text it replaces, and by what.
    red : the test that has to fail: a dbt test or unit test, or a pytest node (`tests/ml/...::test_...`).
    rebuilt : dbt models and seeds to build again before a dbt test; none for a unit test.
    """

    name: str
    file: str
    found: str
    planted: str
    red: str
    rebuilt: tuple[str, ...] = ()

    @property
    def is_python(self) -> bool:
        """Whether pytest proves it, not dbt."""
        return "::" in self.red

    @property
    def is_unit_test(self) -> bool:
        """Whether a dbt unit test proves it, which needs no data."""
        return not self.is_python and self.red.startswith("test_")


def released(name: str, found: str, planted: str) -> Leak:
    """A source whose release rule lost its lag."""
    return Leak(name, RELEASE_RULES, found, planted, RELEASE_TIMES, ("release_rules",))


RELEASES = (
    released(
        "COT known on its Tuesday",
        "cftc_cot,cftc.cot_legacy,weekday_of_week,,,5,week,2,",
        "cftc_cot,cftc.cot_legacy,days,0,,,,,",
    ),
    released(
        "VIX known at the grain close of its day",
        "fred_next_morning,fred.observations,business_days,1,",
        "fred_next_morning,fred.observations,days,0,",
    ),
    released(
        "treasury yields known on their day",
        "fred_treasury,fred.observations,business_days,1,,,,,16:15,",
        "fred_treasury,fred.observations,days,0,,,,,12:00,",
    ),
    released(
        "H.10 exchange rates known on the day observed",
        "fred_h10,fred.observations,weekday_after,,,1,next_business_day,,16:15,",
        "fred_h10,fred.observations,days,0,,,,,12:00,",
    ),
    released(
        "NASS crush known at the end of its month",
        "usda_nass_crush,usda.nass_crush,month_business_day,1,2,",
        "usda_nass_crush,usda.nass_crush,month_business_day,-1,0,",
    ),
    released(
        "energy bars known at the grain close",
        "databento_others,databento.ohlcv_1d,days,0,,,,,16:00,",
        "databento_others,databento.ohlcv_1d,days,0,,,,,13:20,",
    ),
)

KNOWLEDGE = (
    Leak(
        "values joined on the date they describe",
        "macros/knowledge/as_known.sql",
        "and in_force.as_of_at >= releases.published_at",
        "and in_force.as_of_at >= releases.period_date",
        "test_feat_volatility__vix_of_yesterday",
    ),
    Leak(
        "a revision known since the first delivery",
        "macros/versions.sql",
        "greatest(published_at, {{ delivered_at }})",
        "published_at",
        "test_int_databento_ohlcv_1d__versions__later_value_is_known_when_it_came",
    ),
    Leak(
        "a revision written into the edition before it",
        "macros/editions.sql",
        "versions.known_at <= openings.edition_at",
        "true",
        "test_int_series__editions__a_revision_opens_an_edition",
    ),
    Leak(
        "a cut that leaves later deliveries in",
        "macros/known_by_cut.sql",
        "{%- if var('as_of', '') -%}",
        "{%- if false -%}",
        "test_int_cftc_cot_legacy__versions__a_cut_knows_no_later_report",
    ),
    Leak(
        "a pair of returns known when its earlier side is",
        "models/staging/int_returns__correlations.sql",
        "greatest(left_returns.published_at, right_returns.published_at)",
        "left_returns.published_at",
        "test_int_returns__correlations__common_dates_only",
    ),
)

FEATURES = (
    Leak(
        "a coming return among the features",
        "models/features/feat_shared.sql",
        "{{ sum_of_returns(last_of('returns_63', n), n) }} as zl_return_log_{{ n }}d",
        "list_sum(list(return_log) over (partition by edition_at order by session_index "
        "rows between 1 following and {{ n }} following)) as zl_return_log_{{ n }}d",
        "assert_matrix_holds_no_target",
        ("feat_shared", "daily_ml_matrix"),
    ),
    Leak(
        "the target in a bucket's list of features",
        "ml/buckets/crush.yml",
        "  - board_crush_zscore_60d\n",
        "  - target_std\n",
        "tests/ml/test_bucket_features.py::test_every_bucket_feature_is_a_column_of_the_matrix[crush]",
    ),
    Leak(
        "a z-score scaled with the whole history",
        "models/features/feat_shared.sql",
        "{{ trailing('volume', 21, 'session_index', 'edition_at') }}",
        "list(volume) over (partition by edition_at)",
        "test_feat_shared__a_zscore_looks_back_only",
    ),
    Leak(
        "a score ranked among the whole history",
        "models/features/bucket_scores.sql",
        "{{ trailing('value', 252, 'as_of_date', 'feature_name') }}",
        "list(value) over (partition by feature_name)",
        "test_bucket_scores__a_rank_looks_back_only",
    ),
    Leak(
        "every window a session ahead",
        "macros/formulas/trailing.sql",
        "preceding and current row",
        "preceding and 1 following",
        "test_int_bars__as_known__crude_of_yesterday_beans_of_today",
    ),
)

TARGETS = (
    Leak(
        "the jump of a roll in the returns",
        "models/staging/int_bars__roll_neutral.sql",
        "when is_roll then if(open > 0, ln(close / open), null)",
        "when is_roll then ln(close / lag(close) over (partition by symbol, edition_at order by trade_date))",
        "test_int_bars__roll_neutral__a_roll_is_the_new_contracts_own_move",
    ),
    Leak(
        "targets that end a session early",
        "models/training/targets.sql",
        "sessions.session_index + horizons.horizon_sessions",
        "sessions.session_index + horizons.horizon_sessions - 1",
        "assert_target_is_the_sum_of_the_next_returns",
        ("targets",),
    ),
    Leak(
        "open targets filled",
        "models/training/targets.sql",
        "matured_log as target_log",
        "coalesce(matured_log, 0) as target_log",
        "test_targets__live_row_counts_calendar_sessions",
    ),
    Leak(
        "learners taught by a revision after the fact",
        "models/training/targets.sql",
        "matured_log as target_log",
        "actual_log as target_log",
        "test_targets__revision_never_rewrites_what_was_learnt",
    ),
)

FOLDS = (
    Leak(
        "a purge of h - 1 sessions",
        "models/training/walk_forward_windows.sql",
        "learnable.test_first_index - horizons.horizon_sessions - 1",
        "learnable.test_first_index - horizons.horizon_sessions",
        "assert_windows_purge_one_horizon",
        ("walk_forward_windows",),
    ),
    Leak(
        "folds anchored at the end of the data",
        "models/training/walk_forward_windows.sql",
        "timestamp '2000-01-01',",
        "(select min(as_of_date) from sessions)::timestamp,",
        "test_walk_forward_windows__purge_is_the_horizon",
    ),
    Leak(
        "a purge of h - 1 sessions accepted by the learners",
        "ml/windows.py",
        '[gap < windows["horizon_sessions"]]',
        '[gap < windows["horizon_sessions"] - 1]',
        "tests/ml/test_windows.py::test_a_gap_one_session_short_is_refused",
    ),
    Leak(
        "a holdout without its gap",
        "ml/windows.py",
        "session_index[first] - horizon_sessions",
        "session_index[first]",
        "tests/ml/test_windows.py::test_no_fitted_target_reaches_the_holdout",
    ),
)

LEARNERS = (
    Leak(
        "a specialist taught up to its test block",
        "ml/specialists.py",
        "sessions.between(fold.train_first_index, fold.train_last_index)",
        "sessions.between(fold.train_first_index, fold.test_first_index - 1)",
        "tests/ml/test_specialists.py::test_a_fit_uses_no_target_that_ends_in_its_test_block",
    ),
    Leak(
        "a stacker taught up to its test block",
        "ml/stacking.py",
        "    check_windows(windows)\n",
        "    check_windows(windows)\n"
        '    windows = windows.assign(train_last_index=windows["test_first_index"] - 1)\n',
        "tests/ml/test_stacking.py::test_targets_that_end_in_a_block_do_not_change_its_stack",
    ),
    Leak(
        "a context that holds the session after the close",
        "ml/chronos.py",
        'rows["as_of_date"].to_numpy(), side="right")',
        'rows["as_of_date"].to_numpy(), side="right") + 1',
        "tests/ml/test_chronos.py::"
        "test_the_past_ends_at_the_as_of_close_and_is_read_from_the_edition_in_force",
    ),
    Leak(
        "a volatility forecast that has seen the coming return",
        "ml/volatility.py",
        "    daily = variance.ewma_variance(history.returns, params.ewma_decay, params.warm_up_sessions)\n",
        "    daily = variance.ewma_variance(history.returns, params.ewma_decay, params.warm_up_sessions)\n"
        "    daily = variance.ahead(daily, 1)\n",
        "tests/ml/test_volatility.py::"
        "test_a_cut_leaves_every_earlier_forecast_of_every_root_with_the_same_bits[1]",
    ),
    Leak(
        "a regression of ranges without its purge",
        "ml/fhs.py",
        "[fold.start - sessions for fold in folds]",
        "[fold.start for fold in folds]",
        "tests/ml/test_volatility.py::test_regressions_do_not_see_a_range_inside_the_block[5]",
    ),
    Leak(
        "the pooled regression without its purge",
        "ml/pooled_har.py",
        "np.maximum(firsts - sessions, 0)",
        "firsts",
        "tests/ml/test_volatility.py::test_regressions_do_not_see_a_range_inside_the_block[126]",
    ),
    Leak(
        "a log range of the session to come",
        "ml/log_har.py",
        "variance.trailing_mean(logs, lag) - long_run",
        "variance.ahead(variance.trailing_mean(logs, lag), 1) - long_run",
        "tests/ml/test_volatility_blend.py::test_a_cut_anywhere_leaves_every_earlier_row_with_the_same_bits",
    ),
    Leak(
        "a level set by windows that end in the block",
        "ml/log_har.py",
        "log_mean - coming, view.ends)",
        "log_mean - coming, view.ends + sessions)",
        "tests/ml/test_volatility_blend.py::test_no_window_that_ends_in_the_block_sets_its_level[126]",
    ),
    Leak(
        "widths sized by returns that end in the block",
        "ml/fhs.py",
        "max(fold.start - sessions, 0)",
        "fold.start",
        "tests/ml/test_volatility.py::test_a_simulated_return_that_ends_in_the_block_does_not_size_it",
    ),
    Leak(
        "a climatology of returns that have not happened",
        "ml/volatility.py",
        ".shift(sessions)",
        "",
        "tests/ml/test_volatility.py::test_climatology_is_the_quantile_of_the_newest_matured_returns",
    ),
)

COMBINATION = (
    Leak(
        "ensemble members chosen on the block they are served in",
        "ml/ensemble.py",
        "fold.train_last_index) & np.isfinite(panel.y_true)\n    has_row",
        "fold.test_last_index) & np.isfinite(panel.y_true)\n    has_row",
        "tests/ml/test_ensemble.py::test_weights_know_no_outcome_that_matured_after_their_fold_began",
    ),
    Leak(
        "belief from outcomes that have not matured",
        "ml/belief.py",
        "known = index <= last\n",
        "known = index <= last + horizon_sessions\n",
        "tests/ml/test_belief.py::test_a_block_learns_from_rows_matured_before_it_and_from_no_other",
    ),
    Leak(
        "a specialist believed by what came in its test block",
        "ml/specialists.py",
        "self.last_known_index = int(fold.train_last_index)",
        "self.last_known_index = int(fold.test_first_index - 1)",
        "tests/ml/test_specialists.py::test_a_block_is_believed_by_no_outcome_that_ends_in_it",
    ),
    Leak(
        "an ensemble's record of rows that have not matured",
        "ml/ensemble.py",
        "fold.train_last_index) & np.isfinite(panel.y_true)\n        known",
        "fold.test_first_index - 1) & np.isfinite(panel.y_true)\n        known",
        "tests/ml/test_ensemble.py::test_weights_know_no_outcome_that_matured_after_their_fold_began",
    ),
    Leak(
        "a calibration step from targets that have not matured",
        "ml/calibration.py",
        "session_index[entering] + horizon_sessions <= session:",
        "session_index[entering] <= session:",
        "tests/ml/test_calibration.py::test_a_target_informs_when_it_has_matured_and_not_a_session_earlier",
    ),
    Leak(
        "a calibration proven on rows that have not matured",
        "ml/calibration.py",
        "(session <= fold.train_last_index)",
        "(session < fold.test_first_index)",
        "tests/ml/test_calibration.py::test_calibration_knows_no_outcome_before_it_matured[on its first day]",
    ),
    Leak(
        "paths drawn from the residuals of the whole history",
        "ml/simulation.py",
        "Filter(*(values[: n_known[i] - settings.burn_in_sessions] for values in passed))",
        "passed",
        "tests/ml/test_simulation.py::test_risk_knows_no_return_after_the_close",
    ),
)

LEAKS = (*RELEASES, *KNOWLEDGE, *FEATURES, *TARGETS, *FOLDS, *LEARNERS, *COMBINATION)
