"""The tokens of 1.6 and 2.0.1 that are not the same on both sides. See `v16_v201`."""

from ocpp_core.translation.rules import Tokens, near, none

_IN_USE = "Preparing Charging SuspendedEVSE SuspendedEV Finishing"
_REFUSED_UPLOADS = "BadMessage NotSupportedOperation PermissionDenied AcceptedCanceled"

TOKENS = (
    # What 1.6 calls Invalid, 2.0.1 calls Unknown; as it is, it comes back as it was. See `Policy.invalid_as`.
    Tokens(
        "AuthorizationStatus",
        down={
            **near("NoCredit NotAllowedTypeEVSE NotAtThisLocation NotAtThisTime", "Blocked"),
            **near("Unknown", "Invalid"),
        },
    ),
    Tokens("ChargePointStatus ConnectorStatus", up=near(_IN_USE, "Occupied"), down={"Occupied": None}),
    Tokens(
        "ChargingProfilePurpose",
        renamed={"ChargePointMaxProfile": "ChargingStationMaxProfile"},
        down=none("ChargingStationExternalConstraints"),
    ),
    Tokens("ChargingProfileStatus", up=near("NotSupported", "Rejected")),
    Tokens(
        "ConfigurationStatus SetVariableStatus",
        up=near("NotSupported", "UnknownVariable"),
        down={
            "UnknownVariable": "NotSupported",
            **near("UnknownComponent NotSupportedAttributeType", "NotSupported"),
        },
    ),
    Tokens(
        "DiagnosticsStatus UploadLogStatus",
        renamed={"UploadFailed": "UploadFailure"},
        down=near(_REFUSED_UPLOADS, "UploadFailed"),
    ),
    Tokens("UploadLogStatus", down=near("AcceptedCanceled", "UploadFailure")),
    Tokens(
        "FirmwareStatus",
        down={
            **none("DownloadScheduled"),
            **near("DownloadPaused", "Downloading"),
            **near("InstallRebooting", "Installing"),
            **near("InstallScheduled SignatureVerified", "Downloaded"),
            **near("InstallVerificationFailed InvalidSignature", "InstallationFailed"),
        },
    ),
    Tokens(
        "Measurand",
        up=none("Temperature RPM"),
        down=none(
            "Energy.Active.Net Energy.Reactive.Net Energy.Apparent.Net Energy.Apparent.Import Energy.Apparent.Export"
        ),
    ),
    Tokens(
        "MessageTrigger",
        renamed={"DiagnosticsStatusNotification": "LogStatusNotification"},
        down={
            # A session makes TransactionEvent of them again.
            **near("TransactionEvent", "MeterValues"),
            **none(
                """SignChargingStationCertificate SignV2GCertificate SignCombinedCertificate
                PublishFirmwareStatusNotification"""
            ),
        },
    ),
    Tokens(
        "ExtendedMessageTrigger MessageTrigger",
        renamed={"SignChargePointCertificate": "SignChargingStationCertificate"},
        down={
            **near("TransactionEvent", "MeterValues"),
            **none("SignV2GCertificate SignCombinedCertificate PublishFirmwareStatusNotification"),
        },
    ),
    # A soft reset of 1.6 ends transactions, OnIdle waits for them. See `Policy.soft_reset`.
    Tokens(
        "ResetType Reset",
        up={"Hard": "Immediate", "Soft": None},
        down={"Immediate": "Hard", **near("OnIdle", "Soft")},
    ),
    Tokens("ResetStatus", down=near("Scheduled", "Accepted")),
    Tokens(
        "UnlockStatus",
        up=near("NotSupported", "UnknownConnector"),
        # The erratum of 1.6 lets NotSupported mean an unknown connector too.
        down={**near("OngoingAuthorizedTransaction", "UnlockFailed"), "UnknownConnector": "NotSupported"},
    ),
    Tokens("UpdateStatus SendLocalListStatus", up=near("NotSupported", "Failed")),
    Tokens(
        "CertificateUse InstallCertificateUse",
        renamed={"CentralSystemRootCertificate": "CSMSRootCertificate"},
        down=none("V2GRootCertificate MORootCertificate"),
    ),
    Tokens(
        "CertificateUse GetCertificateIdUse",
        renamed={"CentralSystemRootCertificate": "CSMSRootCertificate"},
        down=none("V2GRootCertificate MORootCertificate V2GCertificateChain"),
    ),
)

#: Names of security events, which are text on the wire. All others pass as they are.
SECURITY_EVENTS = {
    "FailedToAuthenticateAtCentralSystem": "FailedToAuthenticateAtCsms",
    "CentralSystemFailedToAuthenticate": "CsmsFailedToAuthenticate",
    "InvalidCentralSystemCertificate": "InvalidCsmsCertificate",
    "InvalidChargePointCertificate": "InvalidChargingStationCertificate",
}
