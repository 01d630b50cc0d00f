#!/usr/bin/env bash
# Size of the stripped binary.
#   size.sh [BINARY]
. "$(dirname "$0")/lib.sh"
promised=$((10 * 1000 * 1000))
strip -o "$work/stripped" "$binary"
bytes=$(stat -c %s "$work/stripped")
printf 'file\tbytes\nstripped\t%s\n' "$bytes"
echo "# $((bytes / 1000)) kB (< 10 MB: $([ "$bytes" -lt "$promised" ] && echo yes || echo NO))"
