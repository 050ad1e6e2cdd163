#!/bin/bash
# The kernel judges the readers and the compilers: many thousand packets at the edges of the rules are sent through real
# rulesets, and each one that passes or does not is held against what the reader says of the ruleset as the kernel lists it.
. "$VISAVIS_SOURCE/tests/system/lib.sh"
oracle="$VISAVIS_BUILD/tests/system/policy_oracle"
rules="python3 $VISAVIS_SOURCE/tests/system/policy_rules.py"
COUNT=${ORACLE_COUNT:-12000}

# two links; what comes in by one leaves by the other
declare -A pid mac
link() {
	local name=$1 eth=$2 n=$3
	unshare --net sleep infinity &
	pid[$name]=$!
	wait_for 5 sh -c "[ \$(readlink /proc/${pid[$name]}/ns/net) != \$(readlink /proc/$$/ns/net) ]"
	ip link add "$eth" address "02:00:00:00:0$n:01" type veth peer name eth0 address "02:00:00:00:0$n:02" netns "${pid[$name]}"
	mac[$eth]=02:00:00:00:0$n:01
	ip addr add "198.18.$n.1/30" dev "$eth"
	ip addr add "fd98:$n::1/64" dev "$eth" nodad
	ip link set "$eth" up
	nsenter -t "${pid[$name]}" -n ip link set eth0 up arp off
	ip neigh replace "198.18.$n.2" lladdr "02:00:00:00:0$n:02" dev "$eth" nud permanent
	ip neigh replace "fd98:$n::2" lladdr "02:00:00:00:0$n:02" dev "$eth" nud permanent
}

# towards N: every packet leaves by ethN
towards() {
	ip route replace default via "198.18.$1.2" dev "eth$1"
	ip -6 route replace default via "fd98:$1::2" dev "eth$1"
}

# judge NAME FILE [stateless|flows]: both ways, then the rules go. IF1 and IF2 are the file's names of the links.
IF1=eth1 IF2=eth2
judge() {
	local name=$1 file=$2 seed=$((++seeds))
	shift 2
	towards 2
	check "$name: packets from eth1 to eth2" "$oracle" "$file" "${pid[a]}" "${pid[b]}" "$IF1" "$IF2" "${mac[eth1]}" "$seed" "$COUNT" "$@"
	grep '^# ' "$T/check.out" | tail -n 1
	towards 1
	check "$name: packets from eth2 to eth1" "$oracle" "$file" "${pid[b]}" "${pid[a]}" "$IF2" "$IF1" "${mac[eth2]}" "$((seed + 1000))" "$COUNT" "$@"
}
seeds=${ORACLE_SEED:-1}

sysctl -q -w net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.conf.all.rp_filter=0 \
	net.ipv4.conf.default.rp_filter=0 net.ipv4.icmp_errors_use_inbound_ifaddr=0
link a eth1 1
link b eth2 2
sysctl -q -w net.ipv4.conf.eth1.rp_filter=0 net.ipv4.conf.eth2.rp_filter=0 \
	net.ipv4.conf.eth1.send_redirects=0 net.ipv4.conf.eth2.send_redirects=0

cat >"$T/site.yaml" <<'S'
site: oracle
security: on
networks:
  rooms:    [10.77.1.0/24, "fd77:1::/64"]
  services: [10.77.9.0/24, "fd77:9::/64"]
hosts:
  paris:    { role: codec, address: [10.77.1.10, "fd77:1::10"], number: "1001" }
  london:   { role: codec, address: [10.77.1.12-10.77.1.15, "fd77:1::12"], number: "1002" }
  oslo:     { role: codec, address: [10.77.9.20, "fd77:9::20"], number: "1003" }
  phone:    { role: phone, address: [10.77.1.21-10.77.1.29, "fd77:1::20"] }
  services: { role: [callcontrol, dns, ntp, tftp], address: [10.77.9.5, "fd77:9::5"] }
  desk:     { role: admin, address: 10.77.9.7 }
firewalls:
  core: { dialect: nftables, interfaces: { rooms: eth1, services: eth2 } }
S

visavis policy qos --to nftables "$T/site.yaml" >"$T/qos.nft" 2>/dev/null
check "the quality of service loads" nft -f "$T/qos.nft"
nft flush ruleset
check "the site compiles to nftables" visavis policy compile --to nftables -o "$T" "$T/site.yaml"
check "the nftables policy loads" nft -f "$T/core.nft"
nft list ruleset >"$T/compiled.nft"
judge "compiled nftables" "$T/compiled.nft"
nft flush ruleset

if command -v iptables-restore >/dev/null; then
	check "the site compiles to iptables" visavis policy compile --to iptables -o "$T" "$T/site.yaml"
	check "the iptables policy loads" iptables-restore "$T/core.iptables"
	check "the same file loads for IPv6" ip6tables-restore "$T/core.iptables"
	{ iptables-save; ip6tables-save; } >"$T/compiled.save"
	judge "compiled iptables" "$T/compiled.save"
	nft flush ruleset
else
	skip "compiled iptables" "iptables-restore is not here"
fi

for seed in 1 2 3 4; do
	$rules nftables "$seed" >"$T/random.nft"
	check "random nftables rules $seed load" nft -f "$T/random.nft"
	nft list ruleset >"$T/random.list"
	judge "random nftables rules $seed" "$T/random.list" stateless
	nft flush ruleset
	command -v iptables-restore >/dev/null || continue
	$rules iptables "$seed" >"$T/random.ipt"
	check "random iptables rules $seed load" iptables-restore "$T/random.ipt"
	iptables-save >"$T/random.save"
	printf '*filter\n:FORWARD DROP [0:0]\nCOMMIT\n' | ip6tables-restore
	ip6tables-save >>"$T/random.save"
	judge "random iptables rules $seed" "$T/random.save" stateless
	nft flush ruleset
done

# other dialects: what the kernel makes of the translation, against what is said of the original
oracle_dir=$VISAVIS_SOURCE/tests/system/oracle

# translated NAME FILE IF1 IF2 MODE
translated() {
	local name=$1 file=$2
	IF1=$3 IF2=$4
	visavis policy translate --interface "$IF1=eth1" --interface "$IF2=eth2" "$file" >"$T/translated.nft" 2>"$T/err"
	ok $? "$name: translated"
	check "$name: the translation loads" nft -f "$T/translated.nft"
	judge "$name" "$file" "$5"
	nft flush ruleset
}

for dialect in ios ios-groups iosxr nxos junos; do
	visavis policy compile --to $dialect -o "$T" "$T/site.yaml" >/dev/null 2>&1
	file=$(ls -t "$T"/core.* | head -n 1)
	# what crosses is the same under other names of the links
	suffix=
	[ $dialect = junos ] && suffix=.0
	translated "compiled $dialect" "$file" eth1$suffix eth2$suffix stateless
done
visavis policy compile --to asa -o "$T" "$T/site.yaml" >/dev/null 2>&1
translated "compiled asa" "$(ls -t "$T"/core.* | head -n 1)" eth1 eth2 flows

translated "odd lines of IOS" "$oracle_dir/ios.cfg" GigabitEthernet0/1 GigabitEthernet0/2 stateless
translated "odd lines of IOS XR" "$oracle_dir/iosxr.cfg" GigabitEthernet0/0/0/1 GigabitEthernet0/0/0/2 stateless
translated "odd lines of NX-OS" "$oracle_dir/nxos.cfg" Ethernet1/1 Ethernet1/2 stateless
translated "odd lines of JunOS" "$oracle_dir/junos.cfg" ge-0/0/1.0 ge-0/0/2.0 stateless
translated "a network list of AWS" "$oracle_dir/aws.json" subnet-1 subnet-2 stateless
translated "odd lines of ASA" "$oracle_dir/asa.cfg" inside outside flows
translated "reflexive lists" "$oracle_dir/reflexive.cfg" GigabitEthernet0/1 GigabitEthernet0/2 flows

kill "${pid[@]}"
finish
