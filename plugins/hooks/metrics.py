"""Metrics as a task reads and leaves them: scraped as Prometheus does, pushed as a job does."""

from typing import TYPE_CHECKING

from airflow.sdk import BaseHook

from include.observability import scrape

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

SECONDS = 10
"""How long an answer may take."""


class MetricsHook(BaseHook):
    """Reads pages of metrics, and pushes what a task has measured to the Pushgateway.

    The host of a connection is the whole address of a page, without its `/metrics`.
    """

    def __init__(self, metrics_conn_id: str = "metrics", push_conn_id: str = "pushgateway") -> None:
        """Use the connections of these ids: Airflow's own metrics, and those that jobs push."""
        super().__init__()
        self.metrics_conn_id = metrics_conn_id
        self.push_conn_id = push_conn_id

    def of_airflow(self) -> list[scrape.Sample]:
        """Return Airflow's own metrics.

        Raises:
            requests.exceptions.ConnectionError: nobody answers.
            ScrapeError: it is no page of metrics.
        """
        return self._scrape(self.metrics_conn_id)

    def of_job(self, job: str) -> list[scrape.Sample]:
        """Return what the job has pushed; the errors are those of `of_airflow`."""
        return [s for s in self._scrape(self.push_conn_id) if s.labels.get("job") == job]

    def push(self, job: str, registry: "CollectorRegistry") -> None:
        """Let these be the metrics of the job, in place of what it pushed before.

        Raises:
            OSError: the Pushgateway does not answer, or refuses what is pushed.
        """
        from prometheus_client import push_to_gateway

        gateway = self.get_connection(self.push_conn_id).host or ""
        push_to_gateway(gateway, job, registry, timeout=SECONDS)

    def _scrape(self, conn_id: str) -> list[scrape.Sample]:
        from airflow.providers.http.hooks.http import HttpHook

        answer = HttpHook("GET", conn_id).run("metrics", extra_options={"timeout": SECONDS})
        return scrape.read(answer.text)
