{{ config(post_hook="{{ say_quarantined('farmdoc_daily.articles', ['url']) }}") }}

{{ article_versions('farmdoc_daily') }}
