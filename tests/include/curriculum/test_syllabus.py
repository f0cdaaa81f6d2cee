from pathlib import Path

import pytest

from include.configuration.reader import ConfigurationError
from include.curriculum.syllabus import Level, Syllabus, load, slug_of

LESSON_IDS = [
    "phase1_01_hello_airflow",
    "phase1_02_parallel_tasks",
    "phase2_01_scheduled_dag",
    "phase2_02_taskflow_api",
    "phase3_01_bash_operator",
    "phase3_02_python_operator",
    "phase3_03_sensors",
    "phase4_01_xcom_basics",
    "phase4_02_branching",
    "phase4_03_trigger_rules",
    "phase4_04_dynamic_tasks",
    "phase5_01_connections_variables",
    "phase5_02_pools_priority",
    "phase5_03_task_groups",
    "phase5_04_callbacks",
    "phase6_01_mlflow_integration",
    "phase6_02_complete_ml_pipeline",
    "phase7_01_retry_strategies",
    "phase7_02_exception_handling",
    "phase7_03_circuit_breaker",
    "phase8_01_email_notifications",
    "phase8_02_slack_notifications",
    "phase8_03_alert_routing",
    "phase9_01_database_integration",
    "phase9_02_api_integration",
    "phase9_03_cloud_integration",
    "phase9_04_message_queues",
    "phase10_01_great_expectations",
    "phase10_02_schema_validation",
    "phase10_03_data_profiling",
    "phase11_01_dag_testing",
    "phase11_02_cicd_patterns",
    "phase12_01_metrics_monitoring",
    "phase12_02_logging_tracing",
    "phase12_03_health_checks",
    "phase13_01_external_task_sensor",
    "phase13_02_trigger_dag_run",
    "phase13_03_dag_dependencies",
    "phase14_01_dataset_producer",
    "phase14_02_dataset_consumer",
    "phase14_03_dataset_patterns",
    "phase15_01_yaml_dag_factory",
    "phase15_02_jinja_templates",
    "phase15_03_dynamic_dag_patterns",
    "phase16_01_secrets_backend",
    "phase16_02_rbac_patterns",
    "phase16_03_audit_compliance",
    "phase17_01_openlineage",
    "phase17_02_data_catalog",
    "phase17_03_governance_workflows",
    "phase18_01_feature_store",
    "phase18_02_ab_testing",
    "phase18_03_auto_retraining",
]

# One word or name for each key concept that the curriculum must show, phase by phase, in order.
KEY_CONCEPTS = {
    1: ["with DAG(", ">>", "default_args", "Tags"],
    2: ["@weekly", "catchup=False", "max_active_runs", "XCom"],
    3: ["{{ ds }}", "op_kwargs", "reschedule", "poke_interval"],
    4: ["XCom", "branch", "Trigger rules", "Dynamic task"],
    5: ["Connections", "Variables", "Pools", "Callbacks"],
    6: ["tracking server", "metrics", "registered", "deploy"],
    7: [
        "retry_exponential_backoff",
        "execution_timeout",
        "TransientError",
        "HALF_OPEN",
        "fallback",
    ],
    8: ["SMTP", "webhook", "P1", "P2", "P3", "P4", "tags"],
    9: ["PostgresHook", "HttpHook", "BigQueryHook", "Kafka", "dead letter"],
    10: [
        "expect_column_to_exist",
        "expect_column_values_to_not_be_null",
        "expect_column_values_to_be_between",
        "expect_table_row_count_to_be_between",
        "Schema versions",
        "Drift",
        "gate",
    ],
    11: [
        "Logic outside",
        "validation",
        "Unit tests",
        "lint",
        "coverage",
        "validate",
        "staging",
        "smoke",
        "production",
    ],
    12: [
        "Histogram",
        "Prometheus",
        "correlation id",
        "spans",
        "database",
        "API",
        "storage",
        "queue",
        "components",
        "Self-healing",
    ],
    13: [
        "execution_date_fn",
        "conf",
        "XCom",
        "graph",
        "timezones",
        "Parent and child",
        "failure crosses",
    ],
    14: [
        "Dataset",
        "outlets",
        "schedule=[",
        "UI",
        "Time and data",
        "file arrives",
        "table is updated",
        "API",
        "retraining",
        "contract",
    ],
    15: [
        "YAML",
        "dag-factory",
        "Jinja2",
        "Environment variables",
        "tenants",
        "Inheritance",
        "validated",
        "version control",
        "Dynamic tasks or dynamic Dags",
    ],
    16: [
        "VaultBackend",
        "SecretsManagerBackend",
        "CloudSecretManagerBackend",
        "rotate",
        "single Dags",
        "resources",
        "teams",
        "which task",
        "Variable or Connection",
        "each user",
        "PII",
        "SOC 2",
        "GDPR",
        "reach a task",
        "Encryption",
    ],
    17: [
        "unasked",
        "facets",
        "Marquez",
        "DataHub",
        "Dags kept in step",
        "by its tags",
        "classification",
        "retention",
        "access reviewed",
        "downstream",
        "alerts",
        "schema changes",
        "at the border",
        "SLA",
        "breaking changes",
    ],
    18: [
        "Feast",
        "batches",
        "online",
        "freshness",
        "configuration",
        "traffic",
        "significance",
        "winner",
        "drift",
        "challenger",
        "shadow",
        "canary",
        "Train → Validate → Register → Stage → Canary → Production",
        "MLflow",
        "SageMaker",
        "Vertex AI",
        "KServe",
        "ground truth",
        "performance",
        "bias",
    ],
}

PHASES_OF_LEVELS = {
    "Beginner": [1, 2, 3, 4],
    "Intermediate": [5, 6],
    "Advanced": [7, 8, 9],
    "Enterprise Foundation": [10, 11, 12],
    "Enterprise Orchestration": [13, 14, 15],
    "Enterprise Security & Governance": [16, 17],
    "Enterprise MLOps": [18],
}


@pytest.fixture(scope="module")
def syllabus() -> Syllabus:
    return load()


def complaints(root: Path, old: str, new: str) -> list[str]:
    """What `load` says about the small curriculum once `old` is replaced by `new`."""
    path = root / "configs" / "curriculum.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load(path)
    return str(caught.value).replace(f"{path}:", "").splitlines()


def test_the_curriculum_has_the_promised_lessons_in_order(syllabus):
    """The 53 ids are fixed: users know them."""
    assert len(syllabus.phases) == 18
    assert [lesson.id for lesson in syllabus.lessons] == LESSON_IDS


@pytest.mark.parametrize("number", KEY_CONCEPTS)
def test_every_key_concept_of_a_phase_is_there(syllabus, number):
    """No key concept that the curriculum promises is lost, and none is added unseen."""
    names = [concept.name for concept in syllabus.phases[number - 1].concepts]
    words = KEY_CONCEPTS[number]

    assert len(names) == len(words)
    missing = [(w, n) for w, n in zip(words, names, strict=True) if w.lower() not in n.lower()]
    assert missing == []


def test_every_lesson_shows_a_concept_or_teaches_a_term(syllabus):
    """A lesson that shows nothing of its own would have no place in the curriculum."""
    shown = {(phase.number, c.lesson) for phase in syllabus.phases for c in phase.concepts}
    idle = [
        lesson.id
        for phase in syllabus.phases
        for lesson in phase.lessons
        if (phase.number, lesson.slug) not in shown and not lesson.terms
    ]
    assert idle == []


def test_the_levels_span_the_phases_of_the_learning_path(syllabus):
    """Each stage of the learning path holds its phases, and all phases are in one."""
    spans = {level.name: [p.number for p in syllabus.phases_of(level)] for level in syllabus.levels}

    assert spans == PHASES_OF_LEVELS


def test_the_checklist_has_its_four_parts(syllabus):
    """The production checklist is complete: 13, 5, 7 and 6 items."""
    assert [len(checklist.items) for checklist in syllabus.checklists] == [13, 5, 7, 6]


def test_old_words_are_found_in_the_glossary(syllabus):
    """Who searches for a word of Airflow 2 finds the word of today."""
    formerly = {term.formerly: term.name for term in syllabus.terms}

    assert formerly["Dataset"] == "Asset"
    assert formerly["SLA"] == "Deadline alert"
    assert formerly["execution date"] == "Logical date"


def test_a_lesson_knows_its_names(small_root):
    """Id, file, number, level and tags follow from the slug and the place in the phases."""
    end = load(small_root / "configs" / "curriculum.toml").lesson("phase2_01_end")

    assert end.file == "dags/phase2/01_end.py"
    assert end.number == "2.01"
    assert end.level == "Enterprise A & B"
    assert end.tags == ["phase2", "enterprise-a-b", "kafka"]


def test_a_level_is_a_tag(small_root):
    """A level's slug is its name in lower case with hyphens."""
    assert Level(name="Enterprise Foundation", goal="Go.").slug == "enterprise-foundation"
    assert slug_of("Enterprise Security & Governance") == "enterprise-security-governance"


def test_a_lesson_is_built_when_its_file_is_there(small_root):
    """Nobody writes down which lessons are ready: the files say it."""
    lessons = load(small_root / "configs" / "curriculum.toml").lessons

    assert [lesson.built(small_root) for lesson in lessons] == [False, True, False]


def test_the_services_of_a_phase_are_those_of_its_lessons(small_root):
    """A phase needs what its lessons need, each service once."""
    first, second = load(small_root / "configs" / "curriculum.toml").phases

    assert first.services == ["postgres", "object_store"]
    assert second.services == ["kafka"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param(
            "number = 2",
            "number = 3",
            [
                "38: phase[1].number: 3 is out of order; write 2",
                "61: checklist[0].items[0].lessons[1]: 'phase2_01_end' is not a lesson; "
                "write an id such as 'phase1_01_start'",
            ],
            id="a phase number leaves a gap",
        ),
        pytest.param(
            'level = "Enterprise A & B"',
            'level = "Expert"',
            [
                "6: level[1].name: 'Enterprise A & B' has no phase; use it or remove it",
                "42: phase[1].level: 'Expert' is not a level; "
                "write one of: Beginner, Enterprise A & B",
            ],
            id="an unknown level",
        ),
        pytest.param(
            'slug = "02_wait"',
            'slug = "03_wait"',
            [
                "18: phase[0].concepts[1].lesson: '02_wait' is not in this phase; "
                "write one of: 01_start, 03_wait",
                "29: phase[0].lesson[1].slug: '03_wait' is out of order; begin it with 02_",
                "53: phase[1].lesson[0].after[1]: 'phase1_02_wait' is not a lesson; "
                "write an id such as 'phase1_01_start'",
                "61: checklist[0].items[0].lessons[0]: 'phase1_02_wait' is not a lesson; "
                "write an id such as 'phase1_01_start'",
            ],
            id="a lesson number leaves a gap and nothing finds it any more",
        ),
        pytest.param(
            'after = ["phase1_01_start"]',
            'after = ["phase2_01_end"]',
            [
                "33: phase[0].lesson[1].after[0]: 'phase2_01_end' does not come before "
                "'phase1_02_wait'; name earlier ones"
            ],
            id="after a later lesson, in a circle",
        ),
        pytest.param(
            'after = ["phase1_01_start"]',
            'after = ["phase1_02_wait"]',
            [
                "33: phase[0].lesson[1].after[0]: 'phase1_02_wait' does not come before "
                "'phase1_02_wait'; name earlier ones"
            ],
            id="after itself",
        ),
        pytest.param(
            'terms = ["Dag"]',
            'terms = ["Dag", "Pool"]',
            [
                "26: phase[0].lesson[0].terms[1]: 'Pool' has no meaning; "
                "add a [[term]] with this name"
            ],
            id="a term without a meaning",
        ),
        pytest.param(
            "[[term]]",
            '[[term]]\nname = "Slot"\nmeaning = "A place."\n\n[[term]]',
            [
                "65: term[0].name: 'Slot' is used by no lesson; "
                "add it to a lesson's terms or remove it"
            ],
            id="a term that no lesson uses",
        ),
        pytest.param(
            "[[term]]",
            '[[term]]\nname = "Dag"\nmeaning = "Again."\n\n[[term]]',
            [
                "65: term[0].name: 'Dag' is defined more than once; keep one",
                "69: term[1].name: 'Dag' is defined more than once; keep one",
            ],
            id="a term defined twice",
        ),
    ],
)
def test_facts_that_contradict_each_other_are_refused(small_root, old, new, expected):
    """Each contradiction is told with its line, its key and the way out."""
    assert complaints(small_root, old, new) == expected


def test_a_lesson_name_given_twice_is_refused(small_root):
    """Two lessons of a phase with one name would be one file."""
    first = complaints(small_root, 'slug = "02_wait"', 'slug = "02_start"')

    assert "29: phase[0].lesson[1].slug: '02_start' is there twice; choose another name" in first


def test_an_unknown_service_is_refused_with_the_known_ones(small_root):
    """A service that the lab does not have cannot be needed."""
    (message,) = complaints(small_root, '"kafka"', '"rabbit"')

    assert message.startswith("54: phase[1].lesson[0].services[0]: should be 'postgres', 'object_")
    assert message.endswith("'metrics', but 'rabbit' was given")


@pytest.mark.parametrize(
    "prose", [r"'It\ends.'", '" "', '"It\\nends."'], ids=["backslash", "blank", "two lines"]
)
def test_prose_is_one_line_without_a_backslash(small_root, prose):
    """Prose is copied into docstrings and tables, where anything else would break them."""
    (message,) = complaints(small_root, '"It ends."', prose)

    assert message.startswith(
        "51: phase[1].lesson[0].promise: must be one line of prose, without a backslash, but "
    )
