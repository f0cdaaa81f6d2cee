"""Platforms that are not here say what they need, and KServe gets what its API asks for."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException

from plugins.platforms.endpoints import PLATFORMS

received: list[tuple[str, Any, dict[str, Any]]] = []


class Cluster(BaseHTTPRequestHandler):
    """Answers an applied manifest with the manifest, as Kubernetes does."""

    def do_PATCH(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        received.append((self.path, self.headers, json.loads(content)))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture
def cluster() -> Iterator[str]:
    """The address of an HTTP server that notes what it is told."""
    server = HTTPServer(("127.0.0.1", 0), Cluster)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("platform", ["vertex_ai", "kserve"])
@pytest.mark.parametrize("known", [{}, {"vertex_ai": {}, "kserve": {"namespace": "shop"}}])
def test_a_platform_that_is_nowhere_says_what_to_set(
    monkeypatch: pytest.MonkeyPatch, platform: str, known: dict[str, Any]
) -> None:
    """Variable, key, and each setting that is missing."""
    monkeypatch.setenv("AIRFLOW_VAR_MODEL_PLATFORMS", json.dumps(known))

    with pytest.raises(AirflowSkipException, match=f"model_platforms, key '{platform}'"):
        PLATFORMS[platform]().deploy("m", 2, "s3://mlflow/m")


def test_kserve_gets_the_service(monkeypatch: pytest.MonkeyPatch, cluster: str) -> None:
    """Applied to its namespace with the token, naming the version and its files."""
    place = {"kserve": {"api": cluster, "namespace": "shop", "token": "t0ken"}}
    monkeypatch.setenv("AIRFLOW_VAR_MODEL_PLATFORMS", json.dumps(place))

    assert PLATFORMS["kserve"]().deploy("my_model", 2, "s3://mlflow/m") == "InferenceService"

    path, headers, manifest = received[-1]
    assert path.startswith("/apis/serving.kserve.io/v1beta1/namespaces/shop/inferenceservices/")
    assert path.endswith("/my-model?fieldManager=airflow")
    assert headers["Authorization"] == "Bearer t0ken"
    assert headers["Content-Type"] == "application/apply-patch+yaml"
    assert manifest["metadata"] == {"name": "my-model", "labels": {"version": "2"}}
    model = manifest["spec"]["predictor"]["model"]
    assert model == {"modelFormat": {"name": "mlflow"}, "storageUri": "s3://mlflow/m"}
