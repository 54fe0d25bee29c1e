"""What is told of persons and units by SCIM: the attributes that there are, and what the service can do.

Required is what always has a value here. A client need not say what has a natural one: `filled`.
"""

from typing import Annotated, Any

from pydantic import Field, model_validator
from scim2_models import (
    URN,
    AuthenticationScheme,
    Bulk,
    CaseExact,
    ChangePassword,
    ComplexAttribute,
    ETag,
    Extension,
    Filter,
    Mutability,
    Pagination,
    Patch,
    Reference,
    Required,
    Resource,
    ResourceType,
    Schema,
    ScimPolicy,
    ScimProvider,
    ServiceProviderConfig,
    Sort,
    Uniqueness,
)

from kivijalka.organisation.models import Person

MOST_OPERATIONS = 1_000
MOST_BYTES = 2_500_000  # what the site takes of any body
MOST_RESULTS = 1_000
PAGE = 100
LANGUAGES = Person.Language.values
WORK = "work"


class Name(ComplexAttribute):
    """The parts of a person's name."""

    given_name: Annotated[str | None, Required.true] = None
    family_name: Annotated[str | None, Required.true] = None


class Email(ComplexAttribute):
    """The person's address at work: there is one."""

    value: Annotated[str | None, Required.true] = None
    type: str | None = Field(None, examples=[WORK])


class Membership(ComplexAttribute):
    """The unit at which a person works."""

    value: Annotated[str | None, Mutability.read_only] = None
    ref: Annotated[Reference["Group"] | None, Mutability.read_only] = Field(
        None, serialization_alias="$ref", validation_alias="$ref"
    )
    display: Annotated[str | None, Mutability.read_only] = None


class User(Resource[Any]):
    """A person who works for the city or a partner."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:User")

    user_name: Annotated[str | None, Required.true, Uniqueness.server] = None
    """What the person signs in as at the identity provider. Often their address."""
    name: Annotated[Name | None, Required.true] = None
    display_name: Annotated[str | None, Mutability.read_only] = None
    title: str | None = None
    preferred_language: Annotated[str | None, Required.true] = Field(None, examples=LANGUAGES)
    active: Annotated[bool | None, Required.true] = None
    """Whether the person works here today. Who does not reaches nothing, from this moment on."""
    emails: Annotated[list[Email] | None, Required.true] = None
    groups: Annotated[list[Membership] | None, Mutability.read_only] = None


class Work(ComplexAttribute):
    """The unit at which a person works: its id or its code. The address says the same, and either says the other."""

    value: Annotated[str | None, Required.true] = None
    ref: Annotated[Reference["Group"] | None, Required.true] = Field(
        None, serialization_alias="$ref", validation_alias="$ref"
    )

    @model_validator(mode="before")
    @classmethod
    def one_says_the_other(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        said = {str(name).lower().removeprefix("$"): value for name, value in given.items()}
        if said.get("value") and not said.get("ref"):
            return {**given, "$ref": said["value"]}
        if said.get("ref") and not said.get("value"):
            return {**given, "value": str(said["ref"]).rpartition("/")[2]}
        return given


class WorksAt(Extension):
    """Where a person works, said and told with the person."""

    __schema__ = URN("urn:ietf:params:scim:schemas:extension:kivijalka:2.0:User")

    unit: Annotated[Work | None, Required.true] = None


class Member(ComplexAttribute):
    """A person who works at the unit."""

    value: Annotated[str | None, Mutability.immutable, CaseExact.true] = None
    ref: Annotated[Reference["User"] | None, Mutability.immutable] = Field(
        None, serialization_alias="$ref", validation_alias="$ref"
    )
    type: Annotated[str | None, Mutability.immutable] = Field(None, examples=["User"])


class Group(Resource[Any]):
    """A unit of the city; its members are those who work there."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:Group")

    display_name: Annotated[str | None, Required.true] = None
    members: list[Member] | None = None


Worker = User[Annotated[WorksAt, Required.true]]  # type: ignore[type-arg]  # parameterised when it runs

CONFIG = ServiceProviderConfig(
    patch=Patch(supported=True),
    bulk=Bulk(supported=True, max_operations=MOST_OPERATIONS, max_payload_size=MOST_BYTES),
    filter=Filter(supported=True, max_results=MOST_RESULTS),
    change_password=ChangePassword(supported=False),
    sort=Sort(supported=True),
    etag=ETag(supported=True),
    pagination=Pagination(cursor=False, index=True, default_page_size=PAGE, max_page_size=MOST_RESULTS),
    authentication_schemes=[
        AuthenticationScheme(
            type=AuthenticationScheme.Type.oauthbearertoken,
            name="Bearer",
            description="A token of somebody, or of a service account, who holds the right person.provision.",
            primary=True,
        )
    ],
)
# As other systems send them: attributes that we do not keep are ignored, and what Microsoft Entra means is done.
POLICY = ScimPolicy(
    unknown=ScimPolicy.Unknown.ignore,
    remove_value_as_filter=ScimPolicy.RemoveValue.apply,
    unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
)
PROVIDER = ScimProvider(
    [User, WorksAt, Group, Schema, ResourceType, ServiceProviderConfig],
    [ResourceType.from_resource(Worker), ResourceType.from_resource(Group)],
    CONFIG,
    POLICY,
)


def filled(payload: Any, given: dict[str, Any]) -> Any:
    """A whole resource as it was sent, with what it does not say and is given here. Names come in any letters."""
    if not isinstance(payload, dict):
        return payload
    said = {name.lower(): value for name, value in payload.items() if value is not None}
    missing = {name: value for name, value in given.items() if name.lower() not in said}
    return {name: value for name, value in payload.items() if name.lower() in said} | missing
