# Calls through the proxy, with sipp at both ends.
. "${VISAVIS_SOURCE:?}/tests/system/lib.sh"
. "$VISAVIS_SOURCE/tests/system/callcontrol.inc.sh"
cc_site off
check "call control starts" cc_start
check "the callee registers" cc_sipp $B 5080 1002 secret2 u1 reg

both() { # SCENARIO-OF-CALLEE SCENARIO-OF-CALLER
	cc_uas $B 5080 "$1" || return
	cc_sipp $A 5080 1001 secret1 u1 "$2" && wait "$uas_pid"
}
check "a call is answered and ended" both uas uac
check "a busy callee" both uas_busy uac_busy
check "the caller gives up" both uas_cancel uac_cancel

# two phones of one number: the one that does not answer is cancelled
forked() {
	cc_uas $C 5080 uas_cancel || return
	local ringing=$uas_pid
	both uas uac && wait "$ringing"
}
check "a second phone registers" cc_sipp $C 5080 1002 secret2 u1 reg
check "both ring, one answers, the other is cancelled" forked
check "call events were logged" logged ev=call state=established peer=1002

check "an unknown number" $PEER call_fails $CC 9999 404
check "a number that is not registered" $PEER call_fails $CC 1003 480
check "session timers" $PEER session_timer $CC
check "requests within the dialog" $PEER in_dialog $CC
check "a repeated 200" $PEER second_2xx $CC

$PEER restart_in_call $CC "$T/up" "$T/again" >"$T/restart.out" 2>&1 &
peer=$!
check "a call is up" wait_for 20 test -e "$T/up"
cc_killed
check "call control is started again in the call" cc_start
touch "$T/again"
check "both ends go on and end the call" wait $peer
sed 's/^/# /' "$T/restart.out"
check "it ends when told to" cc_stop
finish
