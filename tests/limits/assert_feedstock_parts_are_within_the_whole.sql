-- What biodiesel and renewable diesel plants take of a feedstock is at most what all plants take. The worst month of each.
{{ config(tags=['dq_consistency', 'eia']) }}
with feedstocks as (

    select
        observations.month_start_date,
        observations.value,
        regexp_extract(observations.series_id, '^M_([A-Z]+)_', 1) as stem,
        feedstocks.role
    from {{ ref('stg_eia__feedstocks') }} as observations
    inner join {{ ref('feedstocks') }} as feedstocks on observations.series_id = feedstocks.series_id
    where observations.value is not null

),

gaps as (

    select
        whole.stem,
        whole.month_start_date,
        sum(parts.value) - any_value(whole.value) as gap_million_lb
    from feedstocks as whole
    inner join feedstocks as parts
        on
            whole.month_start_date = parts.month_start_date
            and parts.role = 'part'
            and parts.stem in (whole.stem || 'D', whole.stem || 'R')
    where whole.role != 'part'
    group by whole.stem, whole.month_start_date

),

measures as (

    select
        'all' as quality_group,
        stem as feedstock,
        max(gap_million_lb) as measured,
        arg_max(month_start_date, gap_million_lb) as worst_month_date
    from gaps
    group by stem

)

{{ against_limits('measures', model.name, 'eia.feedstocks') }}
