"""What frames that cannot be used draw in each version."""

#: A frame, and what it draws in 1.6, in 2.0 and 2.0.1, and in 2.1: id and code of a CALLERROR, or silence.
OWED = {
    "empty": ("", None, None, None),
    "no-json": ("{", None, "-1 RpcFrameworkError", "-1 RpcFrameworkError"),
    "no-array": ("{}", None, "-1 RpcFrameworkError", "-1 RpcFrameworkError"),
    "type-only": ("[2]", None, "-1 RpcFrameworkError", "-1 RpcFrameworkError"),
    "type-no-integer": ('["2","17","Heartbeat",{}]', None, "-1 RpcFrameworkError", "-1 RpcFrameworkError"),
    "call-id-no-text": ('[2,17,"Heartbeat",{}]', None, "-1 RpcFrameworkError", "-1 RpcFrameworkError"),
    "call-id-empty": ('[2,"","Heartbeat",{}]', " GenericError", " RpcFrameworkError", " RpcFrameworkError"),
    "call-id-too-long": (
        f'[2,"{"x" * 37}","Heartbeat",{{}}]',
        f"{'x' * 37} GenericError",
        f"{'x' * 37} RpcFrameworkError",
        f"{'x' * 37} RpcFrameworkError",
    ),
    "call-short": (
        '[2,"17","Heartbeat"]',
        "17 FormationViolation",
        "17 RpcFrameworkError",
        "17 RpcFrameworkError",
    ),
    "call-action-no-text": (
        '[2,"17",7,{}]',
        "17 FormationViolation",
        "17 RpcFrameworkError",
        "17 RpcFrameworkError",
    ),
    "call-action-unknown": (
        '[2,"17","Heartbeet",{}]',
        "17 NotImplemented",
        "17 NotImplemented",
        "17 NotImplemented",
    ),
    "call-payload-broken": (
        '[2,"17","Heartbeat",{"a":',
        "17 FormationViolation",
        "17 FormatViolation",
        "17 FormatViolation",
    ),
    "call-payload-no-object": (
        '[2,"17","Heartbeat",[]]',
        "17 FormationViolation",
        "17 ProtocolError",
        "17 ProtocolError",
    ),
    "call-member-missing": (
        '[2,"17","DataTransfer",{}]',
        "17 OccurenceConstraintViolation",
        "17 OccurrenceConstraintViolation",
        "17 OccurrenceConstraintViolation",
    ),
    "call-of-a-send": (
        '[2,"17","NotifyPeriodicEventStream",{}]',
        "17 NotImplemented",
        "17 NotImplemented",
        "17 NotSupported",
    ),
    "unknown-type": ('[7,"17",{}]', None, "17 MessageTypeNotSupported", None),
    "unknown-type-id-no-text": ("[7,17]", None, "-1 MessageTypeNotSupported", None),
    "type-5": ('[5,"17","GenericError","",{}]', None, "17 MessageTypeNotSupported", None),
    "type-5-broken": ('[5,"17"]', None, "17 MessageTypeNotSupported", None),
    "type-6-broken": ('[6,"17","NotifyPeriodicEventStream",{}]', None, "17 MessageTypeNotSupported", None),
    "type-6-unknown": ('[6,"17","Heartbeat",{}]', None, "17 MessageTypeNotSupported", None),
    "result-id-no-text": ("[3,17,{}]", None, None, None),
    "error-id-no-text": ('[4,17,"GenericError","",{}]', None, None, None),
}
