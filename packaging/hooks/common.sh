# ---- common.sh: the same in each of these programs, which is held by a test ----
set -fu

# say WORD...: one line on standard error; the keeper logs it.
say() { printf '%s\n' "${0##*/}: $*" >&2; }
fail() {
	say "$@"
	exit 1
}

# trim TEXT: without the blanks around it, in $trimmed.
trim() {
	trimmed=${1#"${1%%[! 	]*}"}
	trimmed=${trimmed%"${trimmed##*[! 	]}"}
}

# trusted FILE: nobody but root, or who runs this, may read or change it.
trusted() {
	[ -f "$1" ] || { say "cannot read $1: there is no such file; see docs/telling.md for what stands in it"; return 1; }
	# shellcheck disable=SC2046 # the mode is the first word, the owner the third
	set -- "$1" $(LC_ALL=C ls -lndL -- "$1")
	case $2 in
	-???------*) ;;
	*) say "cannot trust $1: others than its owner may use it ($2); do: chmod 600 $1"; return 1 ;;
	esac
	case $4 in
	0 | "$(id -u)") ;;
	*) say "cannot trust $1: it belongs to user $4; do: chown $(id -u) $1"; return 1 ;;
	esac
	[ -r "$1" ] || { say "cannot read $1: permission denied; it must run as root"; return 1; }
}

# settings FILE KEY...: reads lines of the form 'key = value' into $key. It quotes no
# line, for a secret may stand there.
settings() {
	file=$1
	shift
	known="$* proxy cacert"
	for key in $known; do eval "$key="; done # the keys are ours
	trusted "$file" || return 1
	case $(command -v printf) in
	*/*) say "cannot keep the secret of $file: printf is not part of this shell, so that ps(1) would show it; run it with another"; return 1 ;;
	esac
	number=0
	while IFS= read -r line || [ -n "$line" ]; do
		number=$((number + 1))
		trim "${line%"$cr"}"
		line=$trimmed
		case $line in '' | '#'*) continue ;; esac
		trim "${line%%=*}"
		key=$trimmed
		case $line in *=*) ;; *) key= ;; esac
		case $key in *[!a-z_]*) key= ;; esac
		case " $known " in
		*" ${key:-=} "*) ;;
		*) say "cannot use $file: line $number is not a 'key = value' with one of the keys $known"; return 1 ;;
		esac
		trim "${line#*=}"
		case $trimmed in '"'*'"') trimmed=${trimmed#?} trimmed=${trimmed%?} ;; esac
		eval "$key=\$trimmed"
	done <"$file"
}
cr=$(printf '\r')

# need KEY...: these must be there.
need() {
	for key; do
		eval "[ -n \"\$$key\" ]" || { say "cannot use $file: it has no line '$key = ...'"; return 1; }
	done
}

# json MOST [NAME TEXT]...: these members of an object of JSON; a text has MOST characters
# at most. It may be hostile: whatever is not plain ASCII is escaped, as in \u00e9, and
# what is not UTF-8 becomes U+FFFD.
json() {
	characters=$1
	shift
	printf '%s\0' "$@" | LC_ALL=C od -A n -v -t x1 | LC_ALL=C awk -v most="$characters" '
	function byte(hex) { return 16 * index(digits, substr(hex, 1, 1)) + index(digits, substr(hex, 2)) - 17 }
	function put(c) {
		if (c == 34 || c == 92) printf "\\%c", c
		else if (c > 31 && c < 127) printf "%c", c
		else if (c < 65536) printf "\\u%04x", c
		else printf "\\u%04x\\u%04x", 55296 + int((c - 65536) / 1024), 56320 + (c - 65536) % 1024
	}
	function string(   i, k, c, count, width, least) {
		if (strings++) printf "%s", (strings % 2 ? "," : ":")
		printf "\""
		for (i = 0; i < n; i += width) {
			if (count++ >= most) { printf "..."; break }
			c = text[i]; width = 1; least = 0
			if (c >= 240) { width = 4; least = 65536; c -= 240 }
			else if (c >= 224) { width = 3; least = 2048; c -= 224 }
			else if (c >= 192) { width = 2; least = 128; c -= 192 }
			else if (c >= 128) c = -1
			for (k = 1; k < width; k++) {
				if (i + k >= n || text[i + k] < 128 || text[i + k] > 191) { c = -1; break }
				c = c * 64 + text[i + k] - 128
			}
			if (c < least || c > 1114111 || c >= 55296 && c <= 57343) { c = 65533; width = 1 }
			put(c)
		}
		printf "\""
	}
	BEGIN { digits = "0123456789abcdef" }
	{ for (f = 1; f <= NF; f++) if ($f == "00") { string(); n = 0 } else text[n++] = byte($f) }'
}

# story: what a person wants to know besides KEEPER_SUBJECT.
story() {
	[ "${KEEPER_COUNT:-1}" -le 1 ] || printf 'all %s: %s\nof %s:\n' "$KEEPER_COUNT" "${KEEPER_DAEMONS-}" "${KEEPER_DAEMON-}"
	[ -z "${KEEPER_SINCE-}" ] || printf 'since: %s\n' "$KEEPER_SINCE"
	[ -z "${KEEPER_REASON-}" ] || printf 'found: %s\n' "$KEEPER_REASON"
	[ -z "${KEEPER_CAUSE-}" ] || printf 'cause: %s\n' "$KEEPER_CAUSE"
	[ -z "${KEEPER_SENDER-}" ] || printf 'sent by: %s (%s)\n' "$KEEPER_SENDER" "${KEEPER_CERTAINTY:-hint}"
	[ -z "${KEEPER_DONE-}" ] || printf 'done: %s\n' "$KEEPER_DONE"
	[ -z "${KEEPER_PAGE-}" ] || printf 'page: %s\n' "$KEEPER_PAGE"
}

# request SECONDS METHOD URL [HEADER...]: curl's configuration, which it reads from its
# standard input: ps(1) shows arguments to everybody.
request() {
	printf '%s\n' silent show-error globoff 'proto = "=http,https"' "max-time = $1" 'limit-rate = "100k"' 'write-out = "\n%{http_code}\n"'
	{
		printf '%s = %s\n' request "$2" url "$3"
		shift 3
		for field; do printf 'header = %s\n' "$field"; done
		[ -z "$body" ] || printf 'data-binary = %s\n' "$body"
		[ -z "$proxy" ] || printf 'proxy = %s\n' "$proxy"
		[ -z "$cacert" ] || printf 'cacert = %s\n' "$cacert"
	} | sed 's/[\\"]/\\&/g; s/ = \(.*\)/ = "\1"/'
}

# attempt SECONDS METHOD URL [HEADER...]: 0 if it was accepted. $again is not empty if
# it may help to try again, and $why says what is wrong.
attempt() {
	answer=$({ request "$@" | "$curl" -q --config - 2>&1; echo "$?"; } | LC_ALL=C awk '
		{ if (length(said) < 200) said = said beforelast; gsub(/[^ -~]/, ""); beforelast = last " "; last = $0 }
		END { gsub(/^ *| *$/, "", said); sub(/ *$/, "", beforelast); printf "%s\n%s\n%s\n", last, beforelast, substr(said, 1, 200) }')
	exit=${answer%%"$newline"*} answer=${answer#*"$newline"}
	code=${answer%%"$newline"*} said=${answer#*"$newline"}
	again='' host=${3#*://} host=${host%%[/?]*} host=${host##*@} path=${3#*://*/}
	for secret in "$path" "${url##*/}" "${token-}" "${routing_key-}" "${secret_header-}"; do
		case $secret in ??????*) ;; *) continue ;; esac
		case $said in *"$secret"*) said= ;; esac # some servers repeat what was asked
	done
	case $exit$code in
	02??) return 0 ;;
	05??) again=yes ;;
	0???) ;;
	6??? | 7??? | 28??? | 35??? | 52??? | 55??? | 56???) again=yes ;;
	esac
	why="$host does not answer"
	[ "$code" = 000 ] || why="$host answers $code"
	[ -z "$said" ] || why="$why: $said"
	return 1
}
newline='
'

# send METHOD URL [HEADER...]: sends $body. Where it makes sense it is tried again,
# once, a second later; with that it takes 10 seconds at most.
send() {
	end=$(($(date +%s) + 9))
	case $2 in
	http://?* | https://?*) ;;
	*) say "cannot use $file: a url begins with https:// or http://"; return 1 ;;
	esac
	curl=$(PATH=$PATH:/usr/local/bin && command -v curl) || { say "cannot find curl: install it"; return 1; }
	attempt 5 "$@" && return
	if [ -n "$again" ]; then
		sleep 1
		left=$((end - $(date +%s)))
		[ "$left" -le 5 ] || left=5
		[ "$left" -ge 1 ] || left=1
		attempt "$left" "$@" && return
		why="$why (tried twice)"
	fi
	say "cannot tell anybody: $why"
	return 1
}

# event FILE: ends it unless the keeper, or somebody who tries it, says what to tell.
event() {
	[ $# = 1 ] || fail "cannot tell anybody: usage: ${0##*/} FILE, with the file that has the secret"
	case ${KEEPER_EVENT-} in
	begin | reminder | end) ;;
	*) fail "cannot tell anything: KEEPER_EVENT is not begin, reminder or end; daemon-keeper runs it, or: KEEPER_EVENT=begin KEEPER_SUBJECT='a test' $0 $1" ;;
	esac
	: "${KEEPER_SUBJECT:=daemon-keeper: $KEEPER_EVENT}"
}
# ---- end of common.sh ----
