# Completion of visavis for bash; installed as share/bash-completion/completions/visavis.

# Every word that a filter can be, from the program itself.
_visavis_flow_words() {
	visavis flows --csv 2>/dev/null | awk -F, 'NR > 1 { print $1; print $2; print $4; print $5 }' | sort -u
}

_visavis_roles() {
	visavis flows --json 2>/dev/null | grep -E '^ +"(from|to)":' | grep -oE '"[a-z-]+"' | tr -d '"' | grep -vxE 'from|to' | sort -u
}

_visavis_options() {
	case $1 in
	flows) echo "--id --table --protocol --transport --role --from --to --port --when --dscp
		--site --long --json --csv --markdown --tables --help" ;;
	site) echo "--json --markdown --help" ;;
	*) echo "--help" ;;
	esac
}

_visavis_words() {
	local command=${COMP_WORDS[1]}

	case $command:$2 in
	flows:--role | flows:--from | flows:--to) _visavis_roles ;;
	flows:--transport) echo "l2 icmp tcp udp" ;;
	flows:--port | flows:--when | flows:--dscp) ;;
	flows:--id | flows:--table | flows:--protocol) _visavis_flow_words ;;
	flows:*) _visavis_flow_words; _visavis_options flows ;;
	site:site) echo "check show options" ;;
	policy:policy) echo "compile qos audit lint diff explain" ;;
	lab:lab) echo "up run prove exec down plan" ;;
	*) _visavis_options "$command" ;;
	esac
}

_visavis() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} words

	COMPREPLY=()
	if [ "$COMP_CWORD" = 1 ]; then
		words=$(visavis --help 2>/dev/null | awk '/^  [a-z]/ { print $1 }')
		words="$words --help --version"
	elif [ "$before" = --site ]; then
		words=
	else
		words=$(_visavis_words "$word" "$before")
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
	# site files: any file where nothing else fits
	[ ${#COMPREPLY[@]} -gt 0 ] || mapfile -t COMPREPLY < <(compgen -f -- "$word")
}

complete -o filenames -F _visavis visavis
