# bash completion for maildrop, made by `maildrop generate completion bash`.

_maildrop_words() {  # what may come after the command $1
  options='' valued='' files='' commands=''
  case $1 in
    'maildrop')
      options='-h --help --version --config --set'
      valued='--config --set'
      files='--config'
      commands='serve serve-smtp serve-api watchdog inbox alias purge replay backup restore config doctor canary dns explain filter report stats session version'
      ;;
    'maildrop serve')
      options='-h --help --config --set'
      valued='--config --set'
      files='--config'
      commands=''
      ;;
    'maildrop serve-smtp')
      options='-h --help --config --set'
      valued='--config --set'
      files='--config'
      commands=''
      ;;
    'maildrop serve-api')
      options='-h --help --config --set'
      valued='--config --set'
      files='--config'
      commands=''
      ;;
    'maildrop watchdog')
      options='-h --help --listen --simple --config --set'
      valued='--listen --config --set'
      files='--config'
      commands=''
      ;;
    'maildrop inbox')
      options='-h --help --raw --headers --text --transcript --why --json -o --output --force --delete --export -f --follow --wait -n --limit -g --grep --quarantined --api --color --no-pager --config --set'
      valued='-o --output --export -n --limit -g --grep --quarantined --api --color --config --set'
      files='-o --output --config'
      commands=''
      ;;
    'maildrop alias')
      options='-h --help --expires --classic --explain --json --config --set'
      valued='--expires --config --set'
      files='--config'
      commands=''
      ;;
    'maildrop purge')
      options='-h --help --older --match --source --larger --over-quota --all -n --dry-run --yes --json --config --set'
      valued='--older --match --source --larger --config --set'
      files='--config'
      commands=''
      ;;
    'maildrop replay')
      options='-h --help --to --spam --ham --label-by-folder --manifest --inbox --trusted --facts --in-order --ask-dns --record --report --output --save --compare --max-regress --timing --tune --max-false-positives --rcpt --from --helo --connections --reuse --rate --repeat --limit --retry --timeout --lmtp --proxy --xclient --allow-remote --max-size --mboxcl2 --json -q --quiet --config --set'
      valued='--to --spam --ham --manifest --inbox --trusted --facts --record --report --output --save --compare --max-regress --max-false-positives --rcpt --from --helo --connections --reuse --rate --repeat --limit --retry --timeout --max-size --config --set'
      files='--spam --ham --manifest --facts --record --output --save --compare --config'
      commands=''
      ;;
    'maildrop backup')
      options='-h --help --force --json --config --set'
      valued='--config --set'
      files='--config'
      commands=''
      ;;
    'maildrop restore')
      options='-h --help --merge --renew -n --dry-run --json --config --set'
      valued='--config --set'
      files='--config'
      commands=''
      ;;
    'maildrop config')
      options='-h --help --config --set'
      valued='--config --set'
      files='--config'
      commands='check show defaults'
      ;;
    'maildrop config check')
      options='-h --help --config --set'
      valued='--config --set'
      files='--config'
      commands=''
      ;;
    'maildrop config show')
      options='-h --help --origin --json --config --set'
      valued='--config --set'
      files='--config'
      commands=''
      ;;
    'maildrop config defaults')
      options='-h --help --config --set'
      valued='--config --set'
      files='--config'
      commands=''
      ;;
    'maildrop doctor')
      options='-h --help --problems --json --config --set'
      valued='--config --set'
      files='--config'
      commands=''
      ;;
    'maildrop canary')
      options='-h --help --smtp --api --timeout --json --config --set'
      valued='--smtp --api --timeout --config --set'
      files='--config'
      commands=''
      ;;
    'maildrop dns')
      options='-h --help --api --json --config --set'
      valued='--api --config --set'
      files='--config'
      commands=''
      ;;
    'maildrop explain')
      options='-h --help --ip --helo --from --to --facts --at --json --color --config --set'
      valued='--ip --helo --from --to --facts --at --color --config --set'
      files='--facts --config'
      commands=''
      ;;
    'maildrop filter')
      options='-h --help --config --set'
      valued='--config --set'
      files='--config'
      commands='list order doc new test known train models'
      ;;
    'maildrop filter list')
      options='-h --help --json --color --config --set'
      valued='--color --config --set'
      files='--config'
      commands=''
      ;;
    'maildrop filter order')
      options='-h --help --config --set'
      valued='--config --set'
      files='--config'
      commands=''
      ;;
    'maildrop filter doc')
      options='-h --help --config --set'
      valued='--config --set'
      files='--config'
      commands=''
      ;;
    'maildrop filter new')
      options='-h --help --folder --config --set'
      valued='--folder --config --set'
      files='--config'
      commands=''
      ;;
    'maildrop filter test')
      options='-h --help --ip --helo --from --to --facts --at --json --color --config --set'
      valued='--ip --helo --from --to --facts --at --color --config --set'
      files='--facts --config'
      commands=''
      ;;
    'maildrop filter known')
      options='-h --help --forget --config --set'
      valued='--config --set'
      files='--config'
      commands=''
      ;;
    'maildrop filter train')
      options='-h --help --to --spam --ham --label-by-folder --manifest --inbox --trusted --anew -q --quiet --json --config --set'
      valued='--to --spam --ham --manifest --inbox --trusted --config --set'
      files='--to --spam --ham --manifest --config'
      commands=''
      ;;
    'maildrop filter models')
      options='-h --help --remove --json --config --set'
      valued='--remove --config --set'
      files='--config'
      commands=''
      ;;
    'maildrop report')
      options='-h --help --config --set'
      valued='--config --set'
      files='--config'
      commands='sources hosts filters shadow'
      ;;
    'maildrop report sources')
      options='-h --help --by --format --since --half-life --threshold --share --limit -o --output --config --set'
      valued='--by --format --since --half-life --threshold --share --limit -o --output --config --set'
      files='-o --output --config'
      commands=''
      ;;
    'maildrop report hosts')
      options='-h --help --by --format --since --half-life --threshold --share --limit -o --output --config --set'
      valued='--by --format --since --half-life --threshold --share --limit -o --output --config --set'
      files='-o --output --config'
      commands=''
      ;;
    'maildrop report filters')
      options='-h --help --format --since --limit -o --output --config --set'
      valued='--format --since --limit -o --output --config --set'
      files='-o --output --config'
      commands=''
      ;;
    'maildrop report shadow')
      options='-h --help --format --manifest --since -o --output --config --set'
      valued='--format --manifest --since -o --output --config --set'
      files='--manifest -o --output --config'
      commands=''
      ;;
    'maildrop stats')
      options='-h --help --since --until --by --top --watch --json --prom --csv --api --color --no-pager --config --set'
      valued='--since --until --by --top --api --color --config --set'
      files='--config'
      commands=''
      ;;
    'maildrop session')
      options='-h --help --log --journal --since --json --color --config --set'
      valued='--log --since --color --config --set'
      files='--log --config'
      commands=''
      ;;
    'maildrop version')
      options='-h --help --json --config --set'
      valued='--config --set'
      files='--config'
      commands=''
      ;;
  esac
}

_maildrop_values() {  # the fixed values of an option: $1 is `maildrop inbox --color`
  case $1 in
    'maildrop inbox --export') echo 'eml mbox maildir' ;;
    'maildrop inbox --quarantined') echo 'hidden shown only' ;;
    'maildrop inbox --color') echo 'auto always never' ;;
    'maildrop replay --report') echo 'text json csv junit html' ;;
    'maildrop explain --color') echo 'auto always never' ;;
    'maildrop filter list --color') echo 'auto always never' ;;
    'maildrop filter test --color') echo 'auto always never' ;;
    'maildrop report sources --by') echo 'address network' ;;
    'maildrop report sources --format') echo 'text json csv rbldnsd' ;;
    'maildrop report hosts --by') echo 'host domain' ;;
    'maildrop report hosts --format') echo 'text json csv rbldnsd' ;;
    'maildrop report filters --format') echo 'text json csv' ;;
    'maildrop report shadow --format') echo 'text json' ;;
    'maildrop stats --by') echo 'total hour reason list source filter latency store' ;;
    'maildrop stats --color') echo 'auto always never' ;;
    'maildrop session --color') echo 'auto always never' ;;
  esac
}

_maildrop() {
  local options valued files commands path=maildrop option='' word after='' cur words=('')
  for word in "${COMP_WORDS[@]:1:COMP_CWORD}"; do # bash cuts --color=auto into three words
    if [[ $word == = || $after == = ]]; then words[-1]+=$word; else words+=("$word"); fi
    after=$word
  done
  cur=${words[-1]}
  _maildrop_words "$path"
  for word in "${words[@]:1:${#words[@]}-2}"; do
    if [[ $option ]]; then
      option='' # this was its value
    elif [[ " $valued " == *" $word "* ]]; then
      option=$word
    elif [[ $word && " $commands " == *" $word "* ]]; then
      path+=" $word"
      _maildrop_words "$path"
    fi
  done
  if [[ $cur == --*=* ]]; then
    option=${cur%%=*}
    cur=${cur#*=}
  fi
  COMPREPLY=()
  if [[ $option && " $files " == *" $option "* ]]; then
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$cur")
  elif [[ $option ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(_maildrop_values "$path $option")" -- "$cur")
  elif [[ $cur == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
  else
    mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$cur")
  fi
}

complete -F _maildrop maildrop
