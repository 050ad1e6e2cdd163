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
exit $failed
