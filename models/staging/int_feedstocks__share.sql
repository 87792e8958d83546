with

quantities as (select * from {{ ref('int_eia_feedstocks__versions') }}),

feedstocks as (select * from {{ ref('feedstocks') }}),

fats_and_oils as (
    select
        'fats and oils' as basket,
        quantities.series_id,
        feedstocks.role,
        quantities.month_start_date,
        quantities.value,
        quantities.published_at,
        quantities.known_at,
        quantities.version_number
    from quantities
    inner join feedstocks on quantities.series_id = feedstocks.series_id
    where quantities.quarantine_reason is null and feedstocks.role in ('large', 'small')
),

editions as (
    {{ editions('fats_and_oils', ['basket'], ['series_id', 'month_start_date']) }}
),

-- A month in which a large one is withheld has no total; a small one that is withheld is missing in it.
months as (
    select
        edition_at,
        month_start_date as period_date,
        max(value) filter (where series_id = 'M_EPOOBDSO_YIFBP_NUS_MMLB') as soybean_oil,
        list_sum(list(value order by series_id) filter (where value is not null)) as all_feedstocks,
        max(published_at) as published_at
    from editions
    group by edition_at, month_start_date
    having
        count(value) filter (where role = 'large')
        = (select count(*) from feedstocks where feedstocks.role = 'large')
),

measures as (
    select
        edition_at,
        period_date,
        published_at,
        {{ feed_share('soybean_oil', 'all_feedstocks') }} as soy_oil_share_frac,
        all_feedstocks as feed_use_million_lb
    from months
),

result as (
    select
        'eia.' || measure as series_id,
        edition_at,
        period_date,
        value,
        max(published_at) over (
            partition by measure, edition_at order by period_date rows unbounded preceding
        ) as published_at,
        {{ carry_days('monthly') }} as carry_days
    from measures
    unpivot (value for measure in (soy_oil_share_frac, feed_use_million_lb))
)

select * from result
