"""What calls about profiles, displays, DER controls and event streams entail in the faultless station once answered."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from conformance.peers.station_answers_blocks import wanted_controls, wanted_messages, wanted_profiles

Json = dict[str, Any]


class FollowingBlocks:
    """A method for each action, called with the payload."""

    # They are the station's, which this is a part of.
    profiles: list[Json]
    controls: dict[str, Json]
    monitors: dict[int, Json]
    streams: set[int]
    quietly: Any
    in_parts: Any
    now: Any

    async def after_SetVariableMonitoring(self, payload: Json) -> None:
        for id, monitor in list(self.monitors.items()):
            if "periodicEventStream" in monitor and id not in self.streams:
                self.streams.add(id)
                told = {"id": id, "variableMonitoringId": id, "params": monitor["periodicEventStream"]}
                await self.quietly("OpenPeriodicEventStream", {"constantStreamData": told})

    async def after_ClearVariableMonitoring(self, payload: Json) -> None:
        for id in self.streams - self.monitors.keys():
            self.streams.remove(id)
            await self.quietly("ClosePeriodicEventStream", {"id": id})

    async def after_GetChargingProfiles(self, payload: Json) -> None:
        found = wanted_profiles(self, payload)
        for number, profile in enumerate(found):
            members = {
                "requestId": payload["requestId"],
                "chargingLimitSource": "CSO",
                "tbc": number + 1 < len(found),
                "evseId": profile["evseId"],
                "chargingProfile": [profile["chargingProfile"]],
            }
            await self.quietly("ReportChargingProfiles", members)

    async def after_SetChargingProfile(self, payload: Json) -> None:
        profile = payload.get("chargingProfile", {})
        while "dynUpdateInterval" in profile:
            await asyncio.sleep(profile["dynUpdateInterval"])
            if all(each["chargingProfile"] is not profile for each in self.profiles):
                return
            await self.quietly("PullDynamicScheduleUpdate", {"chargingProfileId": profile["id"]})

    async def after_UsePriorityCharging(self, payload: Json) -> None:
        members = {"transactionId": payload["transactionId"], "activated": payload["activate"]}
        await self.quietly("NotifyPriorityCharging", members)

    async def after_GetDisplayMessages(self, payload: Json) -> None:
        found = wanted_messages(self, payload)
        await self.in_parts("NotifyDisplayMessages", payload["requestId"], "messageInfo", found)

    def cost(self, running: Any) -> Json:
        """What a transaction with a tariff has cost."""
        total = {
            "currency": running.tariff["currency"],
            "typeOfCost": "NormalCost",
            "total": {"exclTax": 0.3},
        }
        return {
            "totalCost": {**total, "energy": {"exclTax": 0.3}},
            "totalUsage": {"energy": 1, "chargingTime": 0, "idleTime": 0},
        }

    async def after_GetDERControl(self, payload: Json) -> None:
        data = [
            {
                "id": held["controlId"],
                "isDefault": held["isDefault"],
                "isSuperseded": False,
                "limitMaxDischarge": held["limitMaxDischarge"],
            }
            for held in wanted_controls(self, payload)
        ]
        await self.in_parts("ReportDERControl", payload["requestId"], "limitMaxDischarge", data)

    async def after_SetDERControl(self, payload: Json) -> None:
        control = payload["limitMaxDischarge"]
        if payload["isDefault"]:
            return
        begins = datetime.fromisoformat(control["startTime"])
        await asyncio.sleep(max(0.0, (begins - datetime.now(UTC)).total_seconds()))
        for started in (True, False):
            if self.controls.get(payload["controlId"]) is not payload:
                return
            members = {"controlId": payload["controlId"], "started": started, "timestamp": self.now()}
            await self.quietly("NotifyDERStartStop", members)
            await asyncio.sleep(control["duration"] if started else 0)
        self.controls.pop(payload["controlId"], None)
