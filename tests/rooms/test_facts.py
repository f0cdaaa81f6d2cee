"""Configuration, lessons and lab speak of the same connections, services, ports and values."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from include.configuration import metadata
from include.curriculum import syllabus
from include.lab import airflow
from include.lab import services as catalogue
from include.lab.addresses import addresses
from include.lab.airflow import COMPONENTS
from include.lab.settings import DEFAULT_PORT_BASE, PORT_NAMES, Lab
from tests.rooms.sources import ROOT, Source, called, sources

HOOK = re.compile(r"(?:Hook|Notifier)$")
IN_ADDRESS = re.compile(r"\b[a-z0-9]+://([a-z][a-z0-9_]*)@")
IN_TEMPLATE = re.compile(r"\bconn\.([a-z][a-z0-9_]*)\b")
BUILT = [lesson for lesson in syllabus.load().lessons if lesson.built()]
CONNECTIONS = metadata.connection_facts()


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """A lab that is described and never started."""
    return Lab.from_environment({"LAB_HOME": str(tmp_path_factory.mktemp("lab"))})


def named_connections(source: Source) -> Iterator[str]:
    """Every connection id that stands in the file as text."""
    for node in source.nodes:
        match node:
            case ast.keyword(arg=str(name), value=ast.Constant(value=str(value))) if (
                name.endswith("conn_id") or name == "kafka_config_id"
            ):
                yield value
            case ast.Constant(value="conn_id"):
                pass
            case ast.Dict(keys=keys, values=values):
                for key, value in zip(keys, values, strict=True):
                    if getattr(key, "value", None) == "conn_id":
                        yield str(getattr(value, "value", ""))
            case ast.Call(args=[ast.Constant(value=str(value)), *_]) if (
                HOOK.search(called(node)) and "/" not in value and not value.isupper()
            ):
                yield value
            case ast.Constant(value=str(text)):
                yield from IN_ADDRESS.findall(text)
                if "{{" in text:
                    yield from IN_TEMPLATE.findall(text)


@pytest.mark.parametrize("source", sources("dags", "plugins"), ids=lambda source: source.path)
def test_every_connection_that_is_named_exists(source: Source):
    """A connection id in a lesson or a plugin stands in configs/connections.toml."""
    assert set(named_connections(source)) <= CONNECTIONS.keys()


@pytest.mark.parametrize(
    "code",
    [
        "PostgresHook('nowhere')",
        "HttpOperator(http_conn_id='nowhere')",
        "dict(default_args={'conn_id': 'nowhere'})",
        "ObjectStoragePath('s3://nowhere@lake/x')",
        "Bash(env={'HOST': '{{ conn.nowhere.host }}'})",
    ],
)
def test_a_connection_is_seen_in_each_of_its_forms(code: str):
    """Argument, default, address and template all count."""
    assert "nowhere" in [*named_connections(Source("x.py", ast.parse(code)))]


@pytest.mark.parametrize("lesson", BUILT, ids=lambda lesson: lesson.id)
def test_the_services_of_a_lesson_exist(lesson: syllabus.Lesson, described: Lab):
    """A lesson that is ready needs only what the lab starts."""
    known = {service.name for service in catalogue.services(described)}
    known |= {facts.service for facts in CONNECTIONS.values()}
    assert set(lesson.services) <= known


@pytest.mark.parametrize("lesson", BUILT, ids=lambda lesson: lesson.id)
def test_a_lesson_lists_the_services_behind_its_connections(lesson: syllabus.Lesson):
    """Who reads a lesson's page knows what has to run for it."""
    (source,) = [source for source in sources("dags") if source.path == lesson.file]
    behind = {CONNECTIONS[name].service for name in named_connections(source)} - {""}
    assert behind <= set(lesson.services)


def test_the_services_behind_the_connections_exist(described: Lab):
    """Each connection leads to a service of the lab, or to a folder."""
    known = {"", *(service.name for service in catalogue.services(described))}
    assert {facts.service for facts in CONNECTIONS.values()} <= known


def test_every_place_holder_has_a_value(described: Lab):
    """The lab knows what each `${LAB_…}` of the connections stands for, and has none to spare."""
    asked = set(re.findall(r"\$\{(LAB_\w+)\}", (ROOT / "configs/connections.toml").read_text()))
    assert asked == set(addresses(described))
    assert metadata.connections(addresses(described)).keys() == CONNECTIONS.keys()


def test_no_two_services_listen_on_one_port(described: Lab):
    """Every name has a port of its own, and every service its own ports."""
    ports = [port for service in catalogue.services(described) for port in service.ports]
    assert len(set(PORT_NAMES)) == len(PORT_NAMES)
    assert len(set(ports)) == len(ports)


def test_services_wait_only_for_services_before_them(described: Lab):
    """What a service waits for stands before it in the list: no circle, no unknown name."""
    before: set[str] = set()
    for service in catalogue.services(described):
        assert set(service.after) <= before
        before.add(service.name)


def test_every_file_of_a_lesson_folder_is_a_lesson():
    """Airflow reads each Python file in `dags/`: none of them is there for another purpose."""
    assert {source.path for source in sources("dags")} == {lesson.file for lesson in BUILT}


def stand_ins(described: Lab) -> set[str]:
    """The services that stand for something else in production: all but Airflow's own."""
    return {
        service.name
        for service in catalogue.services(described)
        if not service.job and service.name not in COMPONENTS
    }


def test_every_service_has_a_page(described: Lab):
    """And the list of services leads to each of them."""
    pages = {page.stem for page in (ROOT / "docs/services").glob("*.md")} - {"README"}
    listed = re.findall(r"\[(\w+)\]\(\1\.md\)", (ROOT / "docs/services/README.md").read_text())
    assert pages == set(listed) == stand_ins(described)


@pytest.mark.parametrize("conn_id", [name for name, facts in CONNECTIONS.items() if facts.service])
def test_the_page_of_a_service_names_its_connections(conn_id: str):
    """Who wants to point a connection at the real thing finds it there; channels share a line."""
    page = (ROOT / f"docs/services/{CONNECTIONS[conn_id].service}.md").read_text()
    assert f"`{conn_id}`" in page


@pytest.mark.parametrize(
    "page",
    sorted((ROOT / "docs").rglob("*.md")),
    ids=lambda page: page.relative_to(ROOT).as_posix(),
)
def test_a_page_names_only_ports_and_services_that_there_are(page: Path, described: Lab):
    """An address with a port is that of the service, at the usual port base."""
    usual = {str(DEFAULT_PORT_BASE + number) for number in range(len(PORT_NAMES))}
    text = page.read_text()
    assert set(re.findall(r"(?:127\.0\.0\.1|localhost):(\d+)", text)) <= usual
    left_out = re.findall(r"WITHOUT=([\w,]+)", text)
    there = stand_ins(described) | {airflow.NAME}
    assert {name for names in left_out for name in names.split(",")} <= there


@pytest.mark.parametrize(
    "page",
    [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), ROOT / "dags/airflow_usecases.md"],
    ids=lambda page: page.relative_to(ROOT).as_posix(),
)
def test_every_link_within_the_project_leads_somewhere(page: Path):
    """A file that was moved or renamed is not left behind in prose."""
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text())
    within = [link for link in links if "://" not in link]
    assert [link for link in within if not (page.parent / link).exists()] == []
