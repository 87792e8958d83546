{{ config(alias='usda_wasde') }}

{{ land('usda', 'wasde') }}
