#!/usr/bin/env python3
"""The rules themselves: what the floors test and the style test let through and what they refuse."""
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import floors_test
import style_test

TABLE = "# comment\ncommon:\nrecords: common\nstorage: common records\nadmin: common\n"


class Floors(unittest.TestCase):
    def setUp(self):
        self.floors = floors_test.read_floors(TABLE)

    def check(self, name, text):
        return floors_test.check_file(name, text, self.floors)

    def test_lower_floor_and_own_folder_are_allowed(self):
        self.assertEqual(self.check("storage/log.cc", '#include "storage/log.h"\n#include "records/batch.h"\n'), [])

    def test_higher_floor_is_refused_with_its_line(self):
        self.assertIn("records/view.cc:2: records may not include storage",
                      self.check("records/view.cc", '\n#include "storage/log.h"\n')[0])

    def test_neighbour_is_refused(self):
        self.assertEqual(len(self.check("admin/server.cc", '  # include "storage/log.h"\n')), 1)

    def test_include_relative_to_the_file_is_refused(self):
        self.assertEqual(len(self.check("common/a.cc", '#include "a.h"\n#include "../common/b.h"\n')), 2)

    def test_heavy_header_does_not_leave_its_folder(self):
        files = {"admin/json.h": "#include <nlohmann/json.hpp>\n", "admin/a.h": '#include "admin/json.h"\n'}
        self.assertEqual(floors_test.check_heavy(files), [])
        files["apps/main.cc"] = '#include "admin/a.h"\n'
        self.assertEqual(floors_test.check_heavy(files), ["apps/main.cc: admin/a.h drags in <nlohmann/json.hpp>"])

    def test_table_with_a_circle_is_refused(self):
        self.assertEqual(floors_test.check_table(self.floors), [])
        self.assertEqual(len(floors_test.check_table(floors_test.read_floors("a: b\nb: a\n"))), 1)


class Style(unittest.TestCase):
    def test_limits_are_inclusive(self):
        self.assertEqual(style_test.check_text("a.cc", "x" * 110 + "\n"), [])
        self.assertEqual(len(style_test.check_text("a.cc", "x" * 111 + "\n")), 1)
        self.assertEqual(style_test.check_text("a.cc", "x\n" * 600), [])
        self.assertEqual(len(style_test.check_text("a.cc", "x\n" * 601)), 1)

    def test_banned_words_are_found_as_words(self):
        for word in style_test.BANNED_WORDS:
            self.assertEqual(len(style_test.check_text("a.py", f"# {word} later\n")), 1, word)
        self.assertEqual(style_test.check_text("a.py", "# 0x" + "X" * 4 + " METHODOLOGY\n"), [])

    def test_tabs_and_trailing_blanks_are_refused(self):
        self.assertEqual(len(style_test.check_text("a.sh", "\tx\ny \n")), 2)


if __name__ == "__main__":
    unittest.main()
