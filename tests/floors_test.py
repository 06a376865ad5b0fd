#!/usr/bin/env python3
"""Reads every #include of the project against the table of floors (cmake/floors.txt).

    floors_test.py ROOT

A quoted include starts at the project's root; its first part is a folder that the including folder may use.
Headers that cost seconds to read may not reach a folder through the headers of another one.
"""
import re
import sys
from pathlib import Path

INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)')
# One to three seconds each, for every file that reads them.
HEAVY = re.compile(r"^(regex|iostream|nlohmann/json\.hpp|boost/beast(/|\.hpp).*)$")


def read_floors(text):
    """The table: {folder: the folders it may include, itself among them}."""
    floors = {}
    for line in text.splitlines():
        line = line.split("#")[0].strip()
        if line:
            folder, _, allowed = line.partition(":")
            floors[folder.strip()] = {folder.strip(), *allowed.split()}
    return floors


def check_table(floors):
    """A folder named in the table exists in it and stands below its user: no circles."""
    problems = []
    seen = set()
    for folder, allowed in floors.items():
        for other in sorted(allowed - {folder}):
            if other not in seen:
                problems.append(f"cmake/floors.txt: {folder} may include {other}, which is not above it in the table")
        seen.add(folder)
    return problems


def check_file(name, text, floors):
    """The breaches in one file; `name` is its path from the root."""
    folder = name.split("/")[0]
    problems = []
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        ours = match[1]
        where = f"{name}:{number}"
        if not ours:
            continue
        target = ours.split("/")[0]
        if target not in floors or "/" not in ours:
            problems.append(f'{where}: "{ours}" does not start with a folder of the project')
        elif target not in floors[folder]:
            problems.append(f"{where}: {folder} may not include {target} (cmake/floors.txt)")
    return problems


def includes(text):
    """The names, ours and others', that a file includes."""
    return [match[1] or match[2] for match in map(INCLUDE.match, text.splitlines()) if match]


def check_heavy(files):
    """Includes of another folder's header that drags in a heavy one; `files` is {path from the root: text}."""
    found = {name: includes(text) for name, text in files.items()}

    def heavy_in(header, seen):
        """The heavy header that `header` reads, directly or through others; None when there is none."""
        for one in found.get(header, []):
            if HEAVY.match(one):
                return one
            if one not in seen:
                deeper = heavy_in(one, seen | {one})
                if deeper:
                    return deeper
        return None

    problems = []
    for name, ours in found.items():
        for header in ours:
            if header in found and header.split("/")[0] != name.split("/")[0]:
                heavy = heavy_in(header, {header})
                if heavy:
                    problems.append(f"{name}: {header} drags in <{heavy}>")
    return problems


def main(root):
    floors = read_floors((root / "cmake/floors.txt").read_text())
    problems = check_table(floors)
    files = {}
    for folder in floors:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in (".h", ".cc", ".cpp"):
                name, text = str(path.relative_to(root)), path.read_text()
                files[name] = text
                problems += check_file(name, text, floors)
    problems += check_heavy(files)
    print("\n".join(problems))
    print(f"{len(files)} files read, {len(problems)} breaches")
    return 1 if problems or not files else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
