#!/bin/bash
# A room asks dnsmasq where call control is, and believes no more than the site file says.
. "$VISAVIS_SOURCE/tests/system/lib.sh"
. "$VISAVIS_SOURCE/tests/system/codec/rooms.sh"

if ! command -v dnsmasq >/dev/null; then
	skip "names" "no dnsmasq here: apt-get install dnsmasq-base"
	finish
fi
NAME=callcontrol.demo.visavis.test
ip addr add 10.77.1.7/24 dev near

# names LINE...: dnsmasq with these lines of configuration
names() {
	[ -z "${pid[dns]:-}" ] || { kill "${pid[dns]}"; wait "${pid[dns]}" 2>/dev/null; }
	printf '%s\n' no-resolv no-hosts no-poll bind-interfaces cache-size=0 pid-file log-queries log-facility=- \
		user=root listen-address=10.77.1.7 local=/demo.visavis.test/ "$@" >dns.conf
	dnsmasq --no-daemon --conf-file=dns.conf 2>dns.log &
	pid[dns]=$!
	wait_for 10 grep -q "started, version" dns.log
}

# looks NAME VIA: paris registers by way of that
looks() {
	: >paris.err
	start_room paris
	check "$1: it registers" wait_for 30 registered paris
	check "$1: by that name" json paris "s['registration']['via'].startswith('sip:$2:')"
	stop paris
}

SITE_EXTRA='names: { role: dns, address: 10.77.1.7 }'
rooms_site off
start_callcontrol

names "host-record=$NAME,10.77.1.3" "host-record=sip.demo.visavis.test,10.77.1.3" \
	"srv-host=_sip._udp.demo.visavis.test,sip.demo.visavis.test,5060"
looks "a service record" sip.demo.visavis.test
check "over row A2-06" event paris "g('ev') == 'flow' and g('row') == 'A2-06' and g('outcome') == 'ok'"
check "it asked for the service" grep -q "query\[SRV\] _sip._udp.demo.visavis.test" dns.log

names "host-record=$NAME,10.77.1.3"
looks "no service record" $NAME

names "host-record=$NAME,10.77.1.3" "srv-host=_sip._udp.demo.visavis.test,$NAME,5070"
looks "a port that is not the row's" $NAME
check "it was refused" grep -q "names port 5070 of $NAME, row A2-19 has 5060: refused" paris.err

names "host-record=$NAME,10.77.1.66" "srv-host=_sip._udp.demo.visavis.test,$NAME,5060"
looks "an address that the site does not give" 10.77.1.3
check "it was refused too" grep -q "10.77.1.66, which the site file does not give callcontrol: refused" paris.err
check "nothing went there" sh -c "! grep -q '10.77.1.66:' paris.jsonl"

kill "${pid[dns]}"
wait "${pid[dns]}" 2>/dev/null
unset "pid[dns]"
looks "no name service" 10.77.1.3
stop callcontrol
rm -f callcontrol/*.db*

rooms_site on
start_callcontrol
names "host-record=$NAME,10.77.1.3" "srv-host=_sips._tcp.demo.visavis.test,$NAME,5061"
looks "a service record of TLS" $NAME
check "it asked for the secure service" grep -q "query\[SRV\] _sips._tcp.demo.visavis.test" dns.log
stop callcontrol
kill "${pid[dns]}"
wait "${pid[dns]}" 2>/dev/null
check "no sanitizer had to speak" sanitizers_quiet
finish
