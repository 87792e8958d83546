-- Planted fault it catches: a target among the features. An honest input explains a few per cent of the coming return,
-- never most of it.
{{ config(tags=['dq_validity', 'features']) }}
with features as (

    unpivot (select * exclude (as_of_at) from {{ ref('daily_ml_matrix') }})
    on columns(* exclude (as_of_date))
    into
        name feature_name -- noqa: LT02
        value feature_value -- noqa: LT02

),

coupled as (

    select
        features.feature_name,
        targets.horizon,
        corr(features.feature_value, targets.actual_log) as correlation
    from features
    inner join {{ ref('targets') }} as targets
        on features.as_of_date = targets.as_of_date
    where targets.actual_log is not null
    group by features.feature_name, targets.horizon
    -- two pairs always lie on a line: a feature that has just begun is judged after a year
    having count(*) >= 250

)

select *
from coupled
-- a column that never moves correlates with nothing (NaN)
where abs(correlation) > 0.9 and not isnan(correlation)
