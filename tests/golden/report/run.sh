#!/bin/bash
# run.sh PROOF_TRY: the recorded run's summary, and its report.json in a form in which a difference shows.
set -eu
here=$(dirname "$0")
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
python3 "$here/make.py" "$t"
"$1" report lab/sites/demo.yaml "$t" "$t"
python3 - "$t" <<'P'
import json, sys
r = json.load(open(sys.argv[1] + "/report.json"))


def tidy(v):
    if isinstance(v, float):
        return round(v, 3)
    if isinstance(v, list):
        return [tidy(x) for x in v]
    return {k: tidy(x) for k, x in v.items()} if isinstance(v, dict) else v


r = tidy(r)
del r["visavis"]
for row in r.pop("rows"):
    del row["purpose"]              # its wording is the matrix's own affair
    if row["logged"] or row["carried"]:
        print("row", json.dumps(row))
for part in r["tight"].pop("parts"):
    if part["findings"]:
        print("part", json.dumps(part))
for key, value in r.items():
    for item in value if isinstance(value, list) else [value]:
        print(key, json.dumps(item))
P
