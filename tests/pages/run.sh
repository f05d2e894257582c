#!/bin/sh
# run.sh: runs the examples in README.md and docs/*.md.
#
#   tests/pages/run.sh [PAGE.md...]        OMEN=build/debug/omen tests/pages/run.sh
#
# What a fenced block is stands behind its opening fence:
#
#   omen             rules: `omen check` takes them. Without a stream of its own a block gets those of
#                    the blocks before it on its page. They are the rules of the blocks that follow
#   omen FILE        the same, and FILE holds them for commands
#   omen refused     rules: `omen check` refuses them
#   messages         what `omen check` said about the rules before
#   ndjson STREAM    events; STREAM.ndjson holds them. Also: csv STREAM
#   table NAME       rows of a table of the rules before, as CSV; NAME.csv holds them
#   alerts           what the rules find in the events before, an alert a line, short (short, below)
#   values           EXPRESSION → VALUE, looked at on the first of the events before
#   matches          PATTERN over EVENTS → MATCHES: an event a second, named by the letters it
#                    satisfies; a match says which letter took which events, by number from 0
#   refused          CLAUSE → WHAT: a rule with that clause (clause_rule, below) is refused, and
#                    the message says WHAT
#   console          commands behind `$ `, and what they print; `[exit N]` where that is not 0
#   json FILE        the last line of FILE, with line breaks
#   sh               `make TARGET`: only looked at: there is such a target
#   text, nothing    not an example
#
# Besides, each file of the project that a page names in back-quotes is there. A page has a folder
# of its own, with examples/ and build/release/omen in it. Times and rates are masked (mask, below).
# Prints page:line and a difference for what is not so, then `N passed, M failed`; the exit code is
# 1 if any failed.
set -u

root=$(cd "$(dirname "$0")/../.." && pwd)
omen=${OMEN:-$root/build/release/omen}
case $omen in /*) ;; *) omen=$PWD/$omen ;; esac
[ -x "$omen" ] || { echo "run.sh: there is no $omen: make builds it" >&2; exit 2; }

work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
mkdir "$work/bin"
ln -s "$omen" "$work/bin/omen"
PATH=$work/bin:$PATH
LC_ALL=C.UTF-8 TERM=dumb
export PATH LC_ALL TERM
for name in $(env | sed -n 's/^\(OMEN_*[A-Z_]*\)=.*/\1/p'); do unset "$name"; done

passed=0 failed=0

# ---- what comes out, and what was expected -------------------------------------------------------

mask() {
    sed -E -e 's/in [0-9.]+ s, [0-9,]+ a second/in T s, R a second/' \
        -e 's/"time":"[^"]*","level"/"time":"T","level"/' -e 's/"seconds":[0-9.]+,/"seconds":T,/' \
        -e 's/"events_per_second":[0-9]+/"events_per_second":R/' \
        -e 's/"memory_bytes":[0-9]+/"memory_bytes":M/' -e 's/^(memory +)[0-9,]+  KiB/\1M  KiB/'
}

# Without blank lines and blanks at the end.
trimmed() {
    mask <"$1" | awk '{ sub(/ +$/, "") }
        NF { for (; blank > 0; blank--) print ""; print; next } { blank++ }'
}

# compare WHERE WANTED CAME
compare() {
    trimmed "$2" >"$work/wanted"
    trimmed "$3" >"$work/seen"
    if cmp -s "$work/wanted" "$work/seen"; then
        passed=$((passed + 1))
        return
    fi
    failed=$((failed + 1))
    echo "$1"
    diff -u --label 'the page' "$work/wanted" --label 'in truth' "$work/seen" | sed '1,2!s/^/    /'
}

wrong() {
    failed=$((failed + 1))
    echo "$1"
    sed 's/^/    /' "$work/out"
}

# An alert as TIME RULE KEY EMIT NAME:OFFSETS…
short() {
    awk '
        function cut(from, upto,   at, rest) { # what stands between two texts
            at = index($0, from)
            if (!at) return ""
            rest = substr($0, at + length(from))
            return substr(rest, 1, index(rest, upto) - 1)
        }
        !/^{"specversion"/ { print; next }
        {
            taken = substr($0, index($0, ",\"matched\":{") + 12)
            sub(/},"suppressed":.*/, "", taken)
            gsub(/{"stream":"[^"]*","partition":0,"offset":/, "", taken)
            gsub(/["}\[]/, "", taken)
            gsub(/\],/, " ", taken); gsub(/\]/, "", taken)
            print cut("\"time\":\"", "\""), cut("\"rule\":\"", "\""), cut("\"key\":", ",\"start\""),
                "{" cut("\"emit\":{", ",\"matched\""), taken
        }'
}

# ---- rules of one line ---------------------------------------------------------------------------

# CLAUSE → a rule file that has it: in place of the clause of its kind, or beside the file's rule.
clause_rule() {
    printf '%s\n' "$1" | awk '
        {
            print "stream payments { card : string  at : time event  amount : decimal(2) }"
            print "stream logins { user : string  at : time event }"
            print "rule other { on payments by card match p where p: any }"
            outside = /^except for /
            if (outside) print
            print "rule example {"
            if (!/^on /) print "on payments by card"
            if (!/^(match|when|every) /) print "match a then b within 1h"
            if (!/^(match|where|when|every) /) print "where a: any b: any"
            if (!outside) print
            if (/^match /) print "where a: any" (/ b|, b/ ? " b: any" : "") (/, c/ ? " c: any" : "")
            print "}"
        }'
}

# PATTERN → a rule whose names are satisfied by events that have their letter.
pattern_rule() {
    printf '%s\n' "$1" | awk '
        {
            print "stream letters { at : time event in seconds  letters : string }"
            print "rule example { on letters unbounded match " $0
            gsub(/in a row/, ""); gsub(/[0-9]+[a-z]+/, ""); gsub(/[^a-z]+/, " ")
            n = split($0, word, " ")
            printf "where"
            for (i = 1; i <= n; i++)
                if (length(word[i]) == 1 && !seen[word[i]]++)
                    printf " %s: letters contains \"%s\"", word[i], toupper(word[i])
            print " }"
        }'
}

pattern_matches() { # PATTERN EVENTS
    pattern_rule "$1" >letters.rules
    printf '%s\n' "$2" | awk '{
        for (i = 1; i <= NF; i++) printf "{\"at\":%d,\"letters\":\"%s\"}\n", i - 1, $i
    }' >letters.ndjson
    omen replay letters.rules --in letters=letters.ndjson --quiet >"$work/out" 2>&1
    short <"$work/out" | awk '
        !/ example null / { print; next }
        { sub(/.*} /, ""); all = all (all == "" ? "" : " | ") $0 }
        END { print all == "" ? "nothing" : all }'
}

# The lines of a block: WHAT → EXPECTED. `row NUMBER WHAT EXPECTED` is called with each.
rows() {
    at=0
    while IFS= read -r line || [ -n "$line" ]; do
        at=$((at + 1))
        case $line in
        *' → '*) ;;
        *) continue ;;
        esac
        what=$(printf '%s\n' "${line%% → *}" | sed 's/ *$//')
        printf '%s\n' "${line#* → }" | sed 's/^ *//' >"$work/one"
        "$1" "$what" >"$work/came" 2>&1
        compare "$page:$((first + at)): $what" "$work/one" "$work/came"
    done <"$block"
}

row_refused() {
    clause_rule "$1" >clause.rules
    omen check clause.rules >"$work/out" 2>&1
    sed -n 's/^[^:]*:[0-9]*:[0-9]*: error: //p' "$work/out" | head -n 1
}

row_matches() { pattern_matches "${1%% over *}" "${1#* over }"; }

row_value() {
    printf 'rule example { on %s match e where e: any emit value: %s }\n' "$stream" "$1" >value.rules
    head -n 1 "$events" >one.ndjson
    omen replay streams.rules value.rules --in "$stream=one.ndjson" --quiet >"$work/out" 2>&1
    sed 's/.*"emit":{"value":\(.*\)},"matched".*/\1/' "$work/out"
}

# ---- blocks --------------------------------------------------------------------------------------

# The rules: alone if they declare a stream, otherwise with the streams before them.
check_rules() {
    if grep -q '^stream ' "$rules"; then set -- "$rules"; else set -- streams.rules "$rules"; fi
    given=$*
    omen check "$@" >"$work/out" 2>&1
    code=$?
    awk '/^stream / { inside = 1 } inside { print } /}/ { inside = 0 }' "$rules" >>streams.rules
}

# The commands of a transcript, each with what is expected of it.
console() {
    command='' at=0 : >"$work/expected"
    while IFS= read -r line || [ -n "$line" ]; do
        at=$((at + 1))
        case $line in
        '$ '*)
            run_command
            command=${line#??} began=$((first + at)) ;;
        '> '*)
            if [ -s "$work/expected" ]; then printf '%s\n' "$line" >>"$work/expected"
            else command="$command
${line#??}"; fi ;;
        *) printf '%s\n' "$line" >>"$work/expected" ;;
        esac
    done <"$block"
    run_command
}

run_command() {
    [ -z "$command" ] || {
        sh -c "$command" >"$work/out" 2>&1 </dev/null
        code=$?
        [ $code -eq 0 ] || echo "[exit $code]" >>"$work/out"
        compare "$page:$began: \$ $command" "$work/expected" "$work/out"
    }
    : >"$work/expected"
}

# JSON without its line breaks: none of ours has two blanks, or one behind a comma, in a text.
joined() { sed 's/^ *//; s/\([,:]\) /\1/g' "$1" | tr -d '\n'; echo; }

made_by_make() {
    while IFS= read -r line; do
        target=$(printf '%s\n' "$line" | sed -n 's/^make \([a-z-]*\).*/\1/p')
        [ -n "$target" ] && grep -q "^$target:.*##" "$root/Makefile" && continue
        echo "the Makefile has no such target: $line"
    done <"$block"
}

run_block() { # KIND REST
    case $1 in
    omen)
        rules=my.rules
        case $2 in *.rules) rules=$2 ;; esac
        cp "$block" "$rules"
        tables=''
        check_rules
        cp "$work/out" "$work/messages"
        case "$2 $code" in
        'refused 2' | *' 0') passed=$((passed + 1)) ;;
        *) wrong "$page:$first: omen check, exit $code:" ;;
        esac
        [ "$2 $code" != 'refused 0' ] || { passed=$((passed - 1)); wrong "$page:$first: not refused"; } ;;
    messages) compare "$page:$first: omen check said" "$block" "$work/messages" ;;
    ndjson | csv)
        stream=$2 events=$2.$1
        cp "$block" "$events" ;;
    table)
        tables="$tables --table $2=$2.csv"
        cp "$block" "$2.csv" ;;
    alerts)
        # shellcheck disable=SC2086
        omen replay $given --in "$stream=$events" $tables --quiet >"$work/raw" 2>&1
        short <"$work/raw" >"$work/out"
        compare "$page:$first: alerts" "$block" "$work/out" ;;
    values) rows row_value ;;
    matches) rows row_matches ;;
    refused) rows row_refused ;;
    console) console ;;
    json)
        joined "$block" >"$work/a"
        tail -n 1 "$2" >"$work/last"
        joined "$work/last" >"$work/b"
        compare "$page:$first: the last line of $2" "$work/a" "$work/b" ;;
    sh)
        made_by_make >"$work/out"
        compare "$page:$first: commands" "$work/empty" "$work/out" ;;
    text | '') ;;
    *) : >"$work/out"; wrong "$page:$first: no such kind of block: $1" ;;
    esac
}

# Files that the page names and that are not there.
missing_files() {
    grep -no '`[a-z]*/[a-zA-Z0-9_./-]*`' "$root/$page" | tr -d '`' |
        while IFS=: read -r at path; do
            case $path in
            base/* | grammar/* | rules/* | engine/* | connectors/* | cli/* | tests/* | bench/* | \
                examples/* | tools/* | docs/*)
                [ -e "$root/$path" ] || echo "$page:$at: there is no $path" ;;
            esac
        done
}

run_page() {
    missing_files >"$work/out"
    : >"$work/empty"
    compare "$page: files" "$work/empty" "$work/out"
    rm -rf "$work/page" "$work/blocks"
    mkdir -p "$work/page/build/release" "$work/blocks"
    ln -s "$root/examples" "$work/page/examples"
    ln -s "$omen" "$work/page/build/release/omen"
    # A block becomes blocks/NUMBER, and a line of the list: NUMBER LINE KIND REST
    awk -v folder="$work/blocks" '
        !inside && /^ *```/ {
            sub(/^ *```/, "")
            inside = 1; n++; file = folder "/" n
            printf "" >file
            print n, FNR, $0 >(folder "/list")
            next
        }
        inside && /^ *``` *$/ { inside = 0; close(file); next }
        inside { print >file }' "$root/$page"
    [ -f "$work/blocks/list" ] || return
    here=$PWD
    cd "$work/page" || exit 2
    : >streams.rules
    while read -r number first kind rest; do
        block=$work/blocks/$number
        run_block "$kind" "$rest"
    done <"$work/blocks/list"
    cd "$here" || exit 2
}

if [ $# -eq 0 ]; then
    cd "$root" || exit 2
    set -- README.md docs/*.md
fi
for page; do run_page; done

# The table of functions is made from the compiler's own list.
if (cd "$root" && tools/functions-doc --check) >"$work/out" 2>&1; then passed=$((passed + 1))
else wrong "docs/functions.md:"; fi

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
