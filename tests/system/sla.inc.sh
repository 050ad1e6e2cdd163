# Sourced after lib.sh: a site with an agent and a responder, and the responder's program.
NEAR=127.1.0.10
FAR=127.2.0.10
FAR6=fd00:2::10
NEAR6=fd00:1::10
export VISAVIS_RUN="$T/run"
export PYTHONDONTWRITEBYTECODE=1
# where the distribution's packages are
PYTHON=python3
$PYTHON -c 'import scapy' 2>/dev/null || PYTHON=/usr/bin/python3
ASK="$PYTHON $VISAVIS_SOURCE/tests/system/sla_asks.py"
SLA="$VISAVIS_BUILD/daemons/sla/visavis-sla"
mkdir -p "$T/run/far" "$T/run/near" "$T/state"
ip -6 addr add $FAR6/128 dev lo nodad
ip -6 addr add $NEAR6/128 dev lo nodad

# sla_site FAR_OPTIONS NEAR_OPTIONS: each ", key: value"
sla_site() {
	cat >"$T/site.yaml" <<-END
		site: demo
		networks:
		  near: [127.1.0.0/24, "fd00:1::/64"]
		  far: [127.2.0.0/24, "fd00:2::/64"]
		hosts:
		  near: { role: sla-agent, address: [$NEAR, "$NEAR6"]${2:-} }
		  far: { role: sla-responder, address: [$FAR, "$FAR6"]${1:-} }
	END
}

sla_ready() {
	[ -S "$T/run/$1/ctl.sock" ] && visavis ctl "$1" status
}

# sla_start HOST [OPTION...]: sets sla_pid
sla_start() {
	local host=$1
	shift
	"$SLA" --site "$T/site.yaml" --host "$host" --state "$T/state" --log "$T/$host.jsonl" "$@" 2>>"$T/$host.err" &
	sla_pid=$!
	wait_for 20 sla_ready "$host"
}

# sla_stop PID: its exit status
sla_stop() {
	kill "$1"
	wait "$1"
}

# sla_json HOST EXPRESSION: true of its status
sla_json() {
	visavis ctl --json "$1" status | python3 -c "import json,sys; s=json.load(sys.stdin); sys.exit(not ($2))"
}
