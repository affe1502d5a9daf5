"""Whether an answer can be of the type that its question asks for, where English shows it: a number, a name, a colour.

A rule is here because right answers hardly ever break it: of the answers in SQuAD's training questions that one of them
looks at, .3 % do. A question inside another ("who decides how much they get") asks for nothing of the kind.
"""

import unicodedata
from collections.abc import Callable

import regex

from rag.forms import NUMBERS

Fits = Callable[[str], bool]

_AMOUNTS = frozenset(
    "hundred hundreds thousand thousands million millions billion billions trillion trillions dozen dozens half third"
    " quarter fifth sixth seventh eighth ninth tenth teens twenties thirties forties fifties sixties seventies eighties"
    " nineties double single pair couple once twice thrice no none nothing nobody nil free all most few several both"
    " every each majority minority handful scores bulk whole entire entirely only little lots plenty doubled tripled"
    " halved twofold threefold tenfold decade decades century centuries fortnight generation newborn teenager teenagers"
    " toddler unlimited unknown undisclosed fortune".split()
)
_COLOURS = frozenset(
    "red orange yellow green blue indigo violet purple pink brown black white grey gray silver gold golden beige"
    " cream crimson scarlet maroon turquoise teal cyan magenta navy amber ivory khaki lilac mauve olive tan bronze"
    " copper rust rusty ochre emerald burgundy blond blonde fair auburn hazel dark light pale bright pastel metallic"
    " transparent striped chestnut bay ginger peach salmon coral charcoal azure vermilion rose lavender mustard"
    " saffron lime terracotta champagne".split()
)
_COLOUR = regex.compile(r"colou?r|\p{L}{3}ish\b", regex.IGNORECASE)
_LETTERS = regex.compile(r"\p{L}.?\p{L}|\p{Lo}|(?<![\p{Sc}°\p{L}])\p{Lu}")
_YEAR = regex.compile(r"\W*(?:19|20)[0-9]{2}\W*")
_DOMAIN = regex.compile(r"\w\.(?:com|co|net|org)\b")
_SUM = regex.compile(r"\p{Sc}\s?[\d.,]+\s?(?:m|bn|k|million|billion|thousand)?\b")
_ONE = r"(?:\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|hundred|thousand|million|half))"
_LENGTHS = "(?:kilo|centi|milli)?met(?:re|er)s?|km|cm|mm|feet|foot|ft|inch(?:es)?|miles?|yards?|fathoms?"
_WEIGHTS = "tonnes?|tons?|kilos?|kilogram(?:me)?s?|kg|gram(?:me)?s?|lbs?|ounces?"
_TIMES = "seconds?|minutes?|hours?|days?|weeks?|months?|years?|decades?|century|centuries"
_A_UNIT = regex.compile(rf"\b(?:an?|another|every|each)\s(?:{_LENGTHS}|{_WEIGHTS}|{_TIMES})\b", regex.IGNORECASE)
_NAMED = (  # what has a name with a capital
    "hotel|restaurant|pub|ship|boat|company|firm|village|town|city|street|river|island|club|school|newspaper|bank"
    "|mother|father|son|daughter|wife|husband|brother|sister|children|grandchildren|partner|man|woman|boy|girl|bride"
    "|groom|vet|doctor|physiotherapist|teacher|singer|author|director|dog|cat|horse|parrot"
)
_ASKING = regex.compile(r"\b(?:who|whom|whose|what|which|where|when|why|how)\b", regex.IGNORECASE)
_IS = "(?:is|are|was|were)"
_THEN = rf"(?:{_IS}|do|does|did|has|had|of|will|would|can|could|shall|should|may|might|must)\b"


def types_asked(question: str) -> list[Fits]:
    """What the question lets an answer be: a text that one of these refuses is of another type."""
    fitting = []
    for asks, fits in _RULES:
        found = asks.search(question)
        if found and not _ASKING.search(question, 0, found.start()):
            fitting.append(fits)
    return fitting


def _has_number(text: str) -> bool:
    return (
        any(map(str.isnumeric, text))
        or any(word in NUMBERS or word in _AMOUNTS for word in _words(text))
        or _A_UNIT.search(text) is not None
    )


def _has_letters(text: str) -> bool:
    return _LETTERS.search(text) is not None


def _has_capital(text: str) -> bool:
    """Or a letter of a script that knows none, or an address on the web."""
    return any(char.isalpha() and not char.islower() for char in text) or _DOMAIN.search(text) is not None


def _has_digits(text: str) -> bool:
    return sum(map(str.isdecimal, text)) >= 3


def _has_colour(text: str) -> bool:
    return _COLOUR.search(text) is not None or any(
        word in _COLOURS or word.removesuffix("s") in _COLOURS for word in _words(text)
    )


def _is_not_money_alone(text: str) -> bool:
    """Whether more than sums of money is there, or no such sum: "400, at £5 each" counts tickets."""
    return all(unicodedata.category(char) != "Sc" for char in text) or _has_number(_SUM.sub("", text))


def _has_number_or_age(text: str) -> bool:
    return _has_number(text) or "age" in text.lower()


def _is_no_bare_year(text: str) -> bool:
    return _YEAR.fullmatch(text) is None


def _measures_no(others: str) -> Fits:
    measure = regex.compile(rf"{_ONE}[\s-]?(?:{others})\b", regex.IGNORECASE)
    return lambda text: measure.search(text) is None


def _words(text: str) -> list[str]:
    found: list[str] = regex.findall(r"\p{L}+", text.lower())
    return found


_MONEY = r"dollars|euros|pounds|pence|cents|quid|yen|rupees|francs|crowns|kron\w+|roubles|millions|billions"
_FIGURATIVE = "gap|margin|lead|cuts?|deficit|debt|losses|recession|crisis"
_BEFORE_NAME = r"(?:(?!(?:of|for|behind|about|under|below|beside|with|in|on)\b)[\w'’-]+ ){0,4}"
_AFTER_NAMED = r"(?=\W*$|,| (?:in|on|at|by|near|that|which|who|whose|where)\b)"
_RULES: list[tuple[regex.Pattern[str], Fits]] = [
    (regex.compile(pattern, regex.IGNORECASE), fits)
    for pattern, fits in (
        (r"\bhow (?:many|much|old|tall|deep|large|wide|thick)\b", _has_number),
        (rf"\bhow high\b(?! {_IS} the (?:risk|chance|alert))", _has_number),
        (r"\b(?:what|which) (?:year|percentage|percent)\b", _has_number),
        (rf"\b(?:what|which) (?:price|age|sum|share)(?=\W*$|\W+{_THEN})", _has_number_or_age),
        (rf"\bhow many\b(?!.*\b(?:{_MONEY})\b)", _is_not_money_alone),
        (r"\bhow (?:tall|thick|old)\b", _is_not_money_alone),
        (rf"\bhow (?:wide|deep|tall|thick)\b(?!.*\b(?:{_FIGURATIVE})\b)", _measures_no(f"{_WEIGHTS}|{_TIMES}")),
        (r"\bhow old\b", _measures_no(f"{_LENGTHS}|{_WEIGHTS}")),
        (r"\bhow old (?:is|are)\b", _is_no_bare_year),
        (rf"^\W*what {_IS}\b(?!.*\b(?:wrong|happened)\b).*phone number\b", _has_digits),
        (r"^\W*(?:why|who|whom|whose)\b", _has_letters),
        (r"^\W*where\b(?!.*\b(?:stands?|ranks?|ranked|closed?|peak)\b)", _has_letters),
        (rf"\b(?:what|which) colou?rs?(?=\W*$|\W+{_THEN})", _has_colour),
        (r"\b(?:what|which) (?:make|brand) of (?:car|phone|bike|shoes?)\b", _has_capital),
        (rf"\b(?:what|which) (?:company|firm|country|city|town|newspaper|airline) {_THEN}", _has_capital),
        (rf"\bwhat {_IS} the names? of (?:[\w'’-]+ ){{0,3}}(?:{_NAMED}){_AFTER_NAMED}", _has_capital),
        (rf"\bwhat {_IS} {_BEFORE_NAME}(?:{_NAMED})(?:['’]s|s['’]|['’]) names?\W*$", _has_capital),
    )
]
