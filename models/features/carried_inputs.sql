with

matrix as (select * from {{ ref('daily_ml_matrix') }}),

input_ages as (select * from {{ ref('input_ages') }}),

limits as (
    select * from {{ ref('quality_limits') }}
    where check_name = 'is_fresh'
),

cadences as (select * from {{ ref('cadences') }}),

buckets as (select * from {{ ref('buckets') }}),

stated_ages as (

    select * from (select as_of_date, columns('_age_days$') from matrix) as ages
    unpivot include nulls (age_days for age_feature in (columns(* exclude (as_of_date))))

),

-- A feature drops a value that has grown too old; the session still knows how old it is.
newest_periods as (

    select
        as_of_date,
        age_feature,
        max(as_of_date - age_days::integer) over (partition by age_feature order by as_of_date) as period_date
    from stated_ages

),

stale_inputs as (

    select
        newest_periods.as_of_date,
        input_ages.bucket,
        newest_periods.as_of_date - newest_periods.period_date as age_days
    from newest_periods
    inner join input_ages on newest_periods.age_feature = input_ages.age_feature
    inner join limits
        on input_ages.source_table = limits.source_table and input_ages.quality_group = limits.quality_group
    inner join cadences
        on input_ages.source_table = cadences.source_table and input_ages.quality_group = cadences.quality_group
    where
        newest_periods.as_of_date - newest_periods.period_date > limits.error_limit
        -- a history declared ended is not late
        and newest_periods.period_date is distinct from cadences.ended_on

),

carried as (

    select
        stale_buckets.as_of_date,
        string_agg(stale_buckets.bucket, ',' order by buckets.sort_order) as carried_buckets,
        max(stale_buckets.age_days)::integer as oldest_input_days
    from (
        select
            as_of_date,
            bucket,
            max(age_days) as age_days
        from stale_inputs
        group by all
    ) as stale_buckets
    inner join buckets on stale_buckets.bucket = buckets.bucket
    group by stale_buckets.as_of_date

),

result as (

    select
        matrix.as_of_date,
        coalesce(carried.carried_buckets, '') as carried_buckets,
        carried.oldest_input_days
    from matrix
    left join carried on matrix.as_of_date = carried.as_of_date

)

select * from result
order by as_of_date
