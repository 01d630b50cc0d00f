# What zsh offers at the end of a command line: `zsh -f complete.zsh FOLDER-OF-_maildrop LINE`.
# An interactive zsh on a pseudo-terminal completes the line, with a compadd that prints what it is given.
zmodload zsh/zpty
zpty asked zsh -f -i
zpty -w asked "PROMPT=; unsetopt zle_bracketed_paste 2> /dev/null; fpath=(${(q)1} \$fpath)"
zpty -w asked 'autoload -Uz compinit; compinit -D -u
bindkey -e
compadd() {
  local -a hits
  if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then builtin compadd "$@"; return $?; fi
  builtin compadd -A hits "$@"
  (( $#hits )) && print -rl -- HIT:${^hits}
  builtin compadd "$@"
}
_asked() { _main_complete; compstate[insert]= compstate[list]=; print -r -- END:HITS }
zle -C asked complete-word _asked
bindkey "^I" asked
print READY:ASKED'
zpty -r asked out '*READY:ASKED*'
zpty -w -n asked "$2"$'\t'
zpty -r asked out '*END:HITS*'
zpty -d asked
print -r -- "$out" | tr -d '\r' | sed -n 's/^.*HIT://p' | sed 's/\\\(.\)/\1/g' | sort -u
