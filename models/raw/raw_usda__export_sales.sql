{{ config(alias='usda_export_sales') }}

{{ land('usda', 'export_sales') }}
