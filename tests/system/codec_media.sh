#!/bin/bash
# Two rooms with their real media processes: one is killed in a call, and somebody on the path plays packets again.
. "$VISAVIS_SOURCE/tests/system/lib.sh"
. "$VISAVIS_SOURCE/tests/system/codec/rooms.sh"

MEDIA=${VISAVIS_MEDIA:-$B/media/visavis-media}
INJECT=$VISAVIS_SOURCE/tests/system/codec/inject.py

# stream FIELD: of paris' picture
stream() {
	ctl --json paris status | python3 -c "import json, sys
print([x for x in json.load(sys.stdin)['streams'] if x['media'] == 'video'][0]['$1'])"
}
more() { [ "$(stream "$1")" -ge "$2" ]; }

call() {
	ctl paris call 1002
	wait_for 20 more frames 10
}

# ports: PARIS and LONDON's ends of the picture, as paris' log has them
ports() {
	python3 - <<-'P'
	import json
	f = [e for e in map(json.loads, open("paris.jsonl")) if e["ev"] == "flow" and e["row"] == "A2-21"
	     and e["outcome"] == "ok" and e["dir"] == "in" and e["detail"] == "H264"][-1]
	print(f["local"], f["peer"])
	P
}

# unharmed NAME PACKETS: so many were refused, and the picture goes on as if nothing had been
unharmed() {
	local frames
	frames=$(stream frames)
	check "$1: every one is refused and counted" wait_for 10 more rejected $((rejected + $2))
	check "$1: the picture goes on" wait_for 20 more frames $((frames + 30))
	check "$1: no picture was spoilt" test "$(stream decode_errors)" = 0
	rejected=$(stream rejected)
}

SETTINGS_paris='source-video: "pattern:320x240@15", sink-audio: "file:heard.wav",'
SETTINGS_london='auto-answer: on, source-video: "pattern:320x240@15",'
rooms_site on
start_callcontrol
start_room paris "$MEDIA"
start_room london "$MEDIA"
check "paris registers" wait_for 30 registered paris
check "london registers" wait_for 30 registered london

check "a call, encrypted, with a picture" call
read -r local peer < <(ports)
rejected=$(stream rejected)
check "packets of the picture are caught on their way" python3 "$INJECT" catch "$peer" "$local" 40 caught
python3 "$INJECT" send "$peer" "$local" caught
unharmed "the same packets again" 40
python3 "$INJECT" spoil "$peer" "$local" caught
unharmed "packets with a bit turned" 40
python3 "$INJECT" send 10.77.1.6:20000 "$local" caught
unharmed "packets from another address" 40
python3 "$INJECT" forge "$peer" "$local" caught
unharmed "packets without a key" 40
check "nobody hung up" in_call london

# holds PID FIELD VALUE: what the kernel says that the process has
holds() { grep -qE "^$2:[[:space:]]+$3$" "/proc/$1/status"; }
not_root() { [ "$VISAVIS_INSIDE" != 0 ] || holds "$1" Uid "65534.*"; }

# 0x20: CAP_KILL, for its media process alone; 0xe0: what that one needs to become another user
check "the room has no right in effect but to signal" holds "${pid[paris]}" CapEff 0000000000000020
check "and can take up no other than its media process needs" holds "${pid[paris]}" CapPrm 00000000000000e0
check "nor get new ones" holds "${pid[paris]}" NoNewPrivs 1
check "its system calls are filtered" holds "${pid[paris]}" Seccomp 2
m=$(media_of paris)
check "its media process has none" holds "$m" CapPrm 0000000000000000
check "and is not root" not_root "$m"
kill -KILL "$m"
check "that one dies; the next one sends and decodes" wait_for 20 more frames 20
check "it has none either" holds "$(media_of paris)" CapPrm 0000000000000000
check "and is not root either" not_root "$(media_of paris)"
check "nobody hung up meanwhile" in_call london
check "call control has no right at all" holds "${pid[callcontrol]}" CapPrm 0000000000000000

m=$(media_of paris)
kill -KILL "${pid[paris]}"
wait "${pid[paris]}" 2>/dev/null
check "a room is killed: its media process ends with it" wait_for 5 sh -c "! kill -0 $m"
check "the far room notices that it hears nothing" wait_for 15 event london \
	"g('ev') == 'media' and g('what') == 'lost_peer'"
check "and ends the call" wait_for 10 no_call london
check "with a BYE" event london "g('ev') == 'sip' and g('dir') == 'tx' and g('line').startswith('BYE')"
check "and says why" event london \
	"g('ev') == 'call' and g('state') == 'ended' and g('code') == 408 and 'nothing is heard' in g('reason')"

start_room paris "$MEDIA"
check "the room starts again and registers" wait_for 30 registered paris
check "and is reached again" call
check "it hangs up" ctl paris hangup
stop paris
# the far end sends a test sound: loud, and half a second of it at least
check "what paris heard is in a WAV file" python3 - <<'P'
import array, wave
w = wave.open("heard.wav")
assert (w.getnchannels(), w.getsampwidth(), w.getframerate()) == (1, 2, 48000)
s = array.array("h", w.readframes(w.getnframes()))
assert len(s) == w.getnframes() > 24000, len(s)
assert max(s) > 1000 and min(s) < -1000, (max(s), min(s))
P
stop london
stop callcontrol
check "no sanitizer had to speak" sanitizers_quiet
finish
