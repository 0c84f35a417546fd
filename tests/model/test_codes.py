"""Facts that stand in `codes` alone."""

from ocpp_core.model.codes import ErrorCode, FrameKind


def test_message_types_have_the_numbers_of_the_standard() -> None:
    """OCPP-J 1.6 §4.1.3; 2.1 part 4 §4.1.3."""
    types = {kind.name: kind.value for kind in FrameKind if kind.value > 0}

    assert {"CALL": 2, "CALLRESULT": 3, "CALLERROR": 4, "CALLRESULTERROR": 5, "SEND": 6} == types


def test_no_two_names_mean_the_same() -> None:
    """An enum makes of two equal values one member with two names."""
    for enum in (FrameKind, ErrorCode):
        assert list(enum.__members__) == [member.name for member in enum]


def test_an_error_code_is_its_name_in_small_letters() -> None:
    """It stands in logs, and in faults that have no better text."""
    assert [code.name.lower().replace("_", "-") for code in ErrorCode] == [str(code) for code in ErrorCode]
