{#- Keys that were delivered and are neither in the staging model nor in quarantine: lost without a word.
    `keys` maps raw column names to ours. Under a cut later deliveries are absent by design. -#}
{% test keeps_every_key(model, deliveries, versions, keys) %}
select {{ keys.keys() | join(', ') }}
from {{ deliveries }} as deliveries
where
    {{ 'false' if var('as_of', '') else 'true' }}
    and not exists (
        select 1 from {{ model }} as kept
        where {% for theirs, ours in keys.items() %}kept.{{ ours }} is not distinct from deliveries.{{ theirs }}{{ ' and ' if not loop.last }}{% endfor %}
    )
    and not exists (
        select 1 from {{ versions }} as refused
        where
            refused.quarantine_reason is not null
            and {% for theirs, ours in keys.items() %}refused.{{ ours }} is not distinct from deliveries.{{ theirs }}{{ ' and ' if not loop.last }}{% endfor %}
    )
{% endtest %}
