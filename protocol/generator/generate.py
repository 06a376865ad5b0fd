"""Makes the codec: generate.py SCHEMAS OUT [--list FILE]. Files that did not change are left alone.

OUT becomes an include directory: OUT/protocol/messages/*.{h,cc}, OUT/protocol/api_key.h, api_list.{h,cc} and
error_code.{h,cc}; protocol/testing/*.cc is for tests alone. --list writes the sources' names and makes nothing else.
"""

import argparse
import pathlib
from typing import Dict

import emit_codec
import emit_header
import emit_lists
import emit_testing
import errors
from model import SchemaFile
from names import header_stem
from parse import parse_directory


def outputs(schemas: pathlib.Path) -> Dict[str, str]:
    """Path below OUT -> text."""
    files = parse_directory(schemas)
    made = {}
    for file in files:
        made.update(outputs_of(file))
    made["protocol/testing/registry.cc"] = emit_testing.registry(files)
    apis = sorted((file.api for file in files if file.api), key=lambda api: api.key)
    made["protocol/api_key.h"] = emit_lists.api_key_header(apis)
    made["protocol/api_list.h"] = emit_lists.api_list_header(apis)
    made["protocol/api_list.cc"] = emit_lists.api_list_source(apis)
    table = errors.parse_errors(schemas / "errors.table")
    made["protocol/error_code.h"] = errors.header(table)
    made["protocol/error_code.cc"] = errors.source(table)
    return made


def outputs_of(file: SchemaFile) -> Dict[str, str]:
    made = {f"protocol/messages/{header_stem(message.name)}.h": emit_header.header(file, message)
            for message in file.messages}
    made[f"protocol/messages/{file.stem}.cc"] = emit_codec.source(file)
    made[f"protocol/testing/{file.stem}.cc"] = emit_testing.source(file)
    return made


def write_if_changed(path: pathlib.Path, text: str):
    if path.exists() and path.read_text() == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("schemas", type=pathlib.Path)
    arguments.add_argument("out", type=pathlib.Path)
    arguments.add_argument("--list", type=pathlib.Path)
    options = arguments.parse_args()
    made = outputs(options.schemas)
    if options.list:
        write_if_changed(options.list, "".join(name + "\n" for name in sorted(made)))
        return
    for name, text in made.items():
        write_if_changed(options.out / name, text)


if __name__ == "__main__":
    main()
