#!/bin/sh
# run.sh: is the whole corpus run, and can it fail? Counts the cases of each mode in
# tests/conformance/*.cases, as text, and compares with what the runner says it has run; then spoils
# one expectation of each mode and sees the runner fail. What the cases expect, the runner sees
# (`make conformance`). Ends with `N passed, M failed`.
set -u

root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root" || exit 2
omen=${OMEN:-$root/build/release/omen}
runner=$(dirname "$omen")/tests/conformance/run
[ -x "$runner" ] || { echo "run.sh: there is no $runner: make conformance builds it" >&2; exit 2; }
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

is() { # WHAT WANTED CAME
    if [ "$2" = "$3" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf '%s\n    wanted %s\n    came   %s\n' "$1" "$2" "$3"
    fi
}

# Of each mode the cases of some files: `939 all ways, 690 first`.
written() {
    cat "$@" | sed 's/#.*//' | awk '
        $1 == "case" { cases++ }
        $1 == "mode" && $2 == "all" { all++ }
        $1 == "mode" && $2 == "first" { first++ }
        END { print all + 0 " all ways, " first + 0 " first"; exit cases != all + first }' ||
        echo "a case has no mode"
}

ran() { "$runner" "$@" | sed -n 's/^cases: //p'; }

for file in tests/conformance/*.cases; do
    is "$file" "$(written "$file")" "$(ran "$file")"
done
is 'the whole' "$(written tests/conformance/*.cases)" "$(ran tests/conformance/*.cases)"
is 'make conformance' "$(written tests/conformance/*.cases)" \
    "$(env -u MAKEFLAGS -u MAKELEVEL make -s conformance | sed -n 's/^cases: //p')"

for mode in 'all ways' first; do
    awk -v mode="$mode" '
        $1 == "mode" { this = $0 ~ mode }
        $1 == "match" && this && !done { sub(/:0/, ":7"); done = 1 }
        { print }' tests/conformance/loops.cases >"$work/spoiled.cases"
    is "spoiled, $mode" '1 failed' "$("$runner" "$work/spoiled.cases" | sed -n 's/.*passed, //p')"
done

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
