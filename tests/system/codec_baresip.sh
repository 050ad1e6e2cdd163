#!/bin/bash
# A room and baresip meet through call control: plain and encrypted, each sound codec, H.264, both directions.
. "$VISAVIS_SOURCE/tests/system/lib.sh"
. "$VISAVIS_SOURCE/tests/system/codec/rooms.sh"
. "$VISAVIS_SOURCE/tests/system/codec/baresip.sh"

MEDIA=${VISAVIS_MEDIA:-$B/media/visavis-media}
FAR=10.77.1.5

# heard MEDIA: packets of that kind arrive at paris
arrives() {
	json paris "[x for x in s.get('streams', []) if x['media'] == '$1' and x['packets'] > ${2:-20}]"
}
# three seconds of our sound hold two whole beeps at least
speaks() { json paris "[x for x in s.get('streams', []) if x['media'] == 'audio' and x['sent_packets'] > 160]"; }
decodes() { json paris "[x for x in s.get('streams', []) if x['media'] == 'video' and x['frames'] > 5]"; }
# baresip writes the picture that it decoded from ours: of our size, and no flat one
far_sees() {
	rm -f seen.png
	baresip_do $FAR snapshot_recv "$T/seen.png" && wait_for 2 sh -c "tail -c 8 seen.png | grep -q IEND" && python3 - seen.png <<-'P'
	import struct, sys, zlib
	d = open(sys.argv[1], "rb").read()
	w, h, depth, kind = struct.unpack("!IIBB", d[16:26])
	data, i = b"", 8
	while i < len(d):
	    n = struct.unpack("!I", d[i:i + 4])[0]
	    data += d[i + 8:i + 8 + n] if d[i + 4:i + 8] == b"IDAT" else b""
	    i += n + 12
	data = zlib.decompress(data)
	rows = {data[k * len(data) // h:(k + 1) * len(data) // h] for k in range(h)}
	print(w, h, len(rows))
	sys.exit(not ((w, h) == (320, 240) and len(rows) > 60))
	P
}
# and the sound: the beeps of 1 kHz and 50 ms at each second, and nothing as loud beside them
far_hears() {
	python3 - baresip-b/snd/*-dec.wav <<-'P'
	import array, cmath, sys, wave
	heard = 0
	for path in sys.argv[1:]:
	    w = wave.open(path)
	    rate, ch = w.getframerate(), w.getnchannels()
	    s = array.array("h", w.readframes(w.getnframes()))[::ch]
	    n = rate // 100
	    for k in range(0, len(s) - n, n):
	        x = s[k:k + n]
	        power = sum(v * v for v in x)
	        tone = abs(sum(v * cmath.exp(-2j * cmath.pi * 1000 * i / rate) for i, v in enumerate(x))) ** 2 * 2 / n
	        heard += power / n > 500 ** 2 and tone > 0.8 * power
	print(heard)
	sys.exit(heard < 6)
	P
}

meets() { # on|off transport codec name
	local tp=$2 codec=$3 extra=${5:-}
	check "$4: baresip registers" baresip_start b 1003 berlin $FAR "$tp" "$codec" "$extra"
	check "$4: paris calls baresip" ctl paris call 1003
	check "$4: sound arrives" wait_for 10 arrives audio 50
	check "$4: picture arrives and is decoded" wait_for 15 decodes
	check "$4: as agreed" json paris "s['call']['secure'] == ('$1' == 'on') and \
		[x for x in s['streams'] if x['media'] == 'audio' and x['codec'].lower() == '$(echo "${codec%%/*}" | tr A-Z a-z)']"
	check "$4: baresip decodes our picture" wait_for 15 far_sees
	[ -z "${6:-}" ] || check "$4: keyed for $6" json paris "all(x['secure'] == '$6' for x in s['streams'])"
	check "$4: hardly a packet was refused" json paris "all(x['rejected'] < 10 for x in s['streams'])"
	check "$4: our sound goes out for three seconds" wait_for 15 speaks
	check "$4: paris hangs up" ctl paris hangup
	check "$4: baresip hears of it" wait_for 5 grep -qi "session closed\|call.*terminated\|Call with" baresip-b/out
	check "$4: baresip heard our sound" wait_for 5 far_hears
	check "$4: baresip calls paris" baresip_do $FAR dial "sip:1001@demo"
	check "$4: paris answers" wait_for 10 in_call paris
	check "$4: sound arrives in that call too" wait_for 10 arrives audio 50
	check "$4: baresip decodes our picture there too" wait_for 15 far_sees
	check "$4: baresip hangs up" baresip_do $FAR hangup
	check "$4: paris is free" wait_for 10 no_call paris
	baresip_stop
}

# without its registration, which it does not take back when it is killed
baresip_stop() {
	kill "${pid[baresip]}"
	wait "${pid[baresip]}" 2>/dev/null
	mv baresip-b/out baresip-b/out.last
	ctl callcontrol quit >/dev/null 2>&1 || kill "${pid[callcontrol]}"
	wait "${pid[callcontrol]}" 2>/dev/null
	rm -f callcontrol/*.db* callcontrol.jsonl
	start_callcontrol
	ctl paris register >/dev/null
	wait_for 20 event callcontrol "g('ev') == 'register' and g('state') == 'ok' and '1001' in g('aor')"
}

SETTINGS_paris='auto-answer: on, source-video: "pattern:320x240@15",'
rooms_site off
start_callcontrol
start_room paris "$MEDIA"
check "paris registers" wait_for 30 registered paris
meets off udp opus/48000/2 "plain, Opus"
meets off udp G722/16000/1 "plain, G.722"
meets off tcp PCMU/8000/1 "plain over TCP, G.711"
stop paris
stop callcontrol
rm -f callcontrol/*.db*

rooms_site on
start_callcontrol
start_room paris "$MEDIA"
check "paris registers over TLS" wait_for 30 registered paris
meets on tls opus/48000/2 "encrypted, Opus" ";mediaenc=srtp-mand" AEAD_AES_128_GCM

check "baresip without encryption registers" baresip_start b 1003 berlin $FAR tls opus/48000/2
check "a call without encryption is refused" baresip_do $FAR dial "sip:1001@demo"
check "with 488" wait_for 5 grep -q "488" baresip-b/out
kill "${pid[baresip]}"
wait "${pid[baresip]}" 2>/dev/null
stop paris
stop callcontrol
check "no sanitizer had to speak" sanitizers_quiet
finish
