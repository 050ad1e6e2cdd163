#!/bin/bash
# The policy tool's figures: whole commands, each beside what it must reach, a line each: figure, value, target, ok or missed.
#
# usage: tests/bench/policy.sh [--json]
#
# Nothing here is part of ./check: the machine may be shared. Times are CPU time (user and system), the best of three runs;
# what is held against another tool is a ratio in this run. The build is made beside the source in build-bench-policy, with -O3 and
# without sanitizers. Lists, sites and policies are generated (gen_acl.py, gen_policy.py). With Debian's python3-capirca its
# aclgen writes the same 10,000 terms (for the ratio) and the demo site's flows (capirca_demo.py, for the number of lines:
# the two configurations must also be equal in effect). Takes a minute, and 500 MB in the temporary folder.
# Ends with 1 when a figure is missed.
set -eu
here=$(cd "$(dirname "$0")/../.." && pwd)
build=$here/build-bench-policy
bench=$here/tests/bench
json=
[ "${1:-}" != --json ] || json=1

[ -d "$build" ] || meson setup "$build" "$here" --buildtype=release -Db_sanitize=none -Dmedia=disabled >&2
ninja -C "$build" tools/visavis/visavis >&2
visavis=$build/tools/visavis/visavis
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT

results=
missed=0

# tell NAME VALUE UNIT MOST|LEAST TARGET
tell() {
	local word=ok
	awk "BEGIN { exit !($2 $([ "$4" = most ] && echo '<=' || echo '>=') $5) }" || { word=missed; missed=1; }
	[ -n "$json" ] || printf '%-58s %9s %-5s %5s %6s  %s\n' "$1," "$2" "$3," "$4" "$5," "$word"
	results="$results${results:+,}{\"figure\":\"$1\",\"value\":$2,\"unit\":\"$3\",\"$4\":$5,\"ok\":$([ $word = ok ] && echo true || echo false)}"
}

# measure COMMAND...: sets ms to the best CPU time of three, mb to the most memory, rc
measure() {
	read -r ms mb rc < <(python3 - "$@" <<'PY'
import os, subprocess, sys
best, peak = None, 0
for _ in range(3):
    p = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, use = os.wait4(p.pid, 0)
    ms = round((use.ru_utime + use.ru_stime) * 1000)
    best = ms if best is None else min(best, ms)
    peak = max(peak, use.ru_maxrss // 1024)
print(best, peak, os.waitstatus_to_exitcode(status))
PY
	)
}

# figure NAME MOST-MS MOST-MB|- MOST-EXIT COMMAND...
figure() {
	local name=$1 most=$2 memory=$3 exit=$4
	shift 4
	measure "$@"
	[ "$rc" -le "$exit" ] || { echo "$name: exit $rc" >&2; exit 2; }
	tell "$name" "$ms" ms most "$most"
	[ "$memory" = - ] || tell "  memory" "$mb" MB most "$memory"
}

compile_terms() {
	local ours
	python3 "$bench/gen_policy.py" terms "$T/terms"
	measure "$visavis" policy compile --to ios "$T/terms/site.yaml"
	[ "$rc" -eq 0 ] || { echo "compiling the terms: exit $rc" >&2; exit 2; }
	ours=$ms
	tell "10,000 terms to IOS" "$ms" ms most 2000
	if ! command -v aclgen >/dev/null; then
		echo "no aclgen here: install python3-capirca for the ratio" >&2
		return
	fi
	measure aclgen --base_directory "$T/terms" --definitions_directory "$T/terms/def" \
		--output_directory "$T/terms" --policy_file "$T/terms/bench.pol"
	tell "  times faster than aclgen ($ms ms, $mb MB)" $((ms / (ours ? ours : 1))) "" least 50
	read -r ours capirca < <(python3 "$bench/capirca_demo.py" "$visavis" "$here/lab/sites/demo.yaml")
	tell "lines for the demo site (most: what aclgen writes)" "$ours" "" most "$capirca"
}

compile_hosts() {
	local to
	for to in ios asa nftables; do
		python3 "$bench/gen_policy.py" hosts 10000 "$to" >"$T/hosts.yaml"
		figure "a site of 10,000 hosts to $to" 2000 - 0 "$visavis" policy compile --to "$to" "$T/hosts.yaml"
	done
	for to in ios-groups asa nftables; do
		python3 "$bench/gen_policy.py" hosts 10000 "${to%-groups}" 2 >"$T/hosts.yaml"
		figure "10,000 hosts without neighbours to $to" 2000 - 0 "$visavis" policy compile --to "$to" "$T/hosts.yaml"
	done
}

audit_lists() {
	local shape
	for shape in "fw1 10000" "fw1 1000" "grid 15876"; do
		# shellcheck disable=SC2086 # two words
		python3 "$bench/gen_acl.py" $shape >"$T/${shape// /}.cfg"
	done
	cat >"$T/site.yaml" <<-END
		site: bench
		networks: { rooms: 10.0.0.0/9, services: 10.128.0.0/9 }
		hosts:
		  rooms: { role: codec, address: 10.0.0.1-10.0.255.254 }
		  callcontrol: { role: callcontrol, address: 10.128.0.10 }
		  services: { role: [dns, ntp], address: 10.128.0.53 }
		firewalls:
		  bench: { dialect: ios, interfaces: { rooms: GigabitEthernet0/0, services: GigabitEthernet0/1 } }
	END
	figure "lines that never match, 10,000 lines of fw1 shape" 300 - 1 "$visavis" policy lint --unreachable "$T/fw110000.cfg"
	figure "whole lint, 10,000 lines" 1000 200 1 "$visavis" policy lint "$T/fw110000.cfg"
	figure "whole audit with excess, 10,000 lines" 1000 200 1 "$visavis" policy audit "$T/site.yaml" "$T/fw110000.cfg"
	figure "whole audit with excess, 1,000 lines" 50 - 1 "$visavis" policy audit "$T/site.yaml" "$T/fw11000.cfg"
	figure "15,876 cells that only together cover a line" 3000 - 1 "$visavis" policy lint "$T/grid15876.cfg"
	# out of steps must be said: exit 2, cannot tell
	measure "$visavis" policy lint --unreachable --steps 1000 "$T/grid15876.cfg"
	tell "exit of the same with 1,000 steps a question" "$rc" "" least 2
}

# 200 MB: a clear end, in bounded memory. What is mapped of the file counts as memory, so the bound has room for it.
read_large() {
	local shape
	for shape in large-rules large-sets large-strange; do
		python3 "$bench/gen_acl.py" "$shape" 200 >"$T/large.cfg"
		measure "$visavis" policy lint --unreachable "$T/large.cfg"
		tell "200 MB of $shape: exit" "$rc" "" most 3
		tell "  time" "$ms" ms most 20000
		tell "  memory, the file's pages with it" "$mb" MB most 1300
		rm -f "$T/large.cfg"
	done
}

compile_terms
compile_hosts
audit_lists
read_large
[ -z "$json" ] || printf '{"policy":[%s]}\n' "$results"
exit $missed
