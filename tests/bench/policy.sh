#!/bin/bash
# The policy tool's figures: whole commands, each beside what it must reach. Nothing here is a test, the machine is shared:
# CPU time is told, of the best of three runs.
#
# usage: tests/bench/policy.sh [--json]
#
# The sanitizer-free build that it needs is made in build-bench beside the source. Lists and sites are generated here. With
# Debian's python3-capirca installed, its aclgen compiles an equivalent policy in the same run, for the ratio.
set -eu
here=$(cd "$(dirname "$0")/../.." && pwd)
build=$here/build-bench
json=
[ "${1:-}" != --json ] || json=1

[ -d "$build" ] || meson setup "$build" "$here" --buildtype=debugoptimized -Db_sanitize=none -Dmedia=disabled >&2
ninja -C "$build" tools/visavis/visavis >&2
visavis=$build/tools/visavis/visavis
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT

gen() { python3 "$here/tests/bench/gen_acl.py" "$@"; }

# run NAME TARGET-MS TARGET-MB COMMAND...: the best CPU time of three and the most memory
results=
run() {
	local name=$1 ms=$2 mb=$3 best=999999 peak=0 t out
	shift 3
	for _ in 1 2 3; do
		out=$(python3 - "$@" <<'END'
import os, subprocess, sys
p = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
_, status, use = os.wait4(p.pid, 0)
print(round((use.ru_utime + use.ru_stime) * 1000), use.ru_maxrss // 1024, os.waitstatus_to_exitcode(status))
END
		)
		set -- "$@"
		t=${out%% *}
		[ "$t" -ge "$best" ] || best=$t
		out=${out#* }
		[ "${out% *}" -le "$peak" ] || peak=${out% *}
		[ "${out#* }" -lt 3 ] || { echo "$name: exit ${out#* }" >&2; exit 1; }
	done
	[ -n "$json" ] || printf '%-52s %7d ms (%5d) %5d MB (%4s)\n' "$name" "$best" "$ms" "$peak" "$mb"
	results="$results${results:+,}{\"name\":\"$name\",\"ms\":$best,\"must_ms\":$ms,\"mb\":$peak}"
}

gen fw1 10000 >"$T/fw10000.cfg"
gen fw1 1000 >"$T/fw1000.cfg"
gen grid 15876 >"$T/grid.cfg"
cat >"$T/site.yaml" <<END
site: bench
networks: { rooms: 10.0.0.0/9, services: 10.128.0.0/9 }
hosts:
  rooms: { role: codec, address: 10.0.0.1-10.0.255.254 }
  callcontrol: { role: callcontrol, address: 10.128.0.10 }
  services: { role: [dns, ntp], address: 10.128.0.53 }
firewalls:
  bench: { dialect: ios, interfaces: { rooms: GigabitEthernet0/0, services: GigabitEthernet0/1 } }
END

[ -n "$json" ] || printf '%-52s %18s %16s\n' "" "CPU (must be below)" "memory"
run "lines that never match, 10,000 lines of fw1 shape" 300 - "$visavis" policy lint --unreachable "$T/fw10000.cfg"
run "whole lint, 10,000 lines" 1000 200 "$visavis" policy lint "$T/fw10000.cfg"
run "whole audit, 10,000 lines" 1000 200 "$visavis" policy audit "$T/site.yaml" "$T/fw10000.cfg"
run "whole audit, 1,000 lines" 50 - "$visavis" policy audit "$T/site.yaml" "$T/fw1000.cfg"
run "15,876 cells that only together cover a line" 3000 - "$visavis" policy lint "$T/grid.cfg"

[ -z "$json" ] || printf '{"policy":[%s]}\n' "$results"
