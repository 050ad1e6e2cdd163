#!/bin/bash
# The responder against a second implementation written from the bytes: both versions, keys, replays, strangers, noise.
. "${VISAVIS_SOURCE:?}/tests/system/lib.sh"
. "$VISAVIS_SOURCE/tests/system/sla.inc.sh"

sla_site ', sla-duration: "60", sla-operations: "100"'
sla_start far --responder
ok $? 'the responder starts'
check 'one measurement' "$SLA" --probe $FAR --from $NEAR
check 'requests count as what came in' sla_json far \
	's["responder"]["packets_in"] == s["responder"]["packets_out"] and s["responder"]["bytes_out"] <= s["responder"]["bytes_in"]'
check 'version 1: control, milliseconds, microseconds, echo' $ASK v1 $FAR $NEAR
check 'version 1 on IPv6' $ASK v1 $FAR6 $NEAR6
check 'version 2: control, probes, a port of its choice, two senders on one port' $ASK v2 $FAR $NEAR
check 'version 2 on IPv6' $ASK v2 $FAR6 $NEAR6
for a in $FAR $FAR6; do
	"$SLA" --probe $a --protocol 1-echo --format samples >"$T/samples" 2>"$T/err"
	[ $? = 0 ] && $PYTHON "$VISAVIS_SOURCE/tests/system/sla_samples.py" echo <"$T/samples"
	ok $? "an agent's echo of version 1 at $a comes back whole, with both stamps the kernel's"
	for p in 1-ms 1-us 2-plain; do
		"$SLA" --probe $a --protocol $p --format json 2>"$T/err" | $PYTHON -c 'if True:
			import json, sys
			r = json.load(sys.stdin)
			assert r["sent"] == r["answered"] == r["rtt_ms"]["n"] == 10, r
			assert not r["lost"] and not r["out_of_order"] and not r["duplicate"], r
			assert r["jitter_ms"]["forward"]["n"] == r["jitter_ms"]["back"]["n"] == 9, r'
		ok $? "an agent of version $p at $a: all figures"
	done
done
"$SLA" --probe $FAR --protocol 1-echo --format json | $PYTHON -c 'if True:
	import json, sys
	r = json.load(sys.stdin)
	assert r["sent"] == r["answered"] == r["rtt_ms"]["n"] == 10 and not r["lost"], r
	assert r["rtt_ms"]["min"] > 0 and r["forward_ms"] is None and r["back_ms"] is None, r
	assert r["jitter_ms"]["forward"]["n"] == r["jitter_ms"]["back"]["n"] == 0, r'
ok $? 'its figures are round trips and nothing else'
check 'what is above the limits or unknown is refused by its status' $ASK refused $FAR
check 'a port closes when its time is over' $ASK closes $FAR
check 'a port answers its asker alone, and made-up sources get no more than was sent' $ASK others $FAR
check 'noise: more never comes back than went' $ASK noise $FAR
check 'it never sent more than it got' sla_json far \
	's["responder"]["bytes_out"] <= s["responder"]["bytes_in"] and s["responder"]["packets_out"] > 100'
check 'all that was opened closes' wait_for 70 sla_json far 's["responder"]["open"] == 0'
check 'as many operations at once as the site allows' $ASK many $FAR 100
check 'they are listed' sla_json far 's["responder"]["open"] == 100 and len(s["responder"]["operations"]) == 100'
sla_stop $sla_pid
ok $? 'it ends cleanly'

sla_site ', sla-operations: "1024"'
ulimit -S -n 1024
sla_start far --responder
ok $? 'the responder starts with the limit of files that most systems have'
ulimit -S -n "$(ulimit -H -n)"
check 'the most operations that a site can allow' $ASK many $FAR 1024
check 'and it can still be asked' sla_json far 's["responder"]["open"] == 1024'
sla_stop $sla_pid
ok $? 'it ends cleanly'

(umask 077 && printf '7 hmac-sha-256 a-shared-secret\n8 sha256 another-secret\n' >"$T/keys")
sla_site ", sla-keys: $T/keys"
sla_start far --responder
ok $? 'the responder starts with keys'
check 'keys: right, wrong, none, stale, replayed' $ASK keys $FAR
sla_stop $sla_pid
ok $? 'it ends cleanly again'

chmod 644 "$T/keys"
"$SLA" --responder --site "$T/site.yaml" --host far --state "$T/state" 2>"$T/err"
[ $? = 1 ] && grep -q 'chmod 600' "$T/err"
ok $? 'keys that others may read are refused'
rm "$T/keys"
(umask 077 && mkfifo "$T/keys")
timeout 20 "$SLA" --responder --site "$T/site.yaml" --host far --state "$T/state" 2>"$T/err"
[ $? = 1 ] && grep -q 'is no file' "$T/err"
ok $? 'a pipe is no file of keys'

"$SLA" --responder --address "$FAR,$FAR6" >"$T/out" 2>>"$T/far.err" &
sla_pid=$!
check 'without a site it answers on the addresses that it is given' wait_for 20 grep -q "$FAR.*$FAR6" "$T/out"
check 'asked by one that has no site either' "$SLA" --probe $FAR --from $NEAR
check 'on IPv6, version 1' "$SLA" --probe $FAR6 --from $NEAR6 --protocol 1-us
"$SLA" --responder --address $FAR 2>"$T/err"
[ $? = 1 ] && grep -q 'another responder' "$T/err"
ok $? 'a second one is told why it cannot'
sla_stop $sla_pid
ok $? 'it ends cleanly without a site'
ip link add several type veth peer name other
ip addr add 192.0.2.1/24 dev several
ip addr add 192.0.2.2/24 dev several
ip link set several up
"$SLA" --responder 2>"$T/err"
[ $? = 1 ] && grep -q 'choose with --address 192.0.2.1, 192.0.2.2' "$T/err"
ok $? 'of several addresses none is guessed'

grep -E 'ERROR|runtime error' "$T/far.err" >"$T/check.out"
[ ! -s "$T/check.out" ]
ok $? 'nothing was wrong inside'
finish
