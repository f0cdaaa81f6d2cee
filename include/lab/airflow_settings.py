"""How Airflow runs in the lab: its settings as environment variables."""

import json
import os

from include.delivery.repository import ENVIRONMENTS
from include.lab.settings import Lab

ADMIN = ("admin", "admin")
"""The login of the lab; anyone who can reach its loopback port may use it."""

XCOM_THRESHOLD_BYTES = 10_000
"""A larger XCom value becomes an object in the store, and its row in the database a reference."""


EMISSION_POLICY: list[dict[str, object]] = [
    # Hooks in a Python task are not followed: each statement would be a job of its own.
    {"scope": {}, "controls": {"emit": False, "include_source_code": False, "hook_lineage": False}},
    {
        "scope": {"dag_id": "phase17_.*"},
        "match_mode": "regex",
        "controls": {"emit_task_events": True, "emit_dag_events": False},
    },
]
"""Whose runs tell the collector of lineage what they read and write: the tasks of phase 17."""


def airflow_environment(lab: Lab) -> dict[str, str]:
    """The environment of every Airflow component and of the ``airflow`` command."""
    return {
        **lab.environment,
        "AIRFLOW_HOME": str(lab.home / "airflow"),
        **client_settings(lab),
        # What Airflow itself uses and should not: else the log of each task begins with it.
        "PYTHONWARNINGS": "ignore:GitWildMatchPattern",
        "PATH": f"{lab.root / '.venv/bin'}:{os.environ.get('PATH', '')}",
        **{
            f"AIRFLOW__{section.upper()}__{key.upper()}": value
            for section, keys in airflow_settings(lab).items()
            for key, value in keys.items()
        },
    }


def airflow_settings(lab: Lab) -> dict[str, dict[str, str]]:
    """Airflow's own settings by section and key."""
    settings: dict[str, dict[str, object]] = {
        "core": {
            "auth_manager": "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager",
            "dags_folder": lab.root / "dags",
            "dags_are_paused_at_creation": False,
            "execution_api_server_url": f"{lab.url('airflow')}/execution/",
            "executor": "plugins.executors.warm_local.WarmLocalExecutor",
            "fernet_key": lab.secrets["fernet_key"],
            "load_examples": False,
            "min_serialized_dag_update_interval": 5,
            # Half of these slots keep two cores busy; the others wait for databases and services.
            "parallelism": 8,
            "plugins_folder": lab.root / "plugins",
        },
        "database": {"sql_alchemy_conn": _database_url(lab)},
        "api": {
            "base_url": lab.address,
            "host": lab.listen_host,
            "port": lab.port("airflow"),
            "secret_key": lab.secrets["api_secret_key"],
            "workers": 1,
        },
        "api_auth": {"jwt_secret": lab.secrets["jwt_secret"]},
        "dag_processor": {
            "dag_bundle_config_list": json.dumps(dag_bundles(lab)),
            "dag_bundle_storage_path": lab.home / "airflow" / "dag_bundles",
            # A changed file is read at once; this is for files that change by what they import.
            "min_file_process_interval": 300,
            "refresh_interval": 10,
        },
        "scheduler": {
            # Short rounds: in each, the scheduler also hears from its tasks. If one takes longer
            # than a trigger does to fire, it takes the end of the deferral for that of the task.
            "max_dagruns_per_loop_to_schedule": 4,
            # Five times a second, an idle scheduler and its database take a quarter of a core.
            "scheduler_idle_sleep_time": 0.5,
        },
        "workers": {"min_heartbeat_interval": 1},
        "logging": {"base_log_folder": lab.home / "airflow" / "logs"},
        "metrics": {
            "statsd_on": "metrics" not in lab.without,
            "statsd_host": lab.host("statsd"),
            "statsd_port": lab.port("statsd"),
            # Tags behind the name instead of inside it: the metrics page makes labels of them.
            "statsd_influxdb_enabled": True,
            "legacy_names_on": False,
        },
        # How many seconds a permission that was taken away still holds; the default is 30.
        "fab": {"cache_ttl": 1},
        "openlineage": {
            "disabled": "inbox" in lab.without,
            "namespace": "shop",
            "transport": json.dumps(
                {"type": "http", "url": lab.url("inbox"), "endpoint": "api/v1/lineage"}
            ),
            "emission_policy": json.dumps(EMISSION_POLICY),
            # Not in a copy of the task's process, which inherits its locks but not its threads.
            "execute_in_thread": True,
        },
        "dag_factory": {"enable_telemetry": False},
    }
    if "vault" not in lab.without:
        settings["workers"] |= _secrets_backend(lab)
    if "object_store" not in lab.without:
        settings["core"]["xcom_backend"] = (
            "airflow.providers.common.io.xcom.backend.XComObjectStorageBackend"
        )
        settings["common_io"] = {
            "xcom_objectstorage_path": "s3://object_store@xcom/",
            "xcom_objectstorage_threshold": XCOM_THRESHOLD_BYTES,
        }
    if lab.places:
        _for_containers(lab, settings)
    return {
        section: {key: str(value) for key, value in keys.items()}
        for section, keys in settings.items()
    }


def _for_containers(lab: Lab, settings: dict[str, dict[str, object]]) -> None:
    """Change what differs where each component has a container, and tasks run on many workers."""
    redis = f"{lab.host('redis')}:{lab.port('redis')}"
    settings["core"] |= {"executor": "CeleryExecutor", "parallelism": 32}
    settings["scheduler"] |= {
        "enable_health_check": True,
        # After so long without a sign of life a task is tried again: its worker is gone.
        "task_instance_heartbeat_timeout": 60,
    }
    settings["celery"] = {
        # The lessons keep their own keys in the database 0.
        "broker_url": f"redis://:{lab.secrets['redis_password']}@{redis}/1",
        "result_backend": _database_url(lab).replace("postgresql+psycopg2", "db+postgresql"),
        "worker_concurrency": 4,
        "flower_basic_auth": f"admin:{lab.secrets['flower_password']}",
    }


def _secrets_backend(lab: Lab) -> dict[str, object]:
    """Where tasks look for connections and variables first: in the vault, as its role `airflow`.

    Without a mount point, an id has to name it: `secret/shop_reader` is looked up in the vault,
    `warehouse` is not, so all other connections cost nothing and cannot be shadowed.
    """
    kwargs = {
        "url": lab.url("vault"),
        "auth_type": "approle",
        "role_id": "airflow",
        "secret_id": lab.secrets["vault_secret_id"],
        "mount_point": None,
        "connections_path": "airflow/connections",
        "variables_path": "airflow/variables",
        "config_path": None,
    }
    return {
        "secrets_backend": "airflow.providers.hashicorp.secrets.vault.VaultBackend",
        "secrets_backend_kwargs": json.dumps(kwargs),
    }


def dag_bundles(lab: Lab) -> list[dict[str, object]]:
    """Where Airflow finds Dags: the lessons, and one branch of git for each environment."""
    lessons = {"classpath": "airflow.dag_processing.bundles.local.LocalDagBundle", "kwargs": {}}
    branches: list[dict[str, object]] = [
        {
            "name": environment,
            "classpath": "airflow.providers.git.bundles.git.GitDagBundle",
            "kwargs": {
                "git_conn_id": "delivery",
                "tracking_ref": environment,
                "subdir": "dags",
                # How soon a deployment is seen; asking git for a branch's commit costs little.
                "refresh_interval": 5,
            },
        }
        for environment in ENVIRONMENTS
    ]
    return [{"name": "dags-folder", **lessons}, *branches]


def client_settings(lab: Lab) -> dict[str, str]:
    """What the clients of services read from nowhere but the environment.

    Google's know an emulator by these variables alone: without it, they speak to Google.
    """
    emulators = {"gcs": "STORAGE_EMULATOR_HOST", "bigquery": "BIGQUERY_EMULATOR_HOST"}
    return {
        **{name: lab.url(key) for key, name in emulators.items() if key not in lab.without},
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DATAHUB_TELEMETRY_ENABLED": "false",
        # A task is tried again by Airflow; the client alone would go on for four minutes.
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
        # A bar goes to the standard error, and stands in a task's log as a row of errors.
        "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
        # A model needs what it names, not the whole project that happens to be around it.
        "MLFLOW_UV_AUTO_DETECT": "false",
        # Whoever reaches the artifacts could put a pickle there, which runs code when it is read.
        "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
    }


def _database_url(lab: Lab) -> str:
    where = f"{lab.host('postgres')}:{lab.port('postgres')}"
    return f"postgresql+psycopg2://airflow:{lab.secrets['airflow_password']}@{where}/airflow"
