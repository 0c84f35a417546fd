from ocpp_core.model.versions import Version
from ocpp_core.translation.steps import Step
STEP = Step(older=Version.V2_0, newer=Version.V2_0_1, pairs=(), actions=[])
