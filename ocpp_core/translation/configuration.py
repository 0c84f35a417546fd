"""Configuration keys of 1.6 and components and variables of 2.0.1, for a session: nothing here has a memory of its own.

=====================  ==========================  ==========================================================
CSMS                   station                     function
=====================  ==========================  ==========================================================
ChangeConfiguration    SetVariables                `change_configuration`
SetVariables           ChangeConfiguration         `set_variables`
GetConfiguration(key)  GetVariables                `get_configuration`
GetVariables           GetConfiguration(key)       `get_variables`
GetConfiguration()     GetBaseReport, its parts    `inventory_request`, `read_report`, `inventory_answer`
GetBaseReport          GetConfiguration()          `get_base_report`, then `report_parts`
GetReport              GetConfiguration()          `get_report`, then `report_parts`
=====================  ==========================  ==========================================================

Most of them are an `Exchange`: a generator that yields requests to the station, wants what became of each sent in
before it yields the next (a response, an `OcppError`, or None if no answer came), and returns what to tell the CSMS::

    answer = yield from set_variables(request, there, back, station)

`there` is a run of the step from the CSMS to the station, `back` one of the step from the station to the CSMS. Both
have the losses afterwards; make new ones for each exchange. `station` is what is known of the station; `read_report`
and `learned` tell what to remember of it, which saves a question in each exchange. Values of settings never stand in a
loss.

Which key is which variable, and how values pass, is in `configuration_keys` and `configuration_values`.
"""

from ocpp_core.translation.configuration_exchanges import CONNECTION_TIMEOUT, Answer, Exchange
from ocpp_core.translation.configuration_keys import Key, Rule, Target
from ocpp_core.translation.configuration_reading import get_configuration, get_variables
from ocpp_core.translation.configuration_reports import (
    Report,
    get_base_report,
    get_report,
    inventory_answer,
    inventory_request,
    learned,
    read_report,
    report_parts,
)
from ocpp_core.translation.configuration_stations import Known, Station
from ocpp_core.translation.configuration_writing import change_configuration, set_variables

__all__ = [
    "CONNECTION_TIMEOUT",
    "Answer",
    "Exchange",
    "Key",
    "Known",
    "Report",
    "Rule",
    "Station",
    "Target",
    "change_configuration",
    "get_base_report",
    "get_configuration",
    "get_report",
    "get_variables",
    "inventory_answer",
    "inventory_request",
    "learned",
    "read_report",
    "report_parts",
    "set_variables",
]
