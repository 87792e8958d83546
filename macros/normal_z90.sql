{#- Standard deviations between the median and the 90 % quantile of a normal (`NORMAL_Z90` of ml.params). -#}
{% macro normal_z90() -%} 1.2815515655446004 {%- endmacro %}
