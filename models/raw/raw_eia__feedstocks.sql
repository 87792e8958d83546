{{ config(alias='eia_feedstocks') }}

{{ land('eia', 'feedstocks') }}
