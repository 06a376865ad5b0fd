#!/usr/bin/env python3
"""Small rules about the text of our sources: line length, length of files, words that mean "unfinished".

    style_test.py ROOT
"""
import re
import sys
from pathlib import Path

MAX_LINES = 600
MAX_COLUMNS = {".cc": 110, ".h": 110, ".cpp": 110}
MAX_COLUMNS_ELSEWHERE = 120
# In two parts, so that this file keeps its own rule.
BANNED_WORDS = ["TO" + "DO", "FIX" + "ME", "XX" + "X", "GTEST" + "_SKIP", "DIS" + "ABLED_"]
BANNED = re.compile(r"\b(" + "|".join(BANNED_WORDS[:3]) + r")\b|" + "|".join(BANNED_WORDS[3:]))
SOURCES = {".cc", ".h", ".cpp", ".py", ".sh", ".cmake", ".java", ".txt", ".yml"}
LOOSE = ["dev", ".ci/run", "Dockerfile"]
SKIPPED_FOLDERS = {"build", "data", ".git", "__pycache__"}


def check_text(name, text):
    """The breaches in one file."""
    suffix = Path(name).suffix
    limit = MAX_COLUMNS.get(suffix, MAX_COLUMNS_ELSEWHERE)
    lines = text.splitlines()
    problems = []
    if len(lines) > MAX_LINES:
        problems.append(f"{name}: {len(lines)} lines, at most {MAX_LINES}")
    for number, line in enumerate(lines, 1):
        if len(line) > limit and "://" not in line:
            problems.append(f"{name}:{number}: {len(line)} columns, at most {limit}")
        if BANNED.search(line):
            problems.append(f"{name}:{number}: finish it, or keep it out: {BANNED.search(line)[0]}")
        if line != line.rstrip() or "\t" in line:
            problems.append(f"{name}:{number}: a tab, or a blank at the end")
    return problems


def sources(root):
    for path in sorted(root.rglob("*")):
        parts = path.relative_to(root).parts
        if SKIPPED_FOLDERS & set(parts) or not path.is_file():
            continue
        name = "/".join(parts)
        if path.suffix in SOURCES or name in LOOSE or parts[0] == "dev.d":
            yield name, path


def main(root):
    problems = []
    count = 0
    for name, path in sources(root):
        problems += check_text(name, path.read_text())
        count += 1
    print("\n".join(problems))
    print(f"{count} files read, {len(problems)} breaches")
    return 1 if problems or not count else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
