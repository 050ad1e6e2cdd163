# Two baresip phones register and call each other with audio: over TLS with our own CA, over TCP, over UDP.
. "${VISAVIS_SOURCE:?}/tests/system/lib.sh"
. "$VISAVIS_SOURCE/tests/system/callcontrol.inc.sh"
CC=10.99.2.10
A=10.99.1.10
B=10.99.1.11
C=10.99.1.12

# baresip wants an interface that is not the loopback
n=0
for addr in $A $B $CC; do
	ip link add "v$n" type veth peer name "w$n"
	ip link set "v$n" up
	ip link set "w$n" up
	ip addr add "$addr/32" dev "v$n"
	n=$((n + 1))
done

certificates() {
	(
		cd "$T" && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem \
			-days 2 -subj /CN=test-ca &&
			openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out req.pem \
				-subj /CN=callcontrol &&
			printf 'subjectAltName=IP:%s,DNS:callcontrol\n' "$CC" >ext &&
			openssl x509 -req -in req.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out cert.pem -extfile ext &&
			cat cert.pem key.pem >state/tls.pem && cp ca.pem state/
	)
}

phone_config() { # DIR ADDRESS INTERFACE NUMBER PASSWORD TRANSPORT PORT
	mkdir -p "$T/$1"
	cat >"$T/$1/config" <<-END
		sip_listen $2:5070
		sip_cafile $T/ca.pem
		sip_verify_server yes
		net_interface $3
		rtp_ports 20000-20100
		module_path /usr/lib/baresip/modules
		module opus.so
		module ausine.so
		module ctrl_tcp.so
		module_tmp account.so
		module_app menu.so
		audio_source ausine,440
		ctrl_tcp_listen $2:4444
	END
	echo "<sip:$4@$CC:$7;transport=$6>;auth_user=$4;auth_pass=$5;regint=60;answermode=auto;audio_codecs=opus" \
		>"$T/$1/accounts"
}

tell() { # ADDRESS JSON: to baresip's control port, as a netstring
	python3 - "$1" "$2" <<-'END'
		import socket, sys
		s = socket.create_connection((sys.argv[1], 4444), timeout=5)
		m = sys.argv[2]
		s.sendall(f"{len(m)}:{m},".encode())
		s.settimeout(5)
		s.recv(100)
	END
}

registered() { # how many
	[ "$(visavis ctl --json callcontrol registrations | grep -o '"aor"' | wc -l)" = "$1" ]
}

in_call() {
	visavis ctl --json callcontrol calls | grep -q established
}

heard() { # FILE: what baresip says of its audio, sent/received, is not 0
	grep -q 'audio=[1-9][0-9]*/[1-9]' "$1"
}

round() { # SECURITY TRANSPORT PORT
	cc_site "$1"
	sed -i "s/127\.1\.0\.0/10.99.1.0/; s/127\.2\.0\.0/10.99.2.0/" "$T/site.yaml"
	rm -f "$T"/state/callcontrol.db*
	"$VISAVIS_BUILD/daemons/callcontrol/visavis-callcontrol" --site "$T/site.yaml" --host callcontrol \
		--state "$T/state" --users "$T/users" --log "$T/log.jsonl" 2>>"$T/cc.err" &
	cc_pid=$!
	check "$2: call control starts" wait_for 20 visavis ctl callcontrol status
	phone_config a $A v0 1001 secret1 "$2" "$3"
	phone_config b $B v1 1002 secret2 "$2" "$3"
	(cd "$T/a" && exec baresip -f "$T/a" >"$T/a/out" 2>&1 </dev/null) &
	a=$!
	(cd "$T/b" && exec baresip -f "$T/b" >"$T/b/out" 2>&1 </dev/null) &
	b=$!
	check "$2: both phones register" wait_for 20 registered 2
	check "$2: one dials the other" tell $A "{\"command\":\"dial\",\"params\":\"sip:1002@$CC\"}"
	check "$2: the call is up" wait_for 20 in_call
	check "$2: the tone of one is heard by the other" wait_for 20 heard "$T/b/out"
	check "$2: and the other way" wait_for 20 heard "$T/a/out"
	check "$2: it hangs up" tell $A '{"command":"hangup"}'
	check "$2: the call is over" wait_for 20 sh -c "! visavis ctl --json callcontrol calls | grep -q established"
	kill "$a" "$b"
	check "$2: the phones took their registrations back" wait_for 20 registered 0
	wait "$a" "$b"
	kill "$cc_pid"
	wait "$cc_pid"
	ok $? "$2: call control ends without a complaint"
}

check "a CA and a certificate" certificates
round on tls 5061
round off tcp 5060
round off udp 5060
check "the far side was logged as secure" logged ev=call state=established secure=True
finish
