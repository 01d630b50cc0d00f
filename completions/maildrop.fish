# fish completion for maildrop, made by `maildrop generate completion fish`.

function __maildrop_at --description 'whether the command typed so far is this one'
    set -l path
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip = 1
            set skip 0
            continue
        end
        switch $word
            case --api --color --config --grep --larger --limit --match --older --output --set --source -g -n -o
                set skip 1
            case '-*'
            case '*'
                if test (count $path) = 0; or contains -- "$path" config
                    set path $path $word
                end
        end
    end
    test "$path" = "$argv"
end

complete -c maildrop -f
complete -c maildrop -n '__maildrop_at ' -a serve -d 'Receive mail over SMTP and show it over HTTP'
complete -c maildrop -n '__maildrop_at ' -a serve-smtp -d 'Receive mail over SMTP only'
complete -c maildrop -n '__maildrop_at ' -a serve-api -d 'Show mail over HTTP only'
complete -c maildrop -n '__maildrop_at ' -a inbox -d 'List an inbox, or read, wait for and delete its messages'
complete -c maildrop -n '__maildrop_at ' -a purge -d 'Remove messages from the store, chosen by inbox, age, content, or all'
complete -c maildrop -n '__maildrop_at ' -a config -d 'Check, show or print the settings'
complete -c maildrop -n '__maildrop_at ' -a doctor -d 'Look for what is wrong, or soon will be, with this machine'
complete -c maildrop -n '__maildrop_at ' -a version -d 'Print the version, the compiler and the libraries'
complete -c maildrop -n '__maildrop_at ' -s h -l help -d 'Print this help and end'
complete -c maildrop -n '__maildrop_at ' -l version -d 'Print the version and end'
complete -c maildrop -n '__maildrop_at ' -l config -r -F -d 'Read settings from this file instead of /etc/maildrop/maildrop.toml'
complete -c maildrop -n '__maildrop_at ' -l set -x -d 'Set one setting, before environment and files'
complete -c maildrop -n '__maildrop_at serve' -s h -l help -d 'Print this help and end'
complete -c maildrop -n '__maildrop_at serve' -l config -r -F -d 'Read settings from this file instead of /etc/maildrop/maildrop.toml'
complete -c maildrop -n '__maildrop_at serve' -l set -x -d 'Set one setting, before environment and files'
complete -c maildrop -n '__maildrop_at serve-smtp' -s h -l help -d 'Print this help and end'
complete -c maildrop -n '__maildrop_at serve-smtp' -l config -r -F -d 'Read settings from this file instead of /etc/maildrop/maildrop.toml'
complete -c maildrop -n '__maildrop_at serve-smtp' -l set -x -d 'Set one setting, before environment and files'
complete -c maildrop -n '__maildrop_at serve-api' -s h -l help -d 'Print this help and end'
complete -c maildrop -n '__maildrop_at serve-api' -l config -r -F -d 'Read settings from this file instead of /etc/maildrop/maildrop.toml'
complete -c maildrop -n '__maildrop_at serve-api' -l set -x -d 'Set one setting, before environment and files'
complete -c maildrop -n '__maildrop_at inbox' -s h -l help -d 'Print this help and end'
complete -c maildrop -n '__maildrop_at inbox' -l raw -d 'Show the message byte for byte as it is stored'
complete -c maildrop -n '__maildrop_at inbox' -l headers -d 'Show the header only, as it was written'
complete -c maildrop -n '__maildrop_at inbox' -l text -d 'Show the text only'
complete -c maildrop -n '__maildrop_at inbox' -l transcript -d 'Show what client and server said (smtp.transcript_size)'
complete -c maildrop -n '__maildrop_at inbox' -l json -d 'Write one JSON object a line, schema maildrop.message/1'
complete -c maildrop -n '__maildrop_at inbox' -s o -l output -r -F -d 'Write to a new file of mode 0600 instead of standard output'
complete -c maildrop -n '__maildrop_at inbox' -l force -d 'Let -o replace a file, and --raw write to a terminal'
complete -c maildrop -n '__maildrop_at inbox' -l delete -d 'Delete these messages'
complete -c maildrop -n '__maildrop_at inbox' -s f -l follow -d 'Go on showing messages as they come, the oldest first'
complete -c maildrop -n '__maildrop_at inbox' -l wait -d 'Wait until there is a message that fits, show it and end'
complete -c maildrop -n '__maildrop_at inbox' -s n -l limit -x -d 'List at most so many, the newest'
complete -c maildrop -n '__maildrop_at inbox' -s g -l grep -x -d 'Only messages whose subject or sender matches this extended regular expression'
complete -c maildrop -n '__maildrop_at inbox' -l api -x -d 'Ask the server at this address instead of opening the local store'
complete -c maildrop -n '__maildrop_at inbox' -l color -x -a 'auto always never' -d 'Use colour'
complete -c maildrop -n '__maildrop_at inbox' -l no-pager -d 'Write to the terminal directly'
complete -c maildrop -n '__maildrop_at inbox' -l config -r -F -d 'Read settings from this file instead of /etc/maildrop/maildrop.toml'
complete -c maildrop -n '__maildrop_at inbox' -l set -x -d 'Set one setting, before environment and files'
complete -c maildrop -n '__maildrop_at purge' -s h -l help -d 'Print this help and end'
complete -c maildrop -n '__maildrop_at purge' -l older -x -d 'Only what was received so long ago or longer'
complete -c maildrop -n '__maildrop_at purge' -l match -x -d 'Only where FIELD (from, to, header_from, subject, helo or peer) fits GLOB'
complete -c maildrop -n '__maildrop_at purge' -l source -x -d 'Only what a client of this network sent'
complete -c maildrop -n '__maildrop_at purge' -l larger -x -d 'Only messages larger than this'
complete -c maildrop -n '__maildrop_at purge' -l over-quota -d 'Only what has expired, or is above inbox.max_messages or inbox.max_size as they are now'
complete -c maildrop -n '__maildrop_at purge' -l all -d 'Every message of every inbox'
complete -c maildrop -n '__maildrop_at purge' -s n -l dry-run -d 'Count, and remove nothing'
complete -c maildrop -n '__maildrop_at purge' -l yes -d 'Remove without a question'
complete -c maildrop -n '__maildrop_at purge' -l json -d 'Write one JSON object, schema maildrop.purged/1'
complete -c maildrop -n '__maildrop_at purge' -l config -r -F -d 'Read settings from this file instead of /etc/maildrop/maildrop.toml'
complete -c maildrop -n '__maildrop_at purge' -l set -x -d 'Set one setting, before environment and files'
complete -c maildrop -n '__maildrop_at config' -a check -d 'Read all settings and print every problem'
complete -c maildrop -n '__maildrop_at config' -a show -d 'Print the settings in force'
complete -c maildrop -n '__maildrop_at config' -a defaults -d 'Print the sample file'
complete -c maildrop -n '__maildrop_at config' -s h -l help -d 'Print this help and end'
complete -c maildrop -n '__maildrop_at config' -l config -r -F -d 'Read settings from this file instead of /etc/maildrop/maildrop.toml'
complete -c maildrop -n '__maildrop_at config' -l set -x -d 'Set one setting, before environment and files'
complete -c maildrop -n '__maildrop_at config check' -s h -l help -d 'Print this help and end'
complete -c maildrop -n '__maildrop_at config check' -l config -r -F -d 'Read settings from this file instead of /etc/maildrop/maildrop.toml'
complete -c maildrop -n '__maildrop_at config check' -l set -x -d 'Set one setting, before environment and files'
complete -c maildrop -n '__maildrop_at config show' -s h -l help -d 'Print this help and end'
complete -c maildrop -n '__maildrop_at config show' -l origin -d 'Add where each value comes from'
complete -c maildrop -n '__maildrop_at config show' -l json -d 'Write one JSON object a line, schema maildrop.setting/1'
complete -c maildrop -n '__maildrop_at config show' -l config -r -F -d 'Read settings from this file instead of /etc/maildrop/maildrop.toml'
complete -c maildrop -n '__maildrop_at config show' -l set -x -d 'Set one setting, before environment and files'
complete -c maildrop -n '__maildrop_at config defaults' -s h -l help -d 'Print this help and end'
complete -c maildrop -n '__maildrop_at config defaults' -l config -r -F -d 'Read settings from this file instead of /etc/maildrop/maildrop.toml'
complete -c maildrop -n '__maildrop_at config defaults' -l set -x -d 'Set one setting, before environment and files'
complete -c maildrop -n '__maildrop_at doctor' -s h -l help -d 'Print this help and end'
complete -c maildrop -n '__maildrop_at doctor' -l problems -d 'Leave out what is well'
complete -c maildrop -n '__maildrop_at doctor' -l json -d 'Write one JSON object a line, schema maildrop.finding/1'
complete -c maildrop -n '__maildrop_at doctor' -l config -r -F -d 'Read settings from this file instead of /etc/maildrop/maildrop.toml'
complete -c maildrop -n '__maildrop_at doctor' -l set -x -d 'Set one setting, before environment and files'
complete -c maildrop -n '__maildrop_at version' -s h -l help -d 'Print this help and end'
complete -c maildrop -n '__maildrop_at version' -l json -d 'Write one JSON object, schema maildrop.version/1'
complete -c maildrop -n '__maildrop_at version' -l config -r -F -d 'Read settings from this file instead of /etc/maildrop/maildrop.toml'
complete -c maildrop -n '__maildrop_at version' -l set -x -d 'Set one setting, before environment and files'
