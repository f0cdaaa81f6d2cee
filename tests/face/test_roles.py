"""What each role sees: logged in by the form, its list of Dags and the graph of one of them."""

import re
from typing import Any

import pytest

from include.configuration import metadata
from include.lab.settings import Lab
from tests.face.conftest import SCREENSHOTS, log_in

PAGES = {
    "sales": ["phase16_02_rbac_patterns__sales"],
    "logistics": ["phase16_02_rbac_patterns__logistics"],
    "auditor": ["phase1_01_hello_airflow", "phase1_02_parallel_tasks"],
}
"""The first Dags that each login finds; a team has no others."""


@pytest.mark.parametrize("login", PAGES)
def test_a_role_finds_its_dags_and_opens_a_graph(lab: Lab, page: Any, login: str) -> None:
    """16.02: neither is refused, and no Dag of another team is in the list."""
    names = {
        facts["login"]: facts["password"]
        for facts in metadata.connections().values()
        if facts.get("login") and facts.get("password")
    }
    context = page.context.browser.new_context(viewport={"width": 1440, "height": 900})
    tab = context.new_page()
    refused: list[str] = []
    tab.on("response", lambda answer: answer.status == 403 and refused.append(answer.url))
    log_in(tab, lab, login, names[login])

    tab.goto(f"{lab.url('airflow')}/dags")
    rows = tab.locator("a[href*='/dags/phase']")
    rows.first.wait_for()
    tab.screenshot(path=SCREENSHOTS / f"role_{login}.png")
    # A Dag's card also leads to its runs and tasks.
    links = [re.fullmatch(r".*/dags/([^/]+)", row.get_attribute("href")) for row in rows.all()]
    found = list(dict.fromkeys(link[1] for link in links if link))
    assert found[: len(PAGES[login])] == PAGES[login]
    if login != "auditor":
        assert found == PAGES[login]

    tab.goto(f"{lab.url('airflow')}/dags/{PAGES[login][0]}")
    tab.get_by_role("button", name="Show Graph").click()
    tab.locator(".react-flow__node").first.wait_for()
    tab.screenshot(path=SCREENSHOTS / f"role_{login}_graph.png")
    # The page also asks for what only an admin sees, such as import errors, and leaves it out.
    assert [url for url in refused if "/ui/dags" in url or "/ui/structure" in url] == []
    context.close()
