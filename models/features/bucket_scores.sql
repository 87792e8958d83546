with

matrix as (select * from {{ ref('daily_ml_matrix') }}),

components as (select * from {{ ref('bucket_score_components') }}),

buckets as (select * from {{ ref('buckets') }}),

sessions as (select distinct as_of_date from matrix),

feature_values as (
    select *
    from (select * exclude (as_of_at) from matrix) as wide
    unpivot include nulls (value for feature_name in (columns(* exclude (as_of_date))))
    where feature_name in (select feature_name from components)
),

windows as (
    select
        *,
        {{ trailing('value', 252, 'as_of_date', 'feature_name') }} as values_252
    from feature_values
    where feature_name not in (select feature_name from components where is_percentile)
),

ranks as (
    select
        as_of_date,
        feature_name,
        {{ percentile_rank('value', 'values_252', 252) }} as percentile
    from windows
),

-- Weekly and monthly features come ranked among their own reports.
percentiles as (
    select
        sessions.as_of_date,
        components.bucket,
        components.component,
        components.preference,
        case when components.is_percentile then feature_values.value else ranks.percentile end as percentile,
        components.sign
    from sessions
    cross join components
    left join feature_values
        on
            sessions.as_of_date = feature_values.as_of_date
            and components.feature_name = feature_values.feature_name
    left join ranks
        on sessions.as_of_date = ranks.as_of_date and components.feature_name = ranks.feature_name
),

-- A component stands once: its own feature where that has a value, else the stand-in.
component_scores as (
    select
        as_of_date,
        bucket,
        component,
        arg_min(case when sign > 0 then percentile else 100 - percentile end, preference)
        filter (where percentile is not null) as score
    from percentiles
    group by as_of_date, bucket, component
),

bucket_means as (
    select
        as_of_date,
        bucket,
        list_avg(list(score order by component)) as mean_score,
        count(score) as n_available,
        count(*) as n_listed
    from component_scores
    group by as_of_date, bucket
),

covered as (
    select
        as_of_date,
        bucket,
        {{ bucket_score('mean_score', 'n_available', 'n_listed') }} as score,
        n_available / n_listed as coverage_frac,
        n_available
    from bucket_means
),

composites as (
    select
        covered.as_of_date,
        list_avg(list(covered.score order by covered.bucket)) as composite_score
    from covered
    inner join buckets on covered.bucket = buckets.bucket
    where buckets.is_directional
    group by covered.as_of_date
),

result as (
    select
        covered.as_of_date,
        covered.bucket,
        covered.score,
        case when buckets.is_directional then {{ score_direction('covered.score') }} end as direction,
        covered.coverage_frac,
        covered.n_available,
        composites.composite_score
    from covered
    inner join buckets on covered.bucket = buckets.bucket
    left join composites on covered.as_of_date = composites.as_of_date
    order by covered.as_of_date, covered.bucket
)

select * from result
