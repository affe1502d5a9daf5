"""Publication dates, from metadata or a date line; None when unknown, never guessed from prose."""

import math
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime

_YEARS = range(1600, 2101)
_LINES_NEAR_TOP = 5
_EPOCH_SECONDS = (1e8, 1e11)
_EPOCH_MILLISECONDS = (1e11, 1e14)

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_NTH = rf"{_DAY}(?:st|nd|rd|th)?"
_WRITTEN = rf"(?:\d{{4}}-\d{{1,2}}-\d{{1,2}}|{_NTH}\.?\s(?:of\s)?{_MONTH},?\s\d{{4}}|{_MONTH}\s{_NTH},?\s\d{{4}})(?!\d)"
_WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s)?"
_OFFSET = r"[+-]\d{2}(?::?\d{2})?(?:\s\([a-z]{2,5}\))?"
_ZONE = rf"(?:\s?(?:z|{_OFFSET}|\(?(?:utc|gmt|[ecmp][sd]?t|bst|cest|ist|jst|kst|ae[sd]t)\)?)(?!\w))"
_CLOCK = rf"\d{{1,2}}:\d{{2}}(?::\d{{2}}(?:[.,]\d{{1,9}})?)?(?:\s?[ap]\.?m\.?)?{_ZONE}?"
_TIME = rf"(?:(?:t|,?\s(?:at\s)?){_CLOCK})?"
_LABEL = r"(?:publication date|pub date|date|dated|first published|published|posted|issued|released)"

_VALUE = re.compile(rf"{_WEEKDAY}(?P<date>{_WRITTEN}){_TIME}", re.I)
_WHOLE_LINE = re.compile(rf"(?:{_LABEL}(?:\son)?(?:\s?:\s?|\s))?{_WEEKDAY}(?P<date>{_WRITTEN}){_TIME}\.?", re.I)
_START_OF_LINE = re.compile(
    rf"(?:date\s|{_LABEL}(?:\son)?\s?:\s?){_WEEKDAY}(?P<date>{_WRITTEN}){_TIME}\s+(?:[|·•–—-]\s+)?(?=\S)", re.I
)
_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})")
_YEAR_LAST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_COMPACT_MOMENT = re.compile(r"(\d{4})(\d{2})(\d{2})t?(?:[01]\d|2[0-3])(?:[0-5]\d){1,2}(?:z|[+-]\d{2}:?\d{2})?", re.I)
_NUMBER = re.compile(r"\d{1,15}(?:\.\d{1,12})?")
_NAMED_MONTH = re.compile(_MONTH, re.I)
_DIGITS = re.compile(r"\d+")


def from_value(value: object) -> date | None:
    """The day a metadata value names: a date, ISO 8601, RFC 2822, epoch seconds or milliseconds (UTC), "7 July 2020".

    A moment with an offset keeps the day it was written with. None when it names no day, an ambiguous one
    (03/04/2020) or one outside the years 1600 to 2100.
    """
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        return value if value.year in _YEARS else None
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return _from_epoch(float(value)) if abs(value) < _EPOCH_MILLISECONDS[1] else None
    return _from_text(" ".join(value[:100].split())) if isinstance(value, str) else None


def marker(line: str) -> tuple[int, date] | None:
    """How many characters at the start of `line` are a date marker, and its day; None when there is none.

    A marker is a whole line ("2020-07-07", "Published: 7 July 2020") or a labelled beginning ("date 2020-07-07 …").
    """
    head = line[:200]
    found = _WHOLE_LINE.fullmatch(head) or _START_OF_LINE.match(head)
    if found is None or head[found.end() : found.end() + 1].islower():
        return None
    day = _written(found["date"])
    return (found.end(), day) if day else None


def near_top(lines: Iterable[str]) -> date | None:
    """The day of the first date marker among the first five lines that are not empty."""
    seen = 0
    for line in lines:
        if not line:
            continue
        if (found := marker(line)) is not None:
            return found[1]
        seen += 1
        if seen == _LINES_NEAR_TOP:
            break
    return None


def _from_text(text: str) -> date | None:
    if found := _VALUE.fullmatch(text):
        return _written(found["date"])
    if found := _YEAR_FIRST.fullmatch(text):
        return _day(found[1], found[3], found[4])
    if found := _COMPACT.fullmatch(text):
        return _day(found[1], found[2], found[3])
    if found := _YEAR_LAST.fullmatch(text):
        low, high = sorted((int(found[1]), int(found[2])))
        return _day(found[3], low, high) if low == high or high > 12 else None
    if (found := _COMPACT_MOMENT.fullmatch(text)) and (day := _day(found[1], found[2], found[3])):
        return day
    return _from_epoch(float(text)) if _NUMBER.fullmatch(text) else None


def _written(text: str) -> date | None:
    if found := _YEAR_FIRST.fullmatch(text):
        return _day(found[1], found[3], found[4])
    month = _NAMED_MONTH.search(text)
    day, year = _DIGITS.findall(text)
    return _day(year, _MONTHS.index(month[0][:3].lower()) + 1, day) if month else None


def _day(year: int | str, month: int | str, day: int | str) -> date | None:
    if int(year) not in _YEARS:
        return None
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _from_epoch(seconds: float) -> date | None:
    """Eight digits are a day (20200707): as epoch seconds they would all lie in 1970 to 1973. Twelve that can be a day
    with hours and minutes are one: as milliseconds they would lie in 1975 and 1976."""
    digits = str(int(seconds)) if seconds == math.floor(seconds) else ""
    if (moment := _COMPACT_MOMENT.fullmatch(digits)) and (day := _day(moment[1], moment[2], moment[3])):
        return day
    if compact := _COMPACT.fullmatch(digits):
        return _day(compact[1], compact[2], compact[3])
    if _EPOCH_MILLISECONDS[0] <= seconds < _EPOCH_MILLISECONDS[1]:
        seconds /= 1000
    if not _EPOCH_SECONDS[0] <= seconds < _EPOCH_SECONDS[1]:
        return None
    return from_value(datetime.fromtimestamp(seconds, UTC))
