#!/bin/bash
# Our SRTP, RTCP and H.264 payloads against another's: ffmpeg sends to us and reads what we send. Pictures must be equal.
. "$VISAVIS_SOURCE/tests/system/lib.sh"

PEER="$VISAVIS_BUILD/tests/system/srtp_peer"
KEY=WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz
N=60
FF="ffmpeg -hide_banner -loglevel error -nostdin -y"

# hashes FILE: the decoded pictures' hashes of the first N frames
hashes() { $FF -i "$1" -frames:v $N -f framemd5 - | grep -v '^#' | awk '{print $NF}'; }
same() { [ "$(hashes "$1" | wc -l)" = "$N" ] && [ "$(hashes "$1")" = "$(hashes "$2")" ]; }
bound() { [ "$(ss -Huln "sport = :$1" | wc -l)" -gt 0 ]; }
stat() { python3 -c "import json,sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])" "$1" "$2"; }

$FF -f lavfi -i testsrc=size=640x360:rate=30 -frames:v $((N + 20)) -c:v libx264 -bf 0 -g 30 -pix_fmt yuv420p \
	-b:v 2M -x264-params repeat-headers=1 -f h264 "$T/source.h264"
check "a source was made" test -s "$T/source.h264"

# to us: plain, then SRTP; ffmpeg's sender reports must open too
recv() {
	local name=$1 key=$2 scheme=$3
	shift 3
	"$PEER" recv "$T/$name.h264" 7000 7100 "$key" $N >"$T/$name.json" &
	local pid=$!
	wait_for 10 bound 7000
	$FF -re -i "$T/source.h264" -c copy -f rtp -payload_type 96 "$@" \
		"$scheme://127.0.0.1:7000?localrtpport=7100&localrtcpport=7101&pkt_size=1200" >/dev/null 2>"$T/$name.err"
	wait $pid
	check "$name: $N pictures are equal" same "$T/$name.h264" "$T/source.h264"
	check "$name: nothing lost" test "$(stat "$T/$name.json" lost)" = 0
	check "$name: nothing rejected" test "$(stat "$T/$name.json" rejected)" = 0
	check "$name: the reports gave times" test "$(stat "$T/$name.json" with_time)" -gt 0
}
recv from_ffmpeg_rtp - rtp
recv from_ffmpeg_srtp $KEY srtp -srtp_out_suite AES_CM_128_HMAC_SHA1_80 -srtp_out_params $KEY

# a wrong key: all is refused, nothing comes out
"$PEER" recv "$T/wrong.h264" 7000 7100 "${KEY/W/X}" 1 >"$T/wrong.json" &
pid=$!
wait_for 10 bound 7000
$FF -i "$T/source.h264" -frames:v 10 -c copy -f rtp -payload_type 96 -srtp_out_suite AES_CM_128_HMAC_SHA1_80 \
	-srtp_out_params $KEY "srtp://127.0.0.1:7000?localrtpport=7100&localrtcpport=7101&pkt_size=1200" >/dev/null 2>&1
kill $pid
wait $pid
check "a wrong key gives no picture" test ! -s "$T/wrong.h264"
check "a wrong key is counted" test "$(stat "$T/wrong.json" rejected)" -ge 10

# from us
send() {
	local name=$1 key=$2 crypto=$3
	printf 'v=0\no=- 0 0 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 7200 %s 96\na=rtpmap:96 H264/90000\n%s' \
		"$([ "$key" = - ] && echo RTP/AVP || echo RTP/SAVP)" \
		$'a=fmtp:96 packetization-mode=1\n'"$crypto" >"$T/$name.sdp"
	timeout 60 $FF -protocol_whitelist file,crypto,udp,rtp,srtp -i "$T/$name.sdp" -c copy -frames:v $N -f h264 \
		"$T/$name.h264" 2>"$T/$name.err" &
	local pid=$!
	wait_for 10 bound 7200
	"$PEER" send "$T/source.h264" 7300 7200 "$key" 30 >"$T/$name.json"
	wait $pid
	check "$name: $N pictures are equal" same "$T/$name.h264" "$T/source.h264"
	check "$name: nothing failed to leave" test "$(stat "$T/$name.json" send_errors)" = 0
}
send to_ffmpeg_rtp - ''
send to_ffmpeg_srtp $KEY "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:$KEY"$'\n'

finish
