"""Compares protocol/schemas with Kafka's jars field by field: compare.py SCHEMAS NEW_LIBS OLD_CLIENTS_JAR ERRORS.

ERRORS is what ErrorCodes.java printed. Prints every difference, then the count of facts that agree.
"""

import pathlib
import sys
from dataclasses import fields

import kafka_json
from errors import parse_errors
from model import Field, Message, Struct
from parse import parse_directory


class Comparison:
    def __init__(self):
        self.passed = 0
        self.failed = 0

    def same(self, where: str, ours, theirs):
        if ours == theirs:
            self.passed += 1
        else:
            self.failed += 1
            print(f"{where}: ours {ours}, Kafka's {theirs}")

    def fields(self, where: str, ours: Struct, theirs: Struct):
        self.same(f"{where}: fields", [each.name for each in ours.fields], [each.name for each in theirs.fields])
        known = {each.name: each for each in theirs.fields}
        for field in ours.fields:
            for attribute in fields(Field):
                if field.name in known:
                    self.same(f"{where}.{field.name} {attribute.name}", getattr(field, attribute.name),
                              getattr(known[field.name], attribute.name))

    def message(self, ours: Message, theirs: Message):
        for attribute in ("kind", "versions", "flexible", "key"):
            self.same(f"{ours.name} {attribute}", getattr(ours, attribute), getattr(theirs, attribute))
        self.fields(ours.name, ours.body, theirs.body)
        self.same(f"{ours.name}: structs", sorted(ours.structs), sorted(theirs.structs))
        for name, struct in ours.structs.items():
            if name in theirs.structs:
                self.fields(f"{ours.name}.{name}", struct, theirs.structs[name])

    def api(self, ours, theirs):
        for attribute in ("name", "key", "listeners", "kafka", "unstable"):
            self.same(f"api {ours.name} {attribute}", getattr(ours, attribute), getattr(theirs, attribute))


def messages(files) -> dict:
    return {message.name: message for file in files for message in file.messages}


def main():
    schemas, libs, old, error_list = map(pathlib.Path, sys.argv[1:5])
    jars = {jar: next(libs.glob(f"{jar}-[0-9]*.jar")) for jar in kafka_json.JARS}
    our_files, their_files = parse_directory(schemas), kafka_json.all_messages(jars, old)
    ours, theirs = messages(our_files), messages(their_files)
    comparison = Comparison()
    comparison.same("messages", sorted(ours), sorted(theirs))
    for name in sorted(set(ours) & set(theirs)):
        comparison.message(ours[name], theirs[name])
    their_apis = {file.api.key: file.api for file in their_files if file.api}
    for file in our_files:
        if file.api and file.api.key in their_apis:
            comparison.api(file.api, their_apis[file.api.key])
    table = [f"{error.code} {error.name} {'retriable' if error.retriable else 'final'}"
             for error in parse_errors(schemas / "errors.table")]
    for line in sorted(set(table) | set(error_list.read_text().split("\n")[:-1])):
        comparison.same("error codes", line if line in table else None,
                        line if line in error_list.read_text().split("\n") else None)
    print(f"{comparison.passed} passed, {comparison.failed} failed")
    sys.exit(comparison.failed != 0)


main()
