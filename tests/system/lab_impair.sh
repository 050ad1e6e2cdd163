#!/bin/bash
# A site with impaired links: they delay and lose as told while programs run, and are whole for the sweep.
. "$VISAVIS_SOURCE/tests/system/lib.sh"

cat >"$T/site.yaml" <<'YAML'
site: path
networks: { office: 10.93.1.0/24, core: 10.93.2.0/24 }
hosts:
  desk: { role: admin, address: 10.93.1.10 }
  desk2: { role: admin, address: 10.93.1.11 }
  services: { role: [dns, ntp], address: 10.93.2.53 }
  agent: { role: sla-agent, address: 10.93.1.20 }
firewalls:
  wall: { dialect: nftables, interfaces: { left: office, right: core } }
YAML
cat >"$T/site.impair" <<'I'
link services            # alone behind the firewall
both: delay 30
link desk2               # on a bridge with others
forward: delay 40; back: loss every 2
I
S=$T/site.yaml
on() { timeout 30 visavis lab exec --out "$T/out" "$S" "$@"; }

check "the plan shows which" bash -c "visavis lab plan $S | grep -c impaired | grep -qx 2"
check "the site comes up" timeout 60 visavis lab up "$S" --out "$T/out" --detach
# rtt HOST ADDRESS: the least round trip of three, whole milliseconds
rtt() { on "$1" ping -n -c 3 -i 0.2 -W 5 "$2" | sed -n 's/^rtt.* = \([0-9]*\).*/\1/p'; }
r=$(rtt desk 10.93.2.53)
check "there and back takes twice the delay ($r ms)" test "$r" -ge 60
r=$(rtt desk 10.93.1.20)
check "another host's link is as before ($r ms)" test "$r" -lt 30
on desk ping -n -c 4 -i 0.2 -W 1 10.93.1.11 >"$T/ping"
check "every second packet to the other is lost" grep -q '2 received' "$T/ping"
check "the site goes down" timeout 60 visavis lab down "$S" --out "$T/out"
check "the record has every packet" python3 - "$T/out/capture/desk2.impair.jsonl" <<'P'
import json, sys
rows = [json.loads(line) for line in open(sys.argv[1])]
back = [r["did"] for r in rows if r.get("dir") == "back"]
assert back == ["lost" if i % 2 else "sent" for i in range(len(back))] and len(back) >= 4, back
given = [r["given_ns"] for r in rows if r.get("dir") == "forward" and r["did"] == "sent"]
assert given and min(given) >= 39_999_000, given
P

sed -i '/^link desk2/,$d' "$T/site.impair"
timeout 120 visavis lab run --prove --seconds 1 "$S" --out "$T/out" >"$T/run" 2>&1
ok $? "the site lives, and is tight"
tail -n 20 "$T/run" | sed 's/^/# /'

echo "link nobody" >"$T/site.impair"
visavis lab up "$S" --out "$T/out" >"$T/err" 2>&1
check "a link of no host is bad usage" test $? = 3
check "told with its place" grep -q 'site.impair:1:6: the site has no host nobody' "$T/err"
echo "both: delay 3" >"$T/site.impair"
visavis lab up "$S" --out "$T/out" >"$T/err" 2>&1
check "a rule of no link is told" grep -q 'site.impair:.*which link' "$T/err"
finish
