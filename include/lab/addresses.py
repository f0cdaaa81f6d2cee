"""Where the services of a lab are, for everything that is not the lab itself."""

from include.lab.settings import Lab


def addresses(lab: Lab) -> dict[str, str]:
    """What the place holders in `configs/connections.toml` stand for in this lab."""
    return {
        "LAB_POSTGRES_HOST": lab.host("postgres"),
        "LAB_POSTGRES_PORT": str(lab.port("postgres")),
        "LAB_WAREHOUSE_PASSWORD": lab.secrets["warehouse_password"],
        "LAB_TENANT_NORTH_PASSWORD": lab.secrets["tenant_north_password"],
        "LAB_TENANT_SOUTH_PASSWORD": lab.secrets["tenant_south_password"],
        "LAB_ANALYST_PASSWORD": lab.secrets["analyst_password"],
        "LAB_OBJECT_STORE_URL": lab.url("object_store"),
        "LAB_PAGES_URL": lab.browser_url("object_store"),
        "LAB_OBJECT_STORE_PASSWORD": lab.secrets["object_store_password"],
        "LAB_SHOP_API_URL": lab.url("shop_api"),
        "LAB_SHOP_API_PASSWORD": lab.secrets["shop_api_password"],
        "LAB_INBOX_URL": lab.url("inbox"),
        "LAB_MAIL_HOST": lab.host("mail"),
        "LAB_MAIL_PORT": str(lab.port("mail")),
        "LAB_REDIS_HOST": lab.host("redis"),
        "LAB_REDIS_PORT": str(lab.port("redis")),
        "LAB_REDIS_PASSWORD": lab.secrets["redis_password"],
        "LAB_KAFKA_SERVERS": f"{lab.host('kafka')}:{lab.port('kafka')}",
        "LAB_MLFLOW_URL": lab.url("mlflow"),
        "LAB_MODEL_SERVER_URL": lab.url("model_server"),
        "LAB_VAULT_HOST": lab.host("vault"),
        "LAB_VAULT_PORT": str(lab.port("vault")),
        "LAB_VAULT_SECRET_ID": lab.secrets["vault_secret_id"],
        "LAB_VAULT_ROTATOR_SECRET_ID": lab.secrets["vault_rotator_secret_id"],
        "LAB_GCS_URL": lab.url("gcs"),
        "LAB_BIGQUERY_URL": lab.url("bigquery"),
        # The account stands in the path, or in a host's name that is not an address.
        "LAB_AZURITE_URL": lab.url("azurite") + ("" if lab.places else "/shop"),
        "LAB_AZURITE_KEY": lab.secrets["azurite_key"],
        "LAB_METRICS_URL": lab.url("metrics"),
        "LAB_PUSHGATEWAY_URL": f"{lab.url('metrics')}/pushgateway",
        "LAB_AIRFLOW_URL": lab.url("airflow"),
        "LAB_PIPELINE_PASSWORD": lab.secrets["pipeline_password"],
        "LAB_SALES_PASSWORD": lab.secrets["sales_password"],
        "LAB_LOGISTICS_PASSWORD": lab.secrets["logistics_password"],
        "LAB_AUDITOR_PASSWORD": lab.secrets["auditor_password"],
        "LAB_ACCESS_PASSWORD": lab.secrets["access_password"],
        "LAB_DELIVERY_REPOSITORY": str(lab.delivery),
        "LAB_LANDING": str(lab.landing),
    }
