{{ config(alias='usda_nass_crush') }}

{{ land('usda', 'nass_crush') }}
