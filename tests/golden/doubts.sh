#!/bin/bash
# What must not be called clean: a compiled policy passes its own audit, and after each of these changes it does not.
#   doubts.sh VISAVIS
set -u
shopt -s lastpipe
visavis=$(cd "$(dirname "$1")" && pwd)/${1##*/} bad=0
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
cd "$T" || exit 1

cat >matrix.yaml <<'S'
matrix: print
rows:
  - { id: P-1, protocol: IPP, transport: tcp, from: queue, to: printer, ports: { port: 631 }, purpose: a }
  - { id: P-2, protocol: ICMP, transport: icmp, from: any, to: any, icmp: [echo, unreachable, time-exceeded], purpose: b }
S
cat >site.yaml <<'S'
site: t
networks: { a: 10.1.0.0/24, b: 10.2.0.0/24 }
hosts:
  one: { role: queue, address: 10.1.0.5 }
  two: { role: printer, address: 10.2.0.5 }
matrices: [matrix.yaml]
firewalls:
  core: { dialect: ios, interfaces: { a: Gi1, b: Gi2 } }
S

# from DIALECT: the compiled file is `good`
from() {
	dialect=$1
	"$visavis" policy compile --to "$1" site.yaml >good 2>/dev/null
	judged 0 'Nothing beyond need' "$1 as compiled" <good
}

# judged EXIT WORDS WHAT: the file on standard input is judged so, and the report has the words
judged() {
	local rc
	cat >changed
	"$visavis" policy audit --from "$dialect" site.yaml changed >out 2>&1
	rc=$?
	if [ $rc != "$1" ] || ! grep -Eq -- "$2" out; then
		echo "$3: exit $rc and not $1, or no \"$2\" in:"
		head -n 8 out
		bad=1
	fi
}
long=$(printf '%20000s' '')

from ios
bind='ip access-group VISAVIS-Gi1-in in'
sed "s/^ 1002780010/${long}permit tcp any any eq 80\n&/" good | judged 2 'changed:[0-9]+' 'ios: a line behind 20,000 blanks'
sed "s/^ $bind/&\n no $bind/" good | judged 1 'beyond need' 'ios: a list taken from its interface'
sed "s/^ $bind/&\n ip access-group OTHER in/" good | judged 1 'list OTHER' 'ios: another list bound later'
sed '0,/^ ipv6 traffic-filter/{/^ ipv6 traffic-filter/d}' good | judged 1 'Gi1' 'ios: IPv6 open at one interface'
sed '/^end/d' good | { cat; printf 'interface Gi3\n ip address 10.3.0.1 255.255.255.0\n'; } |
	judged 0 'does not name interface Gi3' 'ios: an interface that the site does not know'
sed '/ipv6 traffic-filter VISAVIS6-Gi2/,$d' good | { cat; printf ' ipv6 traffic-filter VISAV'; } |
	judged 1 'middle of a line' 'ios: cut off in a binding'

# shown WORDS WHAT: the page of `changed` has the words
shown() {
	"$visavis" policy audit --html --from "$dialect" site.yaml changed >page 2>&1
	grep -Eq -- "$1" page || { echo "$2: no \"$1\" on the page"; bad=1; }
}

sed 's/ eq 631$/& dscp default/' good | judged 1 'but +permitted with its mark 0 only' 'ios: the own mark alone'
shown '<p>But permitted with its mark 0 only[.]' 'ios: the own mark alone'
{ grep -v '^end' good; printf 'ip nat inside source list 1 interface Gi%s\n' 1 2; } |
	judged 0 '^  changed:[0-9]+, [0-9]+  network address translation' 'ios: equal notices'
shown '<li><code>changed:[0-9]+, [0-9]+</code> network address translation' 'ios: equal notices'

from asa
line='access-list VISAVIS-Gi1-in extended permit tcp any any eq 80'
sed "s/^access-list VISAVIS-Gi1-in remark P-1/ $line\n&/" good | judged 1 'eq 80' 'asa: a line that stands in'
sed "s/^access-list VISAVIS-Gi1-in remark P-1/$long$line\n&/" good | judged 2 'too long' 'asa: a line behind 20,000 blanks'
sed 's/^access-group VISAVIS-Gi2-in.*/&\nno &/' good | judged 2 'security level' 'asa: a list taken from its interface'
sed 's/^ network-object host 10.1.0.5/&\n!\n network-object host 10.1.0.7/' good | judged 1 '10.1.0.7' 'asa: a member behind a comment'
sed "s/^ network-object host 10.1.0.5/&\n$long network-object host 10.1.0.7/" good | judged 2 'too long' 'asa: a member behind 20,000 blanks'

from iptables
sed 's/^-A rows -p tcp ! --syn/-I FORWARD -j ACCEPT\n&/' good | judged 2 'not known' 'iptables: a command of no dump'
{ cat good; printf '*filter\n:FORWARD ACCEPT [0:0]\nCOMMIT\n'; } | judged 2 'stands twice' 'iptables: a table that takes the place'
sed "s/^-A rows -p tcp ! --syn/$long-A rows -p tcp --dport 80 -j ACCEPT\n&/" good | judged 2 'longer' 'iptables: 20,000 blanks'

from pf
sed 's/^# P-1: a/x="pass\n&/' good | judged 2 'quote' 'pf: a quote without end'

from nftables
sed "s/^table /#\n$long add rule inet x y accept\n&/" good | judged 2 'longer' 'nftables: 20,000 blanks'

exit $bad
