"""A keyword score of an article: does it speak for a higher or a lower price of soybean oil?

`RULES` is all there is. A rule speaks where its subject and its event stand in one clause, at most `NEAR`
words apart. Within a topic the first row that speaks in a clause speaks alone there ("China cancels
purchases" is a cancellation, not a purchase). A rule counts once an article, however often it speaks.

    tone = (n_plus - n_minus) / (n_plus + n_minus)

An article in which no rule speaks was read and is neutral: 0.0, not NULL. The net tone of a week is
(bullish - bearish) / all scored articles, so that article counts in it; NULL would say nobody scored it.

Negation is simple: a subject or an event with one of `NEGATIONS` among the `NEGATED` words before it in its
clause does not speak ("no drought", "EPA denies waivers"), and does not turn into its opposite. A negation
that follows ("the drought is not over") is not seen. Clauses end at . ; : ! ? , and at a dash, and before
"but", "while", "although", "despite".

Who changes a rule changes `SCORER_VERSION`: articles keep the version that scored them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from html import unescape

SCORER_VERSION = "1"

NEAR = 6
NEGATED = 3

# Regular expressions over whole words, in lower case, hyphens as blanks.
NEGATIONS = (
    r"no|not|never|n?either|nor|without|cannot|unlikely|lacks?|den(?:y|ies|ied)|rejects?|rejected|avoids?"
)
CHINA = r"china|chinese|beijing|cofco|sinograin"
MANDATE = r"mandates?|rvos?|rfs|renewable fuel standard|volume obligations?|blending|(?:fuel|diesel) volumes"
BIOFUEL = rf"{MANDATE}|biofuels?|biodiesel|renewable diesel|ethanol|rins?|sres?|refiner(?:y|ies|s)"
DROUGHT = r"droughts?|dryness|heat ?waves?"
CROP = r"crops?(?! insurance)|harvests?|yields?|growing conditions|growing season"
DUTY = r"tariffs?|dut(?:y|ies)|lev(?:y|ies)|import (?:bans?|curbs?|limits?|restrictions?)"
FEEDSTOCK = r"uco|used cooking oil|biodiesel|renewable diesel|feedstocks?|tallow|canola oil|palm oil"
OURS = r"(?:us|american) (?:exports?|soy\w*|biodiesel|farm\w*|agricultur\w+|products|goods|crops?)"
FED = r"fed|fomc|federal reserve"
RATES = (
    rf"(?:interest|loan|lending|policy|funds) rates?|rate (?:cuts?|hikes?)|(?:{FED})(?: \w+){{1,2}} rates?"
)
ENDS = r"lift\w*|remov\w*|drop(?:s|ped)?|end(?:s|ed|ing)?|suspen\w+|scrap\w*|exempt\w*|eas(?:e|es|ed|ing)"
RISES = r"up|rais\w+|rise\w*|rising|increas\w+|higher|hik\w+|boost\w*|expan\w+|lift\w*|record"
FALLS = r"cut\w*|lower\w*|reduc\w+|slash\w*|down|trim\w*|fall\w*"
STOPS_BUYING = (
    r"(?:halt|suspen|stop|paus|shun|curb)\w*(?: \w+){0,2} (?:buying|purchas\w+|imports?|orders?|bookings?)"
)


@dataclass(frozen=True)
class Rule:
    """What must stand near what (an empty event: the subject alone), and whether that speaks for a higher
    (1) or a lower (-1) price; `example` is a headline in which this rule speaks."""

    topic: str
    subject: str
    event: str
    sign: int
    example: str


# Signs by the label rules: China buying +, cancellation -; mandate up +, waiver or delay -; good crop -,
# drought +; tariff on imported UCO or biodiesel +, retaliation on US exports -. They are silent on interest
# rates, whose sign is the fed score's (policy change: minus).
RULES: tuple[Rule, ...] = (
    Rule("china", CHINA, rf"cancel\w*|{STOPS_BUYING}", -1, "China cancels purchases of soybeans"),
    Rule(
        "china",
        CHINA,
        r"buy(?:s|ing|ers?)?|bought|purchas\w+|book(?:s|ed|ings?)|orders?|ordered|resum\w+ imports?",
        +1,
        "Chinese crushers bought soybeans",
    ),
    Rule("mandate", BIOFUEL, r"reallocat\w+", +1, "EPA to reallocate exempted blending volumes"),
    Rule("mandate", BIOFUEL, r"waiv\w+|exempt\w*|delay\w*|postpon\w+", -1, "Refinery waivers granted"),
    Rule("mandate", MANDATE, FALLS, -1, "EPA proposes a lower blending mandate"),
    Rule("mandate", MANDATE, RISES, +1, "Biodiesel mandate raised"),
    Rule(
        "weather",
        DROUGHT,
        r"eas(?:e|es|ed|ing)|relie\w+|retreat\w*|end(?:s|ed|ing)?|rains?",
        -1,
        "Rains end the drought in Argentina",
    ),
    Rule(
        "weather",
        rf"{DROUGHT}|dry spell|crop (?:failure|losses|damage)",
        "",
        +1,
        "Drought in the soybean belt",
    ),
    Rule(
        "crop",
        CROP,
        r"poor\w*|disappoint\w*|(?:below|under) (?:average|trend)",
        +1,
        "Soybean yields disappoint",
    ),
    Rule(
        "crop",
        CROP,
        r"good|record|bumper|excellent|ideal|favorable|improv\w+|above (?:average|trend)",
        -1,
        "Good crop prospects",
    ),
    Rule(
        "duties",
        rf"retaliat\w+|(?:{DUTY})(?: \w+){{0,3}} {OURS}",
        ENDS,
        +1,
        "Retaliatory duties suspended",
    ),
    Rule("duties", r"retaliat\w+", "", -1, "Partners threaten retaliation on US exports"),
    Rule("duties", DUTY, rf"(?:on|against) {OURS}", -1, "New duties on American soybeans"),
    Rule(
        "duties",
        DUTY,
        rf"(?:{ENDS}|{FALLS})(?: \w+){{0,5}} (?:{FEEDSTOCK})",
        -1,
        "US drops its tariff on canola oil",
    ),
    Rule("duties", DUTY, FEEDSTOCK, +1, "Tariff on imported UCO"),
    Rule("rates", RATES, FALLS, +1, "Fed cuts rates by a quarter point"),
    Rule("rates", RATES, RISES, -1, "Farm loan rates up"),
)


def tone(title: str, summary: str = "") -> float:
    """Tone of an article by `RULES`: -1 bearish to 1 bullish for the price of soybean oil; 0 where no rule
    speaks or they balance."""
    signs = [rule.sign for rule in rules_that_speak(title, summary)]
    return sum(signs) / len(signs) if signs else 0.0


def rules_that_speak(title: str, summary: str = "") -> tuple[Rule, ...]:
    """Rules that speak in title or summary (text or HTML), each once, in the order of `RULES`."""
    speaking: set[Rule] = set()
    for clause in (*_clauses(title), *_clauses(summary)):
        topics: set[str] = set()
        for rule in RULES:
            if rule.topic not in topics and _speaks(rule, clause):
                topics.add(rule.topic)
                speaking.add(rule)
    return tuple(rule for rule in RULES if rule in speaking)


def plain(text: str) -> str:
    """Text without HTML tags and entities, every run of white space one blank."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", text)).split())


def _clauses(text: str) -> list[str]:
    """Clauses as words in lower case, parted by one blank."""
    words = plain(text).lower().replace("\u2019", "'").replace("u.s.", "us").replace("n't", " not")
    words = re.sub(r"'s\b", "", words)
    clauses = re.split(
        r"[;:!?]|[.,](?!\d)|\s[-\u2013\u2014]+\s|\u2014|\b(?=(?:but|while|although|despite)\b)", words
    )
    return [" ".join(re.findall(r"[\w.,%]+", clause)) for clause in clauses if clause.strip()]


def _speaks(rule: Rule, clause: str) -> bool:
    """Whether the rule's subject and event stand near each other in the clause, neither of them negated."""
    words = clause.split()
    subjects = list(_found(rule.subject, clause, words))
    if not rule.event:
        return bool(subjects)
    events = list(_found(rule.event, clause, words)) if subjects else []
    return any(
        max(first, other) - min(last, end) <= NEAR for first, last in subjects for other, end in events
    )


def _found(pattern: str, clause: str, words: list[str]) -> Iterator[tuple[int, int]]:
    """Numbers of the first and last word of each match that is not negated."""
    for match in _compiled(pattern).finditer(clause):
        first = clause.count(" ", 0, match.start())
        before = words[max(0, first - NEGATED) : first]
        if not any(_compiled(NEGATIONS).fullmatch(word) for word in before):
            yield first, first + match.group().count(" ")


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{pattern})\b")
