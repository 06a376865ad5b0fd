"""The generator refuses what is wrong in a schema, and leaves files alone that did not change."""

import pathlib
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "generator"))
sys.dont_write_bytecode = True

import emit_codec  # noqa: E402
import generate  # noqa: E402
from names import snake  # noqa: E402
from parse import Parser, SchemaError  # noqa: E402
from versions import Versions  # noqa: E402


def parse(text: str):
    with tempfile.TemporaryDirectory() as directory:
        path = pathlib.Path(directory) / "test.schema"
        path.write_text(text)
        return Parser(path).parse()


HEAD = "data Thing versions 0-3 flexible 2+\n"


class SchemaTest(unittest.TestCase):
    def refused(self, body: str, reason: str):
        with self.assertRaisesRegex(SchemaError, reason):
            parse(HEAD + body)

    def test_unknown_attributes_and_types_are_refused(self):
        self.refused("  Name string 0+ nulable 0+\n", "unknown attribute nulable")
        self.refused("  Name sting 0+\n", "sting has no fields")

    def test_fields_below_a_primitive_are_refused(self):
        self.refused("  Name string 0+\n    Inner int32 0+\n", "below one that has no fields")

    def test_a_gap_in_the_tags_is_refused(self):
        self.refused("  Name string 2+ tag 1\n", "tags of Thing are not 0, 1, 2")

    def test_records_in_arrays_or_tags_are_refused(self):
        self.refused("  Data [records] 0+\n", "records stand alone")

    def test_an_open_range_of_message_versions_is_refused(self):
        with self.assertRaisesRegex(SchemaError, "closed range"):
            parse("data Thing versions 0+ flexible none\n")

    def test_an_error_names_file_and_line(self):
        with self.assertRaisesRegex(SchemaError, r"test\.schema:2: "):
            parse(HEAD + "  Name string 0+ nulable 0+\n")

    def test_structs_may_be_shared_and_declared_later(self):
        message = parse(HEAD + "  A [Pair] 0+\n  B [Pair] 1+\n  struct Pair 0+\n    X int32 0+\n").messages[0]
        self.assertTrue(message.structs["Pair"].common)
        self.assertEqual([field.name for field in message.structs["Pair"].fields], ["X"])


class CodeTest(unittest.TestCase):
    def code(self, body: str) -> str:
        return emit_codec.source(parse(HEAD + body))

    def test_versions_are_asked_for_only_where_they_matter(self):
        self.assertIn("\n  x = reader.int32();", self.code("  X int32 0+\n"))
        self.assertIn("if (wire_version >= 1) x = reader.int32();", self.code("  X int32 1+\n"))
        self.assertIn("if (wire_version == 1) x = reader.int32();", self.code("  X int32 1\n"))

    def test_a_field_outside_of_all_versions_is_left_out(self):
        self.assertNotIn(" x = ", self.code("  X int32 7+\n  Y int32 0+\n"))

    def test_only_fields_that_matter_are_refused(self):
        self.assertIn("unsupported(\"Thing.X\"", self.code("  X int32 1+\n"))
        self.assertNotIn("unsupported(\"Thing.X\"", self.code("  X int32 1+ ignorable\n"))


class NamesTest(unittest.TestCase):
    def test_names_become_snake_case(self):
        for name, expected in (("ThrottleTimeMs", "throttle_time_ms"), ("KRaftVersion", "kraft_version"),
                               ("commitTimestamp", "commit_timestamp"), ("Enable2Pc", "enable2_pc")):
            self.assertEqual(snake(name), expected)

    def test_versions_are_read_and_shown(self):
        for text in ("0+", "3", "2-7"):
            self.assertEqual(str(Versions.parse(text)), text)
        self.assertIsNone(Versions.parse("none"))


class OutputTest(unittest.TestCase):
    def test_a_second_run_touches_nothing(self):
        with tempfile.TemporaryDirectory() as directory:
            out = pathlib.Path(directory)
            sys.argv = ["generate.py", str(ROOT / "schemas"), str(out)]
            generate.main()
            before = {path: path.stat().st_mtime_ns for path in out.rglob("*.*")}
            generate.main()
            self.assertEqual(before, {path: path.stat().st_mtime_ns for path in out.rglob("*.*")})
            self.assertGreater(len(before), 350)


if __name__ == "__main__":
    unittest.main()
