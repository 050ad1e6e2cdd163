# Sourced by the codec's system tests: two rooms and call control on addresses of their own, in the test's own namespaces.
#
# Rooms: paris (1001, 10.77.1.2), london (1002, 10.77.1.4), answered by hand unless SETTINGS_london says more.
cd "$T" || exit 1
export VISAVIS_RUN=$T/run
B=$VISAVIS_BUILD/daemons
FAKE=$VISAVIS_SOURCE/tests/system/codec/fake_media.py
declare -A pid

# 10.77.1.5 lives in a network namespace of its own: a peer that does not bind its address sends from there all the same
unshare --net sleep infinity &
pid[far]=$!
wait_for 5 sh -c "[ \"\$(readlink /proc/${pid[far]}/ns/net)\" != \"\$(readlink /proc/self/ns/net)\" ]"
ip link add near type veth peer name far netns "${pid[far]}"
for i in 2 3 4 6; do ip addr add "10.77.1.$i/24" dev near; done
ip link set near up
far() { nsenter -t "${pid[far]}" -n "$@"; }
far ip link set lo up
far ip addr add 10.77.1.5/24 dev far
far ip link set far up

ctl() { visavis ctl "$@"; }

# rooms_site on|off: site file, passwords, certificates
rooms_site() {
	local h
	mkdir -p paris london berlin callcontrol run/{paris,london,berlin,callcontrol}
	cat >site.yaml <<-Y
	site: demo
	security: $1
	networks: { n: 10.77.1.0/24 }
	hosts:
	  paris: { role: codec, address: 10.77.1.2, number: "1001", ${SETTINGS_paris:-} sink-video: none }
	  london: { role: codec, address: 10.77.1.4, number: "1002", ${SETTINGS_london:-} sink-video: none }
	  berlin: { role: codec, address: 10.77.1.6, number: "1003", sink-video: none }
	  callcontrol: { role: callcontrol, address: 10.77.1.3 }
	  ${SITE_EXTRA:-}
	Y
	printf '1001:secret\n1002:geheim\n1003:berlin\n' >users
	chmod 600 users
	echo secret >paris/password
	echo geheim >london/password
	echo berlin >berlin/password
	chmod 600 ./*/password
	[ "$1" = on ] || return 0
	certificate_authority ca
	for h in paris:10.77.1.2 london:10.77.1.4 callcontrol:10.77.1.3; do
		certificate ca "${h%:*}" "${h%:*}.demo.visavis.test" "${h#*:}"
	done
}

certificate_authority() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj "/CN=$1" \
		-keyout "$1.key" -out "$1.pem" 2>/dev/null
}

# certificate CA HOST DNSNAME ADDRESS: HOST/tls.pem, HOST/ca.pem
certificate() {
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$2" \
		-keyout "$2/key.pem" -out "$2/req.pem" 2>/dev/null
	echo "subjectAltName=DNS:$3,IP:$4" >"$2/ext"
	openssl x509 -req -in "$2/req.pem" -CA "$1.pem" -CAkey "$1.key" -CAcreateserial -days 1 \
		-extfile "$2/ext" -out "$2/cert.pem" 2>/dev/null
	cat "$2/cert.pem" "$2/key.pem" >"$2/tls.pem"
	cp "$1.pem" "$2/ca.pem"
}

start_callcontrol() {
	"$B/callcontrol/visavis-callcontrol" --site site.yaml --host callcontrol --state callcontrol \
		--log callcontrol.jsonl --users users 2>>callcontrol.err &
	pid[callcontrol]=$!
	wait_for 20 ctl callcontrol help
}

# start_room NAME [MEDIA]
start_room() {
	FAKE_MEDIA_LOG=$1.media "$B/codec/visavis-codec" --site site.yaml --host "$1" --state "$1" --out "$1" \
		--log "$1.jsonl" --media "${2:-$FAKE}" 2>>"$1.err" &
	pid[$1]=$!
}

# jq without jq: json HOST EXPRESSION over the status `s`
json() {
	ctl --json "$1" status | python3 -c "import json, sys; s = json.load(sys.stdin); sys.exit(not ($2))"
}

registered() { json "$1" 's["registration"]["ok"] and s["media"]'; }
in_call() { json "$1" 's["call"] and s["call"]["state"] == "established"'; }
no_call() { json "$1" 'not s["call"]'; }
rings() { json "$1" 's["call"] and s["call"]["state"] == "incoming"'; }

# event NAME PYTHON-EXPRESSION over the event `e`: is there such a line in NAME.jsonl?
event() {
	python3 - "$1.jsonl" "$2" <<-'P'
	import json, sys
	sys.exit(not any(eval(sys.argv[2], {"e": e, "g": e.get}) for e in map(json.loads, open(sys.argv[1]))))
	P
}

# child of a room: the pid of its media process
media_of() { pgrep -P "${pid[$1]}" | head -n 1; }

# stop NAME: ask, wait; its exit code
stop() {
	kill -TERM "${pid[$1]}" 2>/dev/null
	wait "${pid[$1]}"
}

sanitizers_quiet() { ! grep -lE "ERROR: (Address|Leak)Sanitizer|runtime error" ./*.err; }
