# A full disk: registrations are refused with a clear error, what is stored goes on being served.
. "${VISAVIS_SOURCE:?}/tests/system/lib.sh"
. "$VISAVIS_SOURCE/tests/system/callcontrol.inc.sh"
cc_site off
mkdir "$T/small"
mount -t tmpfs -o size=512k tmpfs "$T/small"
check "call control starts on a small disk" cc_start "$T/small"
check "a registration is stored" $PEER register $CC SHA-256 udp 1003 secret3 $C 5070
dd if=/dev/zero of="$T/small/fill" bs=4k 2>/dev/null
check "the full disk is told to the client" $PEER full $CC
check "and to the log" logged ev=log level=error "msg~make room"
check "what was stored is served" sh -c "visavis ctl callcontrol registrations | grep -q $C:5070"
check "requests are answered" $PEER options $CC
rm "$T/small/fill"
check "with room again it registers" $PEER register $CC SHA-256 udp
cc_killed
check "it starts again" cc_start "$T/small"
check "nothing stored was lost" sh -c "visavis ctl callcontrol registrations | grep -q $C:5070"
check "it ends when told to" cc_stop
umount -l "$T/small"
finish
