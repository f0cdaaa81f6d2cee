"""No credential of any service is where somebody else might read it."""

import base64
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

import psycopg2
import pytest

from include.lab.settings import ROOT, Lab
from tests.lessons import bucket
from tests.live.rounds import LESSONS

KEPT_BY_AIRFLOW = {
    "template": "SELECT dag_id, task_id, rendered_fields FROM rendered_task_instance_fields",
    "XCom": "SELECT dag_id, task_id, value FROM xcom",
    "run's conf": "SELECT dag_id, run_id, conf FROM dag_run",
    "Dag": "SELECT dag_id, '', data FROM serialized_dag",
    "event log": "SELECT dag_id, event, extra FROM log",
}
LOOKS_SECRET = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?:$|\\n)"
    r"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"
    r"|\bxox[abprs]-[0-9A-Za-z-]{10,}"
    r"|\bgh[pousr]_[0-9A-Za-z]{36}\b"
    r"|\bAIza[0-9A-Za-z_-]{35}\b"
    r"|\bhv[sb]\.[0-9A-Za-z_-]{24,}"
    r"|AccountKey=[0-9A-Za-z+/]{40,}"
    r"|\bT[0-9A-Z]{8,}/B[0-9A-Z]{8,}/[0-9A-Za-z]{24}\b"
)
"""Private keys, and the tokens of AWS, Slack, GitHub, Google, Vault and Azure, by their form."""


def forms(secret: str) -> set[str]:
    """The secret as it is, and as a URL, JSON or basic authentication would write it."""
    plain = {secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1]}
    return plain | {base64.b64encode(secret.encode()).decode()}


def found_in(text: str, lab: Lab) -> list[str]:
    """The names of the lab's secrets that stand in the text, in any form."""
    return [name for name, secret in lab.secrets.items() if any(f in text for f in forms(secret))]


@pytest.mark.timeout(600)
@pytest.mark.usefixtures("rounds")
def test_no_secret_is_in_a_log(lab: Lab) -> None:
    """Neither of a service, nor of a component of Airflow, nor of a task."""
    files = [
        *lab.logs.rglob("*.log"),
        *(lab.home / "airflow" / "logs").rglob("*.log"),
    ]
    assert len(files) > len(LESSONS)
    leaks = {file: found_in(file.read_text(errors="replace"), lab) for file in files}
    assert {file: names for file, names in leaks.items() if names} == {}


@pytest.mark.timeout(600)
@pytest.mark.usefixtures("rounds")
@pytest.mark.parametrize("kind", KEPT_BY_AIRFLOW)
def test_no_secret_is_in_what_airflow_keeps(lab: Lab, kind: str) -> None:
    """Its database holds passwords in encrypted connections alone."""
    connection = psycopg2.connect(
        host=lab.host("postgres"),
        port=lab.port("postgres"),
        dbname="airflow",
        user="airflow",
        password=lab.secrets["airflow_password"],
    )
    with connection, connection.cursor() as cursor:
        cursor.execute(KEPT_BY_AIRFLOW[kind])
        rows = cursor.fetchall()
    connection.close()

    assert rows
    leaks = {(one, two): found_in(json.dumps(value), lab) for one, two, value in rows}
    assert {place: names for place, names in leaks.items() if names} == {}


@pytest.mark.usefixtures("rounds")
def test_no_secret_is_in_a_large_xcom(lab: Lab) -> None:
    """Large values lie in the object store."""
    leaks = {key: found_in(body.decode(errors="replace"), lab) for key, body in large_xcoms()}
    assert {key: names for key, names in leaks.items() if names} == {}


def large_xcoms() -> Iterator[tuple[str, bytes]]:
    objects = bucket("xcom")
    assert objects
    yield from objects.items()


def test_no_secret_was_ever_committed(lab: Lab) -> None:
    """No line of the history looks like a key or a token, and none is one of this lab's."""
    command = ["git", "log", "--all", "-p", "--no-color", "--unified=0", "--no-ext-diff"]
    if not (ROOT / ".git").exists():
        pytest.skip("there is no git history here: it is looked through in a clone")
    said = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
    lines = said.decode(errors="replace").splitlines()
    added = [line for line in lines if line.startswith("+") and LOOKS_SECRET.search(line)]
    ours = [name for name, secret in every_secret(lab).items() if secret.encode() in said]

    assert added == []
    assert ours == []


def every_secret(lab: Lab) -> dict[str, str]:
    """The secrets of the tests' lab, and of the one that was started in this checkout, if any."""
    file = Path(ROOT / ".lab/secrets.json")
    here = json.loads(file.read_text()) if file.exists() else {}
    return {**{f"{name} of .lab": secret for name, secret in here.items()}, **lab.secrets}


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN RSA PRIVATE KEY-----",
        "key = " + "AKIA" + "IOSFODNN7EXAMPLE",
        "xoxb-" + "123456789012-abcdefghijkl",
        "T12345678/B12345678/" + "a1B2" * 6,
    ],
)
def test_what_looks_like_a_secret_is_seen(text: str) -> None:
    """The pattern finds what it is there for."""
    assert LOOKS_SECRET.search(text)
