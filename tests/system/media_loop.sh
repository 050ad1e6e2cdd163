#!/bin/bash
# Two media processes in a call over loopback, with a driver in place of visavis-codec; FFmpeg as an independent reader
# and sender of streams and files.
. "$VISAVIS_SOURCE/tests/system/lib.sh"
export T
M=$VISAVIS_BUILD/daemons/media/visavis-media
run() { python3 -B "$VISAVIS_SOURCE/tests/system/media_loop.py" "$@"; }

check "a clip is made" "$M" --make "$T/clip.mp4" --size 320x180 --fps 30 --seconds 4 --bitrate 300000 --name london
check "a larger one is made" "$M" --make "$T/big.mp4" --size 1280x720 --fps 15 --seconds 2 --bitrate 1000000 --name oslo
probe() { ffprobe -v error -count_frames -select_streams "$1" -show_entries "$2" -of csv=p=0 "$T/clip.mp4"; }
check "ffprobe counts its pictures" test "$(probe v stream=codec_name,profile,width,height,nb_read_frames | tr -d ' ')" = \
	"h264,ConstrainedBaseline,320,180,120"
check "ffprobe knows its sound" test "$(probe a stream=codec_name,sample_rate)" = "opus,48000"
check "a missing clip is refused" bash -c "! $M --decode $T/none.mp4 2>$T/err && grep -q 'No such file' $T/err"

check "a file arrives equal, plain" run file plain
check "a file arrives equal, AES_CM_128_HMAC_SHA1_80" run file AES_CM_128_HMAC_SHA1_80
check "a file arrives equal, AEAD_AES_128_GCM" run file AEAD_AES_128_GCM
for codec in opus G722 PCMU PCMA; do
	check "delay by time code, lip sync by beep, $codec" run pattern "$codec"
done
check "a missing file gives a slate" run missing
check "a truncated file is sent as far as it goes" run truncated
check "a small peer gets small pictures" run small
check "a window, a sound card, no camera" run devices
check "a hundred calls leave nothing behind" run repeat
check "an orphan ends" run orphan
check "malformed messages are refused" run bad
mkdir "$T/full"
if mount -t tmpfs -o size=16k tmpfs "$T/full" 2>/dev/null; then
	FULL=$T/full check "a full disk is said once" env FULL="$T/full" VISAVIS_MEDIA_SANDBOX=on \
		python3 -B "$VISAVIS_SOURCE/tests/system/media_loop.py" full
	umount "$T/full"
else
	skip "a full disk is said once" "no tmpfs can be mounted here"
fi
check "FFmpeg decodes our stream" run ffmpeg_reads
check "FFmpeg's stream arrives equal" run ffmpeg_sends
finish
