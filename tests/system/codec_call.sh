#!/bin/bash
# Two rooms and call control: what people do with calls, and what breaks under them.
. "$VISAVIS_SOURCE/tests/system/lib.sh"
. "$VISAVIS_SOURCE/tests/system/codec/rooms.sh"

meeting() { # on|off
	rooms_site "$1"
	start_callcontrol
	start_room paris
	start_room london
	check "security $1: paris registers" wait_for 30 registered paris
	check "security $1: london registers" wait_for 30 registered london

	check "security $1: dial without waiting" ctl paris call 1002 --no-wait
	check "security $1: london rings" wait_for 5 rings london
	check "security $1: london answers" ctl london answer
	check "security $1: paris is in the call" wait_for 5 in_call paris
	check "security $1: encryption is as the site says" json paris "s['call']['secure'] == ('$1' == 'on')"
	check "security $1: media runs both ways" wait_for 5 json london "len(s['streams']) == 2"
	check "security $1: hold" ctl paris hold
	check "security $1: held" wait_for 5 event london "g('ev') == 'sip' and g('dir') == 'rx' and 'INVITE' in g('line')"
	check "security $1: london stops sending" wait_for 5 grep -q '"update".*"send": false' london.media
	check "security $1: resume" wait_for 5 ctl paris resume
	check "security $1: london sends again" wait_for 5 sh -c 'tail -n 1 london.media | grep -q "\"send\": true"'
	check "security $1: london hangs up" ctl london hangup
	check "security $1: both are free" wait_for 5 no_call paris
	check "security $1: the row of signalling is logged" event paris \
		"g('ev') == 'flow' and g('row') == '$2' and g('outcome') == 'ok'"
	check "security $1: the row of media is logged" event paris \
		"g('ev') == 'flow' and g('row') == 'A2-21' and g('outcome') == 'ok'"
}

meeting off A2-19

# refusals
refused() { ctl paris call "$1" 2>&1 | grep -q "$2"; }
(wait_for 10 rings london && ctl london reject >/dev/null) &
check "a declined call says so" refused 1002 "603"
wait_for 5 no_call london
check "do not disturb" ctl london dnd on
check "the caller learns it" refused 1002 "480"
ctl london dnd off >/dev/null
check "a number that nobody has" refused 4711 "404\|480"
check "an impossible number" refused "10 02;x=y" "digits"
start_room berlin
check "berlin registers" wait_for 30 registered berlin
ctl berlin call 1002 --no-wait >/dev/null
wait_for 5 rings london
check "a busy room" refused 1002 "486"
check "the caller gives up" ctl berlin hangup
check "london is free again" wait_for 5 no_call london
check "the cancelled call was logged" event london "g('ev') == 'call' and g('state') == 'ended' and g('code') == 487"
stop berlin

# a phone whose 183 wants to be acknowledged and has the answer
python3 "$VISAVIS_SOURCE/tests/system/codec/prack_peer.py" 10.77.1.3 10.77.1.6 1003 berlin >phone.out 2>&1 &
pid[phone]=$!
check "a phone registers" wait_for 10 grep -q registered phone.out
check "its provisional answer is enough" ctl paris call 1003
check "only sound was agreed" json paris "len(s['streams']) == 1"
check "hang up" ctl paris hangup
check "each provisional response was acknowledged once, in order" wait "${pid[phone]}"
cat phone.out | sed 's/^/# /'

# what breaks
ctl paris call 1002 --no-wait >/dev/null
wait_for 5 rings london
ctl london answer >/dev/null
wait_for 5 in_call paris
kill -KILL "$(media_of paris)"
check "the media process dies and the call goes on" wait_for 5 sh -c '[ "$(grep -c "\"start\"" paris.media)" -ge 3 ]'
check "nobody hung up" in_call london
check "its death was logged" event paris "g('ev') == 'media' and g('what') == 'killed'"

kill -KILL "${pid[callcontrol]}"
wait "${pid[callcontrol]}" 2>/dev/null
start_callcontrol
check "call control starts again, the call goes on" in_call london
check "the call can still be ended" ctl paris hangup
check "and the far end hears of it" wait_for 40 no_call london

# a wrong password
echo wrong >berlin/password
start_room berlin
check "a wrong password is told" wait_for 20 grep -q "wrong password" berlin.err
check "and not tried in a hurry" json berlin "not s['registration']['ok']"
stop berlin
chmod 644 berlin/password
start_room berlin
check "a password that others may read is told" wait_for 20 grep -q "berlin/password.*chmod 600" berlin.err
stop berlin
: >berlin/password
start_room berlin
check "an empty password file is told" wait_for 20 grep -q "berlin/password: is empty" berlin.err
stop berlin

for h in paris london; do stop $h; done
check "paris took its registration back" event paris "g('ev') == 'register' and g('state') == 'removed'"
stop callcontrol
check "no sanitizer had to speak" sanitizers_quiet
rm -f ./*.jsonl ./*.media ./*.err callcontrol/*.db*

meeting on A2-20

# call control restarts in a call: the connections break
ctl paris call 1002 --no-wait >/dev/null
wait_for 5 rings london
ctl london answer >/dev/null
wait_for 5 in_call paris
kill -KILL "${pid[callcontrol]}"
wait "${pid[callcontrol]}" 2>/dev/null
check "paris sees the connection break" wait_for 10 json paris "not s['registration']['ok']"
start_callcontrol
check "paris registers again by itself" wait_for 20 registered paris
check "london registers again by itself" wait_for 20 registered london
check "the call went on" in_call london
check "it is ended over the new connections" ctl london hangup
check "and the far end hears of it" wait_for 10 no_call paris

# certificates that are not call control's
stop paris
certificate ca paris paris.demo.visavis.test 10.77.1.2
certificate_authority other
cp other.pem paris/ca.pem
start_room paris
check "an unknown authority is refused" wait_for 10 grep -q "certificate refused" paris.err
stop paris
cp ca.pem paris/ca.pem
certificate ca callcontrol london.demo.visavis.test 10.77.1.4
stop callcontrol
start_callcontrol
: >paris.err
start_room paris
check "another host's certificate is refused" wait_for 10 grep -q "not that of callcontrol" paris.err
stop paris
stop london
stop callcontrol
check "no sanitizer had to speak with security on" sanitizers_quiet
finish
