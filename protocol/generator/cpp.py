"""How fields look in C++: types, initial values, conditions on the version. Shared by the emitters."""

from typing import List

from model import Field, INTEGERS, Message, SCALARS, Struct
from names import snake
from versions import END, Versions

BANNER = "// Made from protocol/schemas/{stem}.schema by protocol/generator; changes here are lost.\n"

_TYPES = {"bool": "bool", "float64": "double", "uuid": "Uuid", "string": "std::string", "bytes": "Buffer",
          "records": "Payload", **{name: f"std::{name}_t" for name in INTEGERS}}


def scope(message: Message, struct: Struct) -> Versions:
    """The versions of the message in which the struct can occur."""
    if struct is message.body:
        return message.versions
    found = None
    for holder in [message.body, *message.structs.values()]:
        for field in holder.fields:
            if field.type != struct.name or holder is struct:
                continue
            used = field.versions.clip(message.versions)
            used = used and used.clip(scope(message, holder))
            if used:
                found = used if found is None else Versions(min(found.low, used.low), max(found.high, used.high))
    return found or Versions(END, END)


def present(message: Message, struct: Struct) -> List[Field]:
    """The fields that some version of the message has."""
    return [field for field in struct.fields if field.versions.clip(scope(message, struct))]


def element_type(field: Field) -> str:
    return _TYPES.get(field.type, field.type)


def base_type(field: Field) -> str:
    """Without std::optional."""
    return f"std::vector<{element_type(field)}>" if field.is_array else element_type(field)


def member_type(field: Field) -> str:
    return f"std::optional<{base_type(field)}>" if field.optional else base_type(field)


def starts_null(field: Field) -> bool:
    return field.optional and (field.default == "null" or field.type == "records")


def literal(field: Field) -> str:
    if field.type == "string":
        return f'"{field.default or ""}"'
    if field.type == "bool":
        return field.default or "false"
    return field.default or "0"


def initializer(field: Field) -> str:
    if starts_null(field):
        return ""
    plain_zero = field.is_array or field.is_struct or field.type in ("bytes", "uuid") or (
        field.type == "string" and not field.default)
    if field.optional:
        return f" = {base_type(field)}()" if plain_zero else f" = {literal(field)}"
    return "" if plain_zero else f" = {literal(field)}"


def differs_from_default(field: Field) -> str:
    """An expression that is true unless the member has its initial value."""
    name = snake(field.name)
    if starts_null(field):
        return f"{name}.has_value()"
    if field.is_array or field.type in ("string", "bytes") and not field.default:
        return f"(!{name} || !{name}->empty())" if field.optional else f"!{name}.empty()"
    if field.is_struct:
        return f"{name} != {field.type}()"
    if field.type == "uuid":
        return f"!{name}.is_zero()"
    if field.type == "bool":
        return f"!{name}" if field.default == "true" else name
    return f"{name} != {literal(field)}"


def condition(versions, within: Versions) -> str:
    """`wire_version` is in `versions`, given that it is in `within`; "true" or "false" where that is known."""
    clipped = versions.clip(within) if versions is not None else None
    if clipped is None:
        return "false"
    parts = []
    if clipped.low == clipped.high and within.low < clipped.low and within.high > clipped.high:
        return f"wire_version == {clipped.low}"
    if clipped.low > within.low:
        parts.append(f"wire_version >= {clipped.low}")
    if clipped.high < within.high:
        parts.append(f"wire_version <= {clipped.high}")
    return " && ".join(parts) or "true"


def flexible(message: Message, struct: Struct) -> str:
    return condition(message.flexible, scope(message, struct))


def compact(message: Message, struct: Struct, field: Field) -> str:
    """An expression: whether lengths of the field take the compact form."""
    if field.plain:
        return "false"
    known = condition(message.flexible, scope(message, struct).clip(field.versions))
    return known if known in ("true", "false") else "flexible"


def min_size(message: Message, field: Field, version: int) -> int:
    """Bytes an element of the field takes at least."""
    is_flexible = message.flexible is not None and version in message.flexible
    if field.type in SCALARS:
        return SCALARS[field.type]
    if not field.is_struct:
        return 1 if is_flexible else 2 if field.type == "string" else 4
    return struct_size(message, message.structs[field.type], version)


def struct_size(message: Message, struct: Struct, version: int) -> int:
    is_flexible = message.flexible is not None and version in message.flexible
    size = 1 if is_flexible else 0
    for field in struct.fields:
        if version not in field.versions or field.tag is not None:
            continue
        if field.is_array:
            size += 1 if is_flexible else 4
        elif field.is_struct and field.nullable is not None:
            size += 1
        else:
            size += min_size(message, field, version)
    return size


def min_element_size(message: Message, struct: Struct, field: Field) -> int:
    """Over all versions that have the array; at least one, so that counts stay bounded."""
    range_ = field.versions.clip(scope(message, struct))
    return max(1, min(min_size(message, field, version) for version in range(range_.low, range_.high + 1)))


def nested_in_order(message: Message) -> List[Struct]:
    """The structs that a version uses, each after those it is made of."""
    ordered, seen = [], set()

    def visit(struct: Struct):
        for field in present(message, struct):
            if field.is_struct and field.type not in seen:
                seen.add(field.type)
                visit(message.structs[field.type])
                ordered.append(message.structs[field.type])

    visit(message.body)
    return ordered
