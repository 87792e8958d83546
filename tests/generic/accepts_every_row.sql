{#- Rows of a versions relation that staging refused for a reason of this dimension (quarantine_reasons), but for declared
    defects and what is refused as a matter of routine. -#}
{% test accepts_every_row(model, source_table, dimension, key, date_column) %}
{%- set defect_key = "concat_ws(' ', " ~ key | join(', ') ~ ")" if key else "''" %}
select
    {{ (key + [date_column]) | join(',\n    ') }},
    versions.quarantine_reason,
    versions.ingested_at,
    versions._file as file
from {{ model }} as versions
left join {{ ref('quarantine_reasons') }} as reasons on versions.quarantine_reason = reasons.quarantine_reason
where
    versions.quarantine_reason is not null
    and coalesce(reasons.dimension, 'validity') = '{{ dimension }}'
    and not coalesce(reasons.is_routine, false)
    and not {{ is_declared('accepts_every_row', source_table, defect_key, date_column) }}
{% endtest %}
