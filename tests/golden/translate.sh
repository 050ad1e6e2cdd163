#!/bin/bash
# A configuration and its translation have the same effect, in every dialect; what cannot be translated is refused.
#   translate.sh VISAVIS, with VISAVIS_SOURCE set
set -u
visavis=$1 bad=0
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT

# same NAME FILE [DIALECT]; both sides may be in doubt about the same lines (a hop limit, which is translated)
same() {
	local name=$1 file=$2 from=${3:+--from $3} rc
	# shellcheck disable=SC2086
	if ! $visavis policy translate $from "$file" >"$T/out.nft" 2>"$T/err"; then
		echo "$name: is not translated"
		head -n 5 "$T/err"
		bad=1
		return
	fi
	# shellcheck disable=SC2086
	$visavis policy diff $from --to nftables "$file" "$T/out.nft" >"$T/diff" 2>&1
	rc=$?
	if [ $rc != 0 ] && { [ $rc != 2 ] || [ "$name" != "compiled junos" ]; }; then
		echo "$name: the translation has another effect"
		head -n 12 "$T/diff"
		bad=1
	elif [ "$(grep -c 'comment "line ' "$T/out.nft")" -lt 5 ]; then
		echo "$name: its lines are not named"
		bad=1
	fi
}

# refused NAME WORDS ARG...: exit 2, the words on the standard error, nothing written
refused() {
	local name=$1 words=$2 rc
	shift 2
	"$visavis" policy translate "$@" >"$T/out.nft" 2>"$T/err"
	rc=$?
	if [ $rc != 2 ] || [ -s "$T/out.nft" ] || ! grep -q -- "$words" "$T/err"; then
		echo "$name: exit $rc, and said:"
		cat "$T/err"
		bad=1
	fi
}

for f in "$VISAVIS_SOURCE"/tests/system/oracle/*; do
	g=$T/${f##*/}
	sed 's,GigabitEthernet0/0/0/,eth,; s,GigabitEthernet0/,eth,; s,Ethernet1/,eth,; s,subnet-,eth,; s,ge-0/0/,eth,' "$f" >"$g"
	same "${f##*/}" "$g"
done
for dialect in ios ios-groups iosxr nxos asa junos srx panos fortios iptables nftables; do
	"$visavis" policy compile --to $dialect "$VISAVIS_SOURCE/tests/golden/policy-dual.in" >"$T/$dialect" 2>/dev/null
	same "compiled $dialect" "$T/$dialect" ${dialect%-groups}
done

printf 'ip access-list extended A\n permit tcp any any eq 80\n permit frobnicate any any\n permit udp any any time-range night\n permit udp any any\n' >"$T/odd"
refused "an unknown line" "odd:3:" --from ios "$T/odd"
refused "a line for some hours" "odd:4:.*at times" --from ios "$T/odd"
printf 'ip access-list extended A\n permit tcp any any eq 80\ninterface GigabitEthernet0/0/0/1\n ip access-group A in\n' >"$T/long"
refused "an interface that Linux cannot have" "GigabitEthernet0/0/0/1=NAME" --from ios "$T/long"
printf 'ip access-list extended A\n permit tcp any any\nip access-list extended B\n permit udp any any\n' >"$T/two"
refused "two lists that nothing applies" "applies none" --from ios "$T/two"

# with --assume-deny nothing passes that a doubtful line could touch
"$visavis" policy translate --from ios --assume-deny "$T/odd" >"$T/deny.nft" 2>"$T/err" || bad=1
"$visavis" policy explain --from nftables "$T/deny.nft" 'udp 10.0.0.1:1 > 10.0.0.2:2' >"$T/out"
[ $? = 1 ] && "$visavis" policy explain --from nftables "$T/deny.nft" 'tcp 10.0.0.1:1 > 10.0.0.2:80' >"$T/out" || {
	echo "--assume-deny: wrong verdicts"
	cat "$T/out" "$T/deny.nft"
	bad=1
}
exit $bad
