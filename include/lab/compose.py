"""`python -m include.lab.compose`: what the containers of `docker_compose/` start with.

`keys` makes the secrets that nobody gave, and the files that need one; `init` brings databases,
Airflow's metadata and the shop's data to where the lessons need them; `run` becomes one of the
lab's services; `ready` says by its exit code whether a service or a component of Airflow is. All of
them can be repeated.
"""

import argparse
import configparser
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from include.lab import airflow, kafka, postgres, services, vault
from include.lab.addresses import addresses
from include.lab.airflow_settings import ADMIN, airflow_settings
from include.lab.containers import PLACES
from include.lab.settings import Lab, kept_secrets

OF_THE_SERVICES = {
    "azurite": ("azurite_key",),
    "grafana": ("grafana_password",),
    "marquez": ("marquez_password",),
    "mlflow": ("mlflow_password", "object_store_password"),
    "object-store": ("object_store_password",),
    "postgres": ("postgres_password",),
    "redis": ("redis_password",),
    "shop-api": ("shop_api_password",),
    "vault": ("vault_seal_key",),
}
"""What each may read, in a volume of its own; the others read none. Airflow's keys are not theirs.

Compose's own `secrets` are files of the machine outside, which nobody has made before `keys` ran.
"""

VAULT_STORAGE = """cluster_addr = "http://vault:8201"
storage "raft" {
  path = "/openbao/file"
  node_id = "vault"
}"""
VAULT_AUDIT = Path("/openbao/logs/audit.log")

API_SERVER, WORKER = "api-server", "worker"


def main() -> int:
    """Run one command; return its exit code."""
    parser = argparse.ArgumentParser(prog="compose", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("keys").add_argument("passwords", type=Path)
    commands.add_parser("init")
    commands.add_parser("run").add_argument("service", choices=services.DESCRIBE)
    ready_of = (*services.DESCRIBE, API_SERVER, WORKER)
    commands.add_parser("ready").add_argument("service", choices=ready_of)
    options = parser.parse_args()
    if options.command == "keys":
        keys(Path(os.environ["LAB_HOME"]), options.passwords, os.environ)
        return 0
    lab = Lab.from_environment()
    if options.command == "init":
        init(lab)
    elif options.command == "run":
        run(lab, options.service)
    elif not ready(lab, options.service):
        return 1
    return 0


def keys(home: Path, passwords: Path, environment: Mapping[str, str]) -> None:
    """Make what is missing, and write each secret, and each file with a secret, where it is read.

    `LAB_FERNET_KEY` in the environment gives the secret `fernet_key`; so it is with all of them.
    """
    kept = kept_secrets(home / "secrets.json")
    secrets = {name: environment.get(f"LAB_{name.upper()}") or made for name, made in kept.items()}
    base = int(environment["LAB_PORT_BASE"])
    lab = Lab(home, base, secrets=secrets, places=PLACES)
    for name, secret in secrets.items():
        _write(home / "secrets" / name, secret)
    for service, names in OF_THE_SERVICES.items():
        for name in names:
            _write(passwords / service / name, secrets[name])
    _write(
        passwords / "redis/redis.conf",
        f"requirepass {secrets['redis_password']}\n{services.REDIS_KEEPS}",
    )
    _write(passwords / "vault/vault.hcl", vault.settings(lab, VAULT_STORAGE, VAULT_AUDIT))
    _write(home / "airflow/airflow.cfg", airflow_configuration(lab))


def airflow_configuration(lab: Lab) -> str:
    """Airflow's settings as its own file has them; what `.env` says of one goes before it."""
    lines = []
    for section, settings in airflow_settings(lab).items():
        lines.append(f"[{section}]")
        lines += [f"{key} = {value.replace('%', '%%')}" for key, value in settings.items()]
    return "\n".join(lines) + "\n"


def init(lab: Lab) -> None:
    """Create what is missing, and seed it."""
    values = {**os.environ, **addresses(lab)}
    postgres.create_databases(lab)
    vault.seed(lab)
    kafka.seed(lab)
    for module in (("plugins.setup.metadata", *ADMIN), ("include.lab.seeding",)):
        subprocess.run([sys.executable, "-m", *module], env=values, cwd=lab.root, check=True)


def run(lab: Lab, name: str) -> None:
    """Become the process of a service that the lab runs as well, as it describes it."""
    service = services.DESCRIBE[name](lab)
    if service.prepare:
        service.prepare()
    os.chdir(service.folder or lab.home)
    os.execve(service.command[0], service.command, {**os.environ, **service.environment})


def ready(lab: Lab, name: str) -> bool:
    """Whether the service, the API server or the worker of this container answers."""
    if name == WORKER:
        return _worker_answers(lab.home / "airflow/airflow.cfg")
    if name == API_SERVER:
        return airflow.is_healthy(lab, name)
    return services.DESCRIBE[name](lab).ready()


def _worker_answers(configuration: Path) -> bool:
    """Whether the Celery worker of this container answers."""
    from celery import Celery
    from kombu.exceptions import OperationalError

    settings = configparser.ConfigParser()
    settings.read(configuration)
    here = f"celery@{socket.gethostname()}"
    with Celery(broker=settings["celery"]["broker_url"]) as app:
        try:
            return bool(app.control.inspect(destination=[here], timeout=5).ping())
        except OperationalError:
            return False


def _write(file: Path, content: str) -> None:
    """Write a file that only its user and group may read, in one step."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f"{file.name}.part")
    part.touch(mode=0o640)
    part.write_text(content)
    part.replace(file)


if __name__ == "__main__":
    sys.exit(main())
