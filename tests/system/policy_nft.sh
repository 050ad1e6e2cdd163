#!/bin/bash
# A compiled policy in the kernel: packets of rows pass and are counted both ways, all others are dropped and counted.
# This namespace is the firewall; three more hold the hosts.
. "$VISAVIS_SOURCE/tests/system/lib.sh"
wire="python3 $VISAVIS_SOURCE/tests/system/policy_wire.py"

cat >"$T/site.yaml" <<'S'
site: wire
security: on
networks:
  paris-room:  [10.77.1.0/24, fd77:1::/64]
  london-room: [10.77.2.0/24, fd77:2::/64]
  services:    [10.77.9.0/24, fd77:9::/64]
hosts:
  paris:    { role: codec, address: [10.77.1.10, "fd77:1::10"], number: "1001" }
  phone:    { role: phone, address: [10.77.1.20, "fd77:1::20"] }
  london:   { role: codec, address: [10.77.2.10, "fd77:2::10"], number: "1002" }
  services: { role: [callcontrol, dns, ntp, tftp], address: [10.77.9.5, "fd77:9::5"] }
firewalls:
  core:
    dialect: nftables
    interfaces: { paris-room: eth1, london-room: eth2, services: eth3 }
narrow:
  A2-21: { to: [codec], ports: 16384-32768 }
S

in_ns() {
	local ns=$1
	shift
	nsenter -t "${pid[$ns]}" -n "$@"
}

# net NAME INTERFACE N HOST...: a namespace behind an interface of ours
declare -A pid
net() {
	local name=$1 eth=$2 n=$3 h
	shift 3
	unshare --net sleep infinity &
	pid[$name]=$!
	wait_for 5 sh -c "[ \$(readlink /proc/${pid[$name]}/ns/net) != \$(readlink /proc/$$/ns/net) ]"
	ip link add "$eth" type veth peer name eth0 netns "${pid[$name]}"
	ip addr add "10.77.$n.1/24" dev "$eth"
	ip addr add "fd77:$n::1/64" dev "$eth" nodad
	ip link set "$eth" up
	in_ns "$name" ip link set lo up
	for h in "$@"; do
		in_ns "$name" ip addr add "10.77.$n.$h/24" dev eth0
		in_ns "$name" ip addr add "fd77:$n::$h/64" dev eth0 nodad
	done
	in_ns "$name" ip link set eth0 up
	in_ns "$name" ip route add default via "10.77.$n.1"
	in_ns "$name" ip -6 route add default via "fd77:$n::1"
}

# counter NAME: its packets so far
counter() {
	nft list counter inet visavis "$1" | sed -n 's/.*packets \([0-9]*\).*/\1/p'
}

# reached NAME N: the counter is at N at least; packets may still be under way
reached() {
	[ "$(counter "$1")" -ge "$2" ]
}

# serve NS ADDRESS WHAT...: in the background, until it listens
serve() {
	local ns=$1 n=$((++serves))
	shift
	mkfifo "$T/ready$n"
	in_ns "$ns" $wire serve "$@" >"$T/ready$n" 2>"$T/serve$n.err" &
	read -r _ <"$T/ready$n"
}
serves=0

# passes NAME ROW COUNT COMMAND...: it is answered, and the row's counter rises by COUNT at least
passes() {
	local name=$1 row=$2 count=$3 before dropped
	shift 3
	before=$(counter "$row") dropped=$(counter dropped)
	"$@" >"$T/out" 2>&1
	local rc=$?
	[ $rc = 0 ] && wait_for 5 reached "$row" $((before + count)) && [ "$(counter dropped)" = "$dropped" ]
	ok $? "$name"
	[ $rc = 0 ] || sed 's/^/# /' "$T/out"
}

# refused NAME COUNTER COMMAND...: silence, and both `dropped` and COUNTER rise
refused() {
	local name=$1 by=$2 dropped before
	shift 2
	dropped=$(counter dropped) before=$(counter "$by")
	"$@" >"$T/out" 2>&1
	[ $? = 1 ] && wait_for 5 reached dropped $((dropped + 1)) && wait_for 5 reached "$by" $((before + 1))
	ok $? "$name"
}

sysctl -q -w net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.conf.all.rp_filter=0
net paris eth1 1 10 20
net london eth2 2 10
net services eth3 9 5

check "the site compiles" visavis policy compile --to nftables -o "$T" "$T/site.yaml"
check "the ruleset loads" nft -f "$T/core.nft"
check "it loads again over itself" nft -f "$T/core.nft"

for a in 10.77.9.5 fd77:9::5; do
	serve services $a udp:53 udp:123 udp:54 tcp:5061 tcp:5060 tcp:8080 tftp
done
for a in 10.77.2.10 fd77:2::10; do
	serve london $a udp:16384 udp:32768 udp:32769 tcp:22
done

for v in 4 6; do
	if [ $v = 4 ]; then
		p=10.77.1.10 ph=10.77.1.20 l=10.77.2.10 s=10.77.9.5 wrong=10.77.2.99 gw=10.77.1.1
	else
		p=fd77:1::10 ph=fd77:1::20 l=fd77:2::10 s=fd77:9::5 wrong=fd77:2::99 gw=fd77:1::1
	fi
	from="in_ns paris $wire ask"
	passes "v$v: a UDP row passes, question and answer are counted" A2-06 2 $from udp $p 5000 $s 53
	passes "v$v: NTP from port 123" A2-05 2 $from udp $p 123 $s 123
	refused "v$v: NTP from another port is dropped" dropped $from udp $p 4123 $s 123
	passes "v$v: a TCP row passes, all its packets are counted" A2-20 8 $from tcp $p 5000 $s 5061
	refused "v$v: the port without TLS is dropped" dropped $from tcp $p 5001 $s 5060
	refused "v$v: a port of no row is dropped" dropped $from udp $p 5000 $s 54
	refused "v$v: a port below 1024 is nobody's ephemeral port" dropped $from udp $p 900 $s 53
	refused "v$v: a row's port is another role's not" dropped $from tcp $ph 5000 $s 8080
	passes "v$v: media pass" A2-21 2 $from udp $p 16384 $l 16384
	passes "v$v: media pass on the last port" A2-21 2 $from udp $p 32768 $l 32768
	refused "v$v: media beyond it are dropped" dropped $from udp $p 16384 $l 32769
	passes "v$v: echo passes" A2-04 2 in_ns paris ping -c 1 -W 2 $l
	passes "v$v: the firewall answers echo" A2-04 2 in_ns paris ping -c 1 -W 2 $gw
	passes "v$v: TFTP's second flow passes by its helper" A3-08 2 in_ns paris $wire tftp $ph 3000 $s file
	in_ns paris ip addr add $wrong dev lo
	refused "v$v: a source of another network is dropped" spoofed $from udp $wrong 5000 $s 53
done

refused "TCP that does not begin with SYN is dropped" invalid in_ns paris $wire ack 10.77.1.10 7000 10.77.9.5 5061
in_ns paris ip route add 10.77.1.99 via 10.77.1.1
refused "what would leave by the interface that it came by is dropped" dropped in_ns paris ping -c 1 -W 1 10.77.1.99

# what the server sends back is counted on the row's connection, one packet each way
before=$(counter A2-06)
in_ns paris $wire ask udp 10.77.1.10 6000 10.77.9.5 53
[ $(($(counter A2-06) - before)) = 2 ]
ok $? "one packet each way is two counted"

# an error about a flow comes back: nobody listens on that port
before=$(counter A2-04)
in_ns paris $wire ask udp 10.77.1.10 20000 10.77.2.10 20000
rc=$?
[ $rc = 2 ] && reached A2-04 $((before + 1))
ok $? "port unreachable comes back to who asked, counted by the ICMP row"

# a row that goes takes its running flows with it, the others go on
sed 's/ dns, / /' "$T/site.yaml" >"$T/less.yaml"
visavis policy compile -o "$T/less" "$T/less.yaml" 2>/dev/null
check "a changed ruleset replaces the first" nft -f "$T/less/core.nft"
[ "$(nft list tables | grep -c visavis)" = 1 ]
ok $? "there is one table"
refused "a withdrawn row's flow ends" dropped in_ns paris $wire ask udp 10.77.1.10 6000 10.77.9.5 53
passes "another row's flow goes on" A2-21 2 in_ns paris $wire ask udp 10.77.1.10 16384 10.77.2.10 16384

nft list chain inet visavis rows >"$T/rows"
[ "$(grep -c 'daddr' "$T/rows")" -gt 20 ] && ! grep 'daddr' "$T/rows" | grep -qv 'comment "[AX][0-9-]'
ok $? "each rule begins its comment with its row"
[ "$(grep -c '10\.77\.' "$T/rows")" = 0 ]
ok $? "no rule holds an address"

kill "${pid[@]}"
finish
