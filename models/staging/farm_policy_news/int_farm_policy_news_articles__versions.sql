{{ config(post_hook="{{ say_quarantined('farm_policy_news.articles', ['url']) }}") }}

{{ article_versions('farm_policy_news') }}
