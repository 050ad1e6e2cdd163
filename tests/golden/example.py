#!/usr/bin/env python3
"""Hold a page to the tool: example.py PAGE VISAVIS

Each ```console block of the page begins with "$ visavis ARG..." and goes on with what that
prints. The commands are run in the source folder and must print just that. With GOLDEN_UPDATE=1
in the environment the page is written instead; look at the difference before you commit it.
"""
import difflib
import os
import re
import shlex
import subprocess
import sys

page, visavis = sys.argv[1], os.path.abspath(sys.argv[2])
with open(page, encoding="utf-8") as f:
    text = f.read()


def run(block):
    command = shlex.split(block[1])
    assert command[0] == "visavis", command
    p = subprocess.run([visavis] + command[1:], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=100,
                       cwd=os.environ.get("VISAVIS_SOURCE", "."))
    return f"```console\n$ {block[1]}\n{p.stdout}{p.stderr}```\n"


want, blocks = re.subn(r"```console\n\$ ([^\n]*)\n.*?```\n", run, text, flags=re.S)
if os.environ.get("GOLDEN_UPDATE") == "1":
    with open(page, "w", encoding="utf-8") as f:
        f.write(want)
    sys.exit(0)
sys.stdout.writelines(difflib.unified_diff(text.splitlines(True), want.splitlines(True), page, "printed now"))
sys.exit(text != want or not blocks)
