{{ config(alias='farm_policy_news_articles') }}

{{ land('farm_policy_news', 'articles') }}
