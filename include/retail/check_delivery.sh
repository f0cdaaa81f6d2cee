#!/usr/bin/env bash
# Checks that one day's delivery files are what the suppliers sent.
#
# Run it in the landing folder with DAY=2026-01-05. It compares every file with SHA256SUMS and
# prints, as its last line, one checksum over all files in the order of their names.
# Exit code 99: nothing was delivered that day. Exit code 1: a file is damaged or missing.
set -euo pipefail
# The order of *.csv must not depend on the language of the machine.
export LC_ALL=C

: "${DAY:?set it to a day such as 2026-01-05}"

sha256() {
    # macOS has no sha256sum of old; both tools print the same and read the same list.
    if command -v sha256sum > /dev/null; then sha256sum "$@"; else shasum -a 256 "$@"; fi
}

if [[ ! -d $DAY ]]; then
    echo "Nothing was delivered on $DAY."
    exit 99
fi

cd "$DAY"
sha256 -c SHA256SUMS
cat ./*.csv | sha256 | cut -d ' ' -f 1
