"""Why a transaction ended, in 1.6 and in 2.0.1, which says by the trigger of an event what has led to it."""

from ocpp_core.translation.leaves import words

#: Reason of 1.6: reason and trigger of 2.0.1, and whether the reason is the same. No reason means Local in both.
UP: dict[str, tuple[str, str, bool]] = {
    "DeAuthorized": ("DeAuthorized", "Deauthorized", True),
    "EmergencyStop": ("EmergencyStop", "AbnormalCondition", True),
    "EVDisconnected": ("EVDisconnected", "EVCommunicationLost", True),
    "HardReset": ("ImmediateReset", "ResetCommand", True),
    "Local": ("Local", "StopAuthorized", True),
    "Other": ("Other", "AbnormalCondition", True),
    "PowerLoss": ("PowerLoss", "AbnormalCondition", True),
    "Reboot": ("Reboot", "AbnormalCondition", True),
    "Remote": ("Remote", "RemoteStop", True),
    "SoftReset": ("ImmediateReset", "ResetCommand", False),  # 2.0.1 does not tell the kind of reset
    "UnlockCommand": ("Remote", "UnlockCommand", False),  # the trigger keeps the cause
}
#: The same of a reason that is no token of 1.6, and of none.
OTHER_UP = ("Other", "AbnormalCondition", False)
NONE_UP = (None, "StopAuthorized", True)

#: Reason of 2.0.1 that has another name in 1.6, or no counterpart. Of the rest the token is the same.
DOWN: dict[str, str] = {
    **dict.fromkeys(
        words(
            """
            EnergyLimitReached GroundFault LocalOutOfCredit OvercurrentFault PowerQuality SOCLimitReached StoppedByEV
            TimeLimitReached Timeout
            """
        ),
        "Other",
    ),
    "ImmediateReset": "HardReset",  # SoftReset, if that is what was sent
    "MasterPass": "Local",  # a person has stopped it at the station
}
#: Triggers of 2.0.1 that ask for the end of a transaction.
STOPS = words("StopAuthorized RemoteStop Deauthorized UnlockCommand ResetCommand")
#: Triggers that say whether a vehicle is there, where no charging state does.
PLUGGED = words("CablePluggedIn EVDetected")
UNPLUGGED = words("EVCommunicationLost EVDeparted EVConnectTimeout")
