#!/bin/bash
# Registrations per second of CPU: visavis-callcontrol beside Kamailio, the same sipp scenario (UDP, digest MD5), both on
# the loopback in one run, both writing each registration to SQLite. Prints a table, or with --json one object.
#
# usage: tests/bench/registrations.sh [--json] [REGISTRATIONS [PER-SECOND]]
#
# Measured is the CPU time of all processes of each server, from /proc. The sanitizer-free build that it needs is made in
# build-bench beside the source.
set -eu
here=$(cd "$(dirname "$0")/../.." && pwd)
build=$here/build-bench

if [ -z "${INSIDE:-}" ]; then
	if [ ! -d "$build" ]; then
		meson setup "$build" "$here" --buildtype=release -Db_sanitize=none >&2
	fi
	ninja -C "$build" daemons/callcontrol/visavis-callcontrol >&2
	user=
	[ "$(id -u)" = 0 ] || user="--user --map-root-user"
	# shellcheck disable=SC2086
	INSIDE=1 exec unshare $user --net --mount --pid --fork --kill-child --mount-proc bash "$0" "$@"
fi

json=
[ "${1:-}" != --json ] || { json=1; shift; }
count=${1:-20000}
rate=${2:-2000}
users=1000
server=127.2.0.10
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
ip link set lo up
mkdir -p "$T/state" "$T/run/callcontrol"
export VISAVIS_RUN=$T/run

cat >"$T/site.yaml" <<END
site: demo
security: off
networks: { rooms: 127.1.0.0/24, services: 127.2.0.0/24 }
hosts:
  paris: { role: codec, address: 127.1.0.10, number: "1001" }
  callcontrol: { role: callcontrol, address: $server }
END
(
	umask 077
	echo SEQUENTIAL >"$T/users.csv"
	for ((i = 10000; i < 10000 + users; i++)); do
		echo "$i:secret" >>"$T/users"
		echo "$i;[authentication username=$i password=secret]" >>"$T/users.csv"
	done
)

cat >"$T/kamailio.cfg" <<END
#!KAMAILIO
children=1
log_stderror=yes
debug=0
disable_tcp=yes
auto_aliases=no
listen=udp:$server:5060
mpath="/usr/lib/$(uname -m)-linux-gnu/kamailio/modules/"
loadmodule "db_sqlite.so"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "auth.so"
modparam("usrloc", "db_url", "sqlite:///$T/kamailio.db")
modparam("usrloc", "db_mode", 1)
modparam("auth", "nonce_expire", 300)
modparam("auth", "nonce_count", 1)
modparam("auth", "qop", "auth")
modparam("auth", "nc_array_size", 1048576)
request_route {
	if (is_method("REGISTER")) {
		if (!pv_www_authenticate("demo", "secret", "0")) {
			auth_challenge("demo", "1");
			exit;
		}
		save("location");
		exit;
	}
	sl_send_reply("405", "Method Not Allowed");
}
END
sed -i 's/is_method("REGISTER")/method=="REGISTER"/' "$T/kamailio.cfg"
for f in standard usrloc; do
	sqlite3 "$T/kamailio.db" <"/usr/share/kamailio/db_sqlite/$f-create.sql"
done
sqlite3 "$T/kamailio.db" 'PRAGMA journal_mode=WAL' >/dev/null

ticks() { # of a process and its children
	local sum=0 p
	for p in "$1" $(pgrep -P "$1" || true); do
		sum=$((sum + $(awk '{ sub(/^.*\) /, ""); print $12 + $13 }' "/proc/$p/stat" 2>/dev/null || echo 0)))
	done
	echo "$sum"
}

bound() {
	ss -Hlnu "src $server:5060" | grep -q .
}

wait_bound() {
	for ((i = 0; i < 500; i++)); do
		! bound || return 0
		sleep 0.02
	done
	echo "the server does not listen: $(tail -3 "$T/server.err")" >&2
	return 1
}

measure() { # NAME PID: sets per_cpu, failed
	local before after
	wait_bound
	before=$(ticks "$2")
	(cd "$T" && sipp "$server:5060" -sf "$here/tests/system/sipp/reg.xml" -inf users.csv -i 127.1.0.10 -p 5080 \
		-m "$count" -r "$rate" -l 2000 -nostdin -timeout 300 -trace_stat -stf "stat.$1" -fd 1 \
		</dev/null >"sipp.$1" 2>&1) || echo "sipp against $1 ended with $?" >&2
	after=$(ticks "$2")
	ok=$(tail -1 "$T/stat.$1" | cut -d';' -f16)
	cpu=$(((after - before) * 1000 / $(getconf CLK_TCK)))
	per_cpu=$((ok * 1000 / (cpu > 0 ? cpu : 1)))
	echo "$1: $ok of $count registrations in $cpu ms of CPU" >&2
}

"$build/daemons/callcontrol/visavis-callcontrol" --site "$T/site.yaml" --host callcontrol --state "$T/state" \
	--users "$T/users" 2>"$T/server.err" &
pid=$!
measure visavis "$pid"
visavis=$per_cpu visavis_ok=$ok
kill "$pid"
wait "$pid"

kamailio -f "$T/kamailio.cfg" -DD -E -m 256 2>"$T/server.err" &
pid=$!
measure kamailio "$pid"
kamailio=$per_cpu kamailio_ok=$ok
kill "$pid"
wait "$pid" || true

ratio=$(awk "BEGIN { printf \"%.2f\", $visavis / ($kamailio > 0 ? $kamailio : 1) }")
if [ -n "$json" ]; then
	printf '{"registrations":%d,"visavis_per_cpu_second":%d,"visavis_ok":%d,' "$count" "$visavis" "$visavis_ok"
	printf '"kamailio_per_cpu_second":%d,"kamailio_ok":%d,"ratio":%s}\n' "$kamailio" "$kamailio_ok" "$ratio"
else
	printf '%-22s %10s %10s\n' "" visavis kamailio
	printf '%-22s %10d %10d\n' "registrations" "$visavis_ok" "$kamailio_ok"
	printf '%-22s %10d %10d\n' "per second of CPU" "$visavis" "$kamailio"
	printf 'ratio visavis : kamailio = %s\n' "$ratio"
fi
