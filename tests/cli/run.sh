#!/bin/sh
# run.sh: runs the transcripts tests/cli/*.t against the omen command.
#
#   tests/cli/run.sh [--update] [FILE.t...]        OMEN=build/debug/omen tests/cli/run.sh
#
# A transcript is what a person would see in a terminal:
#
#   #: a remark, up to the end of the line; it ends the output before it
#   $ omen check speeding.rules
#   2 rules, 1 stream: fine
#   $ printf 'a\n' |
#   > omen check nothing.rules
#   omen: error: nothing.rules: No such file or directory
#   [exit 2]
#
# Standard output and standard error are compared together, in the order written. Blank lines at the end do not
# count. Each file runs in a folder of its own that begins with a copy of fixtures/ and a link to examples/; its commands see what earlier ones left.
# Times and rates are masked (mask, below). --update rewrites the transcripts with what was seen: read the difference.
# The last line says "N passed, M failed"; the exit code is 1 if any failed.
set -u

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
omen=${OMEN:-$root/build/release/omen}
case $omen in /*) ;; *) omen=$PWD/$omen ;; esac
[ -x "$omen" ] || { echo "run.sh: there is no $omen: make builds it" >&2; exit 2; }

update=no
[ "${1-}" = --update ] && { update=yes; shift; }

work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
mkdir "$work/bin"
ln -s "$omen" "$work/bin/omen"
PATH=$work/bin:$PATH
export PATH
LC_ALL=C.UTF-8 TERM=dumb
export LC_ALL TERM
unset NO_COLOR
for name in $(env | sed -n 's/^\(OMEN_*[A-Z_]*\)=.*/\1/p'); do unset "$name"; done

passed=0 failed=0

mask() {
    sed -E \
        -e 's/in [0-9.]+ s, [0-9,]+ a second/in T s, R a second/' \
        -e 's/^\{"time":"[^"]*","level"/{"time":"T","level"/' \
        -e 's/"seconds":[0-9.]+,/"seconds":T,/' \
        -e 's/"events_per_second":[0-9]+/"events_per_second":R/' \
        -e 's/"memory_bytes":[0-9]+/"memory_bytes":M/' \
        -e 's/^memory +[0-9,]+ +KiB/memory M KiB/'
}

# Without blank lines at the end.
trimmed() { awk 'NF { for (; blank > 0; blank--) print ""; print; next } { blank++ }' "$1"; }

# The command that was collected, against what is expected of it.
finish() {
    [ -n "$command" ] || { cat "$work/expected" >>"$work/updated"; : >"$work/expected"; return; }
    (cd "$dir" && sh -c "$command") >"$work/raw" 2>&1 </dev/null
    code=$?
    mask <"$work/raw" >"$work/got"
    [ -s "$work/got" ] && [ -n "$(tail -c 1 "$work/got")" ] && echo "[no newline]" >>"$work/got"
    [ $code -eq 0 ] || echo "[exit $code]" >>"$work/got"
    trimmed "$work/expected" >"$work/wanted"
    trimmed "$work/got" >"$work/seen"
    if cmp -s "$work/wanted" "$work/seen"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "$file:$at: \$ $command"
        diff -u --label expected "$work/wanted" --label seen "$work/seen" | sed 's/^/    /'
    fi
    { printf '%s\n' "$shown"; cat "$work/seen"; echo; } >>"$work/updated"
    command=
    : >"$work/expected"
}

run_file() {
    dir=$work/dir
    rm -rf "$dir"
    cp -R "$here/fixtures" "$dir"
    ln -s "$root/examples" "$dir/examples"
    command= shown= line_number=0 at=0 collecting=no
    : >"$work/expected"
    : >"$work/updated"
    while IFS= read -r line || [ -n "$line" ]; do
        line_number=$((line_number + 1))
        case $line in
        '$ '*)
            finish
            command=${line#??} shown=$line at=$line_number collecting=yes
            continue ;;
        '> '*)
            if [ $collecting = yes ]; then
                command="$command
${line#??}" shown="$shown
$line"
                continue
            fi ;;
        '#:'*)
            finish
            printf '%s\n' "$line" >>"$work/updated"
            collecting=no
            continue ;;
        esac
        collecting=no
        printf '%s\n' "$line" >>"$work/expected"
    done <"$file"
    finish
    [ $update = no ] || trimmed "$work/updated" >"$file"
}

[ $# -gt 0 ] || set -- "$here"/*.t
for file in "$@"; do
    case $file in
    *terminal.t) # a bare chroot has no pseudo-terminals
        script -qec true /dev/null </dev/null >/dev/null 2>&1 ||
            { echo "terminal.t: left out: script cannot open a terminal here"; continue; } ;;
    esac
    run_file
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
