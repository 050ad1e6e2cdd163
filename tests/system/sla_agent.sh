#!/bin/bash
# The agent: against a router's protocol written from the bytes, and against the responder; limits, schedule, end.
. "${VISAVIS_SOURCE:?}/tests/system/lib.sh"
. "$VISAVIS_SOURCE/tests/system/sla.inc.sh"
SYS=$VISAVIS_SOURCE/tests/system

# router ADDRESS KIND: sets router_pid
router() {
	: >"$T/router.out"
	$PYTHON "$SYS/sla_answers.py" "$1" "$2" >"$T/router.out" 2>>"$T/router.err" &
	router_pid=$!
	wait_for 20 grep -q ready "$T/router.out"
}

router_end() {
	kill "$router_pid"
	wait "$router_pid" 2>/dev/null
	return 0
}

probe() {
	timeout 60 "$SLA" --probe "$@"
}

# measured ADDRESS PROTOCOL TEST [ARG]
measured() {
	probe "$1" --protocol "$2" --format samples >"$T/samples" 2>"$T/probe.err" &&
		$PYTHON "$SYS/sla_samples.py" "$3" "$4" <"$T/samples" || { cat "$T/probe.err" "$T/samples"; return 1; }
}

for a in $FAR $FAR6; do
	for k in us ms echo; do
		router $a good
		check "a router at $a, $k: lost there, lost back, doubled, out of order" measured $a 1-$k made $k
		router_end
	done
done
router $FAR deaf
probe $FAR --protocol 1-us >"$T/out" 2>"$T/err"
[ $? = 1 ] && grep -q 'does not answer' "$T/err" && [ "$(grep -c control "$T/router.out")" = 4 ]
ok $? 'a router that does not answer is asked four times, and that is said'
router_end
router $FAR liar
check 'answers to what was not sent count for nothing' probe $FAR --protocol 1-us
probe $FAR --protocol 1-us --format brief 2>/dev/null | grep -q '"answered": 0'
ok $? 'none is counted'
router_end
probe $FAR --protocol 1-us --profile audio --duration 70 2>"$T/err"
[ $? = 1 ] && grep -q '65 s' "$T/err"
ok $? 'version 1 holds no more than 65 s, and that is said'
for bad in '--from ::1' '--from x' '--profile no-such' '--profile audio' '--profile room3-1080p-best --duration 5 --rate 100'; do
	# shellcheck disable=SC2086
	probe $FAR $bad 2>"$T/err"
	[ $? = 1 ] && [ "$(wc -l <"$T/err")" = 1 ]
	ok $? "refused in one line: $bad"
done

(umask 077 && printf '7 hmac-sha-256 a-shared-secret\n9 sha256 another-secret\n' >"$T/keys")
(umask 077 && printf '7 hmac-sha-256 not-the-secret\n' >"$T/wrong")
sla_site ", sla-keys: $T/keys, sla-key: \"7\"" ", sla-keys: $T/keys, sla-rate: \"1500\", sla-duration: \"30\""
sla_start far --responder
far_pid=$sla_pid
ok $? 'the responder starts'
for p in 2 2-plain; do
	probe $FAR --protocol $p --keys "$T/keys" --key 9 --format brief | grep -q '"answered": 10'
	ok $? "protocol $p, a key of SHA256"
done
probe $FAR >"$T/out" 2>"$T/err"
[ $? = 1 ] && grep -q 'refuses the key' "$T/err"
ok $? 'without a key it is refused, and that is said'
probe $FAR --keys "$T/wrong" --key 7 >"$T/out" 2>"$T/err"
[ $? = 1 ] && grep -q 'refuses the key' "$T/err"
ok $? 'with a wrong secret too'

sla_start near
near_pid=$sla_pid
ok $? 'the agent starts'
for f in text json csv prometheus plot plot-ascii html brief samples; do
	visavis probe near far --format $f >"$T/out" && [ -s "$T/out" ]
	ok $? "the result as $f"
done
visavis probe near far --json | $PYTHON -c 'import json,sys; r = json.load(sys.stdin); sys.exit(not (r["sent"] == 10 and "verdict" in r))'
ok $? 'JSON is JSON'
check 'a measurement over the control socket' visavis probe near far
visavis probe near far --format samples --profile room3-1080p-best --duration 3 >"$T/samples"
check 'a room of three screens: marks and stamps' $PYTHON "$SYS/sla_samples.py" whole 32 <"$T/samples"
visavis probe near far --format samples --dscp 46 >"$T/samples"
check 'another mark' $PYTHON "$SYS/sla_samples.py" whole 46 <"$T/samples"
check 'a path of IPv6' probe $FAR6 --keys "$T/keys" --key 7
visavis probe near near 2>"$T/err"
[ $? = 3 ] && grep -q 'role sla-responder' "$T/err"
ok $? 'only to responders of the site'
visavis probe near far --profile audio --duration 31 2>"$T/err"
[ $? = 3 ] && grep -q 'sla-duration' "$T/err"
ok $? 'no longer than the site allows'

# two at once: the second would send more than the site allows
visavis probe near far --profile room3-1080p-best --duration 20 >"$T/out" 2>&1 &
one=$!
wait_for 10 sla_json near 'len(s["agent"]["running"]) == 1'
visavis probe near far --profile room3-1080p-best --duration 3 2>"$T/err"
[ $? = 3 ] && grep -q 'sla-rate' "$T/err"
ok $? 'no more packets a second than the site allows, all measurements together'
check 'the responder has its ports open' sla_json far 's["responder"]["open"] >= 6'
kill $one
check 'who asked goes away: the measurement ends' wait_for 10 sla_json near 'not s["agent"]["running"]'

# killed in the middle
probe $FAR --keys "$T/keys" --key 7 --profile audio --duration 2 >"$T/out" 2>&1 &
one=$!
check 'before: a port is open' wait_for 10 sla_json far 's["responder"]["open"] > 0'
kill -9 $one
wait $one 2>/dev/null
check 'the agent was killed: the responder closes by time' wait_for 60 sla_json far 's["responder"]["open"] == 0'
"$SLA" --probe $FAR --keys "$T/keys" --key 7 --profile audio --duration 3 --format brief >"$T/out" 2>"$T/err" &
one=$!
check 'before: packets come' wait_for 10 sla_json far 's["responder"]["operations"] and s["responder"]["operations"][0]["answered"] > 20'
kill -STOP $one
check 'the agent is held up until the port is closed' wait_for 60 sla_json far 's["responder"]["open"] == 0'
kill -CONT $one
wait $one
[ $? = 1 ] && grep -q 'held up' "$T/err" && grep -q '"stop": "limit"' "$T/out"
ok $? 'it says so, and sends nothing more'
$PYTHON -c "import json; r = json.load(open('$T/out')); exit(not 20 < r['answered'] == r['sent'] < 150)"
ok $? 'what it did not send is not lost'
sla_stop $near_pid
ok $? 'the agent ends cleanly'

sla_site ", sla-keys: $T/keys, sla-key: \"7\"" ", sla-keys: $T/keys, sla-schedule: udp-jitter, sla-every: \"5\""
sla_start near
near_pid=$sla_pid
check 'the schedule measures by itself' wait_for 30 sla_json near \
	's["agent"]["paths"][0]["last"] and s["agent"]["paths"][0]["last"]["answered"] == 10'
check 'its result says what is not fit, and sums are kept' sla_json near \
	's["agent"]["paths"][0]["last"]["verdict"] == "cannot tell" and s["agent"]["paths"][0]["last"]["not_fit"]
	and s["agent"]["paths"][0]["total"]["sent"] >= 10 and s["agent"]["paths"][0]["total"]["failed"] == 0'
grep '"ev":"sla-result"' "$T/near.jsonl" | grep -q '"verdict"'
ok $? 'and logs it'
visavis ctl near metrics >"$T/metrics"
grep -q '^visavis_sla_packets_total{from="near",to="far",what="sent"} [1-9]' "$T/metrics" &&
	grep -q '^visavis_sla_rtt_seconds{from="near",to="far",quantile="0.5"} 0' "$T/metrics"
ok $? 'and tells Prometheus'
sla_stop $near_pid
ok $? 'it ends cleanly again'

sla_site ", sla-keys: $T/keys, sla-key: \"7\"" ", sla-keys: $T/keys, sla-schedule: audio, sla-lasts: \"1\", sla-every: \"5\""
sla_start near
near_pid=$sla_pid
check 'a schedule of a profile without a length of its own' wait_for 30 sla_json near \
	's["agent"]["paths"][0]["last"] and s["agent"]["paths"][0]["last"]["sent"] == 50'
sla_stop $near_pid
for bad in 'sla-schedule: no-such' 'sla-schedule: room3-1080p-best, sla-rate: "100"'; do
	sla_site "" ", $bad"
	"$SLA" --site "$T/site.yaml" --host near --state "$T/state" 2>"$T/err"
	[ $? = 1 ] && grep -q 'sla-schedule: ' "$T/err" && [ "$(wc -l <"$T/err")" = 1 ]
	ok $? "refused at the start, in one line: $bad"
done
for bad in 'near' '--nix near far' 'near far --duration 5m' 'near far --format' 'near far far' 'near far --dscp CS9' \
	'near far --format xml'; do
	# shellcheck disable=SC2086
	visavis probe $bad --socket "$T/run/far/ctl.sock" >"$T/out" 2>"$T/err"
	[ $? = 3 ] && [ "$(wc -l <"$T/err")" = 1 ] && [ ! -s "$T/out" ]
	ok $? "refused in one line: visavis probe $bad"
done
sla_stop $far_pid
ok $? 'so does the responder'

# steps of the wall clock
stepping() {
	STEP_FOLDER=9 STEP_FILE=step.$1 LD_PRELOAD=$VISAVIS_BUILD/tests/system/libsla_step.so \
		ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0 exec "${@:2}" 9<"$T"
}
sla_site
: >"$T/far.jsonl"
# the responder is nobody by then, and must see the file
chmod 711 "$T"
stepping far "$SLA" --responder --site "$T/site.yaml" --host far --state "$T/state" --log "$T/far.jsonl" 2>>"$T/far.err" &
far_pid=$!
wait_for 20 sla_ready far
(stepping near "$SLA" --probe $FAR --profile audio --duration 4 --format brief --log "$T/step.jsonl" >"$T/out" 2>>"$T/step.err") &
one=$!
wait_for 20 sla_json far 's["responder"]["packets_in"] > 20'
touch "$T/step.near"
check 'the clock steps at the agent in the middle: it is logged' wait_for 10 grep -q '"ev":"sla-step"' "$T/step.jsonl"
touch "$T/step.far"
check 'and at the responder' wait_for 10 grep -q '"ev":"sla-step"' "$T/far.jsonl"
check 'its status has it' sla_json far 's["responder"]["clock_steps"] == 1'
wait $one
grep -Eq '"clock_steps": [12]' "$T/out"
ok $? 'the result says so'
sla_stop $far_pid
ok $? 'the responder ends cleanly'
cat "$T"/*.err | grep -E 'ERROR|runtime error|Traceback' >"$T/check.out"
[ ! -s "$T/check.out" ]
ok $? 'nothing was wrong inside'
finish
