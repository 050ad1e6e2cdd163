#!/bin/bash
# What measuring costs and how true its stamps are: agent and responder in two network namespaces, one veth between them.
#
# usage: tests/bench/sla.sh [SECONDS]
#
# 1. a room of three screens (1,350 packets a second): share of a core at each end, from /proc
# 2. the same: the four stamps against a capture of both ends of the link
# 3. a load of 100,000 packets a second on one operation, and on 100 at once: answered, lost, share of a core
# One JSON object a line. The build without sanitizers that it needs is made in build-bench beside the source.
set -eu
here=$(cd "$(dirname "$0")/../.." && pwd)
build=${SLA_BUILD:-$here/build-bench}

if [ -z "${INSIDE:-}" ]; then
	[ -d "$build" ] || meson setup "$build" "$here" --buildtype=release -Db_sanitize=none >&2
	ninja -C "$build" daemons/sla/visavis-sla tools/visavis/visavis tests/bench/sla_blast >&2
	user=
	[ "$(id -u)" = 0 ] || user="--user --map-root-user"
	# shellcheck disable=SC2086
	INSIDE=1 exec unshare $user --net --mount --pid --fork --kill-child --mount-proc bash "$0" "$@"
fi

seconds=${1:-10}
near=10.9.0.1
far=10.9.0.2
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
export VISAVIS_RUN=$T/run
mkdir -p "$T/run/near" "$T/run/far" "$T/state"
cat >"$T/site.yaml" <<END
site: bench
networks: { near: $near/32, far: $far/32 }
hosts:
  near: { role: sla-agent, address: $near }
  far: { role: sla-responder, address: $far, sla-operations: "512" }
END

# the far end: a namespace of its own, held by a process that sleeps
unshare --net sleep 1000000 &
holder=$!
until [ "$(readlink /proc/$holder/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.01; done
there() { nsenter --net=/proc/$holder/ns/net "$@"; }
ip link add v0 type veth peer name v1
ip link set v1 netns "$holder"
ip addr add $near/30 dev v0
ip link set v0 up
there ip addr add $far/30 dev v1
there ip link set v1 up
there ip link set lo up

visavis() { "$build/tools/visavis/visavis" "$@"; }
ready() { for _ in $(seq 500); do visavis ctl "$1" status >/dev/null 2>&1 && return; sleep 0.02; done; return 1; }
nsenter --net=/proc/$holder/ns/net "$build/daemons/sla/visavis-sla" --site "$T/site.yaml" --state "$T/state" --host far \
	--responder 2>"$T/far.err" &
far_pid=$!
"$build/daemons/sla/visavis-sla" --site "$T/site.yaml" --state "$T/state" --host near 2>"$T/near.err" &
near_pid=$!
ready far
ready near
ticks() { awk '{print $14 + $15}' "/proc/$1/stat"; }
# share TICKS-BEFORE PID SECONDS
share() { echo "$(ticks "$2") $1 $3" | awk '{printf "%.1f", ($1 - $2) / 100 / $3 * 100}'; }

tcpdump -i v0 -s 128 --time-stamp-precision=nano -w "$T/near.pcap" udp 2>"$T/dump1" &
dump1=$!
there tcpdump -i v1 -s 128 --time-stamp-precision=nano -w "$T/far.pcap" udp 2>"$T/dump2" &
dump2=$!
for f in "$T/dump1" "$T/dump2"; do for _ in $(seq 500); do grep -q listening "$f" && break; sleep 0.02; done; done
visavis probe near far --profile room3-1080p-best --duration "$seconds" --format samples >"$T/samples"
sleep 1
kill "$dump1" "$dump2"
wait "$dump1" "$dump2" || :
printf '{"bench": "stamps against the wire", "us": %s}\n' \
	"$(python3 "$here/tests/bench/sla_stamps.py" "$T/samples" "$T/near.pcap" "$T/far.pcap" $far)"

a=$(ticks "$near_pid") b=$(ticks "$far_pid")
visavis probe near far --profile room3-1080p-best --duration "$seconds" --format json >"$T/json" || :
printf '{"bench": "three screens", "packets": %s, "agent_core_percent": %s, "responder_core_percent": %s}\n' \
	"$(python3 -c 'import json, sys; print(json.load(sys.stdin)["sent"])' <"$T/json")" "$(share "$a" "$near_pid" "$seconds")" "$(share "$b" "$far_pid" "$seconds")"

for ops in 1 100; do
	b=$(ticks "$far_pid")
	load=$("$build/tests/bench/sla_blast" $far 100000 "$seconds" 124 $ops)
	printf '{"bench": "load", "operations": %s, "result": %s, "responder_core_percent": %s}\n' \
		"$ops" "$load" "$(share "$b" "$far_pid" "$seconds")"
done
kill "$near_pid" "$far_pid" "$holder"
wait || :
