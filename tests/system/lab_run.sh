#!/bin/bash
# The demo site lives: rooms register, meet, hang up; the report tells what was carried. Secure and not.
. "$VISAVIS_SOURCE/tests/system/lib.sh"

run() { timeout 200 visavis lab run "$VISAVIS_SOURCE/lab/sites/demo.yaml" --out "$T/out" --seconds 3 "$@" >"$T/run" 2>&1; }

# look NAME EXPRESSION: of the report, as r
look() {
	check "$1" python3 -c "import json; r = json.load(open('$T/out/report.json')); assert $2, r['complaints']"
}
rows="[x['id'] for x in r['rows'] if x['carried']]"

run
sed 's/^/# /' "$T/run"
check "the meeting was held" grep -Eq 'meeting of paris and london +3 s' "$T/run"
look "nothing was dropped" "not r['dropped']"
look "nothing is unexplained" "not r['unexplained']"
look "ping, time, names, signalling and media were carried" \
	"{'A2-04', 'A2-05', 'A2-06', 'A2-21'} <= set($rows)"
look "four streams" "len(r['streams']) == 4 and all(s['packets'] for s in r['streams'])"
check "nothing is left" bash -c "! ps -eo comm= | grep -E 'visavis|dnsmasq|chronyd'"

run --security off
sed 's/^/# /' "$T/run"
check "the meeting was held without security" grep -Eq 'meeting of paris and london +3 s' "$T/run"
look "nothing was dropped without security" "not r['dropped'] and not r['unexplained']"
check "interruption ends it" bash -c "
	visavis lab run '$VISAVIS_SOURCE/lab/sites/demo.yaml' --out '$T/out' >'$T/run' 2>&1 & p=\$!
	for i in \$(seq 600); do grep -q 'paris: calls' '$T/run' && break; sleep 0.1; done
	kill -INT \$p; wait \$p; [ \$? = 130 ]"
check "nothing is left of it" bash -c "! ps -eo comm= | grep -E 'visavis|dnsmasq|chronyd'"
finish
