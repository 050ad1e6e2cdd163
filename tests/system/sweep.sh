#!/bin/bash
# Tightness: a compiled policy in the kernel passes the sweep; each way of breaking it is found, exactly, and nothing else.
# Also: a packet that no row explains, and one that is dropped, are found in the capture.
# This namespace is the firewall; three more hold the hosts.
. "$VISAVIS_SOURCE/tests/system/lib.sh"
try=$VISAVIS_BUILD/tests/system/proof_try

cat >"$T/site.yaml" <<'S'
site: sweep
security: on
networks:
  paris-room:  [10.77.1.0/24, fd77:1::/64]
  london-room: [10.77.2.0/24]
  services:    [10.77.9.0/24, fd77:9::/64]
hosts:
  paris:    { role: codec, address: [10.77.1.10, "fd77:1::10"], number: "1001" }
  london:   { role: codec, address: 10.77.2.10, number: "1002" }
  services: { role: [callcontrol, dns, ntp, tftp], address: [10.77.9.5, "fd77:9::5"] }
firewalls:
  core:
    dialect: nftables
    interfaces: { paris-room: eth1, london-room: eth2, services: eth3 }
narrow:
  A2-21: { to: [codec], ports: 16384-32768 }
S

# net NAME INTERFACE N HOST [v6]: a namespace behind an interface of ours
declare -A pid
net() {
	local name=$1 eth=$2 n=$3 h=$4
	unshare --net sleep infinity &
	pid[$name]=$!
	wait_for 5 sh -c "[ \$(readlink /proc/${pid[$name]}/ns/net) != \$(readlink /proc/$$/ns/net) ]"
	ip link add "$eth" type veth peer name eth0 netns "${pid[$name]}"
	ip addr add "10.77.$n.1/24" dev "$eth"
	ip link set "$eth" up
	in_ns "$name" ip link set lo up
	in_ns "$name" ip addr add "10.77.$n.$h/24" dev eth0
	in_ns "$name" ip link set eth0 up
	in_ns "$name" ip route add default via "10.77.$n.1"
	[ -n "${5:-}" ] || return 0
	ip addr add "fd77:$n::1/64" dev "$eth" nodad
	in_ns "$name" ip addr add "fd77:$n::$h/64" dev eth0 nodad
	in_ns "$name" ip -6 route add default via "fd77:$n::1"
}

in_ns() {
	local ns=$1
	shift
	nsenter -t "${pid[$ns]}" -n "$@"
}

sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
net paris eth1 1 10 v6
net london eth2 2 10
net services eth3 9 5 v6
nodes="core=/proc/$$/ns/net paris=/proc/${pid[paris]}/ns/net london=/proc/${pid[london]}/ns/net \
	services=/proc/${pid[services]}/ns/net"

visavis policy compile --to nftables --firewall core "$T/site.yaml" >"$T/core.nft" 2>"$T/err"
check "the policy compiles and loads" nft -f "$T/core.nft"

# sweep FILE ARGS...: load a ruleset, sweep, keep what it said
sweep() {
	nft flush ruleset
	nft -f "$1" || return 9
	shift
	# shellcheck disable=SC2086
	"$try" sweep "$T/site.yaml" "$@" $nodes >"$T/out" 2>"$T/err"
}

# findings: what differed, without the way it was found, each once
findings() {
	sed -n 's/ (.*//; /^\(extra\|missing\|untried\)/p' "$T/out" | sort -u
}

sweep "$T/core.nft"
st=$?
ok $st "the compiled policy lets pass exactly what the matrix says, every port, both transports, IPv4 and IPv6"
sed 's/^/# /' "$T/out" "$T/err" | head -n 30
check "every pair of hosts was tried" sh -c "awk '/^probes/ { exit !(\$2 > 1000000 && \$8 == 0) }' '$T/out'"
check "the hosts are as before: no table of ours is left" sh -c \
	"! nsenter -t ${pid[paris]} -n nft list tables | grep -q visavis_sweep"

# Broken in four ways at once: one row out, one port more, one range wider, one source port too many
chain=$(nft list ruleset | awk '/chain/ { c = $2 } /hook forward/ { print c; exit }')
insert="insert rule inet visavis $chain iifname eth1 ip saddr 10.77.1.10"
{
	sed '/dport 5061.*accept/d' "$T/core.nft"
	echo "$insert ip daddr 10.77.9.5 tcp dport 7777 accept"
	echo "$insert ip daddr 10.77.2.10 udp sport 16384-32768 udp dport 16380-32770 accept"
	echo "$insert ip daddr 10.77.2.10 udp sport 32769 udp dport 16384-32768 accept"
} >"$T/broken.nft"
sweep "$T/broken.nft"
[ $? = 1 ]
ok $? "a broken policy is not tight"
findings | sed 's/^/# /' | head -n 40
findings | grep -qx 'missing tcp paris services 50001-50001 5061-5061' &&
	[ "$(findings | grep -c '^missing')" = "$(findings | grep -c '^missing tcp .* services .* 5061-5061$')" ]
ok $? "a row taken out is found, and nothing else is missing"
findings | grep -qx 'extra tcp paris services 50001-50001 7777-7777' && [ "$(findings | grep -c '^extra tcp')" = 1 ]
ok $? "one added port is found, exactly"
findings | grep -qx 'extra udp paris london 16384-16384 16380-16383' &&
	findings | grep -qx 'extra udp paris london 16384-16384 32769-32770'
ok $? "a widened range is found to the port"
findings | grep -qx 'extra udp paris london 32769-32769 16384-16384' &&
	! findings | grep '^extra udp' | grep -qv '^extra udp paris london'
ok $? "a source port too many is found, and no other pair differs"

# anti-spoofing off: only addresses are looked at, the interface is not
{
	cat "$T/core.nft"
	echo "insert rule inet visavis $chain ip saddr 10.77.1.10 ip daddr 10.77.9.5 tcp sport 1024-65535 tcp dport 5061 accept"
} >"$T/broken.nft"
for f in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 0 >"$f"; done
nft -f "$T/broken.nft"
pre=$(nft list ruleset | awk '/chain/ { c = $2 } /hook prerouting/ { print c; exit }')
[ -z "$pre" ] || echo "flush chain inet visavis $pre" >>"$T/broken.nft"
sweep "$T/broken.nft" quick
[ $? = 1 ] && findings | grep -q '^extra tcp london as paris services .* 5061' &&
	! findings | grep -v 'tcp london as paris services' | grep -q .
ok $? "a false source that passes is found, and nothing else"
findings | sed 's/^/# /' | head -n 20

# the capture: one packet of a row, one without a row, one that is dropped
nft flush ruleset
nft -f "$T/core.nft"
cd "$T" || exit 1
mkfifo stop
"$try" watch site.yaml "core=/proc/$$/ns/net" <stop >watch 2>watch.err &
watcher=$!
exec 7>stop
wait_for 10 grep -q watching watch
send() {
	in_ns "$1" python3 - "$2" "$3" "$4" <<'P'
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("0.0.0.0", int(sys.argv[3])))
s.sendto(b"x", (sys.argv[1], int(sys.argv[2])))
P
}
send paris 10.77.9.5 53 40001
send paris 10.77.9.5 9999 40002
wait_for 5 sh -c "nft list counter inet visavis dropped | grep -q 'packets 1 '"
exec 7>&-
wait "$watcher"
ok $? "the capture ends well"
sed 's/^/# /' watch watch.err
grep -q '^unexplained 1 core eth1: udp 10.77.1.10:40002 > 10.77.9.5:9999' watch &&
	[ "$(grep -c ^unexplained watch)" = 1 ]
ok $? "a packet without a row is found, and no other"
grep -q '^dropped 1 eth1: udp 10.77.1.10:40002 > 10.77.9.5:9999' watch
ok $? "and that it was dropped"
if command -v tshark >/dev/null; then
	tshark -r core.pcapng -T fields -e udp.dstport 2>/dev/null | grep -qx 9999 &&
		tshark -r core.pcapng -T fields -e frame.interface_name 2>/dev/null | grep -qx eth1
	ok $? "tshark reads the capture, with the interfaces' names"
else
	skip "tshark reads the capture" "no tshark"
fi

for p in "${pid[@]}"; do kill "$p"; done
finish
