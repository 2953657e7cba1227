# fish completion for daemon-keeper(8)
#
# The program itself knows what may follow; where it is missing, files are offered.

function __daemon_keeper_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l program (string replace -r '^~/' "$HOME/" -- $words[1])
    set -l out
    type -q -- $program; and set out ($program __complete -- $words "$current" 2>/dev/null </dev/null)
    set -l ask (string split ' ' -- "$out[-1]")
    string match -q ':*' -- "$ask[1]"; or set ask :files 0
    set -q out[1]; and set -e out[-1]
    set -l prefix (string sub -l $ask[2] -- "$current")
    set -l value (string sub -s (math $ask[2] + 1) -- "$current")
    set -l files "__daemon_keeper_no_such_command $value"
    set -l suffix (string escape --style=regex -- "$ask[3]")
    switch $ask[1]
        case :files
            set out (complete -C $files | string replace -r '\t.*' '' | string match -r -- '.*(?:/|'$suffix')$')
        case :folders
            set out (complete -C $files | string replace -r '\t.*' '' | string match -r -- '.*/$')
        case :programs
            test -n "$value"; or set value /
            set out (complete -C $value | string replace -r '\t.*' '')
        case :users
            set out (__fish_complete_users)
    end
    for line in $out
        echo -- $prefix$line
    end
end

complete -c daemon-keeper -f -a '(__daemon_keeper_complete)'
