"""Bad input: one table of what somebody may send, and the name that the refusal has to hold.

What refuses is what refuses in production: Airflow holds `conf` against the Params of the Dag as
it is stored, and the middleware looks at what Airflow lets through. `tests/live/test_bad_input.py`
sends the same table over REST.
"""

import functools
import json
from collections.abc import Callable
from typing import Any

import pytest

from plugins.middleware import known_params

Conf = dict[str, Any]

BAD: list[tuple[str, Conf, str]] = [
    # A lesson without parameters takes none.
    ("phase1_01_hello_airflow", {"greeting": "hello"}, "greeting"),
    ("phase2_01_scheduled_dag", {"day": "2026-01-05"}, "day"),
    ("phase14_02_dataset_consumer", {"update": "all"}, "update"),
    ("phase13_03_dag_dependencies__ingest", {"day": "2026-02-14"}, "day"),
    # A day that is none: words, another calendar's way, no such day, too much, nothing, no text.
    ("phase3_01_bash_operator", {"day": "yesterday"}, "day"),
    ("phase3_01_bash_operator", {"day": 5}, "day"),
    ("phase3_01_bash_operator", {"days": "2026-01-05"}, "days"),
    ("phase3_02_python_operator", {"day": "05.01.2026"}, "day"),
    ("phase3_02_python_operator", {"day": None}, "day"),
    ("phase3_02_python_operator", {"channel": "telephone"}, "channel"),
    ("phase3_02_python_operator", {"channel": "WEB"}, "channel"),
    ("phase4_01_xcom_basics", {"days": 0}, "days"),
    ("phase4_01_xcom_basics", {"days": 91}, "days"),
    ("phase4_01_xcom_basics", {"days": "31"}, "days"),
    ("phase4_01_xcom_basics", {"days": 1.5}, "days"),
    ("phase4_01_xcom_basics", {"days": True}, "days"),
    ("phase4_02_branching", {"day": "2026-02-30"}, "day"),
    ("phase4_02_branching", {"large_from": 0.99}, "large_from"),
    ("phase4_02_branching", {"large_from": "250 EUR"}, "large_from"),
    ("phase4_02_branching", {"large_from": float("nan")}, "large_from"),
    ("phase4_04_dynamic_tasks", {"day": "2026-01-06T00:00:00"}, "day"),
    ("phase4_04_dynamic_tasks", {"include_corrupt": "maybe"}, "include_corrupt"),
    ("phase4_04_dynamic_tasks", {"include_corupt": True}, "include_corupt"),
    ("phase5_04_callbacks", {"late": "soon"}, "late"),
    ("phase5_04_callbacks", {"latte": True}, "latte"),
    # Numbers that are none pass every bound, or lie outside of all.
    ("phase6_01_mlflow_integration", {"C": 0}, "C"),
    ("phase6_01_mlflow_integration", {"C": 1001}, "C"),
    ("phase6_01_mlflow_integration", {"C": float("nan")}, "C"),
    ("phase6_01_mlflow_integration", {"C": float("inf")}, "C"),
    ("phase6_01_mlflow_integration", {"c": 1.0}, "c"),
    ("phase6_02_complete_ml_pipeline", {"dataset": "iris"}, "dataset"),
    ("phase6_02_complete_ml_pipeline", {"dataset": ["customers"]}, "dataset"),
    ("phase6_02_complete_ml_pipeline", {"candidates": []}, "candidates"),
    ("phase6_02_complete_ml_pipeline", {"candidates": "random_forest"}, "candidates"),
    ("phase6_02_complete_ml_pipeline", {"candidates": ["random_forest", "oracle"]}, "candidates"),
    ("phase6_02_complete_ml_pipeline", {"candidates": {"random_forest": 1}}, "candidates"),
    ("phase6_02_complete_ml_pipeline", {"threshold": 0.49}, "threshold"),
    ("phase6_02_complete_ml_pipeline", {"threshold": 1.01}, "threshold"),
    ("phase7_01_retry_strategies", {"failures": 0}, "failures"),
    ("phase7_01_retry_strategies", {"failures": 6}, "failures"),
    ("phase7_02_exception_handling", {"failures": -1}, "failures"),
    ("phase7_02_exception_handling", {"failures": [2]}, "failures"),
    ("phase7_02_exception_handling", {"since": "2026-13-01"}, "since"),
    ("phase7_02_exception_handling", {"since": ""}, "since"),
    ("phase7_02_exception_handling", {"until": "2026-05-02"}, "until"),
    ("phase8_01_email_notifications", {"day": "2026-W13-2"}, "day"),
    ("phase8_01_email_notifications", {"day": "2026-03-24" * 1000}, "day"),
    ("phase8_01_email_notifications", {"to": "everybody@shop.example"}, "to"),
    ("phase8_02_slack_notifications", {"units": -1}, "units"),
    ("phase8_02_slack_notifications", {"units": 101}, "units"),
    ("phase8_02_slack_notifications", {"units": None}, "units"),
    ("phase8_03_alert_routing", {"patience": 0}, "patience"),
    ("phase8_03_alert_routing", {"patience": 901}, "patience"),
    ("phase8_03_alert_routing", {"forget": "yes"}, "forget"),
    ("phase8_03_alert_routing", {"severity": "P0"}, "severity"),
    ("phase9_01_database_integration", {"bad_row": 1}, "bad_row"),
    ("phase9_02_api_integration", {"start_over": "false"}, "start_over"),
    ("phase9_03_cloud_integration", {"tamper": {}}, "tamper"),
    ("phase9_04_message_queues", {"orders": 0}, "orders"),
    ("phase9_04_message_queues", {"orders": 3001}, "orders"),
    ("phase9_04_message_queues", {"orders": 1e300}, "orders"),
    ("phase9_04_message_queues", {"crash": 0}, "crash"),
    ("phase9_04_message_queues", {"crash": True, "order": 10}, "order"),
    ("phase10_01_great_expectations", {"month": "2026-04"}, "month"),
    ("phase10_01_great_expectations", {"month": ["2026-02"]}, "month"),
    ("phase10_01_great_expectations", {"spoil": "everything"}, "spoil"),
    ("phase10_02_schema_validation", {"offer": "x" * 10_000}, "offer"),
    ("phase10_02_schema_validation", {"mode": "full"}, "mode"),
    ("phase10_03_data_profiling", {"month": "2026-01"}, "month"),
    ("phase11_01_dag_testing", {"change": "../../etc/passwd"}, "change"),
    ("phase11_01_dag_testing", {"change": ""}, "change"),
    ("phase11_02_cicd_patterns", {"change": "import_error"}, "change"),
    ("phase11_02_cicd_patterns", {"change": None}, "change"),
    ("phase12_01_metrics_monitoring", {"country": "CH"}, "country"),
    ("phase12_01_metrics_monitoring", {"country": "' OR 1=1 --"}, "country"),
    ("phase12_01_metrics_monitoring", {"late": "true"}, "late"),
    ("phase12_02_logging_tracing", {"order_id": 0}, "order_id"),
    ("phase12_02_logging_tracing", {"order_id": 100_000}, "order_id"),
    ("phase12_02_logging_tracing", {"failures": 3}, "failures"),
    ("phase12_03_health_checks", {"break": "everything"}, "break"),
    ("phase12_03_health_checks", {"patience": 301}, "patience"),
    ("phase13_01_external_task_sensor", {"day": "2026-03-31"}, "day"),
    ("phase13_01_external_task_sensor", {"fail": True}, "fail"),
    ("phase13_02_trigger_dag_run", {"day": "2026-3-2"}, "day"),
    ("phase13_02_trigger_dag_run", {"least": 10_001}, "least"),
    ("phase13_02_trigger_dag_run__child", {"orders": -1}, "orders"),
    ("phase13_03_dag_dependencies", {"day": 20260214}, "day"),
    ("phase13_03_dag_dependencies", {"fail": "nothing"}, "fail"),
    ("phase14_01_dataset_producer", {"update": "nothing"}, "update"),
    ("phase14_01_dataset_producer", {"day": "2026-02-29"}, "day"),
    ("phase14_03_dataset_patterns", {"break_contract": None}, "break_contract"),
    ("phase15_01_yaml_dag_factory", {"edit": "everything"}, "edit"),
    ("phase15_01_yaml_dag_factory__countries", {"country": "DE"}, "country"),
    ("phase15_02_jinja_templates", {"forget": "HOME"}, "forget"),
    ("phase15_03_dynamic_dag_patterns", {"tenants": 501}, "tenants"),
    ("phase15_03_dynamic_dag_patterns__north", {"countries": ["IT"]}, "countries"),
    ("phase16_02_rbac_patterns", {"tamper": "admin"}, "tamper"),
    ("phase16_02_rbac_patterns", {"apply": []}, "apply"),
    ("phase16_02_rbac_patterns__sales", {"sql": "DROP TABLE shop.orders"}, "sql"),
    ("phase16_03_audit_compliance", {"member": 0}, "member"),
    ("phase16_03_audit_compliance", {"forgotten_copy": "yes"}, "forgotten_copy"),
    ("phase17_01_openlineage", {"emit": False}, "emit"),
    ("phase17_02_data_catalog", {"change": "rename"}, "change"),
    ("phase17_02_data_catalog", {"tag": "secret"}, "tag"),
    ("phase17_03_governance_workflows", {"event": "fire"}, "event"),
    ("phase17_03_governance_workflows", {"today": "tomorrow"}, "today"),
    ("phase18_01_feature_store", {"week": 3}, "week"),
    ("phase18_01_feature_store", {"missed": -1}, "missed"),
    ("phase18_01_feature_store", {"skip_batch": True}, "skip_batch"),
    ("phase18_03_auto_retraining", {"drift": "yes"}, "drift"),
    ("phase18_03_auto_retraining", {"lasting": 0}, "lasting"),
    ("phase18_02_ab_testing", {"experiment": "../one_page_checkout"}, "experiment"),
    ("phase18_02_ab_testing", {"looks": 5}, "looks"),
    ("phase18_02_ab_testing", {"lose_visits": "some"}, "lose_visits"),
    # What else a person types who does not know the form.
    ("phase3_01_bash_operator", {"day": "2026-13-01"}, "day"),
    ("phase3_01_bash_operator", {"day": "2026-01-05; rm -rf x"}, "day"),
    ("phase3_02_python_operator", {"day": "monday"}, "day"),
    ("phase3_02_python_operator", {"channel": "fax"}, "channel"),
    ("phase3_02_python_operator", {"day": 5}, "day"),
    ("phase4_01_xcom_basics", {"days": "all"}, "days"),
    ("phase4_02_branching", {"day": "soon"}, "day"),
    ("phase4_02_branching", {"large_from": 0}, "large_from"),
    ("phase4_02_branching", {"large_from": "much"}, "large_from"),
    ("phase4_04_dynamic_tasks", {"day": "2026-1-6"}, "day"),
    ("phase6_01_mlflow_integration", {"C": 100_000}, "C"),
    ("phase6_01_mlflow_integration", {"C": "strong"}, "C"),
    ("phase6_02_complete_ml_pipeline", {"dataset": "orders"}, "dataset"),
    ("phase6_02_complete_ml_pipeline", {"candidates": ["oracle"]}, "candidates"),
    ("phase6_02_complete_ml_pipeline", {"threshold": 0.4}, "threshold"),
    ("phase6_02_complete_ml_pipeline", {"threshold": "high"}, "threshold"),
    ("phase7_01_retry_strategies", {"failures": "three"}, "failures"),
    ("phase7_02_exception_handling", {"failures": 5}, "failures"),
    ("phase7_02_exception_handling", {"since": "yesterday"}, "since"),
    ("phase8_01_email_notifications", {"day": "yesterday"}, "day"),
    ("phase8_02_slack_notifications", {"units": "few"}, "units"),
    ("phase9_01_database_integration", {"bad_row": "two"}, "bad_row"),
    ("phase9_02_api_integration", {"start_over": "perhaps"}, "start_over"),
    ("phase9_03_cloud_integration", {"tamper": "a little"}, "tamper"),
    ("phase9_04_message_queues", {"orders": "many"}, "orders"),
    ("phase9_04_message_queues", {"crash": "hard"}, "crash"),
    ("phase12_02_logging_tracing", {"order_id": "first"}, "order_id"),
    ("phase12_03_health_checks", {"patience": 0}, "patience"),
    ("phase12_03_health_checks", {"patience": "long"}, "patience"),
    ("phase13_01_external_task_sensor", {"fail": "everything"}, "fail"),
    ("phase13_02_trigger_dag_run", {"least": 0}, "least"),
    ("phase13_02_trigger_dag_run__child", {"orders": "many"}, "orders"),
    ("phase14_01_dataset_producer", {"update": ""}, "update"),
    ("phase14_01_dataset_producer", {"update": 7}, "update"),
    ("phase16_03_audit_compliance", {"member": 4}, "member"),
]
"""The Dag, the `conf`, and the name to be told."""

AT_LEAST = 60


def row_name(row: Any) -> str | None:
    """The Dag and the name, for those that read what failed."""
    return row if isinstance(row, str) else None


@pytest.fixture(scope="module")
def stored(bag: Any) -> Callable[[str], Any]:
    """The Params of a Dag in the form in which the API server has them from the database."""
    from airflow.serialization.serialized_objects import DagSerialization

    assert not bag.import_errors

    def read_back(dag_id: str) -> Any:
        kept = json.loads(json.dumps(DagSerialization.to_dict(bag.dags[dag_id])))
        return DagSerialization.from_dict(kept).params

    return functools.cache(read_back)


def refusal(conf: Conf, params: Any) -> str | None:
    """Why a trigger with this `conf` is refused; None if it is not."""
    from airflow.exceptions import ParamValidationError

    if said := known_params.refusal(conf, set(params)):
        return said
    try:
        params.deep_merge(conf).validate()
    except ParamValidationError as error:
        return str(error)
    return None


@pytest.mark.parametrize(("dag_id", "conf", "name"), BAD, ids=row_name)
def test_bad_input_is_refused_by_name(
    stored: Callable[[str], Any], dag_id: str, conf: Conf, name: str
) -> None:
    """One sentence names the parameter, before there is a run that could write anything."""
    said = refusal(conf, stored(dag_id))

    assert said is not None
    first = said.splitlines()[0]
    assert f"param {name}: " in first or f"conf names {name}, " in first or f"{name} = " in first


def test_what_a_lesson_offers_is_not_bad(bag: Any, stored: Callable[[str], Any]) -> None:
    """Each Dag's own values pass, so the rows above are refused for what they are."""
    said = {dag_id: refusal(dict(dag.params), stored(dag_id)) for dag_id, dag in bag.dags.items()}

    assert {dag_id: why for dag_id, why in said.items() if why} == {}


def test_every_parameter_is_in_the_table(bag: Any) -> None:
    """Each parameter of each Dag stands in a row with a value that it does not take."""
    offered = {(dag_id, name) for dag_id, dag in bag.dags.items() for name in dag.params}

    assert offered - {(dag_id, name) for dag_id, _, name in BAD} == set()


def test_the_table_is_long_and_has_unknown_names(bag: Any) -> None:
    """At least 60 rows, none twice; some name what no parameter is called."""
    unknown = [row for row in BAD if row[2] not in bag.dags[row[0]].params]

    assert len({repr(row) for row in BAD}) == len(BAD) >= AT_LEAST
    assert len(unknown) >= 5
