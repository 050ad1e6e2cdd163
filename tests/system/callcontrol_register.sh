# Registrations and refusals: sipp, and a client that misbehaves.
. "${VISAVIS_SOURCE:?}/tests/system/lib.sh"
. "$VISAVIS_SOURCE/tests/system/callcontrol.inc.sh"
cc_site off
check "call control starts" cc_start

check "it has no capability left" grep -q "^CapEff:.*0000000000000000" "/proc/$cc_pid/status"
check "and a filter of system calls" grep -q "^Seccomp:.*2" "/proc/$cc_pid/status"

check "sipp registers over UDP with MD5" cc_sipp $A 5080 1001 secret1 u1 reg
check "sipp registers over TCP with MD5" cc_sipp $A 5080 1001 secret1 t1 reg
check "SHA-256 over UDP" $PEER register $CC SHA-256 udp
check "SHA-256 over TCP" $PEER register $CC SHA-256 tcp
check "MD5 after both were offered" $PEER register $CC MD5 udp
for t in contacts instance_replaces wrong replay count_goes_up foreign_nonce_is_stale not_my_number too_brief \
	refusals relaying torn oversized unreadable malformed forged_response many_connections loop locked; do
	check "$t" $PEER $t $CC
done
check "what could not be read is in the log" logged ev=log level=warning "msg~and was refused; it came from 127.1.0."
check "a wrong password is in the log" logged ev=register state=failed
check "row A2-19 was logged as carried" logged ev=flow row=A2-19 outcome=ok
check "row A2-20 was logged as carried" logged ev=flow row=A2-20 outcome=ok
check "the console lists the registration" sh -c "visavis ctl callcontrol registrations | grep -q 1001"

# registrations outlive the program
check "one contact is registered" $PEER register $CC SHA-256 udp 1003 secret3 $C 5070
cc_killed
check "it starts again after kill -9" cc_start
check "the registration is still there" sh -c "visavis ctl callcontrol registrations | grep -q $C:5070"
check "it ends when told to" cc_stop
finish
