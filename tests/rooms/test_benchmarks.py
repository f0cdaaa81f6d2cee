"""The page of measured figures: a part that is measured anew takes the place of its former one."""

from threading import Event

from tests.bench import __main__ as bench
from tests.bench.capacity import ARRANGEMENTS, PARTS, Capacity
from tests.bench.faults import Account, Stream, account


def test_capacity_stands_once_and_before_the_lessons():
    """However often it is measured; nothing else on the page changes."""
    found = [
        Capacity(one, 10, dict.fromkeys(PARTS, 0.05), 0.1, dict.fromkeys(PARTS, 3))
        for one in ARRANGEMENTS
    ]
    page = bench.PAGE.read_text()
    once = bench._with_section(page, bench._capacity(found))
    assert bench._with_section(once, bench._capacity(found)) == once
    section = once[once.index("## Capacity") : once.index("## Lessons")]
    assert f"| {ARRANGEMENTS[0].what} | 50 | 50 | 50 | 50 | 50 | 50 | 0.30 s |" in section
    assert "One core carries 20.0 such tasks a second as a Celery worker's" in section
    before, _, after = once.partition(section)
    assert page.startswith(before)
    assert page.endswith(after)


def test_an_unknown_part_is_told(capsys):
    """Before anything is measured."""
    assert bench.main(["capcity"]) == 2
    assert "PART=capcity: capacity and faults are what runs alone" in capsys.readouterr().err


def test_the_table_of_faults_stands_once_and_says_who_lost_what_it_is_to_keep():
    """What is in memory alone may be lost, and the page says so."""
    found = [
        Account("inbox", 500, 0, 1),
        Account("gcs", 90, 7, 0),
        Account("kafka", 800, 300, 0, lasting=False),
    ]
    page = bench.PAGE.read_text()
    once = bench._with_section(page, bench._faults(found))
    assert bench._with_section(once, bench._faults(found)) == once
    section = once[once.index("## Faults") : once.index("## Lessons")]
    assert section.endswith(
        "| inbox | 500 | 0 | 1 |\n"
        "| gcs | 90 | **7** | 0 |\n"
        "| kafka | 800 | 300, kept in memory alone | 0 |\n\n"
    )
    assert [one.held for one in found] == [True, False, True]


def test_what_is_lost_and_doubled_is_counted():
    """Of what was acknowledged; a number that was refused is tried again."""
    killed, stored, refused = Event(), [0], [3]

    def write(number: int) -> None:
        if number in refused:
            refused.remove(number)
            raise ConnectionAbortedError
        if number not in (1, 2):
            stored.append(number)
        if number == 4:
            killed.set()

    found = account("gcs", Stream(write, lambda: stored), killed.wait)
    assert found.acknowledged == max(stored) + 1 >= 5
    assert (found.lost, found.doubled, found.held) == (2, 1, False)
