#!/bin/bash
# What the media process gave up: each attempt is made from inside its sandbox.
. "$VISAVIS_SOURCE/tests/system/lib.sh"
M=$VISAVIS_BUILD/daemons/media/visavis-media
export ASAN_OPTIONS=detect_leaks=0
cd "$T" || exit 1

# outcome WHAT MODE: the exit status; 128 + 31 is SIGSYS
outcome() {
	bash -c "$M --sandbox $2 --sandbox-try $1 >/dev/null 2>&1; exit \$?" 2>/dev/null
	echo $?
}

check "nothing forbidden is let through" test "$(outcome nothing on)" = 0
for what in socket exec fork wx thread-socket; do
	check "$what kills" test "$(outcome $what on)" = 159
done
for what in read write; do
	check "$what is refused" test "$(outcome $what on)" = 1
done
check "no file was made" test ! -e visavis-sandbox-try
# the test can fail: without the sandbox all of it works
for what in socket exec fork wx thread-socket read; do
	check "$what works without a sandbox" test "$(outcome $what off)" = 0
done
check "the logging mode lets calls through" test "$(outcome socket log)" = 0
check "a wrong mode is refused" bash -c "! VISAVIS_MEDIA_SANDBOX=maybe $M --version"
finish
