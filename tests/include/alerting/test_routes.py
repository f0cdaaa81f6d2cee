"""Who hears of an alert: the whole table of severity and team, and what is wrong with a file."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from include.alerting import routes
from include.alerting.alert import SEVERITIES
from include.alerting.routes import Target
from include.configuration import metadata
from include.configuration.reader import ConfigurationError

ROUTES = routes.load()
SCHEMA = Path(routes.FILE).with_name("alert_routes.schema.json")
INCIDENTS = Target("slack", "slack_incidents")
LEADERSHIP = Target("mail", "leadership@shop.example")
PLATFORM = {
    "pager": Target("pager", "platform-on-call"),
    "slack": Target("slack", "slack_platform"),
    "mail": Target("mail", "platform-team@shop.example"),
}
SALES = {
    "pager": Target("pager", "sales-on-call"),
    "slack": Target("slack", "slack_sales"),
    "mail": Target("mail", "sales-team@shop.example"),
}
TABLE = [
    ("P1", "platform", [PLATFORM["pager"], INCIDENTS, LEADERSHIP]),
    ("P2", "platform", [PLATFORM["slack"], PLATFORM["mail"]]),
    ("P3", "platform", [PLATFORM["slack"]]),
    ("P4", "platform", []),
    ("P1", "sales", [SALES["pager"], INCIDENTS, LEADERSHIP]),
    ("P2", "sales", [SALES["slack"], SALES["mail"]]),
    ("P3", "sales", [SALES["slack"]]),
    ("P4", "sales", []),
]


@pytest.mark.parametrize(("severity", "team", "told"), TABLE)
def test_severity_and_team_decide_who_is_told(severity, team: str, told: list[Target]):
    """P1 pages, posts in #incidents and mails leadership; P2 posts and mails; P3 posts; P4 logs."""
    assert ROUTES.targets(severity, team) == told


def test_the_table_is_whole():
    """Every severity of every team is in it."""
    pairs = {(severity, team) for severity, team, _ in TABLE}
    assert pairs == {(severity, team) for severity in SEVERITIES for team in ROUTES.teams}


@pytest.mark.parametrize(
    ("tags", "team"),
    [
        ({"phase8", "team:sales"}, "sales"),
        ({"team:platform"}, "platform"),
        ({"team:nobody", "team:sales"}, "sales"),
        ({"team:nobody"}, "platform"),
        ({"phase8"}, "platform"),
        (set(), "platform"),
    ],
)
def test_tags_name_the_team(tags: set[str], team: str):
    """Who has none, or one that nobody knows, is the default team's: no alert is lost."""
    assert ROUTES.team_of(tags) == team


def test_alert_of_an_unknown_team_goes_to_the_default_one():
    """However it came to its name."""
    assert ROUTES.targets("P3", "nobody") == [PLATFORM["slack"]]


def test_escalation_reaches_others():
    """The next person, and everybody in #incidents."""
    assert ROUTES.escalation_targets("sales") == [Target("pager", "head-of-data"), INCIDENTS]
    assert ROUTES.escalate_after.total_seconds() == 15 * 60


def test_every_webhook_is_a_connection():
    """A Slack address of the routes is the id of a connection to a webhook."""
    known = metadata.connection_facts()
    addresses = {team.slack for team in ROUTES.teams.values()}
    everything = [*ROUTES.severities.P1, *ROUTES.severities.P2, *ROUTES.severities.P3]
    addresses |= {route.slack for route in [*everything, *ROUTES.escalation.to] if route.slack}
    assert {known[name].conn_type for name in addresses - {routes.TEAM}} == {"slackwebhook"}


def test_schema_is_that_of_the_model():
    """Else: `python -m include.alerting.routes > configs/alert_routes.schema.json`."""
    assert SCHEMA.read_text() == routes.schema()
    assert routes.FILE.read_text().startswith(f"# yaml-language-server: $schema={SCHEMA.name}\n")
    jsonschema.validate(yaml.safe_load(routes.FILE.read_text()), json.loads(routes.schema()))


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("window_minutes: 60", "window_minutes: 0", ":6: window_minutes: should be greater than"),
        ("default_team: platform", "default_team: nobody", "'nobody' is no team (known: platform"),
        ("  P4: []", "  P5: []", ":30: severities.P5: is not a known key; remove it"),
        ("    - pager: team", "    - page: team", "severities.P1[0].page: is not a known key"),
        ("    - pager: team", "    - {}", "must have exactly one of pager, slack and mail"),
        (
            "    - mail: leadership@shop.example",
            "    - mail: leadership",
            "severities.P1[2].mail: must be one address such as name@shop.example, or `team`, "
            "but 'leadership' was given",
        ),
        ("slack: slack_sales", "slack: '#sales'", "teams.sales.slack: must be lower case letters"),
        ("  after_minutes: 15", "  after_minutes: soon", "escalation.after_minutes: should be a"),
    ],
)
def test_mistake_is_named_with_its_line(tmp_path: Path, right: str, wrong: str, said: str):
    """Its key, its value, and what to write instead."""
    file = tmp_path / "routes.yaml"
    text = routes.FILE.read_text()
    assert right in text
    file.write_text(text.replace(right, wrong))

    with pytest.raises(ConfigurationError) as caught:
        routes.load(file)
    assert said in str(caught.value)
    assert str(caught.value).startswith(f"{file}:")
