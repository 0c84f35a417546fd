"""What holds for all tests of translation."""

import pytest

from ocpp_core.translation import steps


@pytest.fixture(autouse=True)
def _strictly(monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]
    """A rule that forgets a leaf is a defect; a test of what production makes of one takes this back."""
    monkeypatch.setattr(steps, "strict", True)
