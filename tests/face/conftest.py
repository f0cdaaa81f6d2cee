"""A headless browser on the lab's pages; screenshots are kept in `reports/screenshots`."""

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from include.lab.airflow_settings import ADMIN
from include.lab.settings import Lab
from tests.labs import ROOT

SCREENSHOTS = ROOT / "reports" / "screenshots"


def _browser() -> str | None:
    """Chromium's path: the one named by LAB_CHROMIUM, or the first that is installed."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = (shutil.which(name) for name in names)
    return os.environ.get("LAB_CHROMIUM") or next(filter(None, found), None)


# Not for the whole session: while it is open, its event loop runs in this thread.
@pytest.fixture(scope="module")
def page(lab: Lab) -> Iterator[Any]:
    """One browser page, logged in to Airflow."""
    path = _browser()
    if path is None:
        pytest.skip("no Chromium is here: install it, or set LAB_CHROMIUM to a browser's path")
    from playwright.sync_api import sync_playwright

    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic"]
    arguments += ["--no-first-run", "--disable-background-networking", "--disable-sync"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        page = browser.new_page(viewport={"width": 1440, "height": 900}, locale="en-US")
        page.set_default_timeout(90_000)
        log_in(page, lab, *ADMIN)
        yield page
        browser.close()


def log_in(page: Any, lab: Lab, user: str, password: str) -> None:
    """Log in by the form, as a person does, and wait for the first page."""
    page.goto(f"{lab.url('airflow')}/auth/login/")
    page.wait_for_load_state("networkidle")
    page.screenshot(path=SCREENSHOTS / "login.png")
    page.fill("input[name=username]", user)
    page.fill("input[name=password]", password)
    page.click("input[type=submit], button[type=submit]")
    page.wait_for_url(lambda url: "login" not in url)
    # The list stays empty if the first page is left while it is still loading.
    page.wait_for_load_state("networkidle")
