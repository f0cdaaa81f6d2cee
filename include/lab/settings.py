"""Where this lab lives: folders, addresses, secrets and the services left out."""

import base64
import json
import os
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from include.lab.containers import PLACES

ROOT = Path(__file__).resolve().parents[2]
DEFAULT_PORT_BASE = 8080
HOST = "127.0.0.1"

PORT_NAMES = (
    "airflow",
    "postgres",
    "object_store",
    "shop_api",
    "inbox",
    "mail",
    "redis",
    "kafka",
    "kafka_controller",
    "mlflow",
    "vault",
    "gcs",
    "bigquery",
    "bigquery_storage",
    "azurite",
    "metrics",
    "statsd",
    "model_server",
)
"""What listens, in the order of its port: the first on the port base, the next one above."""


class LabError(Exception):
    """The lab cannot do what was asked; the message is one line and says what to do."""


@dataclass(frozen=True)
class Lab:
    """One lab: a checkout, a folder for its state and a range of ports."""

    home: Path = ROOT / ".lab"
    port_base: int = DEFAULT_PORT_BASE
    without: frozenset[str] = frozenset()
    root: Path = ROOT
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    places: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    """Host and port of what does not listen on this machine's own loopback address."""

    @classmethod
    def from_environment(
        cls, environment: Mapping[str, str] = os.environ, with_secrets: bool = True
    ) -> "Lab":
        """Read ``LAB_HOME``, ``LAB_PORT_BASE`` and ``WITHOUT``.

        ``LAB_SECRETS`` is set in containers: the folder with a file for each secret that is told
        there; who needs none has no such folder. Who only looks at the lab, or ends it, does so
        ``with_secrets=False``: that works with a broken file too.

        Raises:
            LabError: a value is not usable; the message names the variable.
        """
        home = Path(environment.get("LAB_HOME") or ROOT / ".lab").resolve()
        names = (name.strip() for name in environment.get("WITHOUT", "").split(","))
        without = frozenset(filter(None, names))
        base = environment.get("LAB_PORT_BASE") or str(DEFAULT_PORT_BASE)
        highest = 65535 - len(PORT_NAMES)
        if not base.isdecimal() or not 1024 <= int(base) <= highest:
            raise LabError(f"LAB_PORT_BASE={base} is not a port between 1024 and {highest}.")
        if folder := environment.get("LAB_SECRETS"):
            secrets = {file.name: file.read_text() for file in Path(folder).glob("*")}
            return cls(home, int(base), without, secrets=secrets, places=PLACES)
        kept = kept_secrets(home / "secrets.json") if with_secrets else {}
        return cls(home, int(base), without, secrets=kept)

    def host(self, name: str) -> str:
        """The host that ``name`` listens on."""
        return self.places[name][0] if self.places else HOST

    def port(self, name: str) -> int:
        """The port that ``name`` listens on."""
        return self.places[name][1] if self.places else self.own_port(name)

    def own_port(self, name: str) -> int:
        """The port at which this machine itself reaches ``name``."""
        return self.port_base + PORT_NAMES.index(name)

    def url(self, name: str) -> str:
        """The HTTP address of ``name``."""
        return f"http://{self.host(name)}:{self.port(name)}"

    def browser_url(self, name: str) -> str:
        """What a person on this machine types into the browser for ``name``."""
        return f"http://localhost:{self.own_port(name)}"

    @property
    def address(self) -> str:
        """What a person types into the browser."""
        return self.browser_url("airflow")

    @property
    def listen_host(self) -> str:
        """What a service listens on: only in a container of its own may it be all there is."""
        return "0.0.0.0" if self.places else HOST

    @property
    def environment(self) -> dict[str, str]:
        """What a process of this lab needs to find our code and the lab itself."""
        named = (os.environ.get("NO_PROXY"), os.environ.get("no_proxy"))
        direct = [*filter(None, named), "localhost", HOST]
        return {
            # The root alone: an import path in this project is a file path.
            "PYTHONPATH": str(self.root),
            "LAB_HOME": str(self.home),
            "LAB_PORT_BASE": str(self.port_base),
            # In both spellings: most clients let the one in small letters win.
            **dict.fromkeys(("NO_PROXY", "no_proxy"), ",".join(dict.fromkeys(direct))),
        }

    @property
    def logs(self) -> Path:
        """One log file for each service."""
        return self.home / "logs"

    @property
    def landing(self) -> Path:
        """Where suppliers drop their files."""
        return self.home / "landing"

    @property
    def delivery(self) -> Path:
        """The git repository whose branches Airflow reads as its staging and production."""
        return self.home / "delivery.git"


def kept_secrets(file: Path) -> dict[str, str]:
    """Read this lab's secrets; make those that are missing, once, readable by the owner alone.

    Raises:
        LabError: the file is broken, or it cannot be written.
    """
    kept = _read_secrets(file)
    made = {
        "fernet_key": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        **{
            name: base64.b64encode(secrets.token_bytes(32)).decode()
            for name in ("azurite_key", "vault_seal_key")
        },
        **{
            name: secrets.token_hex(24)
            for name in (
                "jwt_secret",
                "api_secret_key",
                "postgres_password",
                "airflow_password",
                "warehouse_password",
                "mlflow_password",
                "tenant_north_password",
                "tenant_south_password",
                "analyst_password",
                "object_store_password",
                "shop_api_password",
                "redis_password",
                "vault_root_token",
                "vault_secret_id",
                "vault_rotator_secret_id",
                "vault_database_password",
                "pipeline_password",
                "sales_password",
                "logistics_password",
                "auditor_password",
                "access_password",
                "flower_password",
                "grafana_password",
                "marquez_password",
            )
        },
    }
    if made.keys() - kept.keys():
        kept = {**made, **kept}
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            write_whole(file, json.dumps(kept, indent=1) + "\n", mode=0o600, durable=True)
        except OSError as error:
            raise LabError(unwritable(file.parent, error)) from error
    return kept


def _read_secrets(file: Path) -> dict[str, str]:
    if not file.exists():
        return {}
    try:
        kept = json.loads(file.read_text())
    except ValueError:
        kept = None
    if not isinstance(kept, dict) or not all(isinstance(one, str) for one in kept.values()):
        raise LabError(
            f"{file} is broken, and the passwords of this lab's data stand in it: put a copy back, "
            "or start anew with `make reset`."
        )
    return kept


def unwritable(folder: Path, error: OSError) -> str:
    """The sentence for a folder of the lab that cannot be written."""
    return (
        f"The lab cannot write to {folder} ({error.strerror}): make that possible, or name another "
        "folder with LAB_HOME."
    )


def write_whole(file: Path, text: str, mode: int = 0o644, durable: bool = False) -> None:
    """Write a file so that it is there as a whole or as it was before.

    One that is ``durable`` is so even after a power cut, which takes the disk's time.
    """
    part = file.with_name(f"{file.name}.{threading.get_native_id()}.part")
    try:
        with os.fdopen(os.open(part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, mode), "w") as output:
            output.write(text)
            if durable:
                output.flush()
                os.fsync(output.fileno())
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
