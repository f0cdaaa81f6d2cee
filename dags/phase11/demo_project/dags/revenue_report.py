"""Adds up the shop's revenue."""

from airflow.sdk import dag, task
from revenue.environment import NAME
from revenue.orders import read_orders
from revenue.totals import revenue_by

GROUP = "country"


@dag(
    # Two environments share one Airflow here, so each has a name of its own.
    dag_id=f"phase11_02_cicd_patterns__{NAME}",
    dag_display_name=f"11.02 · CI/CD patterns: {NAME}",
    schedule=None,
    is_paused_upon_creation=False,
    default_args={"owner": "sales"},
    tags=["phase11", NAME, "helper"],
    doc_md=__doc__,
)
def revenue_report() -> None:
    """Add up revenue, and look at the result before anybody else does."""

    @task
    def add_up() -> dict[str, float]:
        """Return the revenue of each group."""
        from airflow.providers.postgres.hooks.postgres import PostgresHook

        orders = read_orders(PostgresHook("warehouse").get_records)
        return {name: float(total) for name, total in revenue_by(GROUP, orders).items()}

    @task
    def check(totals: dict[str, float]) -> float:
        """Fail on a report that cannot be right; return the revenue of all."""
        if not totals or min(totals.values()) < 0:
            raise ValueError(f"totals: {totals} is no report; every group earns something.")
        return round(sum(totals.values()), 2)

    check(add_up())


revenue_report()
