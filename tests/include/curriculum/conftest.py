from pathlib import Path

import pytest

SMALL = """\
[[level]]
name = "Beginner"
goal = "Begin."

[[level]]
name = "Enterprise A & B"
goal = "Go on."

[[phase]]
number = 1
title = "First & foremost"
focus = "Starting"
objective = "Know how to start."
level = "Beginner"
requires = ["core Airflow"]
concepts = [
    { name = "Starting a | or b", lesson = "01_start", says = "It begins." },
    { name = "Waiting", lesson = "02_wait", says = "It takes time." },
]

[[phase.lesson]]
slug = "01_start"
title = "Start"
promise = "It starts."
minutes = 5
terms = ["Dag"]

[[phase.lesson]]
slug = "02_wait"
title = "Wait"
promise = "It waits."
minutes = 10
after = ["phase1_01_start"]
services = ["postgres", "object_store"]
terms = ["asset", "Dag"]

[[phase]]
number = 2
title = "Second"
focus = "Ending"
objective = "Know how to end."
level = "Enterprise A & B"
requires = ["`scipy`"]
concepts = [
    { name = "Ending", lesson = "01_end", says = "It is over." },
]

[[phase.lesson]]
slug = "01_end"
title = "End"
promise = "It ends."
minutes = 15
after = ["phase1_01_start", "phase1_02_wait"]
services = ["kafka"]
terms = ["asset"]
files = ["configs/end.yaml"]

[[checklist]]
title = "Core"
items = [
    { text = "It can end", lessons = ["phase1_02_wait", "phase2_01_end"] },
]

[[term]]
name = "Dag"
meaning = "What runs."

[[term]]
name = "asset"
meaning = "What is there."
formerly = "Dataset"
"""


LESSON = """\
\"\"\"## What you will learn

To wait.
\"\"\"

VALUE = "kept"

with DAG(
    "phase1_02_wait",
    schedule=None,
    doc_md=__doc__,
):
    pass
"""


@pytest.fixture
def small_root(tmp_path: Path) -> Path:
    """A checkout with a curriculum of three lessons; the second of them is built."""
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "curriculum.toml").write_text(SMALL, encoding="utf-8")
    lesson = tmp_path / "dags" / "phase1" / "02_wait.py"
    lesson.parent.mkdir(parents=True)
    lesson.write_text(LESSON, encoding="utf-8")
    return tmp_path
