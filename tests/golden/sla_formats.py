#!/usr/bin/env python3
"""Hold what programs read to its grammar: sla_formats.py SLA_SHOW

JSON has the keys that docs/sla-figures.md names, Prometheus' text format is
parsed line by line, CSV has a field for each column, text and plots fit into
80 columns, the page is well formed and needs no other file. Prints TAP.
"""
import csv
import html.parser
import io
import json
import re
import subprocess
import sys

PATHS = ["good", "bad", "few", "none"]
number, failed = 0, 0


def show(path, form):
    return subprocess.run([sys.argv[1], path, form], check=True, capture_output=True).stdout.decode()


def say(name, wrong):
    global number, failed
    number += 1
    failed += bool(wrong)
    print(f"{'not ok' if wrong else 'ok'} {number} - {name}")
    for w in wrong:
        print(f"# {w}")


def check_json(path):
    j = json.loads(show(path, "json"))
    keys = {"sent", "lost_forward", "lost_back", "out_of_order", "duplicate", "rtt_ms", "forward_ms", "back_ms",
            "jitter_ms", "mos", "verdict", "checks", "streams", "profiles", "ipsla", "dscp", "late"}
    wrong = [f"no key {k}" for k in keys - j.keys()]
    for key in ["rtt_ms", "forward_ms", "back_ms"]:
        s = j[key]
        if s and s["n"] and not s["min"] <= s["p50"] <= s["p90"] <= s["p95"] <= s["p99"] <= s["max"]:
            wrong.append(f"{key} is out of order: {s}")
    for key in ["sent", "lost", "lost_forward", "lost_back", "lost_unknown", "late", "duplicate", "out_of_order"]:
        if sum(s[key] for s in j["streams"]) != j[key]:
            wrong.append(f"the streams' {key} do not add up to {j[key]}")
    if j["lost"] != j["lost_forward"] + j["lost_back"] + j["lost_unknown"] or j["sent"] != j["answered"] + j["lost"]:
        wrong.append("losses do not add up")
    return wrong


NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
SAMPLE = re.compile(rf'({NAME})\{{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\"n])*",?)*)\}} (-?\d+(?:\.\d+)?)')
SUFFIXES = {"gauge": {""}, "summary": {"", "_sum", "_count"}}


def check_prometheus(path):
    text, wrong, types, seen = show(path, "prometheus"), [], {}, set()
    if not text.endswith("\n"):
        wrong.append("the last line does not end")
    for line in text.splitlines():
        if m := re.fullmatch(rf"# TYPE ({NAME}) (gauge|summary)", line):
            if m[1] in types:
                wrong.append(f"second TYPE: {line}")
            types[m[1]] = m[2]
            family = m[1]
            continue
        if re.fullmatch(rf"# HELP ({NAME}) \S.*", line):
            continue
        m = SAMPLE.fullmatch(line)
        if not m:
            wrong.append(f"no sample: {line}")
            continue
        if m[1] not in {family + s for s in SUFFIXES[types[family]]}:
            wrong.append(f"not of the family {family}: {line}")
        if (m[1], m[2]) in seen:
            wrong.append(f"twice: {line}")
        seen.add((m[1], m[2]))
    return wrong + ([] if len(seen) > 10 else ["too few samples"])


def check_csv(path):
    rows = list(csv.reader(io.StringIO(show(path, "csv"), newline="")))
    return [f"{len(r)} fields: {r}" for r in rows if len(r) != len(rows[0])] + ([] if len(rows) > 1 else ["no rows"])


def check_width(path):
    return [f"{len(line)} columns in {form}: {line}" for form in ("text", "plot", "plot-ascii")
            for line in show(path, form).splitlines() if len(line) > 80]


def check_ascii(path):
    return [] if show(path, "plot-ascii").isascii() else ["not ASCII"]


class Page(html.parser.HTMLParser):
    VOID = {"meta", "br", "rect", "line", "path"}
    OPEN = {"li", "tr", "td", "th", "p"}       # may stay open in HTML

    def __init__(self):
        super().__init__()
        self.stack, self.wrong = [], []

    def handle_starttag(self, tag, attrs):
        for key, value in attrs:
            if key == "src" or (key == "href" and value != "#main") or key.startswith("on"):
                self.wrong.append(f"{tag} {key}={value}")
        if tag == "script":
            self.wrong.append("a script")
        if tag not in self.VOID and tag not in self.OPEN:
            self.stack.append(tag)

    def handle_endtag(self, tag):
        if tag in self.VOID or tag in self.OPEN:
            return
        if not self.stack or self.stack.pop() != tag:
            self.wrong.append(f"</{tag}> closes nothing")


def check_html(path):
    page = Page()
    page.feed(show(path, "html"))
    return page.wrong + [f"{t} stays open" for t in page.stack]


for p in PATHS:
    say(f"{p}: JSON", check_json(p))
    say(f"{p}: Prometheus", check_prometheus(p))
    say(f"{p}: CSV", check_csv(p))
    say(f"{p}: 80 columns", check_width(p))
    say(f"{p}: ASCII", check_ascii(p))
    say(f"{p}: page", check_html(p))
print(f"1..{number}")
sys.exit(1 if failed else 0)
