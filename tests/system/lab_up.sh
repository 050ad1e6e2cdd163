#!/bin/bash
# A site comes up, can be entered, and goes down without a trace: as root and without, when told to and when killed.
. "$VISAVIS_SOURCE/tests/system/lib.sh"

cat >"$T/site.yaml" <<'YAML'
site: small
networks:
  office: [10.91.1.0/24, "fd00:91:1::/64"]
  core: [10.91.2.0/24, "fd00:91:2::/64"]
  six: "fd00:91:3::/64"
hosts:
  desk: { role: admin, address: [10.91.1.10, "fd00:91:1::10"] }
  desk2: { role: admin, address: 10.91.1.11 }
  services: { role: [dns, ntp], address: [10.91.2.53, "fd00:91:2::53"] }
  far: { role: admin, address: "fd00:91:3::10" }
firewalls:
  wall: { dialect: nftables, interfaces: { left: office, right: core, third: six } }
YAML
S=$T/site.yaml
O="--out $T/out"
up() { timeout 60 visavis lab up "$S" $O --detach; }
down() { timeout 60 visavis lab down "$S" $O; }
on() { timeout 30 visavis lab exec $O "$S" "$@"; }

# What a lab could leave behind: programs, network namespaces, links, mounts.
traces() {
	ps -eo stat=,comm= | awk '$1 !~ /^Z/ && $2 ~ /visavis|dnsmasq|chronyd|ping/ { print $2 }' | sort
	readlink /proc/[0-9]*/ns/net | sort -u | wc -l
	ip -br link
	cat /proc/mounts
	ls /run/netns 2>/dev/null
}
clean() { [ "$(traces)" = "$before" ]; }
before=$(traces)

check "the site comes up" up
check "a second one is refused" bash -c "! visavis lab up $S $O 2>$T/err && grep -q 'already up' $T/err"

on desk ip -br addr show eth0 >"$T/addr" 2>&1
check "addresses of both families" grep -q '10.91.1.10/24 fd00:91:1::10/64' "$T/addr"
check "no address is tentative" bash -c "! grep -q tentative <<<'$(on desk ip -6 addr)'"
on desk2 cat /proc/net/if_inet6 >"$T/six" 2>&1
check "no IPv6 where none was given" bash -c "! grep -q eth0 $T/six"
check "a route by the firewall" bash -c "grep -q 'default via 10.91.1.1 dev eth0' <<<'$(on desk ip route)'"
check "host name" test "$(on desk hostname)" = desk
check "neighbours meet over the bridge" on desk ping -n -c 1 -W 5 10.91.1.11
check "IPv4 crosses the firewall" on desk ping -n -c 1 -W 5 10.91.2.53
check "IPv6 crosses the firewall" on desk ping -6 -n -c 1 -W 5 fd00:91:2::53
check "a host with IPv6 alone" on far ping -6 -n -c 1 -W 5 fd00:91:1::10
on wall nft list ruleset >"$T/rules" 2>&1
check "the policy is loaded" grep -q 'policy drop' "$T/rules"
check "what no row allows is dropped" bash -c "! timeout 30 visavis lab exec $O $S desk \
	timeout 1 bash -c 'exec 3<>/dev/tcp/10.91.2.53/53'"
check "the name server answers" on services getent -s dns hosts desk.small.visavis.test
check "the time server runs" on services chronyc -n -h /run/visavis/services/chrony/chronyd.sock tracking
check "no forwarding outside" test "$(cat /proc/sys/net/ipv4/ip_forward)" = 0
on desk sh -c 'exit 7'
check "exec gives the exit code" test $? = 7
on nobody true 2>"$T/err"
check "an unknown host is told" grep -q 'no such host' "$T/err"
on desk no-such-program 2>"$T/err"
check "a missing program is 127" test $? = 127
check "the site goes down" down
check "nothing is left" wait_for 10 clean
down 2>"$T/err"
check "there is nothing more to end" grep -q 'is not up' "$T/err"

# In the foreground: the command, then its supervisor, is killed.
visavis lab up "$S" $O >"$T/fg" 2>&1 &
front=$!
check "up in the foreground" wait_for 60 grep -q 'is up' "$T/fg"
kill -9 $front
wait $front 2>/dev/null
check "killed: nothing is left" wait_for 10 clean
visavis lab up "$S" $O >"$T/fg" 2>&1 &
front=$!
check "up again after the kill" wait_for 60 grep -q 'is up' "$T/fg"
kill -9 "$(cat /proc/$front/task/$front/children)"
wait $front
check "the supervisor's death is told" grep -q 'killed by signal 9' "$T/fg"
check "supervisor killed: nothing is left" wait_for 10 clean

# Interrupted on the way, at three moments.
for at in state/ca.pem state/wall.nft log/services.dnsmasq.txt; do
	rm -rf "$T/out"
	visavis lab up "$S" $O >"$T/fg" 2>&1 &
	front=$!
	wait_for 60 test -e "$T/out/$at"
	kill -TERM $front
	wait $front
	check "interrupted at $at: nothing is left" wait_for 10 clean
done

# Mistakes are told with their place.
sed 's/address: 10.91.1.11/address: 10.99.1.11/; s/left:/averyverylongname:/' "$S" >"$T/bad.yaml"
visavis lab up "$T/bad.yaml" --out "$T/bad" >"$T/err" 2>&1
check "a bad site is bad usage" test $? = 3
check "its mistakes have places" grep -q 'bad.yaml:8:' "$T/err"
check "nothing was written for it" test ! -e "$T/bad"
mkdir "$T/full" && touch "$T/full/precious"
visavis lab up "$S" --out "$T/full" >"$T/err" 2>&1
check "a folder with other files is not touched" test $? = 1 -a -e "$T/full/precious"

# Without root.
nobody="setpriv --reuid 65534 --regid 65534 --clear-groups"
mkdir -m 777 "$T/nobody"
chmod 755 "$T"
if [ "$VISAVIS_INSIDE" != 0 ]; then
	skip "without root" "the whole test ran without root"
elif ! $nobody test -x "$(command -v visavis)" || ! $nobody unshare --user --map-root-user true 2>/dev/null; then
	skip "without root" "another user cannot reach the build folder, or may not make user namespaces"
else
	O="--out $T/nobody/out"
	check "without root: the site comes up" timeout 60 $nobody visavis lab up "$S" $O --detach
	check "without root: packets cross" timeout 30 $nobody visavis lab exec $O "$S" \
		desk ping -n -c 1 -W 5 10.91.2.53
	check "without root: the name server answers" timeout 30 $nobody visavis lab exec $O "$S" \
		services getent -s dns hosts desk.small.visavis.test
	check "without root: the policy is loaded" timeout 30 $nobody visavis lab exec $O "$S" \
		wall nft list table inet visavis
	check "without root: the site goes down" timeout 60 $nobody visavis lab down "$S" $O
	check "without root: nothing is left" wait_for 10 clean
fi
finish
