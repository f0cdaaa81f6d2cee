"""Where a registered model can be served besides the lab: one interface, one class for each place.

SageMaker is asked at the lab's own AWS API. The others are asked where the Airflow Variable
`model_platforms` says that they are.
"""

import logging
from typing import Any, Protocol

from airflow.sdk import Variable
from airflow.sdk.exceptions import AirflowSkipException

log = logging.getLogger(__name__)


class Platform(Protocol):
    """A place that serves models."""

    def deploy(self, name: str, version: int, artifact: str) -> str:
        """Serve a version whose artifact is at this address; return the state that it is in."""


class SageMaker:
    """Amazon SageMaker, by Airflow's own hook: a model, its configuration, and the endpoint."""

    image = "763104351884.dkr.ecr.eu-central-1.amazonaws.com/sklearn:1"
    role = "arn:aws:iam::123456789012:role/shop-sagemaker"

    def deploy(self, name: str, version: int, artifact: str) -> str:
        """Serve a version; if it is served already, nothing is changed.

        SageMaker can change an endpoint in place (`update_endpoint`). The lab's API cannot, so an
        endpoint of another version is made anew.
        """
        from airflow.providers.amazon.aws.hooks.sagemaker import SageMakerHook

        hook: Any = SageMakerHook
        client = hook("object_store").get_conn()
        endpoint = name.replace("_", "-")
        whole = f"{endpoint}-v{version}"
        known = client.list_models(NameContains=whole)["Models"]
        if whole not in [model["ModelName"] for model in known]:
            files = {"S3Uri": f"{artifact}/", "S3DataType": "S3Prefix", "CompressionType": "None"}
            container = {"Image": self.image, "ModelDataSource": {"S3DataSource": files}}
            client.create_model(
                ModelName=whole, PrimaryContainer=container, ExecutionRoleArn=self.role
            )
            variant = {"VariantName": "all", "ModelName": whole, "InitialInstanceCount": 1}
            variants = [{**variant, "InstanceType": "ml.t2.medium", "InitialVariantWeight": 1}]
            client.create_endpoint_config(EndpointConfigName=whole, ProductionVariants=variants)
        there = client.list_endpoints(NameContains=endpoint)["Endpoints"]
        served = endpoint in [one["EndpointName"] for one in there]
        found = client.describe_endpoint(EndpointName=endpoint) if served else None
        if found is None or found["EndpointConfigName"] != whole:
            if found is not None:
                client.delete_endpoint(EndpointName=endpoint)
            client.create_endpoint(EndpointName=endpoint, EndpointConfigName=whole)
        return str(client.describe_endpoint(EndpointName=endpoint)["EndpointStatus"])


class VertexAi:
    """Google Vertex AI, by Airflow's own hook: the model is uploaded to its registry."""

    def deploy(self, name: str, version: int, artifact: str) -> str:
        """Upload a version."""
        from airflow.providers.google.cloud.hooks.vertex_ai.model_service import ModelServiceHook

        place = _place("vertex_ai", "project_id", "region", "image")
        model = {
            "display_name": f"{name}-v{version}",
            "artifact_uri": artifact,
            "container_spec": {"image_uri": place["image"]},
        }
        hook = ModelServiceHook()
        job = hook.upload_model(place["project_id"], place["region"], model)
        return str(hook.wait_for_operation(operation=job, timeout=600))


class KServe:
    """KServe on Kubernetes: an InferenceService, applied by the cluster's own API."""

    def deploy(self, name: str, version: int, artifact: str) -> str:
        """Apply the service for a version; the cluster rolls it out by itself."""
        import httpx

        place = _place("kserve", "api", "namespace", "token")
        service = name.replace("_", "-")
        model = {"modelFormat": {"name": "mlflow"}, "storageUri": artifact}
        manifest = {
            "apiVersion": "serving.kserve.io/v1beta1",
            "kind": "InferenceService",
            "metadata": {"name": service, "labels": {"version": str(version)}},
            "spec": {"predictor": {"model": model}},
        }
        path = f"/apis/serving.kserve.io/v1beta1/namespaces/{place['namespace']}/inferenceservices"
        answer = httpx.patch(
            f"{place['api']}{path}/{service}",
            params={"fieldManager": "airflow"},
            json=manifest,
            headers={
                "Content-Type": "application/apply-patch+yaml",
                "Authorization": f"Bearer {place['token']}",
            },
        )
        return str(answer.raise_for_status().json()["kind"])


PLATFORMS: dict[str, type[Platform]] = {
    "sagemaker": SageMaker,
    "vertex_ai": VertexAi,
    "kserve": KServe,
}
"""Every platform by the name that the Variable `model_platforms` has for it."""


def _place(platform: str, *needed: str) -> dict[str, Any]:
    known: dict[str, Any] = Variable.get("model_platforms", default={}, deserialize_json=True)
    place: dict[str, Any] = known.get(platform, {})
    if missing := [name for name in needed if not place.get(name)]:
        reason = (
            f"The lab has no {platform}: set the Variable model_platforms, key {platform!r}, to "
            f"an object with {', '.join(missing)} to deploy to yours."
        )
        log.info(reason)
        raise AirflowSkipException(reason)
    return place
