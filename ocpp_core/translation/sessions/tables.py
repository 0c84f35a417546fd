"""Which rules a session has: by the side that sends, and the step that it stands in."""

from collections.abc import Mapping

from ocpp_core.translation.sessions import (
    remote,
    statuses_up,
    transactions_down,
    transactions_up,
)
from ocpp_core.translation.sessions.effects import Side
from ocpp_core.translation.sessions.layers import Rule

#: A step that is not here needs no memory.
RULES: Mapping[tuple[Side, str], Mapping[str, Rule]] = {
    (Side.STATION, "1.6->2.0.1"): {
        "Authorize": statuses_up.authorize,
        "BootNotification": statuses_up.boot_notification,
        "MeterValues": transactions_up.meter_values,
        "StartTransaction": transactions_up.start_transaction,
        "StatusNotification": statuses_up.status_notification,
        "StopTransaction": transactions_up.stop_transaction,
    },
    (Side.CSMS, "2.0.1->1.6"): {
        "GetTransactionStatus": remote.get_transaction_status,
        "RequestStartTransaction": remote.request_start_transaction,
        "RequestStopTransaction": remote.request_stop_transaction,
    },
    (Side.STATION, "2.0.1->1.6"): {
        "TransactionEvent": transactions_down.transaction_event,
    },
    (Side.CSMS, "1.6->2.0.1"): {
        "RemoteStartTransaction": remote.remote_start_transaction,
        "RemoteStopTransaction": remote.remote_stop_transaction,
    },
}
