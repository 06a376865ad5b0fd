"""What a schema says: files hold messages, messages hold structs, structs hold fields."""

from dataclasses import dataclass, field
from typing import Dict, List, Optional

from versions import Versions

INTEGERS = {"int8": 1, "int16": 2, "uint16": 2, "int32": 4, "int64": 8}
SCALARS = {"bool": 1, **INTEGERS, "float64": 8, "uuid": 16}
PRIMITIVES = set(SCALARS) | {"string", "bytes", "records"}


@dataclass
class Field:
    name: str
    type: str  # a primitive or a struct; of the elements when is_array
    is_array: bool
    versions: Versions
    nullable: Optional[Versions] = None
    default: Optional[str] = None  # None: the zero of the type; "null"; otherwise a literal
    ignorable: bool = False
    map_key: bool = False
    tag: Optional[int] = None
    entity: Optional[str] = None
    plain: bool = False  # never in the compact form, whatever the version

    @property
    def is_struct(self) -> bool:
        return self.type not in PRIMITIVES

    @property
    def optional(self) -> bool:
        """Whether the C++ member is a std::optional."""
        return self.nullable is not None or (self.type == "records" and not self.is_array)


@dataclass
class Struct:
    name: str
    fields: List[Field] = field(default_factory=list)
    common: bool = False  # declared apart from the fields, because several use it
    versions: Optional[Versions] = None  # of a common struct


@dataclass
class Message:
    kind: str  # request, response, header, data, metadata, coordinator-key, coordinator-value
    name: str
    versions: Versions
    flexible: Optional[Versions]
    key: Optional[int] = None  # the API key, or the type of a record
    body: Struct = None
    structs: Dict[str, Struct] = field(default_factory=dict)  # in the order of their declaration
    api: Optional["Api"] = None
    line: int = 0

    @property
    def first_flexible(self) -> int:
        clipped = self.flexible and self.flexible.clip(self.versions)
        return clipped.low if clipped else 32767


@dataclass
class Api:
    name: str
    key: int
    listeners: List[str]
    kafka: Versions  # what Kafka 4.3.1 itself serves
    unstable: bool  # whether the last of those is one it hides unless told otherwise
    request: Message = None
    response: Message = None


@dataclass
class SchemaFile:
    stem: str  # of the file: produce for produce.schema
    comment: List[str]
    api: Optional[Api]
    messages: List[Message]
