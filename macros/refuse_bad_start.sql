{% macro refuse_bad_start() %}{% endmacro %}
