#!/bin/bash
# The site of docs/assess.md: a good and a bad path, their words, what was truly done to them, and the rows that carried it.
. "$VISAVIS_SOURCE/tests/system/lib.sh"

timeout 280 visavis lab run --prove --seconds 4 "$VISAVIS_SOURCE/lab/sites/assess.yaml" --out "$T/out" >"$T/run" 2>&1
ok $? "the site lives, and the proof holds"
sed 's/^/# /' "$T/run"

cat >"$T/look.py" <<'P'
import json, sys
out = sys.argv[1]
def load(name): return json.load(open(f"{out}/{name}"))
report = load("report.json")
good, bad = load("paths/head-good.json"), load("paths/head-bad.json")
CLOSING = 3
def flows(host):
    """What the forwarder did to the probes, by the responder's port: to the responder, and back from it."""
    there, back = {}, {}
    with open(f"{out}/capture/{host}.impair.jsonl") as f:
        for r in map(json.loads, f):
            if r.get("dir") == "back" and r["dport"] >= 16384:
                there.setdefault(r["dport"], []).append(r)
            elif r.get("dir") == "forward" and r["sport"] >= 16384:
                back.setdefault(r["sport"], []).append(r)
    for port, rows in there.items():
        closing = [r for r in rows[-CLOSING:] if r["did"] != "lost"]
        del rows[-CLOSING:]
        del back[port][len(back[port]) - len(closing):]
    return sum(there.values(), []), sum(back.values(), [])
def count(rows, did): return sum(r["did"] == did for r in rows)
def carried(): return {r["id"] for r in report["rows"] if r["carried"]}
def missed(path): return [c for c in path["checks"] if c["answer"] == "unfit"]
assert eval(sys.argv[2]), (sys.argv[2], [c["text"] for c in bad["checks"]], report["complaints"])
P
look() { check "$1" python3 "$T/look.py" "$T/out" "$2"; }
look "the rows of table A-8 that the agent uses were carried" \
	"{'A8-02', 'A8-03', 'A8-04', 'A8-08', 'A8-09'} <= carried()"
look "nothing was dropped, nothing is unexplained" "not report['dropped'] and not report['unexplained']"
look "the good path misses no target" "good['verdict'] in ('fit', 'cannot tell') and not missed(good)"
look "its delay is what the forwarder adds" "17.9 < good['rtt_ms']['mean'] < 19.5"
look "the bad path is unfit" "bad['verdict'] == 'unfit'"
look "for its loss on the way to the branch, by so much" \
	"any('loss forward' in c['text'] and 'over by' in c['text'] for c in missed(bad))"
look "and not for its delay" "not any('delay' in c['text'] for c in missed(bad))"
look "what it says was lost was lost, each way" \
	"[bad['lost_forward'], bad['lost_back']] == [count(rows, 'lost') for rows in flows('bad')] and bad['lost_forward'] > 0"
look "copies are those that were made" "bad['duplicate'] == sum('copied' in r for r in flows('bad')[1]) > 0"
finish
