# Sourced after lib.sh: a site with three users, and call control that serves it.
CC=127.2.0.10
A=127.1.0.10
B=127.1.0.11
C=127.1.0.12
export VISAVIS_RUN="$T/run"
SIPP="$VISAVIS_SOURCE/tests/system/sipp"
PEER="python3 $VISAVIS_SOURCE/tests/system/sip_peer.py"
mkdir -p "$T/run/callcontrol" "$T/state"

cc_site() { # on|off
	cat >"$T/site.yaml" <<-END
		site: demo
		security: $1
		networks:
		  rooms: 127.1.0.0/24
		  services: 127.2.0.0/24
		hosts:
		  paris: { role: codec, address: $A, number: "1001" }
		  rome: { role: codec, address: $B, number: "1002" }
		  oslo: { role: codec, address: $C, number: "1003" }
		  callcontrol: { role: callcontrol, address: $CC }
	END
	(umask 077 && printf '1001:secret1\n1002:secret2\n1003:secret3\n' >"$T/users")
}

cc_listening() {
	[ -S "$T/run/callcontrol/ctl.sock" ] && $PEER options "$CC"
}

cc_start() {
	"$VISAVIS_BUILD/daemons/callcontrol/visavis-callcontrol" --site "$T/site.yaml" --host callcontrol \
		--state "${1:-$T/state}" --users "$T/users" --log "$T/log.jsonl" 2>>"$T/cc.err" &
	cc_pid=$!
	wait_for 20 cc_listening
}

cc_stop() {
	kill "$cc_pid"
	wait "$cc_pid"
}

cc_killed() {
	kill -9 "$cc_pid"
	wait "$cc_pid" 2>/dev/null
	return 0
}

# cc_sipp ADDRESS PORT USER PASSWORD TRANSPORT SCENARIO [MORE]: a caller
cc_sipp() {
	local addr=$1 port=$2 user=$3 pass=$4 tp=$5 sf=$6
	shift 6
	printf 'SEQUENTIAL\n%s;[authentication username=%s password=%s]\n' "$user" "$user" "$pass" >"$T/$user.csv"
	(cd "$T" && timeout 40 sipp "$CC:5060" -sf "$SIPP/$sf.xml" -inf "$T/$user.csv" -i "$addr" -p "$port" -t "$tp" \
		-m 1 -nostdin -timeout 30 -trace_err -error_file "$T/sipp.$user.$sf.err" "$@" </dev/null)
}

# cc_uas ADDRESS PORT SCENARIO: waits to be called; sets uas_pid
cc_uas() {
	(cd "$T" && exec timeout 40 sipp -sf "$SIPP/$3.xml" -i "$1" -p "$2" -m 1 -nostdin -timeout 30 -trace_err \
		-error_file "$T/sipp.$1.$3.err" </dev/null >/dev/null 2>&1) &
	uas_pid=$!
	wait_for 10 udp_bound "$1" "$2"
}

udp_bound() {
	ss -Hlnu "src $1:$2" | grep -q .
}

# an event with these FIELD=TEXT was logged; FIELD~TEXT: contains
logged() {
	$PEER logged "$T/log.jsonl" "$@"
}
