"""The keyword score: invented headlines with the label a specialist would give, and what no text breaks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.news_score import RULES, rules_that_speak, tone

# Invented headlines -> tone. The first block is the handbook's label rules, word for word.
LABELLED = [
    ("China buying of soybeans", 1.0),
    ("China cancellation of soybeans", -1.0),
    ("Biofuel mandate up", 1.0),
    ("Biofuel waiver granted", -1.0),
    ("Biofuel mandate delayed", -1.0),
    ("Good crop", -1.0),
    ("Drought", 1.0),
    ("Tariff on imported UCO", 1.0),
    ("Tariff on imported biodiesel", 1.0),
    ("Retaliation on US exports", -1.0),
    ("Beijing books ten cargoes for November", 1.0),
    ("Sinograin seen purchasing beans from the Gulf", 1.0),
    ("China suspends imports of American sorghum", -1.0),
    ("China halts soybean buying ahead of talks", -1.0),
    ("China\u2019s buyers return; bumper harvest in Brazil", 0.0),
    ("Agency sets record volume obligations for biomass-based diesel", 1.0),
    ("Proposal trims blending requirement", -1.0),
    ("Small refinery exemptions approved", -1.0),
    ("Court orders reallocation of exempted RINs", 1.0),
    ("EPA denies refinery waivers", 0.0),
    ("EPA denies waivers, raises mandate", 1.0),
    ("No drought in the western belt", 0.0),
    ("The belt isn't in drought", 0.0),
    ("Drought relief arrives in Iowa", -1.0),
    ("Heat wave and dryness stress Argentine beans", 1.0),
    ("Record crop seen in Mato Grosso", -1.0),
    ("Poor yields reported in southern Brazil", 1.0),
    ("Crop insurance deadline nears; record enrollment", 0.0),
    ("EU weighs anti-dumping duties on US biodiesel", -1.0),
    ("Mexico announces tariffs on U.S. agricultural goods", -1.0),
    ("China lifts tariffs on US soybeans", 1.0),
    ("Washington removes duties on Canadian canola oil", -1.0),
    ("Senators ask for a duty on Chinese used cooking oil", 1.0),
    ("Federal Reserve raises interest rates", -1.0),
    ("Farm loan rates cut", 1.0),
    ("Fed cattle prices up", 0.0),
    ("Farm labor survey", 0.0),
    ("Mandate debate continues while acreage increases", 0.0),
    ("", 0.0),
]


@pytest.mark.parametrize(("title", "expected"), LABELLED)
def test_a_headline_has_the_label_a_specialist_gives_it(title, expected):
    assert tone(title) == expected


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.example)
def test_every_rule_speaks_alone_in_its_example_and_not_where_it_is_negated(rule):
    assert rules_that_speak(rule.example) == (rule,)
    assert tone(rule.example) == rule.sign
    assert rules_that_speak("no " + rule.example.replace(" ", " no ")) == ()


def test_the_summary_counts_as_much_as_the_title_and_is_read_through_its_markup():
    assert tone("Farm talk", "<p>Drought &amp; heat&nbsp;waves spread. China bought beans.</p>") == 1.0
    assert tone("Drought", "<p>A <b>good crop</b> all the same [&#8230;]</p>") == 0.0
    assert tone("Drought", "<p>Good crop. Refinery waivers.</p>") == pytest.approx(-1 / 3)


words = st.sampled_from(
    sorted(
        {word for title, _ in LABELLED for word in title.split()} | {"no", "not", "but", ";", "<b>", "&amp;"}
    )
)
texts = st.one_of(st.text(max_size=80), st.lists(words, max_size=25).map(" ".join))


@given(texts, texts)
def test_a_tone_lies_between_its_bounds_and_says_what_its_rules_say(title, summary):
    signs = [rule.sign for rule in rules_that_speak(title, summary)]
    assert -1.0 <= tone(title, summary) <= 1.0
    assert tone(title, summary) * max(1, len(signs)) == pytest.approx(sum(signs))


@given(texts)
def test_case_blanks_and_repetition_change_nothing(title):
    # str.upper() is not undone by lower() for some letters, none of them in a rule.
    plain = title.encode("ascii", "ignore").decode()
    assert tone(plain.upper()) == tone(plain) == tone("  " + plain.replace(" ", "\n  "))
    assert tone(plain, plain) == tone(plain)


@given(texts, texts)
def test_an_article_without_a_rule_is_neutral_and_adds_nothing(title, summary):
    if not rules_that_speak(title):
        assert tone(title) == 0.0
        assert tone(summary, title) == tone(summary)


@given(st.lists(st.sampled_from(RULES), unique=True, min_size=1))
def test_rules_in_clauses_of_their_own_each_count_once(chosen):
    text = ". ".join(rule.example for rule in chosen)
    assert tone(text) == pytest.approx(sum(rule.sign for rule in chosen) / len(chosen))
