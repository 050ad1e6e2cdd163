# Completion of visavis for bash; installed as share/bash-completion/completions/visavis. All words come from the
# program's own help, so that a new verb, option or dialect needs nothing here.

# Every word that a filter can be.
_visavis_flow_words() {
	visavis flows --csv 2>/dev/null | awk -F, 'NR > 1 { print $1; print $2; print $4; print $5 }' | sort -u
}

_visavis_roles() {
	visavis flows --json 2>/dev/null | grep -E '^ +"(from|to)":' | grep -oE '"[a-z-]+"' | tr -d '"' | grep -vxE 'from|to' | sort -u
}

# The first words of indented lines: commands, verbs.
_visavis_verbs() {
	visavis "$@" --help 2>/dev/null | awk '/^  [a-z]/ && $2 !~ /^=/ { print $1 }'
}

_visavis_options() {
	visavis "$@" --help 2>/dev/null | grep -oE -- '--[a-z][a-z-]*' | sort -u
	echo --help
}

# What stands under "Dialects"; "Dialects: a b c" on one line too.
_visavis_dialects() {
	visavis "$@" --help 2>/dev/null | awk '/^Dialects/ { on = 1; sub(/^Dialects[^:]*: */, ""); print; next } on { print $1 }'
}

# Hosts with a control socket.
_visavis_hosts() {
	local sock

	for sock in "${VISAVIS_RUN:-/run/visavis}"/*/ctl.sock; do
		[ -e "$sock" ] && basename "${sock%/ctl.sock}"
	done
}

_visavis_words() {
	local command=${COMP_WORDS[1]} verb=${COMP_WORDS[2]} word=$1 before=$2

	case $command:$before in
	flows:--role | flows:--from | flows:--to) _visavis_roles ;;
	flows:--transport) echo "l2 icmp tcp udp" ;;
	flows:--port | flows:--when | flows:--dscp | *:--site | *:--out | *:-o) ;;
	flows:--id | flows:--table | flows:--protocol) _visavis_flow_words ;;
	flows:*) _visavis_flow_words; _visavis_options flows ;;
	policy:--to | policy:--from) _visavis_dialects policy "$verb" ;;
	lab:--security) echo "on off" ;;
	ctl:ctl) _visavis_hosts; _visavis_options ctl ;;
	*)
		if [ "$COMP_CWORD" = 2 ]; then
			_visavis_verbs "$command"
		fi
		case $command:$word in
		ctl:*) [ "$COMP_CWORD" != 3 ] || visavis ctl "$verb" help 2>/dev/null | awk '/^[a-z]/ { print $1 }' ;;
		policy:-*) _visavis_options policy "$verb" ;;
		*:-*) _visavis_options "$command" ;;
		esac
		;;
	esac
}

_visavis() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} words

	COMPREPLY=()
	if [ "$COMP_CWORD" = 1 ]; then
		words="$(_visavis_verbs) --help --version"
	else
		words=$(_visavis_words "$word" "$before")
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
	# site files and configurations: any file where nothing else fits
	[ ${#COMPREPLY[@]} -gt 0 ] || mapfile -t COMPREPLY < <(compgen -f -- "$word")
}

complete -o filenames -F _visavis visavis
