{#- The rows of source_freshness of one source: late beyond the error limit is an error here, since no forecast depends on it. -#}
{% test is_not_late(model, source) %}
{{ config(fail_calc='coalesce(max(alarm), 0)', warn_if='>= 1', error_if='>= 2') }}
select * exclude (source, release_status)
from {{ model }}
where source = '{{ source }}'
{% endtest %}
