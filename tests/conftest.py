"""Counts the generated cases of property tests: `record_property("cases", n)`, also from the workers of xdist."""

from typing import Any


def pytest_terminal_summary(terminalreporter: Any) -> None:
    reports = terminalreporter.stats.get("passed", [])
    cases = sum(value for report in reports for name, value in report.user_properties if name == "cases")
    if cases:
        terminalreporter.write_line(f"{cases:,} generated cases")
