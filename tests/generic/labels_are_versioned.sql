{#- Articles without a tone or the version of the rules that gave it, or of another publisher than their feed's. -#}
{% test labels_are_versioned(model, feed) %}
select *
from {{ model }}
where tone is null or scorer_version is null or source is distinct from '{{ feed }}'
{% endtest %}
