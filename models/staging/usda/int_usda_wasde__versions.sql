{{ config(post_hook="{{ say_quarantined('usda.wasde', ['attribute', 'marketing_year', 'release_date']) }}") }}

with

deliveries as (

    select * from {{ ref('raw_usda__wasde') }}

),

judged as (

    select
        deliveries.release_date,
        deliveries.marketing_year,
        deliveries.attribute,
        deliveries.value,
        deliveries.unit,
        deliveries.ingested_at,
        deliveries._file,
        'usda_wasde' as release_rule,
        case
            when
                {{ is_missing(['deliveries.release_date', 'deliveries.marketing_year', 'deliveries.attribute', 'deliveries.ingested_at']) }}
                then 'missing_key'
            when {{ is_not_finite(['deliveries.value']) }} then 'not_finite'
            when deliveries.release_date > deliveries.ingested_at::date then 'dated_after_delivery'
            when isodow(deliveries.release_date) > 5 then 'not_a_weekday'
            when deliveries.value < 0 then 'negative_quantity'
            when
                deliveries.value > case deliveries.unit
                    when 'million bu' then 20000
                    when 'million t' then 2000
                    when 'million acres' then 300
                    else 150
                end
                then 'value_out_of_bounds'
        end as own_reason
    from deliveries

),

released as (

    {{ with_published_at('judged', 'release_date') }}

),

versions as (

    {{ versions('released', ['release_date', 'marketing_year', 'attribute'], ['value', 'unit']) }}

),

result as (

    select
        release_date,
        marketing_year,
        attribute,
        value,
        unit,
        published_at,
        known_at,
        ingested_at,
        version_number,
        if(own_reason is null and is_conflict, 'conflicting_duplicate', own_reason) as quarantine_reason,
        _file
    from versions
    where {{ known_by_cut('known_at') }}

)

select * from result
