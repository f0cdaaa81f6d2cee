"""`phase5_04_callbacks`: one row for each event; the deadline is proven on the live scheduler."""

from tests.lessons import Run, query

LESSON = "phase5_04_callbacks"


def test_each_event_leaves_one_row(run: Run) -> None:
    """Every callback has written its row, and the contained failure does not fail the run."""
    result = run(LESSON)

    assert result.state == "success"
    assert result.states["check_countries"] == "failed"
    assert result.states["ship_orders"] == "skipped"
    rows = query(
        "SELECT task_id, event FROM marts.events WHERE run_id = %s AND task_id <> ''",
        result.run.run_id,
    )
    assert sorted(rows) == [
        ("ask_twice", "execute"),
        ("ask_twice", "retry"),
        ("ask_twice", "success"),
        ("check_countries", "execute"),
        ("check_countries", "failure"),
        ("open_log", "success"),
        ("report", "execute"),
        ("report", "success"),
        ("ship_orders", "execute"),
        ("ship_orders", "skipped"),
        ("wait_until_late", "execute"),
        ("wait_until_late", "success"),
    ]
