# Registrations and refusals: sipp, and a client that misbehaves.
. "${VISAVIS_SOURCE:?}/tests/system/lib.sh"
. "$VISAVIS_SOURCE/tests/system/callcontrol.inc.sh"
cc_site off
chmod 711 "$T"
check "call control starts" cc_start

check "nobody else reads its database" sh -c '[ "$(stat -c %a "$1"/callcontrol.db* | sort -u)" = 600 ]' - "$T/state"
check "it has no capability left" grep -q "^CapEff:.*0000000000000000" "/proc/$cc_pid/status"
# as root it becomes a user without rights where the state folder lets that user in; else it stays, as above
cc_uid=$(id -u visavis 2>/dev/null || echo 65534)
if [ "$VISAVIS_INSIDE" = 0 ] && setpriv --reuid "$cc_uid" --regid "$cc_uid" --clear-groups test -x "$T/state/.."; then
	check "it is root no more" grep -Pq "^Uid:\t$cc_uid\t$cc_uid\t$cc_uid\t$cc_uid" "/proc/$cc_pid/status"
	check "nor in a group" grep -Pq "^Groups:\t *$" "/proc/$cc_pid/status"
	check "its files are that user's" sh -c '[ "$(stat -c %u "$1" "$1"/callcontrol.db* | sort -u)" = "$2" ]' - \
		"$T/state" "$cc_uid"
else
	skip "it is root no more" "no other user can be had here"
fi
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

# passwords are no arguments
check "a user is added, the password from standard input" sh -c 'echo secret4 | visavis ctl callcontrol user add 1004'
check "who then registers" $PEER register $CC SHA-256 udp 1004 secret4 $C 5074
check "a password among the arguments is refused" sh -c '! visavis ctl callcontrol user add 1005 secret5 </dev/null 2>&1 &&
	visavis ctl callcontrol user add 1005 secret5 </dev/null 2>&1 | grep -q "standard input"'
check "no password, no user" sh -c '! visavis ctl callcontrol user add 1005 </dev/null'
check "a terminal does not show it" $PEER secret_typed 1006 secret6 secret6 "password of 1006 again"
check "typed twice it counts" $PEER register $CC SHA-256 udp 1006 secret6 $C 5076
check "two that differ change nothing" $PEER secret_typed 1007 one two differ
check "only who has a password is a user" sh -c 'visavis ctl callcontrol user list | grep -c 100 | grep -qx 5'

# registrations outlive the program
check "one contact is registered" $PEER register $CC SHA-256 udp 1003 secret3 $C 5070
cc_killed
check "it starts again after kill -9" cc_start
check "the registration is still there" sh -c "visavis ctl callcontrol registrations | grep -q $C:5070"
check "it ends when told to" cc_stop

# what a user without rights put in the file's place is not opened by root
if [ "$VISAVIS_INSIDE" = 0 ]; then
	mkdir "$T/planted" && echo secret >"$T/other" && ln -s "$T/other" "$T/planted/callcontrol.db"
	check "a link in place of the database is refused" sh -c '! "$@" 2>&1 | grep -q ready' - timeout 20 \
		"$VISAVIS_BUILD/daemons/callcontrol/visavis-callcontrol" --site "$T/site.yaml" --host callcontrol \
		--state "$T/planted"
	check "and what it points to is left alone" sh -c '[ "$(stat -c %u "$1")" = 0 ] && grep -qx secret "$1"' - "$T/other"
fi
finish
