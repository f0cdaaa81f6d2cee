"""Reports of tests and coverage, for people and for machines.

Neither holds a time: the same project gives the same report, byte by byte.
"""

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path

from include.delivery.checks import Report

TEMPLATE = Path(__file__).with_name("report.html")


def pages(title: str, reports: Sequence[Report]) -> dict[str, bytes]:
    """The files of a report: `index.html` for people, `junit.xml` for machines."""
    return {"index.html": page(title, reports).encode(), "junit.xml": junit(reports)}


def page(title: str, reports: Sequence[Report]) -> str:
    """Every test and every file's coverage as an HTML page."""
    from jinja2 import Environment

    template = Environment(autoescape=True).from_string(TEMPLATE.read_text())
    outcomes = [one for report in reports for one in report.outcomes]
    failed = sum(one.state == "failed" for one in outcomes)
    return template.render(
        title=title, reports=reports, total=len(outcomes), failed=failed, files=coverage(reports)
    )


def coverage(reports: Sequence[Report]) -> list[tuple[str, float, list[int]]]:
    """Of each file the share of its lines, in percent, that any suite ran, and the other lines."""
    covered = []
    for name, lines in sorted({n: v for r in reports for n, v in r.lines.items()}.items()):
        missing = set(lines).intersection(*(r.missing[name] for r in reports if name in r.missing))
        covered.append((name, 100 * (1 - len(missing) / len(lines)), sorted(missing)))
    return covered


def junit(reports: Sequence[Report]) -> bytes:
    """The reports as one file in JUnit's form, which every CI platform reads."""
    suites = ET.Element("testsuites", name="pytest")
    for report in reports:
        states = [one.state for one in report.outcomes]
        facts = {"name": report.suite, "tests": str(len(states))}
        facts["failures"], facts["skipped"] = (str(states.count(s)) for s in ("failed", "skipped"))
        suite = ET.SubElement(suites, "testsuite", facts)
        for one in report.outcomes:
            file, name = one.test.split("::", 1)
            case = ET.SubElement(suite, "testcase", classname=file, name=name)
            if one.state != "passed":
                kind = {"failed": "failure"}.get(one.state, one.state)
                ET.SubElement(case, kind, message=one.reason)
    ET.indent(suites)
    written: bytes = ET.tostring(suites, encoding="utf-8", xml_declaration=True)
    return written
