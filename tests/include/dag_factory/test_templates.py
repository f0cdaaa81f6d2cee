"""Templates are filled in strictly, from files and the process's own environment."""

from pathlib import Path

import pytest

from include.dag_factory import definitions, templates
from tests.bench.parsing import ROOT

TEMPLATE = ROOT / "dags/phase15/configs/pipeline.yaml.j2"
ENVIRONMENTS = ("dev", "staging", "prod")


def values(name: str) -> dict[str, str]:
    return templates.variables(TEMPLATE.with_name(f"{name}.env"), {})


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_each_environment_gives_a_right_definition(name: str):
    """Checked by the same model as what people write."""
    entries = definitions.read(templates.render(TEMPLATE, name, values(name)), name)

    assert entries.bad == {}
    assert set(entries.good) == {f"phase15_02_jinja_templates__{name}"}


@pytest.mark.parametrize("variable", sorted(values("dev")))
def test_a_missing_variable_names_itself(variable: str):
    """With the template's line, the environment, and what to do."""
    given = {name: value for name, value in values("dev").items() if name != variable}
    lines = TEMPLATE.read_text(encoding="utf-8").splitlines()

    with pytest.raises(templates.MissingVariableError) as caught:
        templates.render(TEMPLATE, "dev", given)

    file, line, environment, said = str(caught.value).split(":", 3)
    assert (file, environment) == (TEMPLATE.name, " dev")
    assert f"{{{{ {variable} }}}}" in lines[int(line) - 1]
    assert said.startswith(f" {variable} has no value; set it in dev.env")


@pytest.mark.parametrize(
    "text", ["{{ x }}", "{% if x %}{% endif %}", "{% for a in x %}{% endfor %}", "{{ x == 1 }}"]
)
def test_missing_is_never_empty(tmp_path: Path, text: str):
    """Not as text, not as a condition, not as a list."""
    file = tmp_path / "t.j2"
    file.write_text(text)

    with pytest.raises(templates.MissingVariableError, match=r"t\.j2:1: dev: x has no value"):
        templates.render(file, "dev", {})


def test_the_process_wins_over_the_file():
    """By variables that begin as ours do; all others are out of sight."""
    found = templates.variables(
        TEMPLATE.with_name("dev.env"), {"SHOP_RETRIES": "4", "SHOP_NEW": "x", "PASSWORD": "secret"}
    )

    assert (found["SHOP_RETRIES"], found["SHOP_NEW"], found["SHOP_OWNER"]) == (
        "4",
        "x",
        "developer",
    )
    assert "PASSWORD" not in found


def test_a_line_that_sets_nothing_is_named(tmp_path: Path):
    """With its number."""
    file = tmp_path / "dev.env"
    file.write_text("# a comment\n\nSHOP_RETRIES 4\n")

    with pytest.raises(ValueError, match=r"dev\.env:3: 'SHOP_RETRIES 4'"):
        templates.variables(file, {})


def test_differences_are_the_lines_that_changed():
    """What is gone and what has come, in their order; the same texts have none."""
    assert templates.differences("a\nb\n", "a\nc\n") == ["- b", "+ c"]
    assert templates.differences("a\n", "a\n") == []
