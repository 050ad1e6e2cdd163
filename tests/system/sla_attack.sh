#!/bin/bash
# Made-up sources: packets that two responders would send to and fro, floods while others measure.
. "${VISAVIS_SOURCE:?}/tests/system/lib.sh"
. "$VISAVIS_SOURCE/tests/system/sla.inc.sh"
OTHER=127.2.0.20
ATTACK="$PYTHON $VISAVIS_SOURCE/tests/system/sla_attack.py"

# sites EXTRA: two responders and an agent
sites() {
	cat >"$T/site.yaml" <<-END
		site: demo
		networks: { near: 127.1.0.0/24, far: 127.2.0.0/24 }
		hosts:
		  near: { role: sla-agent, address: $NEAR }
		  far: { role: sla-responder, address: $FAR, sla-duration: "60"${1:-} }
		  other: { role: sla-responder, address: $OTHER, sla-duration: "60"${1:-} }
	END
	mkdir -p "$T/run/other"
}

# rests TIMES: what was sent came to rest after so few answers at each
rests() {
	local h before after
	for h in far other; do
		before=-1
		after=$(visavis ctl --json "$h" status)
		until [ "$before" = "$after" ]; do
			sleep 0.3
			before=$after
			after=$(visavis ctl --json "$h" status)
			sla_json "$h" "s['responder']['packets_out'] <= $1" || { echo "$after"; return 1; }
		done
	done
}

both_start() {
	sla_start far --responder
	far_pid=$sla_pid
	sla_start other --responder
	other_pid=$sla_pid
}

both_stop() {
	sla_stop "$far_pid" && sla_stop "$other_pid"
}

sites
for kind in v2 us ms echo; do
	both_start
	$ATTACK probe_loop $FAR $OTHER $kind
	check "$kind: a packet between two responders comes to rest" rests 70
	both_stop
	ok $? 'they end cleanly'
done
both_start
$ATTACK control_loop $FAR $OTHER
check 'a request between two responders comes to rest' rests 0
both_stop
ok $? 'they end cleanly'

# flooded NAME OPTIONS...: an agent measures while thousands ask
flooded() {
	local name=$1 pid n
	shift
	sla_start far --responder
	far_pid=$sla_pid
	: >"$T/flood.out"
	$ATTACK flood $FAR 60 >"$T/flood.out" &
	pid=$!
	wait_for 20 grep -q ready "$T/flood.out"
	wait_for 20 sla_json far 's["responder"]["dropped"] > 5000'
	check "$name" timeout 60 "$SLA" --probe $FAR --from $NEAR "$@"
	check 'no answer is longer than its question' sla_json far 's["responder"]["bytes_out"] <= s["responder"]["bytes_in"]'
	kill $pid
	wait $pid 2>/dev/null
	check 'what is not told one by one is counted' wait_for 20 grep -q sla-control-more "$T/far.jsonl"
	n=$(grep -c '"ev":"sla-control"' "$T/far.jsonl")
	check "the log does not grow with the flood ($n lines)" test "$n" -lt 2000
	: >"$T/far.jsonl"
	sla_stop "$far_pid"
	ok $? 'it ends cleanly'
}

sites
flooded 'an agent of the site measures in the middle of a flood'
(umask 077 && printf '7 hmac-sha-256 a-shared-secret\n' >"$T/keys")
sites ", sla-keys: $T/keys"
flooded 'whoever has the key measures in the middle of a flood' --keys "$T/keys" --key 7
cat "$T"/*.err | grep -E 'ERROR|runtime error|Traceback' >"$T/check.out"
[ ! -s "$T/check.out" ]
ok $? 'nothing was wrong inside'
finish
