#!/bin/bash
# The responder against a second implementation written from the bytes: both versions, keys, replays, strangers, noise.
. "${VISAVIS_SOURCE:?}/tests/system/lib.sh"
. "$VISAVIS_SOURCE/tests/system/sla.inc.sh"

sla_site ', sla-duration: "60", sla-operations: "100"'
sla_start far --responder
ok $? 'the responder starts'
check 'version 1: control, milliseconds, microseconds, echo' $ASK v1 $FAR $NEAR
check 'version 1 on IPv6' $ASK v1 $FAR6 $NEAR6
check 'version 2: control, probes, a port of its choice, two senders on one port' $ASK v2 $FAR $NEAR
check 'version 2 on IPv6' $ASK v2 $FAR6 $NEAR6
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
grep -E 'ERROR|runtime error' "$T/far.err" >"$T/check.out"
[ ! -s "$T/check.out" ]
ok $? 'nothing was wrong inside'
finish
