"""`phase5_01_connections_variables`: where settings come from, and what a log never shows."""

import json
from collections.abc import Iterator

import pytest
from airflow.sdk.configuration import clear_secrets_backends_cache

from include.configuration import metadata
from include.data import seeds
from include.retail.orders import newest_orders
from tests.lessons import Result, Run

LESSON = "phase5_01_connections_variables"
LIMITS = metadata.variables()["shop_limits"].value


@pytest.fixture(scope="module")
def result(run: Run) -> Result:
    """The lesson, run untouched."""
    return run(LESSON)


def test_reads_connections_and_variables(result: Result) -> None:
    """Code and templates find what `configs/` says, and the default where it says nothing."""
    large = [o for o in newest_orders(seeds.orders()) if o.amount > LIMITS["default"]]

    assert result.state == "success"
    assert result.returned("call_shop_api") == len(seeds.products())
    assert result.returned("count_large_orders") == [(len(large), "on 127.0.0.1")]
    assert result.returned("read_variables") == {
        "currency": "EUR",
        "limits": LIMITS,
        "colour": "not set",
    }


def test_environment_comes_before_the_database(result: Result) -> None:
    """The same key is EUR in the database and CHF in the environment, which wins."""
    looked_up = result.returned("show_lookup_order")

    assert looked_up == {"database": "EUR", "environment": "CHF"}


@pytest.fixture
def _backends_are_made_anew() -> Iterator[None]:
    """Airflow keeps a secrets backend that it has made, for as long as the process lives."""
    clear_secrets_backends_cache()
    yield
    clear_secrets_backends_cache()


@pytest.mark.usefixtures("_backends_are_made_anew")
def test_secrets_backend_comes_before_the_environment(
    run: Run, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A configured secrets backend is asked first of all."""
    file = tmp_path / "variables.json"
    file.write_text(json.dumps({"shop_currency": "SEK"}))
    backend = "airflow.secrets.local_filesystem.LocalFilesystemBackend"
    monkeypatch.setenv("AIRFLOW__WORKERS__SECRETS_BACKEND", backend)
    kwargs = json.dumps({"variables_file_path": str(file)})
    monkeypatch.setenv("AIRFLOW__WORKERS__SECRETS_BACKEND_KWARGS", kwargs)

    looked_up = run(LESSON).returned("show_lookup_order")

    assert looked_up == {"database": "SEK", "environment": "SEK"}
