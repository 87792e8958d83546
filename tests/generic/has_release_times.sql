{#- Valid rows whose time of publication is unknown: they could enter any forecast. -#}
{% test has_release_times(model) %}
select *
from {{ model }}
where quarantine_reason is null and (published_at is null or known_at is null or known_at < published_at)
{% endtest %}
