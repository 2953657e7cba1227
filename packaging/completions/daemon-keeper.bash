# bash completion for daemon-keeper(8)
#
# Made by go generate from the program's own command line: do not edit.
# It needs no other package, and of what is newer than bash 3.2 only compopt, which
# may be missing.

# _daemon_keeper_grammar sets what the command $1 takes, and its flags: how each is
# written, and behind = what its value is, with ... if it may be given again.
_daemon_keeper_grammar() {
	case $1 in
	run)
		takes=NAME
		flags='
			-c,--config=CONFIG
			--at-once=ANYTHING
			-e,--executable=PROGRAM
			-s,--service=SERVICE...
			-u,--user=USER
			--recheck=ANYTHING
			--stop-timeout=ANYTHING
			--start-timeout=ANYTHING
			--verify=ANYTHING
			--settle=ANYTHING
			--leftovers=report|end
			--boot-grace=ANYTHING
			--boot-limit=ANYTHING
			--work-limit=ANYTHING
			--backoff=ANYTHING
			--acceptable=ANYTHING
			--ignore-intent
			-n,--dry-run
			-o,--output=text|json|nagios|mon
			--prometheus=METRICS
			-q,--quiet
			-v,--verbose
			--service-command=PROGRAM
			--run-dir=FOLDER
			--state-dir=FOLDER
			--facility=kern|user|mail|daemon|auth|syslog|lpr|news|uucp|cron|authpriv|ftp|local0|local1|local2|local3|local4|local5|local6|local7
			--tag=ANYTHING
			--no-syslog
			-h,--help
			--version'
		;;
	check)
		takes=SPEC
		flags='
			-c,--config=CONFIG
			-o,--output=text|json|nagios|mon
			--prometheus=METRICS
			-q,--quiet
			-v,--verbose
			--run-dir=FOLDER
			--state-dir=FOLDER
			-h,--help
			--version'
		;;
	status)
		takes=SPEC
		flags='
			-c,--config=CONFIG
			-o,--output=text|json|nagios|mon
			--prometheus=METRICS
			-q,--quiet
			-v,--verbose
			--run-dir=FOLDER
			--state-dir=FOLDER
			--service-command=PROGRAM
			-h,--help
			--version'
		;;
	match)
		takes=SPEC
		flags='
			-c,--config=CONFIG
			-e,--executable=PROGRAM
			-u,--user=USER
			-h,--help
			--version'
		;;
	pause)
		takes=DAEMON
		flags='
			--all
			--for=ANYTHING
			--reason=ANYTHING
			-c,--config=CONFIG
			--state-dir=FOLDER
			-h,--help
			--version'
		;;
	resume)
		takes=DAEMON
		flags='
			--all
			--state-dir=FOLDER
			-h,--help
			--version'
		;;
	history)
		takes=DAEMON
		flags='
			--since=ANYTHING
			-o,--output=text|json
			--state-dir=FOLDER
			-h,--help
			--version'
		;;
	validate)
		takes=NOTHING
		flags='
			-c,--config=CONFIG
			--part
			-h,--help
			--version'
		;;
	schema)
		takes=NOTHING
		flags='
			-h,--help
			--version'
		;;
	import)
		takes=FILE
		flags='
			-h,--help
			--version'
		;;
	init)
		takes=NOTHING
		flags='
			-h,--help
			--version'
		;;
	esac
}

# _daemon_keeper_split sets words to those of the line up to the cursor, without
# their quotes; nothing is expanded. Of the last one readline replaces only what
# is behind the last of $COMP_WORDBREAKS; head is what is before that.
_daemon_keeper_split() {
	local line=${COMP_LINE:0:COMP_POINT} word= begun= quote= c i
	words=() head=
	for ((i = 0; i < ${#line}; i++)); do
		c=${line:i:1}
		if [[ -n $quote && $c == "$quote" ]]; then
			quote=
		elif [[ $quote == '"' && $c == \\ && ${line:i+1:1} == [\"\\\$\`] ]]; then
			word+=${line: ++i:1}
		elif [[ -n $quote ]]; then
			word+=$c
		else
			case $c in
			[[:space:]] | [\<\>])
				[[ -z $begun ]] || words+=("$word")
				word= begun= head=
				[[ $c == [[:space:]] ]] || words+=("$c")
				;;
			[\"\'])
				quote=$c head=$word begun=1
				;;
			\\)
				word+=${line: ++i:1} begun=1
				;;
			@) # of all these, readline leaves it in what it replaces
				[[ $COMP_WORDBREAKS != *@* ]] || head=$word
				word+=$c begun=1
				;;
			*)
				word+=$c begun=1
				[[ $COMP_WORDBREAKS != *"$c"* ]] || head=$word
				;;
			esac
		fi
	done
	words+=("$word")
}

# _daemon_keeper_flag finds the flag $1: how it is written, and what its value is.
_daemon_keeper_flag() {
	local flag
	for flag in $flags; do
		spelt=${flag%%=*} value=
		[[ ,$spelt, == *",$1,"* ]] || continue
		[[ $flag != *=* ]] || value=${flag#*=}
		value=${value%...}
		return 0
	done
	return 1
}

# _daemon_keeper_note takes note of the flag $1, and of its value $2.
_daemon_keeper_note() {
	given+="$spelt "
	case $1 in
	-c | --config) config=${2-} ;;
	esac
}

# _daemon_keeper_letters reads flags of one letter that stand together. If there is
# a value, or one has to follow, it sets lettered to what is before the value.
_daemon_keeper_letters() {
	local i
	lettered=
	for ((i = 1; i < ${#1}; i++)); do
		_daemon_keeper_flag "-${1:i:1}" || return
		[[ -z ${2-} ]] || _daemon_keeper_note "-${1:i:1}" "${1:i+1}"
		if [[ -n $value ]]; then
			lettered=${1:0:i+1}
			return
		fi
	done
}

# _daemon_keeper_read reads the words before the last one. If one of them is a flag
# whose value is the last word, it sets pending to that flag.
_daemon_keeper_read() {
	local i=$1 word spelt value lettered
	for ((; i < last; i++)); do
		word=${words[i]}
		if [[ $word == [\<\>] ]]; then
			((++i < last)) || pending='>'
		elif [[ -n $pending ]]; then
			_daemon_keeper_flag "$pending"
			_daemon_keeper_note "$pending" "$word"
			pending=
		elif [[ -n $ended || $word != -?* ]]; then
			arguments+="$word "
		elif [[ $word == -- ]]; then
			ended=1
		elif [[ $word == --*=* ]]; then
			_daemon_keeper_flag "${word%%=*}" && _daemon_keeper_note "${word%%=*}" "${word#*=}"
		elif [[ $word == --* ]]; then
			_daemon_keeper_flag "$word" || continue
			if [[ -n $value ]]; then pending=$word; else _daemon_keeper_note "$word"; fi
		else
			_daemon_keeper_letters "$word" note
			if [[ $lettered == "$word" ]]; then pending=-${word:${#word}-1}; fi
		fi
	done
}

# _daemon_keeper_offer offers those of the words that begin like the current one.
_daemon_keeper_offer() {
	local word
	for word; do
		word=$prefix$word
		[[ $word != "$current"* ]] || COMPREPLY+=("${word#"$head"}")
	done
}

# _daemon_keeper_files offers folders, and files that end in $2 or, without it,
# for which test $1 is true.
_daemon_keeper_files() {
	local begin=${current#"$prefix"} file path
	# Without compopt readline offers files by itself where we offer nothing.
	type compopt >/dev/null 2>&1 || return 0
	compopt -o filenames 2>/dev/null
	while IFS= read -r file; do
		path=$file
		[[ $path != '~/'* ]] || path=$HOME/${path#??}
		if [[ -d $path ]]; then
			# Readline looks whether it is a folder, but not behind a flag.
			[[ -z $prefix || $head == "$prefix"* ]] || file+=/
			_daemon_keeper_offer "$file"
		elif [ "$1" "$path" ] && [[ $path == *"${2-}" ]]; then
			_daemon_keeper_offer "$file"
		fi
	done <<<"$(compgen -f -- "$begin")"
	[[ ${COMPREPLY[*]-} != *[!/]/ ]] || compopt -o nospace 2>/dev/null
}

# _daemon_keeper_names offers the names in the configuration but those that are
# there already.
_daemon_keeper_names() {
	local program=${words[0]} file=$config name
	[[ $program != '~/'* ]] || program=$HOME/${program#??}
	[[ $file != '~/'* ]] || file=$HOME/${file#??}
	for name in $("$program" validate ${file:+-c "$file"} 2>/dev/null </dev/null |
		awk -v "rules=${1-}" '/^[^ ]/ { named = /^daemons:/ || (rules != "" && /^forbid:/) }
named && /^  [^ ]/ { gsub(/[^A-Za-z0-9_.@+-]/, ""); print }'); do
		[[ $arguments == *" $name "* ]] || _daemon_keeper_offer "$name"
	done
}

# _daemon_keeper_services offers what the machine's service manager knows.
_daemon_keeper_services() {
	local unit load
	while read -r unit load _; do
		unit=${unit##*/} unit=${unit%.service}
		case $load:$unit in
		not-found:* | *@ | *: | *[!A-Za-z0-9_.@:-]* | *:README) ;;
		*) _daemon_keeper_offer "$unit" ;;
		esac
	done <<<"$({
		if [[ -d /run/systemd/system ]]; then
			systemctl list-unit-files --type=service --no-legend --no-pager
			systemctl list-units --type=service --all --plain --full --no-legend --no-pager # instances, too
		elif [[ -f /etc/rc.subr ]]; then
			service -l
		else
			ls /etc/init.d
		fi
	} 2>/dev/null)"
}

# _daemon_keeper_value offers what a value or an argument of the kind $1 can be.
_daemon_keeper_value() {
	case $1 in
	NOTHING | ANYTHING) ;;
	DAEMON) _daemon_keeper_names ;;
	NAME) _daemon_keeper_names rules ;;
	SPEC)
		_daemon_keeper_names rules
		[[ $current != /* ]] || _daemon_keeper_value PROGRAM
		;;
	FILE) _daemon_keeper_files -e ;;
	CONFIG) _daemon_keeper_files -e .yaml ;;
	METRICS) _daemon_keeper_files -e .prom ;;
	FOLDER) _daemon_keeper_files -d ;;
	PROGRAM)
		[[ $current != "$prefix" ]] || current+=/
		case ${current#"$prefix"} in
		[/~]*) _daemon_keeper_files -x ;;
		esac
		;;
	USER) _daemon_keeper_offer $(compgen -u) ;;
	SERVICE) _daemon_keeper_services ;;
	*) _daemon_keeper_offer ${1//|/ } ;;
	esac
}

# _daemon_keeper_flags offers the flags that may still be given.
_daemon_keeper_flags() {
	local flag
	for flag in $flags; do
		if [[ $given != *" ${flag%%=*} "* || $flag == *... ]]; then
			flag=${flag%%=*}
			_daemon_keeper_offer ${flag//,/ }
		fi
	done
}

_daemon_keeper() {
	local IFS=$' \t\n' command=run takes flags words head last current
	local given=' ' arguments=' ' config= pending= ended= prefix= first=1 spelt= value= lettered=
	COMPREPLY=()
	_daemon_keeper_split
	last=$((${#words[@]} - 1)) current=${words[last]}
	if ((last > 1)); then
		case ${words[1]} in
		run | check | status | match | pause | resume | history | validate | schema | import | init) command=${words[1]} first=2 ;;
		esac
	fi
	_daemon_keeper_grammar "$command"
	_daemon_keeper_read "$first"

	if [[ $pending == '>' ]]; then
		_daemon_keeper_files -e
	elif [[ -n $pending ]]; then
		_daemon_keeper_flag "$pending" && _daemon_keeper_value "$value"
	elif [[ -n $ended || $current != -* ]]; then
		((last > 1)) || _daemon_keeper_offer run check status match pause resume history validate schema import init
		case $given in
		*--executable\ * | *--service\ * | *--all\ *) ;;
		*) _daemon_keeper_value "$takes" ;;
		esac
	elif [[ $current == --*=* ]]; then
		prefix=${current%%=*}=
		_daemon_keeper_flag "${current%%=*}" && _daemon_keeper_value "$value"
	else
		[[ $current == --* ]] || _daemon_keeper_letters "$current"
		if [[ -n $lettered && $lettered != "$current" ]]; then
			prefix=$lettered
			_daemon_keeper_value "$value"
		else
			_daemon_keeper_flags
		fi
	fi
}

if type compopt >/dev/null 2>&1; then
	complete -F _daemon_keeper daemon-keeper
else
	complete -o default -F _daemon_keeper daemon-keeper
fi
