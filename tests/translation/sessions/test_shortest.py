"""The shortest answers to stations, of all versions."""

import pytest

from bridge import NOON, check
from ocpp_core.model.shapes import shape
from ocpp_core.model.specifications import specification
from ocpp_core.model.versions import Role, Version
from ocpp_core.payloads.conversion import to_wire
from ocpp_core.translation.sessions.shortest import shortest_answer

#: They say a name, or certificates.
NOT_SHORT = {"Get15118EVCertificate", "GetCertificateChainStatus", "VatNumberValidation"}


@pytest.mark.parametrize("version", list(Version))
def test_each_is_valid_and_says_what_it_must(version: Version) -> None:
    facts = specification(version)
    asked = [name for name, row in facts.actions.items() if row.answered and row.sent_by & Role.CHARGE_POINT]

    for name in asked:
        cls = facts.response(name)
        made = shortest_answer(cls, NOON)
        assert made is not None or name in NOT_SHORT, name
        if made is not None:
            check(made, version)
            assert {one.wire for one in shape(cls).fields if one.is_required} == set(to_wire(made))
