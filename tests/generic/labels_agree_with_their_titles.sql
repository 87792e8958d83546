{#- Share of a year's articles of the present rules whose title, read again, says the opposite of their tone. The summary was read
    as well and is not kept, so that single articles may differ. -#}
{% test labels_agree_with_their_titles(model, source_table) %}
{{ config(fail_calc='coalesce(max(alarm), 0)', warn_if='>= 1', error_if='>= 2') }}
with

articles as (
    select
        year(published_at) as published_year,
        tone,
        zl_title_tone(title)::double as title_tone
    from {{ model }}
    where scorer_version = zl_scorer_version() and title is not null
),

measures as (
    select
        'all' as quality_group,
        published_year,
        count(*) filter (where tone * title_tone < 0) / count(*) as measured,
        count(*) as n_cases
    from articles
    where title_tone != 0
    group by published_year
)

{{ against_limits('measures', 'labels_agree_with_their_titles', source_table, counts_cases=true) }}
{% endtest %}
