#!/bin/bash
# Faults that tools of this kind are known for; here each is a test.
#   faults.sh VISAVIS, with VISAVIS_SOURCE set
set -u
visavis=$(cd "$(dirname "$1")" && pwd)/${1##*/} bad=0
sites="$VISAVIS_SOURCE/lab/sites/demo.yaml $VISAVIS_SOURCE/tests/golden/policy-dual.in $VISAVIS_SOURCE/tests/golden/policy-insecure.in"
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
cd "$T" || exit 1

fault() {
	echo "fault: $*"
	bad=1
}

# says EXIT WORDS NAME COMMAND...
says() {
	local want=$1 words=$2 name=$3 rc
	shift 3
	"$visavis" "$@" >out 2>&1
	rc=$?
	if [ $rc != "$want" ] || ! grep -Eq -- "$words" out; then
		fault "$name: exit $rc and not $want, or no \"$words\""
		head -n 6 out
	fi
}

n=0
for site in $sites; do
	n=$((n + 1))
	for d in ios ios-groups iosxr nxos asa junos srx panos fortios nftables pf iptables; do
		"$visavis" policy compile --to $d "$site" >$n.$d 2>/dev/null || fault "$site is not compiled to $d"
	done

	# IOS lists never hold the group syntax of IOS XR
	! grep -nE 'net-group|port-group|^object-group (network|service) (ipv4|ipv6|port)|^ *ipv4 ' $n.ios $n.ios-groups || fault "XR's syntax in IOS"

	# every group that a line refers to is defined
	for d in ios-groups iosxr nxos asa; do
		grep -v '^[[:space:]]*[!]' $n.$d | grep -v remark >lines
		grep -oE '^ *object-group (network|service|ip|ipv6|icmp-type|port)( [a-z0-9-]+)* [^ ]+( (tcp|udp|tcp-udp))?$' lines |
			sed -E 's/ (tcp|udp|tcp-udp)$//; s/.* //' | sort -u >defined
		grep -vE '^ *object-group (network|service|ip|ipv6|icmp-type|port) ' lines |
			grep -oE '(object-group|net-group|port-group|addrgroup|portgroup|group-object) [^ ]+' | sed 's/.* //' | sort -u >used
		[ "$(comm -13 defined used)" = "" ] || fault "$d refers to groups that are not there: $(comm -13 defined used | head -n 3)"
	done
	grep -oE '(source|destination)-prefix-list [^ ;]+' $n.junos | sed 's/.* //' | sort -u >used
	grep -oE 'policy-options prefix-list [^ ;]+' $n.junos | sed 's/.* //' | sort -u >defined
	[ "$(comm -13 defined used)" = "" ] || fault "junos refers to lists that are not there"

	# with groups, types of ICMP stay; and groups change nothing
	grep -Eq 'permit icmp object-group .* (echo|8)( |$)' $n.ios-groups || fault "groups lose the type of ICMP"
	says 0 'same effect' "groups change the effect" policy diff $n.ios $n.ios-groups

	# comments are kept where the next tool would drop them: each rule says its rows
	grep -q 'comment "A2-' $n.nftables || fault "nftables without comments"
	"$visavis" policy translate --from nftables $n.nftables >again.nft 2>/dev/null && grep -q 'comment "line [0-9]*: .*A2-' again.nft ||
		fault "translated comments are lost"
done

# groups with dscp: kept, read and written
printf 'object-group network G\n host 10.0.0.1\nip access-list extended A\n permit udp object-group G any eq 5060 dscp ef\n permit icmp object-group G any echo\n' >dscp
says 0 permitted "dscp with groups" policy explain --from ios dscp 'udp 10.0.0.1:1 > 10.0.0.2:5060 dscp ef'
says 1 denied "dscp with groups" policy explain --from ios dscp 'udp 10.0.0.1:1 > 10.0.0.2:5060 dscp cs3'
says 1 denied "types with groups" policy explain --from ios dscp 'icmp 10.0.0.1 > 10.0.0.2 type 13'
"$visavis" policy translate --from ios dscp 2>/dev/null | grep -q 'ip saddr 10.0.0.1 ip dscp 46 .*udp dport 5060' || fault "translation loses dscp"

# a line shaded by several together is found, the exit status says so, and a shade that is none is not
printf 'ip access-list extended A\n permit ip 10.0.0.0 0.0.0.127 any\n permit ip 10.0.0.128 0.0.0.127 any\n permit udp 10.0.0.0 0.0.0.255 any\n' >shade
says 1 'shade:4' "shade by two" policy lint --from ios shade
says 1 'lines 2, 3 together' "shade by two" policy lint --from ios shade
sed 's/0.0.0.127 any$/0.0.0.126 any/' shade >near
says 0 '0 lines never match' "no shade" policy lint --from ios --unreachable near

# a /24 that two permits of /25 cover is permitted, not denied
cat >halves.yaml <<'S'
site: halves
networks: { a: 10.1.0.0/24, b: 10.2.0.0/24 }
hosts:
  desks: { role: desk, address: 10.1.0.1-10.1.0.254 }
  print: { role: printer, address: 10.2.0.9 }
matrices: [one.yaml]
firewalls:
  edge: { dialect: ios, interfaces: { a: Gi0/1, b: Gi0/2 } }
S
printf 'matrix: one\nrows:\n  - { id: P-1, protocol: LPD, transport: udp, from: desk, to: printer, ports: 515, purpose: p }\n' >one.yaml
printf 'ip access-list extended A\n permit udp 10.1.0.0 0.0.0.127 host 10.2.0.9 eq 515\n permit udp 10.1.0.128 0.0.0.127 host 10.2.0.9 eq 515\ninterface Gi0/1\n ip access-group A in\ninterface Gi0/2\n ip address 10.2.0.1 255.255.255.0\n' >halves
grep -v '10.1.0.128' halves >half
# verdict FILE: of row P-1
verdict() {
	"$visavis" policy audit --json halves.yaml "$1" |
		python3 -c 'import json,sys; print([f["verdict"] for f in json.load(sys.stdin)["required"] if "P-1" in str(f["flow"])])'
}
[ "$(verdict halves)" = "['permitted']" ] || fault "two halves are $(verdict halves)"
[ "$(verdict half)" = "['partly']" ] || fault "one half is $(verdict half)"

# IPv6 sets are sets: covered by two halves too, in lists and in groups
printf 'ipv6 access-list S\n permit udp 2001:db8::/65 any\n permit udp 2001:db8:0:0:8000::/65 any\n permit udp 2001:db8::/64 any eq 53\n' >six
says 1 'lines 2, 3 together' "IPv6 sets" policy lint --from ios six
printf 'object-group network G\n network-object 2001:db8::/64\n network-object host 10.0.0.1\naccess-list A extended permit udp object-group G any eq 53\naccess-group A global\n' >mixed
says 0 permitted "IPv6 in groups" policy explain --from asa mixed 'udp [2001:db8::5]:1 > [2001:db8:1::1]:53'
says 1 denied "IPv6 in groups" policy explain --from asa mixed 'udp [2001:db8:2::5]:1 > [2001:db8:1::1]:53'

# no line is ignored: unknown words make the verdict unknown, whatever stands behind them
printf 'ip access-list extended A\n permit udp any any eq 53 frobnicate\n permit udp any any\n' >odd
says 2 'odd:2' "an unknown word" policy lint --from ios odd
says 2 'cannot tell' "an unknown word" policy explain --from ios <(sed 's/ permit udp any any$/ deny ip any any/' odd) 'udp 10.0.0.1:1 > 10.0.0.2:53'

# nothing is called clean or permitted because it was not understood where a chain looks, or which interface is meant
printf 'table netdev t {\n chain c {\n  type filter hook ingress devices = { eth0, eth1 } priority 0; policy drop;\n  udp dport 53 accept\n }\n}\ntable inet u {\n chain f {\n  type filter hook forward priority 0; policy accept;\n  tcp dport 23 drop\n }\n}\n' >devices
says 2 'cannot tell' "a chain of several devices" policy explain --from nftables devices 'udp 10.0.0.1:1 > 10.0.0.2:54'
says 2 'devices:3' "a chain of several devices" policy lint --from nftables devices
says 2 'no such interface' "an interface by a wrong name" policy explain --from asa "$VISAVIS_SOURCE/tests/system/oracle/asa.cfg" 'udp 10.0.0.1:1 > 10.0.0.2:54 in nonesuch'
exit $bad
