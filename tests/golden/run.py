#!/usr/bin/env python3
"""Run a command and compare what it prints with a file.

run.py OK COMMAND [ARG...]

The file holds the standard output, then "--- stderr" and the standard error
when there is any, then "--- exit N" when N is not 0. The command runs in the
source folder. With GOLDEN_UPDATE=1 in the environment the file is written
instead; look at the difference before you commit it.
"""
import difflib
import os
import subprocess
import sys


def run(command):
    p = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=100,
                       cwd=os.environ.get("VISAVIS_SOURCE", "."))
    # line ends count: CSV has its own
    text = p.stdout.decode()
    if p.stderr:
        text += "--- stderr\n" + p.stderr.decode()
    if p.returncode:
        text += f"--- exit {p.returncode}\n"
    return text


def main():
    ok, command = sys.argv[1], [os.path.abspath(sys.argv[2])] + sys.argv[3:]
    got = run(command)
    if os.environ.get("GOLDEN_UPDATE") == "1":
        with open(ok, "w", encoding="utf-8", newline="") as f:
            f.write(got)
        return 0
    try:
        with open(ok, encoding="utf-8", newline="") as f:
            want = f.read()
    except FileNotFoundError:
        want = ""
    if got == want:
        return 0
    sys.stdout.writelines(difflib.unified_diff(
        want.splitlines(True), got.splitlines(True), ok, "printed now"))
    return 1


sys.exit(main())
