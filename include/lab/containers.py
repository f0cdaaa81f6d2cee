"""Where the services are for each other when each runs in a container of its own."""

PLACES = {
    "airflow": ("airflow-api-server", 8080),
    "postgres": ("postgres", 5432),
    "object_store": ("object-store", 8082),
    "shop_api": ("shop-api", 8083),
    "inbox": ("inbox", 8084),
    "mail": ("mail", 1025),
    "redis": ("redis", 6379),
    "kafka": ("kafka", 9092),
    "mlflow": ("mlflow", 8089),
    "vault": ("vault", 8200),
    "gcs": ("gcs", 8091),
    "bigquery": ("bigquery", 8092),
    "bigquery_storage": ("bigquery", 8093),
    "azurite": ("shop.blob.core.internal", 10000),
    "metrics": ("metrics", 8095),
    "statsd": ("metrics", 8125),
    "model_server": ("model-server", 8097),
}
"""By the lab's name: the service of `docker-compose.yaml`, and the port it listens on there.

A hyphen takes the place of an underscore: some clients refuse a host whose name has one. Azure's
reads the account from the host's name, if it has this form.
"""
