"""What a session knows: its records, and what it may forget with its process."""

from datetime import datetime

from ocpp_core.translation.policies import Policy
from ocpp_core.translation.sessions.records import Records
from ocpp_core.translation.sessions.stores import Store


class State:
    """Everything that is remembered of one station. It is a `Memory` for the rows of the steps."""

    def __init__(self, identity: str, store: Store, policy: Policy) -> None:
        self.identity = identity
        self.policy = policy
        self.records = Records(identity, store)
        self.since: datetime | None = None

    # Tokens

    def token(self, tag: str) -> tuple[str, str] | None:
        """See `Memory`."""
        found = self.records.get("token", tag.casefold())
        return None if found is None else (found["token"], found["type"])

    def learn(self, tag: str, token: str, kind: str) -> None:
        """See `Memory`."""
        known = self.token(tag)
        if known != (token, kind):
            value = {"token": token, "type": kind}
            self.records.push("token", tag.casefold(), value, self.policy.most_tokens)

    # Transactions

    def newer_transaction(self, number: int) -> str | None:
        """See `Memory`."""
        found: str | None = self.records.get("number", str(number))
        return found

    def older_transaction(self, id: str) -> int | None:
        """See `Memory`."""
        found = self.records.get("transaction", id)
        return None if found is None else found["number"]

    # Ids

    def new_request_id(self) -> int:
        """An id for a request that needs one."""
        return self.records.next_id("request")

    # Time

    def connected(self, is_station: bool, now: datetime) -> None:
        """A side is there."""
        if is_station:
            self.since = now

    @property
    def wake_at(self) -> datetime | None:
        """When something expires."""
        return None

    def expire(self, now: datetime) -> None:
        """Gives up what has waited too long."""
