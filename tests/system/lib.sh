# Sourced by every system test. Runs the test in namespaces of its own (network, mount, process ids), so that whatever
# it starts dies with it and nothing is left behind; as root or, without, in a user namespace. Results are TAP.
#
# The test is called as NAME.sh with VISAVIS_SOURCE and VISAVIS_BUILD set.
set -u
: "${VISAVIS_SOURCE:?}" "${VISAVIS_BUILD:?}"

if [ -z "${VISAVIS_INSIDE:-}" ]; then
	VISAVIS_INSIDE=$(id -u)
	export VISAVIS_INSIDE
	user=
	[ "$VISAVIS_INSIDE" = 0 ] || user="--user --map-root-user"
	# shellcheck disable=SC2086
	exec unshare $user --net --mount --pid --fork --kill-child --mount-proc bash "$0" "$@"
fi

ip link set lo up
T=$(mktemp -d "$VISAVIS_BUILD/tests/tmp.XXXXXX")
trap 'rm -rf "$T"' EXIT
export PATH="$VISAVIS_BUILD/tools/visavis:$PATH"
tap_n=0
tap_failed=0

# ok STATUS NAME: one result; STATUS 0 is success
ok() {
	tap_n=$((tap_n + 1))
	if [ "$1" = 0 ]; then
		echo "ok $tap_n - $2"
	else
		echo "not ok $tap_n - $2"
		tap_failed=1
	fi
}

# check NAME COMMAND...: the command must succeed; what it printed is shown when it does not
check() {
	local name=$1
	shift
	if "$@" >"$T/check.out" 2>&1; then ok 0 "$name"; else
		ok 1 "$name"
		sed 's/^/# /' "$T/check.out" | head -n 40
	fi
}

# skip NAME WHY
skip() {
	tap_n=$((tap_n + 1))
	echo "ok $tap_n - $1 # SKIP $2"
}

# wait_for SECONDS COMMAND...: poll until the command succeeds; never a sleep for luck
wait_for() {
	local until=$(($(date +%s%N) + $1 * 1000000000))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$(date +%s%N)" -lt "$until" ] || return 1
		sleep 0.02
	done
}

# the last line of every test
finish() {
	echo "1..$tap_n"
	exit "$tap_failed"
}
