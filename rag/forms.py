"""Which answers say the same: "£26.9m" and "£26.9 million", "about 90,000" and "90,000", "in May" and "May"."""

import re
import unicodedata

from rag.squad import normalize

_UNITS = "zero one two three four five six seven eight nine ten eleven twelve".split()
_TEENS = "thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
NUMBERS = {word: str(number) for number, word in enumerate(_UNITS + _TEENS)}
NUMBERS |= {word: str(10 * (place + 2)) for place, word in enumerate(_TENS)}
NUMBERS |= {
    ten + unit: str(10 * (place + 2) + number)  # the hyphen is gone by then
    for place, ten in enumerate(_TENS)
    for number, unit in enumerate(_UNITS[1:10], 1)
}
_SCALES = {"k": "thousand", "m": "million", "mn": "million", "bn": "billion", "tn": "trillion"}
_SCALED = re.compile(r"([$€£¥][\d.,·]+)\s?(k|m|mn|bn|tn)\b", re.IGNORECASE)  # of money: 5 m alone are metres
_KEPT = (  # marks that tell answers apart, as characters that are no punctuation to `normalize`
    (re.compile(r"(?<=\d)\.(?=\d)"), "·"),  # 1.85
    (re.compile(r"(?<=\d)-(?=\d)"), "‑"),  # 2-1
    (re.compile(r"(?<=\d):(?=\d)"), "∶"),  # 10:30
    (re.compile(r"(?<=\d)/(?=\d)"), "⁄"),  # 24/7
    (re.compile(r"(?<!\S)-(?=[$€£¥]?\d)"), "−"),  # -5
    (re.compile(r"(?<=[A-Za-z+])\+"), "＋"),  # C++
    (re.compile(r"(?<=[A-Za-z])#"), "＃"),  # C#
    (re.compile(r"(?<!\S)A(?=\W*$)"), "ａ"),  # vitamin A: the last word is no article
)
_PERCENT = re.compile(r"\s?%|\bper cent\b", re.IGNORECASE)
_PLAIN = str.maketrans("‐‑–—−", "-----", "“”„‘’«»")
_BEFORE = {"in", "on", "at", "about", "around", "approximately", "roughly", "some", "nearly", "almost", "just", "only"}


def canonical(text: str) -> str:
    """A key that equal answers share: normalised as SQuAD does, numbers in figures, "" when no word is left."""
    marked = text.translate(_PLAIN)
    for mark, kept in _KEPT:
        marked = mark.sub(kept, marked)
    marked = _PERCENT.sub(" percent", marked)
    marked = _SCALED.sub(lambda found: f"{found[1]} {_SCALES[found[2].lower()]}", marked)
    words = [NUMBERS.get(word, word) for word in normalize(marked).split()]
    while len(words) > 1 and words[0] in _BEFORE:
        words.pop(0)
    return unicodedata.normalize("NFC", " ".join(words))
