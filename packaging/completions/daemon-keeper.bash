# bash completion for daemon-keeper(8)
#
# The program itself knows what may follow; where it is missing, files are offered.
# Of what is newer than bash 3.2 this uses only compopt, which may be missing.

_daemon_keeper() {
	local IFS=$' \t\n' program=$1 line last= begin prefix
	COMPREPLY=()
	[[ $program != '~/'* ]] || program=$HOME/${program#??}
	if type "$program" >/dev/null 2>&1; then
		while IFS= read -r line; do
			[[ -z $last ]] || COMPREPLY+=("$last")
			last=$line
		done <<<"$("$program" __complete --bash "${COMP_LINE:0:COMP_POINT}" "$COMP_WORDBREAKS" 2>/dev/null </dev/null)"
	fi
	case $last in
	:none*) return 0 ;;
	:users*)
		read -r _ begin prefix <<<"$last"
		COMPREPLY=($(compgen -P "$prefix" -u -- "$begin"))
		return 0
		;;
	:files*) ;;
	*) COMPREPLY=() ;;
	esac
	if ! type compopt >/dev/null 2>&1; then # readline offers files by itself where we offer nothing
		COMPREPLY=()
		return 0
	fi
	case $last in
	:files*) compopt -o filenames ;;
	*) compopt -o default ;;
	esac 2>/dev/null
	[[ $last != *nospace ]] || compopt -o nospace 2>/dev/null
}

if type compopt >/dev/null 2>&1; then
	complete -F _daemon_keeper daemon-keeper
else
	complete -o default -F _daemon_keeper daemon-keeper
fi
