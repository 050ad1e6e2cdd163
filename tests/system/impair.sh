#!/bin/bash
# The impairing forwarder between two namespaces: what its record says it did is what the two ends see, to the packet.
. "$VISAVIS_SOURCE/tests/system/lib.sh"
export PATH="$VISAVIS_BUILD/lab:$PATH"
peer="python3 $VISAVIS_SOURCE/tests/system/impair/peer.py"

# end NAME INTERFACE-HERE ADDRESS...: a namespace whose eth0 ends here
declare -A pid
end() {
	local name=$1 here=$2
	shift 2
	unshare --net sleep infinity &
	pid[$name]=$!
	wait_for 5 sh -c "[ \$(readlink /proc/${pid[$name]}/ns/net) != \$(readlink /proc/$$/ns/net) ]"
	ip link add "$here" type veth peer name eth0 netns "${pid[$name]}"
	in_ns "$name" ip link set lo up
	in_ns "$name" ip link set eth0 up
	for a in "$@"; do
		in_ns "$name" ip addr add "$a" dev eth0 $([[ $a = *:* ]] && echo nodad)
	done
}
in_ns() {
	local ns=$1
	shift
	nsenter -t "${pid[$ns]}" -n "$@"
}
end ask near 10.92.0.1/24 fd92::1/64
end answer far 10.92.0.2/24 fd92::2/64

# impair RULES OPTION...: in the background, ready when this returns
impair() {
	local rule=$1
	shift
	: >"$T/impair"
	visavis-impair --near near --far far --rule "$rule" --record "$T/record" --seconds 60 "$@" >"$T/impair" 2>&1 &
	impair=$!
	wait_for 10 grep -q ready "$T/impair"
}
impair_end() {
	kill -TERM "$impair"
	wait "$impair"
}

# talk N MS DSCP: a peer asks, the other answers
talk() {
	rm -f "$T/stop"
	mkfifo "$T/stop"
	# shellcheck disable=SC2086
	in_ns answer $peer answer 10.92.0.2 16384 "$T/answered" <"$T/stop" >"$T/answer" 2>&1 &
	local answer=$!
	exec 7>"$T/stop"
	wait_for 10 grep -q ready "$T/answer"
	# shellcheck disable=SC2086
	in_ns ask $peer ask 10.92.0.1 16384 10.92.0.2 "$T/asked" "$@" >"$T/ask" 2>&1
	exec 7>&-
	wait "$answer"
}

# same NAME: the record is what the peers saw. The bound on delays is wide: the machine may be busy.
same() {
	python3 "$VISAVIS_SOURCE/tests/system/impair/compare.py" "$T/record" "$T/asked" "$T/answered" 50 >"$T/cmp" 2>&1
	ok $? "$1"
	sed 's/^/# /' "$T/cmp"
}
sums() { tail -n 1 "$T/record"; }

impair "seed 7; forward udp: delay 20; back udp: delay 10"
talk 200 2 32
check "it ends when told to" impair_end
same "delay: each packet passes once, in order, and not before its time"
check "rows have the ports" grep -q '"dport":16384' "$T/record"

impair "seed 11; forward udp 16384: delay 20 jitter normal 3 loss 5% duplicate 4% reorder 5% by 12
	back udp: delay 5 loss burst 3% 30% jitter pareto 1"
talk 600 2 0
impair_end
same "loss, bursts, duplicates, reordering and jitter are what the record says"
cp "$T/record" "$T/first"
fates() { python3 -c 'import json, sys
for line in open(sys.argv[1]):
    r = json.loads(line)
    if r.get("dir") == "forward":
        print(r["n"], r["did"], r.get("copied"), r.get("reordered"))' "$1"; }
impair "seed 11; forward udp 16384: delay 20 jitter normal 3 loss 5% duplicate 4% reorder 5% by 12
	back udp: delay 5"
talk 600 2 0
impair_end
same "the same again"
fates "$T/first" >"$T/a"
fates "$T/record" >"$T/b"
check "the same seed has the same fate for each packet" cmp "$T/a" "$T/b"
check "of each kind there were some" bash -c \
	"grep -q lost $T/a && grep -q 'sent True' $T/a && grep -q 'True$' $T/a"

impair "forward udp dscp CS4: loss packets 3,5-7 dscp AF41; back dscp AF41: loss 100%; back: delay 1"
talk 20 2 32
impair_end
same "chosen packets are lost, and no other"
check "the fourth comes first as the third" python3 -c "
import json; came = json.load(open('$T/answered'))['came']
assert [p['seq'] + 1 for p in came] == [1, 2, 4] + list(range(8, 21)), came
assert {p['dscp'] for p in came} == {34}, came"

impair "both udp: rate 1M queue 4"
talk 100 0 0
impair_end
check "a full queue drops" bash -c "tail -n 1 $T/record | grep -q '\"full\":[1-9]'"

# whatever is not named passes: neighbours, IPv6, TCP with its offloads
impair "forward udp: loss 100%"
check "ARP and IPv4 pass" in_ns ask ping -n -c 2 -i 0.2 -W 5 10.92.0.2
check "neighbour discovery and IPv6 pass" in_ns ask ping -6 -n -c 2 -i 0.2 -W 5 fd92::2
in_ns answer timeout 30 nc -l -N 10.92.0.2 7000 >"$T/got" </dev/null &
nc=$!
wait_for 10 sh -c "grep -q :1B58 /proc/${pid[answer]}/net/tcp"
head -c 3000000 /dev/urandom >"$T/sent"
in_ns ask timeout 30 nc -N 10.92.0.2 7000 <"$T/sent"
wait "$nc"
check "TCP passes unharmed" cmp "$T/sent" "$T/got"
impair_end

visavis-impair --near near --far near --rule "both: delay 1" >"$T/err" 2>&1
check "one interface is bad usage" test $? = 3
visavis-impair --near near --far nosuch --rule "both: delay 1" >"$T/err" 2>&1
check "a missing interface is told" bash -c "grep -q 'nosuch: No such device' $T/err"
visavis-impair --check --rule "both: delay 1
back: wobble" >"$T/err" 2>&1
check "a mistake is told with its place" grep -q -- '--rule:2:7: "wobble" is no impairment' "$T/err"
visavis-impair --near near --far far --rule "both: delay 1" --seconds 1 >"$T/impair"
check "it ends by itself" test $? = 0

for p in "${pid[@]}"; do kill "$p"; done
finish
