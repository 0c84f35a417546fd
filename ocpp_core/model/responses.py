"""Which message answers which."""

from typing import Any

from ocpp_core.model.messages import Request, Response
from ocpp_core.model.specifications import specification


def response_class(request: Request[Any]) -> type[Response]:
    """The class of what answers a request, in its version."""
    facts = request.__ocpp__
    response: type[Response] = specification(facts.version).response(facts.action or "")
    return response
