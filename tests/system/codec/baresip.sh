# baresip as the far end: baresip_start NAME NUMBER PASSWORD ADDRESS TRANSPORT CODECS [ACCOUNT-PARAMETERS]
# Commands go to its ctrl_tcp socket on ADDRESS:4444.
baresip_start() {
	local dir=$T/baresip-$1 modules
	modules=$(dirname "$(find /usr/lib -name avcodec.so -path '*baresip*' | head -n 1)")
	rm -rf "$dir/snd"
	mkdir -p "$dir/snd"
	cat >"$dir/config" <<-C
	sip_listen		$4:0
	net_interface		far
	$([ -f "$T/ca.pem" ] && echo "sip_cafile $T/ca.pem")
	call_local_timeout	30
	call_max_calls		2
	audio_player		aubridge,nil
	audio_source		ausine,440
	ausrc_srate		48000
	auplay_srate		48000
	ausrc_channels		2
	auplay_channels		2
	audio_alert		aubridge,nil
	video_source		fakevideo,nil
	video_display		fakevideo,nil
	video_size		352x288
	video_bitrate		500000
	video_fps		15
	rtp_ports		20000-21000
	rtcp_mux		no
	jitter_buffer_delay	5-10
	module_path		$modules
	module			ctrl_tcp.so
	ctrl_tcp_listen		$4:4444
	module			opus.so
	module			g722.so
	module			g711.so
	module			ausine.so
	module			aubridge.so
	module			avcodec.so
	module			fakevideo.so
	module			srtp.so
	module			sndfile.so
	snd_path		$dir/snd
	module			snapshot.so
	module_app		account.so
	module_app		menu.so
	C
	echo "<sip:$2@demo;transport=$5>;auth_user=$2;auth_pass=$3;regint=300;answermode=auto;audio_codecs=$6;video_codecs=H264;outbound=\"sip:10.77.1.3:$([ "$5" = tls ] && echo 5061 || echo 5060);transport=$5\"${7:-}" >"$dir/accounts"
	: >"$dir/contacts"
	nsenter -t "${pid[far]}" -n baresip -f "$dir" -s >"$dir/out" 2>&1 </dev/null &
	pid[baresip]=$!
	wait_for 20 grep -qE "200 OK .* \[1 binding|registered successfully" "$dir/out"
}

# baresip_do ADDRESS COMMAND [PARAMETERS]: a netstring with JSON
baresip_do() {
	far python3 - "$@" <<-'P'
	import json, socket, sys
	m = json.dumps({"command": sys.argv[2], "params": sys.argv[3] if len(sys.argv) > 3 else ""})
	s = socket.create_connection((sys.argv[1], 4444), 5)
	s.sendall(f"{len(m)}:{m},".encode())
	s.settimeout(3)
	print(s.recv(65536).decode(errors="replace"))
	P
}
