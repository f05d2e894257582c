#!/bin/sh
# run.sh: the library of rules: each file of rules/library/ passes its own tests, is canonical, and
# is checked without a warning.
#
#   tests/library/run.sh [FILE.rules...]     OMEN=build/debug/omen tests/library/run.sh
#
# Counts each test block, and each file for `omen fmt --check`, for `omen check`, and for standing in
# the table of rules/library/README.md with every rule. Shows what a command said that failed, then
# prints `N passed, M failed`; the exit code is 1 if any failed.
set -u

root=$(cd "$(dirname "$0")/../.." && pwd)
omen=${OMEN:-$root/build/release/omen}
[ -x "$omen" ] || { echo "run.sh: there is no $omen: make builds it" >&2; exit 2; }
[ $# -gt 0 ] || set -- "$root"/rules/library/*.rules

out=$(mktemp) || exit 2
trap 'rm -f "$out"' EXIT
trap 'exit 130' INT TERM
passed=0 failed=0

# one CODE: counts what a command said that ended with CODE.
one() {
    if [ "$1" = 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        cat "$out"
    fi
}

for file; do
    timeout 60 "$omen" test "$file" >"$out" 2>&1
    code=$?
    counts=$(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' "$out" | tail -n 1)
    case $counts in
        "0 0" | "") one 1 ;;
        *)
            passed=$((passed + ${counts% *})) failed=$((failed + ${counts#* }))
            [ "$code" = 0 ] || cat "$out"
            ;;
    esac

    timeout 60 "$omen" fmt --check "$file" >"$out" 2>&1
    one $?

    timeout 60 "$omen" check "$file" >"$out" 2>&1 && ! grep -q 'warning' "$out"
    one $?

    base=$(basename "$file")
    sed -n 's/^rule \([a-z_0-9]*\) .*/\1/p' "$file" | while read -r rule; do
        grep -q "^| \`$rule\` | \[\`$base\`\]" "$root/rules/library/README.md" ||
            echo "rules/library/README.md: no row for \`$rule\` of $base"
    done >"$out"
    [ ! -s "$out" ]
    one $?
done

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
