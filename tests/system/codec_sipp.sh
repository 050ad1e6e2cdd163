#!/bin/bash
# sipp in the place of call control says to a room what well-behaved peers do not.
. "$VISAVIS_SOURCE/tests/system/lib.sh"
. "$VISAVIS_SOURCE/tests/system/codec/rooms.sh"

GOOD='v=0
o=- 1 1 IN IP4 10.77.1.5
s=-
c=IN IP4 10.77.1.5
t=0 0
m=audio 20000 RTP/AVP 0
a=sendrecv'

# say METHOD CSEQ HEADERS BODY: a request in or before the dialog
say() {
	local to="&lt;sip:1001@demo&gt;[peer_tag_param]" uri="sip:1001@[remote_ip]:[remote_port]"
	echo "<send $([ "$1" = ACK ] || echo retrans=\"500\")><![CDATA["
	printf '%s %s SIP/2.0\nVia: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]\n' "$1" "$uri"
	printf 'Max-Forwards: 70\nFrom: <sip:9@demo>;tag=[pid]x[call_number]\n'
	printf 'To: %s\nCall-ID: [call_id]\nCSeq: %s %s\n' "${to//&lt;/<}" "$2" "$1" | sed 's/&gt;/>/'
	printf 'Contact: <sip:9@[local_ip]:[local_port]>\n%b' "${3:-}"
	[ -z "${4:-}" ] || printf 'Content-Type: application/sdp\n'
	printf 'Content-Length: [len]\n\n%s' "${4:+$4
}"
	echo "]]></send>"
}
hear() { echo "<recv response=\"$1\"${2:+ $2}/>"; }
provisional() { hear 100 'optional="true"'; hear 180 'optional="true"'; }
bye() { say BYE "$1"; hear 200; }

# scene NAME: the scenario on standard input is played against the room and must go as written
scene() {
	{ echo '<?xml version="1.0"?><scenario name="x">'; cat; echo '</scenario>'; } >"$1.xml"
	check "$2" sipp -sf "$1.xml" -i 10.77.1.3 -p 5060 -m 1 -l 1 -timeout 20 -timeout_error -nostdin \
		-trace_err -error_file "$1.err.txt" "10.77.1.2:$port"
	check "$2: the room is free afterwards" wait_for 10 no_call paris
}

port_of() {
	port=$(sed -n 's/.*"local":"10.77.1.2:\([0-9]*\)".*REGISTER.*/\1/p' paris.jsonl | head -n 1)
	[ -n "$port" ]
}

# refusal NAME CODE TEXT HEADERS BODY
refusal() {
	scene "$1" "$3" < <(say INVITE 1 "$4" "$5"; provisional; hear "$2"; say ACK 1)
}

# call: what most scenes begin with
call() { say INVITE 1 "${1:-}" "$GOOD"; provisional; hear 200; say ACK 1; }
change() { say INVITE "$1" "" "$2"; hear 100 'optional="true"'; hear "$3"; say ACK "$1"; }

sdp() { printf '%s' "$GOOD" | sed "$1"; }

SETTINGS_paris='auto-answer: on,'
rooms_site off
start_room paris
check "the room asks to register" wait_for 20 port_of
check "its media process is ready" wait_for 20 json paris 's["media"]'

scene plain "a call" < <(call; bye 2)
scene offerless "an INVITE without an offer" < <(say INVITE 1; provisional; hear 200
	say ACK 1 "" "$GOOD
m=video 0 RTP/AVP 97"; bye 2)
scene hold "hold and resume by re-INVITE" < <(call; change 2 "$(sdp s/sendrecv/sendonly/)" 200
	change 3 "$GOOD" 200; bye 4)
scene small "a session interval too small" < <(say INVITE 1 "Supported: timer\nSession-Expires: 30\n" "$GOOD"
	provisional; hear 422; say ACK 1)
scene timer "a session refreshed by UPDATE" < <(call "Supported: timer\nSession-Expires: 90\n"
	say UPDATE 2 "Supported: timer\nSession-Expires: 90;refresher=uac\n"; hear 200; bye 3)
scene keep "a change that is refused leaves the call" < <(call; change 2 "$(sdp 's/AVP 0/AVP 3/')" 488; bye 3)
scene odd "unknown requests in a call" < <(call; say INFO 3; hear 200
	say FOO 4; hear 405; bye 5)

refusal ext 420 "an extension nobody knows" "Require: teleport\n" "$GOOD"
refusal srtp 488 "SRTP where the site has none" "" "$(sdp 's#RTP/AVP#RTP/SAVP#')"
refusal port 488 "a port outside the matrix" "" "$(sdp 's/audio 20000/audio 53/')"
refusal zero 488 "every stream refused" "" "$(sdp 's/audio 20000/audio 0/')"
refusal torn 400 "SDP that is none" "" "$(sdp 's/^m=.*/m=audio/')"
refusal many 488 "too many streams" "" "$GOOD
$(for i in $(seq 20); do echo "m=audio 20000 RTP/AVP 0"; done)"
refusal long 488 "SDP without end" "" "$GOOD
a=x:$(head -c 40000 /dev/zero | tr '\0' x)"
scene options "OPTIONS" < <(say OPTIONS 1; hear 200)
scene nocall "a BYE for no call" < <(say BYE 1 | sed 's/\[peer_tag_param\]/;tag=nobody/'; hear 481)

stop paris
SETTINGS_paris='auto-answer: off,'
rooms_site off
rm -f paris.jsonl
start_room paris
check "a room that rings" wait_for 20 port_of
check "its media process is ready again" wait_for 20 json paris 's["media"]'
scene cancel "CANCEL while it rings" < <(say INVITE 1 "" "$GOOD"; hear 180
	say CANCEL 1 | sed 's/retrans="500"//; s/branch=\[branch\]/branch=[branch-2]/'; hear 200; hear 487; say ACK 1)

# ringing that is acknowledged, with the number that the room gave it
ringing() {
	echo '<recv response="180"><action><ereg regexp="[0-9]+" search_in="hdr" header="RSeq:" check_it="true" assign_to="1"/>'
	echo '<ereg regexp="100rel" search_in="hdr" header="Require:" check_it="true" assign_to="2"/></action></recv>'
	echo '<Reference variables="1,2"/>'
}
offer_rel() { say INVITE 1 "Require: 100rel\n" "$GOOD"; hear 100 'optional="true"'; }
pracks() { say PRACK 2 "RAck: [\$1] 1 INVITE\n"; hear 200; }
answers_soon() { (wait_for 10 rings paris && wait_for 10 grep -q '"line":"PRACK' paris.jsonl && ctl paris answer >/dev/null) & }

answers_soon
scene prack "ringing is acknowledged" < <(offer_rel; ringing; pracks
	hear 200; say ACK 1; bye 3)
scene again "a caller that acknowledges late" < <(offer_rel; ringing; echo '<pause milliseconds="1700"/>'; pracks
	say CANCEL 1 | sed 's/retrans="500"//; s/branch=\[branch\]/branch=[branch-6]/'; hear 200; hear 487; say ACK 1)
check "ringing was sent again meanwhile" python3 - <<'P'
import collections, json
n = collections.Counter(e["call_id"] for e in map(json.loads, open("paris.jsonl"))
                        if e["ev"] == "sip" and e["dir"] == "tx" and " 180 " in e["line"])
assert max(n.values()) >= 2 and min(n.values()) == 1, n
P
scene wrong "a PRACK of something else" < <(offer_rel; ringing
	say PRACK 2 "RAck: 999999 1 INVITE\n"; hear 481
	say PRACK 3 "RAck: [\$1] 1 INVITE\n"; hear 200
	say CANCEL 1 | sed 's/retrans="500"//; s/branch=\[branch\]/branch=[branch-7]/'; hear 200; hear 487; say ACK 1)
stop paris
check "no sanitizer had to speak" sanitizers_quiet
finish
