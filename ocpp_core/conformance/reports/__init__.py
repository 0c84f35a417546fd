"""What a run of the kit has found, in the forms that people and programs read.

`Report` is the value, JSON its file; everything else is made from it: `as_junit` for build servers, `as_page` for a
browser, `print_report` for a terminal. All of them show what anybody may see, unless told to show secrets.
"""

from ocpp_core.conformance.reports.discretion import discreet
from ocpp_core.conformance.reports.json_file import as_json, from_json
from ocpp_core.conformance.reports.junit import as_junit
from ocpp_core.conformance.reports.page import as_page
from ocpp_core.conformance.reports.report import NO_CERTIFICATION, Report, Software

__all__ = [
    "NO_CERTIFICATION",
    "Report",
    "Software",
    "as_json",
    "as_junit",
    "as_page",
    "discreet",
    "from_json",
]
