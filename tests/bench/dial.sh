#!/bin/bash
# How long it takes to see the far end, over N calls one after the other: two rooms through visavis-callcontrol, and beside
# them in the same run two baresips through Kamailio. Plain SIP over UDP and RTP on one machine; both send 320x240 at 15 Hz.
#
# usage: tests/bench/dial.sh [--json] [CALLS]
#
# Measured on the wire: from the caller's INVITE to the first packet of picture that reaches it. Of the rooms also from the
# log: from dialling to the first decoded picture. The sanitizer-free build that it needs is made in build-bench.
if [ -z "${VISAVIS_SOURCE:-}" ]; then
	set -e
	VISAVIS_SOURCE=$(cd "$(dirname "$0")/../.." && pwd)
	VISAVIS_BUILD=$VISAVIS_SOURCE/build-bench
	[ -d "$VISAVIS_BUILD" ] || meson setup "$VISAVIS_BUILD" "$VISAVIS_SOURCE" --buildtype=release -Db_sanitize=none \
		-Dwerror=false >&2
	ninja -C "$VISAVIS_BUILD" daemons/callcontrol/visavis-callcontrol daemons/codec/visavis-codec \
		daemons/media/visavis-media tools/visavis/visavis >&2
	mkdir -p "$VISAVIS_BUILD/tests"
	export VISAVIS_SOURCE VISAVIS_BUILD
	exec bash "$0" "$@"
fi
. "$VISAVIS_SOURCE/tests/system/lib.sh"
. "$VISAVIS_SOURCE/tests/system/codec/rooms.sh"
. "$VISAVIS_SOURCE/tests/system/codec/baresip.sh"
DIAL=$VISAVIS_SOURCE/tests/bench/dial.py
json=
[ "${1:-}" != --json ] || { json=--json; shift; }
calls=${1:-20}

die() {
	echo "dial.sh: $*" >&2
	exit 1
}
firsts() { [ "$(wc -l <"$1")" -ge "$2" ]; }
pictures() { [ "$(grep -c '"what":"first_picture"' paris.jsonl)" -ge "$1" ]; }

SETTINGS_paris='source-video: "pattern:320x240@15",'
SETTINGS_london='auto-answer: on, source-video: "pattern:320x240@15",'
rooms_site off
start_callcontrol
start_room paris "$B/media/visavis-media"
start_room london "$B/media/visavis-media"
wait_for 30 registered paris && wait_for 30 registered london || die "the rooms do not register"
python3 "$DIAL" watch >visavis.wire &
watch=$!
wait_for 10 grep -q ready visavis.wire
for ((i = 1; i <= calls; i++)); do
	ctl paris call 1002 >/dev/null || die "call $i fails"
	wait_for 20 firsts visavis.wire $((i + 1)) && wait_for 20 pictures "$i" || die "no picture in call $i"
	ctl paris hangup >/dev/null
	wait_for 10 no_call paris && wait_for 10 no_call london || die "call $i does not end"
done
kill "$watch"
for h in paris london callcontrol; do stop $h; done

far ip addr add 10.77.1.8/24 dev far
cat >kamailio.cfg <<END
#!KAMAILIO
children=2
log_stderror=yes
debug=0
disable_tcp=yes
auto_aliases=no
listen=udp:10.77.1.3:5060
mpath="/usr/lib/$(uname -m)-linux-gnu/kamailio/modules/"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
request_route {
	if (method=="REGISTER") {
		save("location");
		exit;
	}
	if (method=="INVITE")
		record_route();
	if (!loose_route() && !lookup("location")) {
		sl_send_reply("404", "Not Found");
		exit;
	}
	t_relay();
}
END
kamailio -f kamailio.cfg -DD -E -m 64 >kamailio.out 2>kamailio.err &
kamailio=$!
wait_for 10 sh -c 'ss -Hlnu "src 10.77.1.3:5060" | grep -q .' || die "kamailio does not start: $(tail -n 2 kamailio.err)"
baresip_start a 1001 x 10.77.1.5 udp opus/48000/2 || die "baresip does not register: $(tail -n 3 baresip-a/out)"
a=${pid[baresip]}
baresip_start b 1003 x 10.77.1.8 udp opus/48000/2 || die "the other baresip does not register"
far python3 "$DIAL" watch >baresip.wire &
watch=$!
wait_for 10 grep -q ready baresip.wire
for ((i = 1; i <= calls; i++)); do
	baresip_do 10.77.1.5 dial sip:1003@demo >/dev/null
	wait_for 20 firsts baresip.wire $((i + 1)) || die "no picture in call $i of baresip"
	baresip_do 10.77.1.5 hangup >/dev/null
	wait_for 10 sh -c "[ \"\$(grep -ci 'session closed\\|terminated' baresip-b/out)\" -ge $i ]"
done
kill "$watch" "$a" "${pid[baresip]}" "$kamailio"
wait "$kamailio" 2>/dev/null

python3 "$DIAL" report $json visavis.wire paris.jsonl baresip.wire
