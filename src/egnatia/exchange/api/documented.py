"""What the OpenAPI document says of every operation besides its signature."""

from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema

from egnatia.exchange.api.problem import MEDIA_TYPE, ProblemDetails

_MEANINGS = {
    400: "The request cannot be understood",
    401: "A valid credential is needed",
    403: "The credential does not allow this",
    404: "There is no such resource, or it is not for the caller: one answer for both",
    408: "The request took too long",
    413: "The request is too large",
    415: "The content type or encoding is not taken",
    422: "The record breaks rules; each is named with its JSON path",
    429: "Too many failed sign-ins from this address",
    503: "The node is full or not ready; try again later",
}


def problems(*statuses: int) -> dict[int, ResponseSpec]:
    """The problems that an operation may answer with; those of sign-in always."""
    return {
        status: ResponseSpec(ProblemDetails, description=_MEANINGS[status], media_type=MEDIA_TYPE)
        for status in sorted({400, 401, 403, 429, *statuses})
    }


_OBJECT = Schema(type="object", description="A STIX 2.1 object", additional_properties=True)  # type: ignore[arg-type]
_STIX = Schema(
    description="A STIX 2.1 object, a bundle, or an array of objects",
    one_of=[_OBJECT, Schema(type="array", items=_OBJECT)],  # type: ignore[arg-type]
)


class TakesStix(Operation):
    """An operation whose body is STIX, read as bytes."""

    def __post_init__(self) -> None:
        """The body is described here because no parameter of the handler holds it."""
        self.request_body = RequestBody(content={"application/json": OpenAPIMediaType(schema=_STIX)}, required=True)
