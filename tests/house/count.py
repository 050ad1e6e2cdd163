#!/usr/bin/env python3
"""Count the results of a test run: count.py testlog.junit.xml

The last line reads "N passed, N failed, N skipped"; the exit code is 1 when a
test failed or none ran.
"""
import re
import sys
import xml.etree.ElementTree as tree

passed, failed, skipped = 0, [], []
# what programs print ends up in the file as it is, control bytes too
text = open(sys.argv[1], encoding="utf-8", errors="replace").read()
text = re.sub("[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd]", "?", text)
for suite in tree.fromstring(text.encode()).iter("testsuite"):
    cases = list(suite.iter("testcase"))
    for case in cases:
        name = f"{suite.get('name')}: {case.get('name')}"
        if case.find("failure") is not None or case.find("error") is not None:
            failed.append(name)
        elif case.find("skipped") is not None:
            skipped.append(name)
        else:
            passed += 1
    # a program that died without a word has no case that failed
    bad = int(suite.get("failures") or 0) + int(suite.get("errors") or 0)
    if bad and not any(n.startswith(f"{suite.get('name')}: ") for n in failed):
        failed.append(f"{suite.get('name')}: ended badly")

for name in skipped:
    print(f"skipped  {name}")
for name in failed:
    print(f"FAILED   {name}")
print(f"{passed} passed, {len(failed)} failed, {len(skipped)} skipped")
sys.exit(1 if failed or not passed else 0)
