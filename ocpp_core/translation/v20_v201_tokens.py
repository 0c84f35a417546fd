"""The tokens of 2.0 and 2.0.1 that are not the same on both sides. See `v20_v201`."""

from ocpp_core.translation.leaves import words
from ocpp_core.translation.rules import Near, Tokens, near, none

#: Why a certificate was not installed: 2.0 has a token for each.
CERTIFICATE_REFUSALS = words(
    "SignatureError CertificateExpired CertificateRevoked NoCertificateAvailable CertChainError ContractCancelled"
)

_SUB_CAS = "CSOSubCA1 CSOSubCA2"

TOKENS = (
    # An identifier that only the CSMS can check.
    Tokens("IdTokenEnum", down=near("MacAddress", "Central")),
    # 2.0.1 says in the answer to UpdateFirmware whether it takes the certificate.
    Tokens(
        "FirmwareStatus",
        up={
            **near("CertificateVerified", "DownloadScheduled"),
            **near("InvalidCertificate RevokedCertificate", "InvalidSignature"),
            **near("PublishFailed", "InstallationFailed"),
        },
    ),
    Tokens("GenericDeviceModelStatus", down=near("EmptyResultSet", "Rejected")),
    Tokens("GetCertificateStatus", renamed={"Rejected": "Failed"}),
    # 2.0 misspells V2GRootCertificate. Sub-CA certificates travel with CertificateSigned in 2.0.1.
    Tokens("InstallCertificateUse", renamed={"V2GRootCertficate": "V2GRootCertificate"}, up=none(_SUB_CAS)),
    Tokens(
        "GetCertificateIdUse",
        renamed={"V2GRootCertficate": "V2GRootCertificate"},
        up=near(_SUB_CAS, "V2GCertificateChain"),
        down=none("V2GCertificateChain"),
    ),
    Tokens(
        "InstallCertificateStatus",
        up=near(" ".join(sorted(CERTIFICATE_REFUSALS)), "Failed"),
        down=near("Rejected Failed", "CertChainError"),
    ),
    Tokens("UploadLogStatus", down=near("AcceptedCanceled", "UploadFailure")),
    # Strings in 2.0.1.
    Tokens("EncodingMethod", other=Near("Other")),
    Tokens("SignatureMethod", down={"ECDSA-secp256r1-SHA256": "ECDSAP256SHA256"}),
    Tokens("SecurityEvent"),
    # 2.0.1 has one DC mode; of the AC modes the smaller one is certain to work.
    Tokens(
        "EnergyTransferMode",
        renamed={"AC_single_phase_core": "AC_single_phase", "AC_three_phase_core": "AC_three_phase"},
        up=near("DC_combo_core DC_core DC_extended DC_unique", "DC"),
        down={**near("DC", "DC_extended"), **near("AC_two_phase", "AC_single_phase_core")},
    ),
    Tokens("PublishFirmwareStatus", down=none("Idle")),
    Tokens("MonitoringBase", renamed={"None": "HardWiredOnly"}),
    Tokens("SetMonitoringStatus", up=near("OutOfRange", "Rejected")),
    Tokens("SetVariableStatus", up=near("InvalidValue OutOfRange", "Rejected")),
    Tokens("ChargingState", renamed={"EVDetected": "EVConnected"}, down=none("Idle")),
    # triggerReason UnlockCommand keeps the cause.
    Tokens("Reason", up=near("UnlockCommand", "Remote")),
    Tokens(
        "TriggerReason",
        down={
            **near("AbnormalCondition", "ChargingStateChanged"),
            **near("SignedDataReceived", "MeterValuePeriodic"),
            **near("ResetCommand", "RemoteStop"),
        },
    ),
    Tokens("MessageTrigger", down=none("SignCombinedCertificate PublishFirmwareStatusNotification")),
    Tokens("UnlockStatus", down=near("OngoingAuthorizedTransaction UnknownConnector", "UnlockFailed")),
    Tokens("UpdateFirmwareStatus", down=near("InvalidCertificate RevokedCertificate", "Rejected")),
)
