import pytest

from include.curriculum.__main__ import main


def test_sync_names_what_it_wrote(small_root, capsys):
    """The command lists the files that it wrote, and says so when there are none."""
    assert main(["sync"], small_root) == 0
    assert "wrote dags/phase1/02_wait.py\nwrote README.md\n" in capsys.readouterr().out

    assert main(["sync"], small_root) == 0
    assert capsys.readouterr().out == "nothing to write\n"


def test_check_is_silent_when_all_is_well(small_root, capsys):
    """Nothing to say means exit code 0 and no output."""
    main(["sync"], small_root)
    capsys.readouterr()

    assert main(["check"], small_root) == 0
    assert capsys.readouterr() == ("", "")


def test_check_names_each_file_and_the_command_to_mend_it(small_root, capsys):
    """A difference ends in exit code 1, the file's name and `make sync`; nothing is written."""
    main(["sync"], small_root)
    readme = small_root / "README.md"
    readme.write_text(readme.read_text(encoding="utf-8").replace("ready", "done"), encoding="utf-8")
    capsys.readouterr()

    assert main(["check"], small_root) == 1
    assert capsys.readouterr().err == (
        "README.md: differs from configs/curriculum.toml\nTo mend it: make sync\n"
    )
    assert "done" in readme.read_text(encoding="utf-8")


@pytest.mark.parametrize("command", ["sync", "check"])
def test_a_mistake_is_told_without_a_traceback(small_root, capsys, command):
    """What is wrong in the facts or in a lesson is a sentence and exit code 1."""
    (small_root / "README.md").write_text("Only prose.\n", encoding="utf-8")
    assert main([command], small_root) == 1
    assert capsys.readouterr().err.startswith("README.md: has no place for the lessons; add `<!--")

    (small_root / "configs" / "curriculum.toml").write_text("level = 1\n", encoding="utf-8")
    assert main([command], small_root) == 1
    assert "curriculum.toml:1: level: should be" in capsys.readouterr().err
