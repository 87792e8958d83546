{{ config(post_hook="{{ say_quarantined('usda.wasde', ['attribute', 'marketing_year', 'release_date']) }}") }}

with

deliveries as (

    select * from {{ ref('raw_usda__wasde') }}

),

-- One line, one unit: the US balance in bushels and acres, lines of a country ("China Imports") in tonnes.
measured as (

    select
        *,
        case
            when attribute in ('Area Planted', 'Area Harvested') then 'million acres'
            when attribute = 'Yield' then 'bu/acre'
            when
                attribute in (
                    'Beginning Stocks', 'Production', 'Imports', 'Total Supply', 'Crushings', 'Exports', 'Seed', 'Residual',
                    'Total Use', 'Ending Stocks'
                )
                then 'million bu'
            when
                regexp_full_match(
                    attribute,
                    '.+ (BeginningStocks|Production|Imports|DomesticCrush|DomesticTotal|Exports|EndingStocks)'
                )
                then 'million t'
        end as expected_unit
    from deliveries

),

judged as (

    select
        measured.release_date,
        measured.marketing_year,
        measured.attribute,
        measured.value,
        measured.unit,
        measured.ingested_at,
        measured._file,
        'usda_wasde' as release_rule,
        case
            when
                {{ is_missing(['measured.release_date', 'measured.marketing_year', 'measured.attribute', 'measured.ingested_at']) }}
                then 'missing_key'
            when {{ is_not_finite(['measured.value']) }} then 'not_finite'
            when measured.release_date > measured.ingested_at::date then 'dated_after_delivery'
            when isodow(measured.release_date) > 5 then 'not_a_weekday'
            when not regexp_full_match(measured.marketing_year, '[0-9]{4}/[0-9]{2}') then 'malformed_marketing_year'
            when
                measured.unit is null or measured.unit != measured.expected_unit
                then 'unexpected_unit'
            when measured.value < 0 and measured.attribute != 'Residual' then 'negative_quantity'
            when
                measured.value > case measured.unit
                    when 'million bu' then 20000
                    when 'million t' then 2000
                    when 'million acres' then 300
                    else 150
                end
                then 'value_out_of_bounds'
        end as own_reason
    from measured

),

{{ judged_versions('release_date', ['release_date', 'marketing_year', 'attribute'], ['value', 'unit']) }}
