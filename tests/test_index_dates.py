"""Publication dates."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import dates

DAY = date(2020, 10, 21)


@pytest.mark.parametrize(
    "value",
    [
        "2020-10-21",
        "2020-10-21T23:30:00-04:00",
        "2020-10-21 09:28:02.235052+00:00",
        "2020-10-21T09:28:02Z",
        "2020/10/21",
        "20201021",
        20201021,
        "Wed, 21 Oct 2020 09:28:02 GMT",
        "Wed, 21 Oct 2020 09:28:02 +0000",
        "Wed, 21 Oct 2020 09:28:02 +0000 (UTC)",
        "2020-10-21T09:28:02+02",
        "20201021T092802Z",
        "202010210928",
        202010210928,
        "21 October 2020",
        "21st of October, 2020",
        "October 21, 2020",
        "Oct. 21, 2020, 9:28 a.m. EDT",
        "Wednesday, October 21st, 2020 at 9:28 PM",
        "21/10/2020",
        "10/21/2020",
        1603272482.235052,
        "1603272482.235052",
        1603272482,
        1603272482235,
        "1603272482235",
        DAY,
        datetime(2020, 10, 21, 23, 59, tzinfo=timezone(timedelta(hours=-9))),
    ],
)
def test_a_metadata_value_that_names_one_day_gives_it(value: object) -> None:
    assert dates.from_value(value) == DAY


@pytest.mark.parametrize(
    "value",
    [
        *("", "03/04/2020", "2020", 2020, "2020-10", "2020-13-01", "2020-02-30", "31 February 2020", "21/21/2020"),
        *("yesterday", "On June 25 (local time)", "Spring 2020", "1599-12-31", "2101-01-01", "October 2020"),
        *(None, True, float("nan"), float("inf"), -1, 0, 12.5, 10**30, ["2020-10-21"], "9" * 400, "2020-10-21 or so"),
    ],
)
def test_a_value_that_names_no_single_day_gives_none(value: object) -> None:
    assert dates.from_value(value) is None


@settings(deadline=None)
@given(st.dates(date(1600, 1, 1), date(2100, 12, 31)))
def test_every_written_form_of_a_day_reads_back(day: date) -> None:
    forms = (f"{day:%Y-%m-%d}", f"{day.day} {day:%B} {day.year}", f"{day:%b} {day.day}, {day.year}")
    assert {dates.from_value(form) for form in forms} == {day}


@settings(deadline=None)
@given(st.datetimes(datetime(1976, 9, 1), datetime(2100, 12, 31)))
def test_an_epoch_reads_back_in_seconds_and_milliseconds(moment: datetime) -> None:
    seconds = int(moment.replace(tzinfo=UTC).timestamp())
    assert dates.from_value(seconds) == dates.from_value(str(seconds * 1000)) == moment.date()


@settings(deadline=None)
@given(st.one_of(st.text(), st.floats(), st.integers()))
def test_no_value_is_an_error(value: object) -> None:
    found = dates.from_value(value)
    assert found is None or 1600 <= found.year <= 2100


@pytest.mark.parametrize(
    ("line", "length"),
    [
        ("2020-10-21", 10),
        ("Published: 21 October 2020", 26),
        ("Posted on October 21, 2020", 26),
        ("Wednesday, 21 October 2020", 26),
        ("DATE: 2020-10-21 09:30", 22),
        ("date 2020-10-21 Workers inspect the bridge", 16),
        ("date 2020-10-21 09:30 Zoe inspects the bridge", 22),
        ("Published: 21 October 2020 | Updated: 3 November 2020", 29),
    ],
)
def test_a_date_line_is_a_marker_of_known_length(line: str, length: int) -> None:
    assert dates.marker(line) == (length, DAY)


@pytest.mark.parametrize(
    "line",
    [
        "On June 25 (local time), the paper reported that the bridge is closed.",
        "2020-10-21 was a cold day.",
        "Published 21 October 2020, the report says little.",
        "Updated: 21 October 2020",
        "date 2020-10-21 was set for the opening",
        "The date 2020-10-21 was set for the opening.",
        "03/04/2020",
        "",
    ],
)
def test_prose_with_a_date_is_no_marker(line: str) -> None:
    assert dates.marker(line) is None


def test_a_date_line_below_the_fifth_line_is_not_looked_at() -> None:
    assert dates.near_top(["a", "", "b", "c", "d", "2020-10-21"]) == DAY
    assert dates.near_top(["a", "", "b", "c", "d", "e", "2020-10-21"]) is None
