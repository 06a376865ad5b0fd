"""Names in C++ from Kafka's names."""

import re

KEYWORDS = {"namespace", "default", "operator", "private", "public", "class", "enum", "union", "delete", "new"}


def snake(name: str) -> str:
    name = name.replace("KRaft", "Kraft")
    name = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    name = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()
    return name + "_" if name in KEYWORDS else name


def constant(name: str) -> str:
    return "k" + name[0].upper() + name[1:]


def header_stem(message_name: str) -> str:
    return snake(message_name)
