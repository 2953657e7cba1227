# fish completion for daemon-keeper(8)
#
# Made by go generate from the program's own command line: do not edit.

# Sets what the words before the current one say: the program, the command, the
# flags and arguments given, and the configuration.
function __daemon_keeper_read --no-scope-shadowing
    set -l valued -c --config --at-once -e --executable -s --service -u --user --recheck --stop-timeout --start-timeout --verify --settle --leftovers --boot-grace --boot-limit --work-limit --backoff --acceptable -o --output --prometheus --service-command --run-dir --state-dir --facility --tag --for --reason --since
    set -l words (commandline -opc)
    set -l pending
    set -l ended
    set program $words[1]
    set command run
    set given
    set arguments
    set config
    set -e words[1]
    if contains -- "$words[1]" run check status match pause resume history validate schema import init
        set command $words[1]
        set -e words[1]
    end
    for word in $words
        if set -q pending[1]
            contains -- $pending -c --config; and set config $word
            set pending
        else if set -q ended[1]; or not string match -q -- '-?*' $word
            set -a arguments $word
        else if test $word = --
            set ended yes
        else if string match -q -- '--*=*' $word
            set -l pair (string split -m 1 = -- $word)
            set -a given $pair[1]
            test $pair[1] = --config; and set config $pair[2]
        else if string match -q -- '--*' $word
            set -a given $word
            contains -- $word $valued; and set pending $word
        else # letters, which may stand together
            set -l rest (string sub -s 2 -- $word)
            while test -n "$rest"
                set -l flag -(string sub -l 1 -- $rest)
                set rest (string sub -s 2 -- $rest)
                set -a given $flag
                contains -- $flag $valued; or continue
                if test -z "$rest"
                    set pending $flag
                else if test $flag = -c
                    set config $rest
                end
                set rest
            end
        end
    end
    set -q pending[1]; and set -e given[-1] # its value is yet to come
end

# Whether the command is one of $argv[1] and none of the other flags was given.
function __daemon_keeper_may
    set -l program; set -l command; set -l given; set -l arguments; set -l config
    __daemon_keeper_read
    contains -- $command (string split , -- $argv[1]); or return 1
    for flag in $argv[2..-1]
        contains -- $flag $given; and return 1
    end
    return 0
end

# Whether the current word is the first one.
function __daemon_keeper_first
    test (count (commandline -opc)) = 1
end

# The names in the configuration but those that are there already; with the
# argument rules, those of its rules, too.
function __daemon_keeper_names
    set -l program; set -l command; set -l given; set -l arguments; set -l config
    __daemon_keeper_read
    set program (string replace -r '^~/' "$HOME/" -- $program)
    set -l file
    test -n "$config"; and set file -c (string replace -r '^~/' "$HOME/" -- $config)
    for name in ($program validate $file 2>/dev/null </dev/null | awk -v "rules=$argv[1]" '/^[^ ]/ { named = /^daemons:/ || (rules != "" && /^forbid:/) }
named && /^  [^ ]/ { gsub(/[^A-Za-z0-9_.@+-]/, ""); print }')
        contains -- $name $arguments; or echo $name
    end
end

# The current word, without the flag whose value it is.
function __daemon_keeper_value
    commandline -ct | string replace -r -- '^(--[a-z-]+=|-[a-z])' ''
end

# Folders, and files that end in $argv[1].
function __daemon_keeper_files
    set -l suffix (string escape --style=regex -- "$argv[1]")
    complete -C "__daemon_keeper_no_such_command "(__daemon_keeper_value) |
        string replace -r '\t.*' '' | string match -r -- '.*(?:/|'$suffix')$'
end

# Executables, by their full paths.
function __daemon_keeper_programs
    set -l value (__daemon_keeper_value)
    test -n "$value"; or set value /
    string match -q -r -- '^["\']?[/~]' $value; and complete -C $value | string replace -r '\t.*' ''
end

# Names, and executables by their full paths.
function __daemon_keeper_specs
    __daemon_keeper_names rules
    string match -q '/*' -- (commandline -ct); and __daemon_keeper_programs
end

# What the machine's service manager knows; templates cannot be started.
function __daemon_keeper_services
    __fish_print_service_names 2>/dev/null | string replace -r '\.service$' '' | string match -r -- '^[A-Za-z0-9_][A-Za-z0-9_.@:-]*$' | string match -v -- '*@' | sort -u
end

complete -c daemon-keeper -f

complete -c daemon-keeper -n __daemon_keeper_first -a run -d 'Keep daemons up'
complete -c daemon-keeper -n __daemon_keeper_first -a check -d 'Report whether they are up, for other tools'
complete -c daemon-keeper -n __daemon_keeper_first -a status -d 'Show them in a table, for eyes'
complete -c daemon-keeper -n __daemon_keeper_first -a match -d 'Show which processes count, and which nearly do and why they do not'
complete -c daemon-keeper -n __daemon_keeper_first -a pause -d 'Keep run from restarting a daemon'
complete -c daemon-keeper -n __daemon_keeper_first -a resume -d 'End a pause'
complete -c daemon-keeper -n __daemon_keeper_first -a history -d 'Print what has happened'
complete -c daemon-keeper -n __daemon_keeper_first -a validate -d 'Name every mistake in the configuration, or print what it means'
complete -c daemon-keeper -n __daemon_keeper_first -a schema -d 'Print the JSON Schema of the configuration'
complete -c daemon-keeper -n __daemon_keeper_first -a import -d 'Print a configuration for what a crontab or Monit keeps'
complete -c daemon-keeper -n __daemon_keeper_first -a init -d 'Print a first configuration for this machine'

complete -c daemon-keeper -n '__daemon_keeper_may run -e --executable -s --service' -a '(__daemon_keeper_names rules)'
complete -c daemon-keeper -n '__daemon_keeper_may check' -a '(__daemon_keeper_specs)'
complete -c daemon-keeper -n '__daemon_keeper_may status' -a '(__daemon_keeper_specs)'
complete -c daemon-keeper -n '__daemon_keeper_may match -e --executable' -a '(__daemon_keeper_specs)'
complete -c daemon-keeper -n '__daemon_keeper_may pause --all' -a '(__daemon_keeper_names)'
complete -c daemon-keeper -n '__daemon_keeper_may resume --all' -a '(__daemon_keeper_names)'
complete -c daemon-keeper -n '__daemon_keeper_may history' -a '(__daemon_keeper_names)'
complete -c daemon-keeper -n '__daemon_keeper_may import' -a '(__daemon_keeper_files)'

complete -c daemon-keeper -n '__daemon_keeper_may run,check,status,match,pause,validate -c --config' -s c -l config -x -a '(__daemon_keeper_files .yaml)' -d 'The configuration'
complete -c daemon-keeper -n '__daemon_keeper_may run --at-once' -l at-once -x -d 'Restart at most so many daemons at the same time'
complete -c daemon-keeper -n '__daemon_keeper_may run,match -e --executable' -s e -l executable -x -a '(__daemon_keeper_programs)' -d 'Keep this one daemon, without a configuration'
complete -c daemon-keeper -n '__daemon_keeper_may run' -s s -l service -x -a '(__daemon_keeper_services)' -d 'Service to stop and start'
complete -c daemon-keeper -n '__daemon_keeper_may run,match -u --user' -s u -l user -x -a '(__fish_complete_users)' -d 'Count only processes of this user, a name or a number'
complete -c daemon-keeper -n '__daemon_keeper_may run --recheck' -l recheck -x -d 'Look again after this long before acting'
complete -c daemon-keeper -n '__daemon_keeper_may run --stop-timeout' -l stop-timeout -x -d 'Limit for each stop command'
complete -c daemon-keeper -n '__daemon_keeper_may run --start-timeout' -l start-timeout -x -d 'Limit for each start command'
complete -c daemon-keeper -n '__daemon_keeper_may run --verify' -l verify -x -d 'How long the daemon may take to appear after the last start'
complete -c daemon-keeper -n '__daemon_keeper_may run --settle' -l settle -x -d 'How long it must then stay up'
complete -c daemon-keeper -n '__daemon_keeper_may run --leftovers' -l leftovers -x -a 'report end' -d 'What is done about processes that a stop leaves behind'
complete -c daemon-keeper -n '__daemon_keeper_may run --boot-grace' -l boot-grace -x -d 'Do not act while the machine has been up for less than this'
complete -c daemon-keeper -n '__daemon_keeper_may run --boot-limit' -l boot-limit -x -d 'While the machine boots, do not act for so long'
complete -c daemon-keeper -n '__daemon_keeper_may run --work-limit' -l work-limit -x -d 'Leave what is being done with a service alone for so long, where its manager has set no limit'
complete -c daemon-keeper -n '__daemon_keeper_may run --backoff' -l backoff -x -d 'How long to wait before each try to bring it back, if it keeps dying'
complete -c daemon-keeper -n '__daemon_keeper_may run --acceptable' -l acceptable -x -d 'Up for so long, it begins anew with the first of them'
complete -c daemon-keeper -n '__daemon_keeper_may run --ignore-intent' -l ignore-intent -d 'Restart also what somebody has paused, stopped or disabled, and while packages are installed'
complete -c daemon-keeper -n '__daemon_keeper_may run -n --dry-run' -s n -l dry-run -d 'Print the steps that would run'
complete -c daemon-keeper -n '__daemon_keeper_may run,check,status -o --output' -s o -l output -x -a 'text json nagios mon' -d 'Print the report as text, json, nagios or mon'
complete -c daemon-keeper -n '__daemon_keeper_may run,check,status --prometheus' -l prometheus -x -a '(__daemon_keeper_files .prom)' -d 'Also write it to this file, for node_exporter\'s textfile collector'
complete -c daemon-keeper -n '__daemon_keeper_may run,check,status -q --quiet' -s q -l quiet -d 'Print less'
complete -c daemon-keeper -n '__daemon_keeper_may run,check,status -v --verbose' -s v -l verbose -d 'Print what was matched, what was excluded, and why'
complete -c daemon-keeper -n '__daemon_keeper_may run,status --service-command' -l service-command -x -a '(__daemon_keeper_programs)' -d 'Run PATH NAME stop, start and status instead of the machine\'s service manager'
complete -c daemon-keeper -n '__daemon_keeper_may run,check,status --run-dir' -l run-dir -x -a '(__daemon_keeper_files /)' -d 'Where the locks and the services\' output are'
complete -c daemon-keeper -n '__daemon_keeper_may run,check,status,pause,resume,history --state-dir' -l state-dir -x -a '(__daemon_keeper_files /)' -d 'Where is kept what outlives a run'
complete -c daemon-keeper -n '__daemon_keeper_may run --facility' -l facility -x -a 'kern user mail daemon auth syslog lpr news uucp cron authpriv ftp local0 local1 local2 local3 local4 local5 local6 local7' -d 'Syslog facility'
complete -c daemon-keeper -n '__daemon_keeper_may run --tag' -l tag -x -d 'Syslog tag'
complete -c daemon-keeper -n '__daemon_keeper_may run --no-syslog' -l no-syslog -d 'Do not write to syslog'
complete -c daemon-keeper -n '__daemon_keeper_may run,check,status,match,pause,resume,history,validate,schema,import,init -h --help' -s h -l help -d 'Print the help'
complete -c daemon-keeper -n '__daemon_keeper_may run,check,status,match,pause,resume,history,validate,schema,import,init --version' -l version -d 'Print the version'
complete -c daemon-keeper -n '__daemon_keeper_may pause --all' -l all -d 'Pause all daemons'
complete -c daemon-keeper -n '__daemon_keeper_may pause --for' -l for -x -d 'Let the pause end by itself after this long'
complete -c daemon-keeper -n '__daemon_keeper_may pause --reason' -l reason -x -d 'Say why'
complete -c daemon-keeper -n '__daemon_keeper_may resume --all' -l all -d 'Resume all daemons'
complete -c daemon-keeper -n '__daemon_keeper_may history --since' -l since -x -d 'Go back for so long, or to this date'
complete -c daemon-keeper -n '__daemon_keeper_may history -o --output' -s o -l output -x -a 'text json' -d 'Print the history as text or json'
complete -c daemon-keeper -n '__daemon_keeper_may validate --part' -l part -d 'The file is one of several'

