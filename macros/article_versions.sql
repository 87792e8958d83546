{#- Articles of one news feed, refused ones with their reason: both feeds deliver the same columns under the same rules. -#}
{% macro article_versions(feed) -%}
with

deliveries as (

    select * from {{ ref('raw_' ~ feed ~ '__articles') }}

),

categories as (

    select * from {{ ref('news_categories') }}
    where feed = '{{ feed }}'

),

judged as (

    select
        url,
        title,
        published_at,
        lower(trim(category)) as category,
        source,
        tone,
        scorer_version,
        ingested_at,
        _file,
        case
            when {{ is_missing(['url', 'title', 'published_at', 'ingested_at']) }} then 'missing_key'
            when {{ is_not_finite(['tone']) }} then 'not_finite'
            when published_at > ingested_at then 'dated_after_delivery'
            when tone not between -1 and 1 then 'tone_out_of_bounds'
            when
                lower(trim(category)) in (select categories.category from categories) is not true
                then 'unknown_category'
        end as own_reason
    from deliveries

),

versions as (

    {{ versions('judged', ['url'], ['title', 'published_at', 'category', 'tone', 'scorer_version']) }}

),

result as (

    select
        url,
        title,
        category,
        source,
        tone,
        scorer_version,
        {{ version_columns() }}
    from versions
    where {{ known_by_cut('known_at') }}

)

select * from result
{%- endmacro %}
