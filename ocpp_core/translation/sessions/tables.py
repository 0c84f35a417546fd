"""Which rules a session has: by the side that sends, and the step that it stands in."""

from collections.abc import Mapping

from ocpp_core.translation import configuration
from ocpp_core.translation.sessions import (
    commands,
    jobs,
    numbering,
    occupancy,
    profiles,
    remote,
    settings,
    statuses_down,
    statuses_up,
    transactions_down,
    transactions_up,
)
from ocpp_core.translation.sessions.effects import Side
from ocpp_core.translation.sessions.layers import Rule

_MONITORS: Mapping[str, Rule] = {
    "ClearVariableMonitoring": numbering.clear_variable_monitoring,
    "SetVariableMonitoring": numbering.set_variable_monitoring,
}

#: A step that is not here needs no memory, nor does an action that is not in its step.
RULES: Mapping[tuple[Side, str], Mapping[str, Rule]] = {
    (Side.STATION, "1.6->2.0.1"): {
        "Authorize": statuses_up.authorize,
        "BootNotification": statuses_up.boot_notification,
        "DiagnosticsStatusNotification": jobs.status_up("log"),
        "FirmwareStatusNotification": jobs.status_up("firmware"),
        "MeterValues": transactions_up.meter_values,
        "SignedFirmwareStatusNotification": jobs.status_up("firmware"),
        "StartTransaction": transactions_up.start_transaction,
        "StatusNotification": statuses_up.status_notification,
        "StopTransaction": transactions_up.stop_transaction,
    },
    (Side.STATION, "1.5->1.6"): {
        "StartTransaction": occupancy.start_transaction,
        "StatusNotification": occupancy.status_notification,
        "StopTransaction": occupancy.stop_transaction,
    },
    (Side.CSMS, "2.0.1->1.6"): {
        "CancelReservation": commands.cancel_reservation_down,
        "ClearChargingProfile": profiles.clear_charging_profile_down,
        "GetBaseReport": settings.report(configuration.get_base_report),
        "GetChargingProfiles": profiles.get_charging_profiles,
        "GetLog": jobs.job_down("log"),
        "GetReport": settings.report(configuration.get_report),
        "GetTransactionStatus": remote.get_transaction_status,
        "GetVariables": settings.setting(configuration.get_variables, is_newer=False),
        "RequestStartTransaction": remote.request_start_transaction,
        "RequestStopTransaction": remote.request_stop_transaction,
        "ReserveNow": commands.reserve_now_down,
        "Reset": commands.reset_down,
        "SetChargingProfile": profiles.set_charging_profile_down,
        "SetVariables": settings.setting(configuration.set_variables, is_newer=False),
        "TriggerMessage": commands.trigger_down,
        "UnlockConnector": commands.unlock_down,
        "UpdateFirmware": jobs.job_down("firmware"),
    },
    (Side.STATION, "2.0.1->1.6"): {
        "BootNotification": statuses_down.boot_notification,
        "FirmwareStatusNotification": jobs.status_down(
            "firmware", "FirmwareStatusNotification", "UpdateFirmware"
        ),
        "LogStatusNotification": jobs.status_down("log", "DiagnosticsStatusNotification", "GetDiagnostics"),
        "NotifyEvent": statuses_down.notify_event,
        "NotifyReport": settings.notify_report,
        "StatusNotification": statuses_down.status_notification,
        "TransactionEvent": transactions_down.transaction_event,
    },
    (Side.CSMS, "1.6->2.0.1"): {
        "ChangeConfiguration": settings.setting(configuration.change_configuration, is_newer=True),
        "ExtendedTriggerMessage": commands.trigger_up,
        "GetConfiguration": settings.get_configuration,
        "GetDiagnostics": jobs.job_up("log"),
        "GetLog": jobs.job_up("log"),
        "RemoteStartTransaction": remote.remote_start_transaction,
        "RemoteStopTransaction": remote.remote_stop_transaction,
        "Reset": commands.reset_up,
        "SetChargingProfile": profiles.set_charging_profile_up,
        "SignedUpdateFirmware": jobs.job_up("firmware"),
        "TriggerMessage": commands.trigger_up,
        "UnlockConnector": commands.unlock_up,
        "UpdateFirmware": jobs.update_firmware_up,
    },
    # Between versions of 2.x, most of which is said in both.
    (Side.CSMS, "2.0.1->2.0"): {
        **_MONITORS,
        "CustomerInformation": numbering.asked_for("NotifyCustomerInformation"),
        "GetBaseReport": numbering.asked_for("NotifyReport"),
        "GetChargingProfiles": numbering.asked_for("ReportChargingProfiles"),
        "GetMonitoringReport": numbering.asked_for("NotifyMonitoringReport"),
        "GetReport": numbering.asked_for("NotifyReport"),
        "PublishFirmware": numbering.asked_for("PublishFirmwareStatusNotification"),
    },
    (Side.STATION, "2.0->2.0.1"): dict.fromkeys(
        [
            "NotifyCustomerInformation",
            "NotifyMonitoringReport",
            "NotifyReport",
            "PublishFirmwareStatusNotification",
            "ReportChargingProfiles",
        ],
        numbering.reported,
    ),
    (Side.CSMS, "2.0->2.0.1"): {
        **_MONITORS,
        "NotifyCentralChargingNeeds": profiles.notify_central_charging_needs,
        "UpdateFirmware": jobs.update_firmware_of_2_0,
    },
    (Side.STATION, "2.0.1->2.0"): {
        "NotifyMonitoringReport": numbering.notify_monitoring_report,
        "TransactionEvent": profiles.transaction_noted,
    },
    (Side.STATION, "2.1->2.0.1"): {"SignCertificate": numbering.sign_certificate},
    (Side.CSMS, "2.0.1->2.1"): {"CertificateSigned": numbering.certificate_signed},
    (Side.CSMS, "2.1->2.0.1"): _MONITORS,
}

#: The steps that lead from connectors to EVSEs, and back.
TO_EVSES = {"1.6->2.0.1": True, "2.0.1->1.6": False}
