#!/bin/bash
# completion.sh VISAVIS: what bash offers after some beginnings of a command line
PATH=$(cd "$(dirname "$1")" && pwd):$PATH
# shellcheck source=packaging/visavis.bash
. "$VISAVIS_SOURCE/packaging/visavis.bash"
failed=0

# offers WORD... = EXPECTED...: complete the last word
offers() {
	local want

	COMP_WORDS=(visavis)
	while [ "$1" != = ]; do
		COMP_WORDS+=("$1")
		shift
	done
	shift
	want=$*
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
	_visavis
	[ "${COMPREPLY[*]}" = "$want" ] && return
	echo "${COMP_WORDS[*]}: offered \"${COMPREPLY[*]}\", not \"$want\""
	failed=1
}

offers fl = flows
offers site = site
offers site sh = show
offers flows --role mul = multipoint
offers flows --transport t = tcp
offers flows A2-2 = A2-20 A2-21 A2-22 A2-23 A2-24
offers flows --mark = --markdown
offers site check "$VISAVIS_SOURCE/lab/sites/dem" = "$VISAVIS_SOURCE/lab/sites/demo.yaml"
offers policy up = update
offers policy compile --to ios = ios ios-groups iosxr
offers policy update --to nx = nxos
offers policy audit --from ip = iptables
offers policy lint --sa = --sarif
offers site check --j = --json
if visavis --help | grep -q '^  lab'; then
	offers lab pr = prove
	offers lab run x --pro = --prove
	offers lab run x --security o = on off
fi
run=$(mktemp -d)
mkdir "$run/paris"
: >"$run/paris/ctl.sock"
VISAVIS_RUN=$run offers ctl p = paris
rm -r "$run"
exit $failed
