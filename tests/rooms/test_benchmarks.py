"""The page of measured figures: a part that is measured anew takes the place of its former one."""

from tests.bench import __main__ as bench
from tests.bench.capacity import ARRANGEMENTS, PARTS, Capacity


def test_capacity_stands_once_and_before_the_lessons():
    """However often it is measured; nothing else on the page changes."""
    found = [
        Capacity(one, 10, dict.fromkeys(PARTS, 0.05), 0.1, dict.fromkeys(PARTS, 3))
        for one in ARRANGEMENTS
    ]
    page = bench.PAGE.read_text()
    once = bench._with_capacity(page, bench._capacity(found))
    assert bench._with_capacity(once, bench._capacity(found)) == once
    section = once[once.index("## Capacity") : once.index("## Lessons")]
    assert f"| {ARRANGEMENTS[0].what} | 50 | 50 | 50 | 50 | 50 | 50 | 0.30 s |" in section
    assert "One core carries 20.0 such tasks a second as a Celery worker's" in section
    before, _, after = once.partition(section)
    assert page.startswith(before)
    assert page.endswith(after)


def test_an_unknown_part_is_told(capsys):
    """Before anything is measured."""
    assert bench.main(["capcity"]) == 2
    assert "PART=capcity: the part that runs alone is capacity" in capsys.readouterr().err
