#!/bin/bash
# Input as it comes: torn, pasted through a pager, binary, large, contradictory. Each gives a clear error with file and line, no
# crash, and little memory.
#   badinput.sh VISAVIS, with VISAVIS_SOURCE set
set -u
visavis=$(cd "$(dirname "$1")" && pwd)/${1##*/} bad=0
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
cd "$T" || exit 1
LIMIT=${VISAVIS_MEMORY_KB:-}	# for a build without sanitizers, which reserve all addresses

# says EXIT WORDS COMMAND...: that exit status, and the words (an expression) in what it prints
says() {
	local want=$1 words=$2 rc
	shift 2
	( [ -z "$LIMIT" ] || ulimit -v "$LIMIT"; exec "$visavis" "$@" ) >out 2>&1
	rc=$?
	if [ $rc != "$want" ] || ! grep -Eq -- "$words" out; then
		echo "visavis $*: exit $rc and not $want, or no \"$words\" in:"
		head -n 6 out
		bad=1
	fi
}

good='ip access-list extended A\n permit tcp host 10.0.0.1 any eq 80\n permit udp any any eq 53\n'
printf "$good permit tcp host 10.0" >cut
for verb in lint translate; do
	says 2 '^ *cut:4' policy $verb --from ios cut
	says 2 'ends in' policy $verb --from ios cut
done
printf "$good" | sed 's/$/\r/' >crlf
says 0 '0 lines never match' policy lint --from ios crlf
says 0 'permitted' policy explain --from ios crlf 'udp 10.0.0.2:4000 > 10.0.0.3:53'
{
	printf 'ip access-list extended A\n permit tcp host 10.0.0.1 any eq 80\n --More-- '
	printf '\b\b\b\b\b\b\b\b\b        \b\b\b\b\b\b\b\b\b permit udp any any eq 53\n'
} >pager
printf "$good" >plain
says 0 'same effect' policy diff --from ios --to ios plain pager
says 0 'same effect' policy diff --from ios --to ios plain crlf

{ printf '\177ELF\002\001\001'; head -c 65536 /dev/zero; } >binary
for verb in lint translate; do says 3 '^binary:1.*no text' policy $verb binary; done
: >empty
says 3 '^empty: is empty' policy lint empty
says 3 '^nowhere: ' policy lint nowhere
printf 'the quick brown fox\n' >prose
says 3 'dialect cannot be told' policy lint prose

printf 'version 15.2\nfrobnicate all of it\ninterface GigabitEthernet0/1\n zorp 7\n ip access-group A in\n%brouter bgp 1\n neighbor x\n' "$good" >around
says 0 'permitted' policy explain --from ios around 'udp 10.0.0.2:4000 > 10.0.0.3:53'
says 0 '0 lines never match' policy lint --from ios around

printf 'object-group network A\n group-object B\nobject-group network B\n group-object A\nip access-list extended L\n permit ip object-group A any\n' >circle
for verb in lint translate; do says 3 '^circle:4.*refers to itself' policy $verb --from ios circle; done
printf '*filter\n:FORWARD DROP [0:0]\n:a - [0:0]\n:b - [0:0]\n-A FORWARD -j a\n-A a -j b\n-A b -j a\nCOMMIT\n' >round
says 2 'round:7' policy translate --from iptables round
says 2 'cannot tell' policy explain --from iptables round 'udp 10.0.0.2:4000 > 10.0.0.3:53'

# one list of a large file, and a line without end
{ printf "$good"; for ((i = 0; i < 20000; i++)); do printf ' permit udp host 10.%d.%d.1 any eq 53\n' $((i / 256)) $((i % 256)); done; } >large
says 1 'large:' policy lint --from ios --unreachable large
{ printf "$good"; printf ' permit tcp '; head -c 3000000 /dev/zero | tr '\0' x; } >endless
says 2 'endless:4' policy lint --from ios endless

# a site without a way between two hosts, and a matrix that contradicts itself
cat >apart.yaml <<'S'
site: apart
networks: { a: 10.1.0.0/24, b: 10.2.0.0/24, c: 10.3.0.0/24 }
hosts:
  one: { role: codec, address: 10.1.0.5, number: "1001" }
  two: { role: callcontrol, address: 10.2.0.5 }
firewalls:
  edge: { dialect: ios, interfaces: { a: Gi0/1, c: Gi0/2 } }
S
says 3 'apart.yaml:2:[0-9]+: network b lies behind no firewall' policy compile apart.yaml
cp "$VISAVIS_SOURCE"/tests/golden/site-matrix-bad.in "$VISAVIS_SOURCE"/tests/golden/site-matrix-bad.yaml .
says 3 'site-matrix-bad.yaml:[0-9]+:[0-9]+: ' policy compile site-matrix-bad.in
printf 'matrix: print\nrows:\n  - { id: P-1, protocol: IPP, transport: tcp, from: queue, to: printer, ports: { port: 631 }, purpose: a }\n  - { id: P-1, protocol: IPP, transport: udp, from: queue, to: printer, ports: { port: 632 }, purpose: b }\n' >twice.yaml
printf 'site: s\nnetworks: { office: 10.0.0.0/24 }\nhosts:\n  d: { role: queue, address: 10.0.0.5 }\nmatrices: [twice.yaml]\n' >twice.site
says 1 'twice.yaml:4:[0-9]+:.*P-1' site check twice.site
exit $bad
