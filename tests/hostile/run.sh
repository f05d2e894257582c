#!/bin/sh
# run.sh: hostile input at every door of omen: events, packed files, rule files, the command line.
# Wanted is always the same: a clear answer that says where, no crash, no leak, memory that is
# bounded, time that is linear.
#
# usage: tests/hostile/run.sh [OMEN]   ends with `N passed, M failed`; exit 1 if M is not 0. OMEN
#                                      may come from the environment; else build/release/omen
#   HOSTILE=full      larger and more of everything: minutes, and 6 GiB of memory
#   HOSTILE_TIMES=1   prints what was measured
#   HOSTILE_PARTS='events packed'   only these; their names are at the end of this file
#
# The program `run` of this folder, built beside OMEN, makes the input and measures. Where OMEN is
# built under AddressSanitizer, sizes are smaller and neither time nor memory is judged.
set -u
LC_ALL=C
export LC_ALL

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
omen=${1:-${OMEN:-$root/build/release/omen}}
case $omen in /*) ;; *) omen=$PWD/$omen ;; esac
tool=$(dirname "$omen")/tests/hostile/run
for program in "$omen" "$tool"; do
    [ -x "$program" ] || { echo "run.sh: there is no $program: make builds it" >&2; exit 2; }
done

full=no sanitized=no
[ "${HOSTILE-}" = full ] && full=yes
grep -q __asan_init "$omen" && sanitized=yes
CRASH=99
ASAN_OPTIONS=exitcode=$CRASH:detect_leaks=1:allocator_may_return_null=0
UBSAN_OPTIONS=exitcode=$CRASH:halt_on_error=1:print_stacktrace=1
LSAN_OPTIONS=exitcode=$CRASH
export ASAN_OPTIONS UBSAN_OPTIONS LSAN_OPTIONS
for name in $(env | sed -n 's/^\(OMEN_*[A-Z_]*\)=.*/\1/p'); do unset "$name"; done

work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
cd "$work" || exit 2

passed=0 failed=0 what=

good() { passed=$((passed + 1)); }
wrong() { # what is wrong
    failed=$((failed + 1))
    echo "$what: $*"
    [ -s err ] && head -c 600 err | sed 's/^/    /' | cut -c1-300
}
# Both print at most one line for each thing that is tested; `what` names it.

# Sets how (exit, signal), code, ms and kib; standard error and output of the command go to err.
watch() { # SECONDS COMMAND...
    # shellcheck disable=SC2046
    set -- $("$tool" measure "$@" 2>err)
    how=$1 code=$2 ms=$4 kib=$6
}

# The command left by itself, with one of these exit codes and, if not 0, a word.
left_with() { # CODES
    case $how:$code in
    signal:9) wrong "did not end in time"; return 1 ;;
    signal:*) wrong "ended by signal $code"; return 1 ;;
    exit:$CRASH) wrong "a sanitizer stopped it"; return 1 ;;
    esac
    case " $1 " in
    *" $code "*) ;;
    *) wrong "left with $code, not $1"; return 1 ;;
    esac
    [ "$code" -eq 0 ] || [ -s err ] || { wrong "left with $code without a word"; return 1; }
}

bounded() { # KIB: how much memory it may have held
    [ $sanitized = yes ] || [ "$kib" -le "$1" ] || { wrong "held $kib KiB, not $1"; return 1; }
}

cat >s.rules <<'RULES'
stream s {
    k : string
    at : time event
    x : int
    t : string
}
rule r {
    on s by k
    match a
    where a: x > 0 and t != "no"
}
RULES

# ---- events --------------------------------------------------------------------------------------

EVENTS_KIB=32768 # what a run over few keys may hold

number_of() { sed -n "s/.*\"$1\":\([0-9]*\),.*/\1/p" err | head -n 1; }

# Runs omen on a file of events: what is wanted are so many events and malformed lines, `-` where
# any number will do. Together they are the lines, each dead letter is where it says.
events() { # FILE EVENTS MALFORMED [RULES]
    rm -f dead
    watch 60 "$omen" replay "${4:-s.rules}" --in "s=$1" --out alerts --dead-letter dead \
        --log-format=json
    rm -f alerts
    left_with 0 && bounded $EVENTS_KIB || return
    came=$(number_of events) bad=$(number_of malformed) records=line
    case $1 in *.csv) records=rows ;; esac
    [ "$2" = - ] || [ "$came" = "$2" ] || { wrong "$came events, not $2"; return; }
    [ "$3" = - ] || [ "$bad" = "$3" ] || { wrong "$bad malformed, not $3"; return; }
    # An empty line at the very end is none.
    lines=$(awk '{ sub(/\r$/, ""); last = $0 } END { print NR - (NR > 0 && last == "") }' "$1")
    [ $records = rows ] || [ $((came + bad)) -eq "$lines" ] ||
        { wrong "$came events and $bad malformed of $lines lines"; return; }
    letters=$("$tool" letters "$1" dead $records 2>err) ||
        { wrong "dead letters are not where they say"; return; }
    [ "$letters" = "$bad" ] || { wrong "$letters dead letters of $bad malformed"; return; }
    good
}

made_events() { # KIND N EVENTS MALFORMED
    what="events $1 $2"
    file=made.ndjson
    case $1 in csv*) file=made.csv ;; esac
    "$tool" events "$1" "$2" >$file
    events $file "$3" "$4"
}

given_events() { # NAME FORMAT EVENTS MALFORMED: the events are printf's
    what="events: $1"
    file=given.${5:-ndjson}
    # shellcheck disable=SC2059
    printf "$2" >$file
    events $file "$3" "$4"
}

long_line_from_stdin() { # BYTES
    what="a line of $1 bytes through standard input"
    # shellcheck disable=SC2046
    set -- $("$tool" events long-text "$1" 2>/dev/null |
        "$tool" measure 300 "$omen" replay s.rules --in s=- --out alerts --log-format=json 2>err)
    how=$1 code=$2 ms=$4 kib=$6
    rm -f alerts
    left_with 0 && bounded $EVENTS_KIB || return
    case $(number_of events):$(number_of malformed) in
    2:1) good ;;
    *) wrong "not 2 events and 1 malformed" ;;
    esac
}

test_events() {
    n=20000
    [ $full = no ] || n=900000 # still below the longest line
    made_events good $n $n 0
    made_events prefixes 0 1 80
    for kind in long-text long-blank long-number long-fraction long-name brackets brackets-field \
        brackets-open brackets-bare braces-bare commas quotes backslashes
    do
        made_events $kind $n 2 1
    done
    for kind in long-escapes braces braces-open; do made_events $kind $((n / 8)) 2 1; done
    made_events brackets 100000 2 1
    made_events fields 10000 1 0
    made_events fields-same 10000 1 0
    for kind in blank-lines blank-lines-crlf bad-lines nested-lines; do
        made_events $kind $n 2 $n
    done
    for seed in 0 1 2 3; do # the number of bytes is the seed
        made_events random $((n + seed)) 0 -
        made_events random-json $((n + seed)) 0 -
        made_events csv-random $((n + seed)) - -
        made_events csv-bytes $((n + seed)) 0 -
    done
    made_events changed $n - -
    made_events nuls $n 0 1
    made_events csv-unclosed $n 0 $n
    made_events csv-cells $n 1 1
    made_events csv-long $n 3 0
    made_events csv-quotes $n 0 1

    e='{"k":"a","at":0,"x":1}'
    given_events 'none' '' 0 0
    given_events 'an empty line alone' '\n' 0 0
    given_events 'no newline at the end' "$e\n$e" 2 0
    given_events 'CRLF' "$e\r\n$e\r\n" 2 0
    given_events 'CR alone' "$e\r$e\n" 0 1
    given_events 'a byte order mark' "\357\273\277$e\n" 1 0
    given_events 'a byte order mark later' "$e\n\357\273\277$e\n" 1 1
    given_events 'not UTF-8 in a text' '{"k":"\377","at":0}\n'"$e\n" 1 1
    given_events 'a cut character' '{"k":"\303","at":0}\n'"$e\n" 1 1
    given_events 'not UTF-8 in a name' '{"\377":1,"k":"a","at":0}\n'"$e\n" 1 1
    given_events 'a surrogate' '{"k":"\\ud800","at":0}\n'"$e\n" 1 1
    given_events 'NUL in a text' '{"k":"\000","at":0}\n'"$e\n" 1 1
    given_events 'NUL behind an event' "$e\000\n$e\n" 1 1
    given_events 'two events in a line' "$e $e\n$e\n" 1 1
    given_events 'an array of events' "[$e,$e]\n$e\n" 1 1
    given_events 'one event over lines' '{"k":"a",\n"at":0}\n'"$e\n" 1 2
    given_events 'the same name twice' '{"k":"a","k":"b","at":0}\n' 1 0
    given_events 'null as the time' '{"k":"a","at":null}\n' 0 1

    h='k,at,x,t\n'
    given_events 'CSV: only a header' "$h" 0 0 csv
    given_events 'CSV: no newline at the end' "${h}a,2026-01-31T12:00:00Z,1,b" 1 0 csv
    given_events 'CSV: CRLF' "k,at,x,t\r\na,2026-01-31T12:00:00Z,1,b\r\n" 1 0 csv
    given_events 'CSV: too few cells' "${h}a,2026-01-31T12:00:00Z,1\n" 0 1 csv
    given_events 'CSV: too many cells' "${h}a,2026-01-31T12:00:00Z,1,b,c\n" 0 1 csv
    given_events 'CSV: a quote that is not closed' "${h}a,2026-01-31T12:00:00Z,1,\"b\n" 0 1 csv
    given_events 'CSV: the same, and a row behind it' \
        "${h}a,0,1,\"b\na,2026-01-31T12:00:00Z,1,b\n" 1 1 csv
    given_events 'CSV: text behind a quote' "${h}a,2026-01-31T12:00:00Z,1,\"b\"c\n" 0 1 csv
    given_events 'CSV: a text over lines' "${h}a,2026-01-31T12:00:00Z,1,\"b\nc\"\n" 1 0 csv
    given_events 'CSV: not UTF-8' "${h}\377,2026-01-31T12:00:00Z,1,b\n" 0 1 csv
    given_events 'CSV: NUL' "${h}a,2026-01-31T12:00:00Z,\000,b\n" 0 1 csv
    given_events 'CSV: empty lines' "${h}\n\na,2026-01-31T12:00:00Z,1,b\n" 1 2 csv

    long_line_from_stdin 67108864
    [ $full = no ] || long_line_from_stdin 1073741824
}

test_events_linear() {
    [ $sanitized = no ] || return
    n=100000
    [ $full = no ] || n=1000000
    for kind in good changed bad-lines blank-lines nested-lines random random-json csv-unclosed \
        csv-random csv-bytes csv-long long-text
    do
        what="events $kind"
        case $kind in
        csv*) ending=csv ;;
        *) ending=ndjson ;;
        esac
        linear events $ending $n replay s.rules --out /dev/null --quiet --in
    done
}

# A file that omen must refuse, saying why and where.
refused() { # NAME CODE PATTERN COMMAND...
    what=$1 wanted=$2 pattern=$3
    shift 3
    watch 60 "$@"
    left_with "$wanted" || return
    grep -q -- "$pattern" err && good || wrong "does not say \`$pattern\`"
}

test_headers() {
    for header in '' '\n' 'k,at,x\n' 'k,at,x,t,t\n' '"k,at,x,t\n' 'k;at;x;t\n' '\377,at,x,t\n' \
        '"k"k,at,x,t\n'
    do
        # shellcheck disable=SC2059
        printf "$header" >h.csv
        refused "CSV header $header" 2 'h.csv: ' "$omen" replay s.rules --in s=h.csv
    done
    { printf 'k,at,x,t'; "$tool" events csv-cells 300000 | sed -n 2p; } >h.csv
    refused 'CSV header of 300,000 cells' 2 'h.csv: ' "$omen" replay s.rules --in s=h.csv
    { printf 'k'; head -c 2000000 /dev/zero | tr '\0' k; echo; } >h.csv
    refused 'CSV header of 2 MB' 2 'h.csv: .*too long' "$omen" replay s.rules --in s=h.csv
}

# Values of every type that are of it, some at the very edge, and values that are not.
test_types() {
    cat >types.rules <<'RULES'
stream s {
    at : time event
    b : bool
    i : int
    f : float
    d : decimal(2)
    s : string
    t : time
    u : duration
    p : ip
    l : list of int
}
rule r {
    on s
    match a
    where a: b or i > 0 or f > 0 or d > 0 or s = "" or t > @2026-01-01 or u > 1s or p in 10.0.0.0/8
             or 1 in l
}
RULES
    while read -r field outcome values; do
        : >v.ndjson
        count=0
        for value in $values; do
            count=$((count + 1))
            printf '{"at":0,"%s":%s}\n' "$field" "$value" >>v.ndjson
        done
        what="$outcome values for $field"
        if [ "$outcome" = right ]; then
            events v.ndjson $count 0 types.rules
            continue
        fi
        events v.ndjson 0 $count types.rules
        what="dead letters for $field name it"
        named=$(grep -c "\"reason\":\"[^\"]*\`$field\`" dead)
        [ "$named" -eq $count ] && good || wrong "only $named of $count"
    done <<'VALUES'
b right true false null
b wrong 1 0 "true" "" [] {} [true]
i right 0 -0 1.0 3e2 9223372036854775807 -9223372036854775808 null
i wrong 1.5 9223372036854775808 -9223372036854775809 1e19 "1" "" true [] {} 1e-1 [1]
f right 0 -0.0 1e308 1e-400 1 null
f wrong 1e309 -1e999 "1" true [] {} "NaN"
d right 0.01 1.10 1e2 "1.5" 92233720368547758.07 null
d wrong 0.001 1.999 92233720368547758.08 1e17 "x" "" true [] {} "1,5"
s right "" "\u0000" "\ud83d\ude00" null
s wrong 1 true [] {} ["a"]
t right 0 -1 "2026-01-31T12:00:00Z" "2026-01-31T12:00:00.123456789+01:00" null
t wrong "2026-02-30T00:00:00Z" "2026-01-31T12:00:00" "2026-01-31T25:00:00Z" "now" ""
t wrong 1e30 true [] {}
u right 0 1.5 "1h30m" "10s" null
u wrong "10parsecs" "" "1h1h1h1h" "300000d" 1e30 true [] {}
p right "10.0.0.1" "::1" "::ffff:1.2.3.4" null
p wrong "10.0.0.0/8" "256.1.1.1" "1.2.3" "01.2.3.4" "" ":::" 1 true [] {}
l right [] [1] [1,2.0,3e0] null
l wrong 1 "1" {} ["1"] [1.5] [[1]] [{}] [true] [9223372036854775808]
at right 1
at wrong null "x" true [] {} 1e30
VALUES
}

# Cut at every byte, changed at every byte, garbage behind it: the reason comes, and a nonzero exit
# code, or everything was read after all.
test_packed() {
    step=1
    [ $sanitized = no ] || step=9
    "$tool" events changed 12 >plain.ndjson
    gzip -nc plain.ndjson >whole.ndjson.gz
    set -- whole.ndjson.gz:cut.ndjson.gz
    if command -v zstd >/dev/null; then
        zstd -qc plain.ndjson >whole.ndjson.zst
        set -- "$@" whole.ndjson.zst:cut.ndjson.zst
    fi
    for pair; do
        whole=${pair%:*} cut=${pair#*:}
        what="$whole unpacked"
        watch 20 "$omen" replay s.rules --in "s=$whole" --out /dev/null --log-format=json
        left_with 0 && { [ $(($(number_of events) + $(number_of malformed))) -eq 12 ] && good ||
            wrong "not 12 lines"; }
        size=$(wc -c <"$whole") n=1
        while [ $n -lt "$size" ]; do
            head -c $n "$whole" >"$cut"
            refused "$whole cut behind byte $n" 3 "$cut: .*line [0-9]" \
                "$omen" replay s.rules --in "s=$cut" --out /dev/null --quiet
            { head -c $((n - 1)) "$whole"; printf '\252'; tail -c +$((n + 1)) "$whole"; } >"$cut"
            what="$whole changed at byte $n"
            watch 20 "$omen" replay s.rules --in "s=$cut" --out /dev/null --quiet
            left_with '0 3' && good
            n=$((n + step))
        done
        { cat "$whole"; echo garbage; } >"$cut"
        refused "$whole with garbage behind it" 3 "$cut: .*in line 13" \
            "$omen" replay s.rules --in "s=$cut" --out /dev/null --quiet
    done
    bytes=67108864
    [ $full = no ] || bytes=1073741824
    "$tool" events long-text $bytes | gzip -1c >bomb.ndjson.gz
    what="$bytes bytes in a line, packed"
    watch 120 "$omen" replay s.rules --in s=bomb.ndjson.gz --out /dev/null --log-format=json
    rm -f bomb.ndjson.gz
    left_with 0 && bounded $EVENTS_KIB && good
}

# ---- rule files ----------------------------------------------------------------------------------

MESSAGES_MOST=100 # DIAG_MAX
SAID_MOST=200000  # bytes of messages

# What `check` said of a rule file of hostile make.
judge_messages() { # FILE
    [ "$code" -eq 0 ] && return
    head -n 1 err | grep -q "^$1:[0-9][0-9]*:[0-9][0-9]*: \(error\|warning\|note\): " ||
        { wrong "the first message does not say where"; return 1; }
    ! grep -q "^$1:1:1: error: n" err || { wrong "a message without a place"; return 1; }
    count=$(grep -c "^$1:[0-9]*:[0-9]*: error: " err)
    [ "$count" -le $MESSAGES_MOST ] || { wrong "$count messages"; return 1; }
    [ "$(wc -c <err)" -le $SAID_MOST ] || { wrong "$(wc -c <err) bytes of messages"; return 1; }
    told=$(sed -n 's/^\([0-9]*\) errors\{0,1\}.*/\1/p' err | tail -n 1)
    [ "${told:-0}" -le "$count" ] || grep -q ' more message' err ||
        { wrong "$told errors, $count shown, the others not counted"; return 1; }
}

# A rule file is compiled: fine or one clear error, in bounded memory; then one four times as long
# in less than eight times the time, at best of three runs (below FAST ms nothing can be seen).
FAST=25
least_ms() { # COMMAND...: of two more runs and `ms`
    least=$ms
    for again in 1 2; do
        watch 120 "$@"
        [ "$ms" -ge "$least" ] || least=$ms
    done
    ms=$least
}

linear() { # DOOR ENDING N ARGUMENTS...: of omen, before the name of the file of KIND
    one=one.$2 four=four.$2
    "$tool" "$1" "$kind" "$3" >"$one"
    "$tool" "$1" "$kind" $(($3 * 4)) >"$four"
    shift 3
    codes='0 2'
    [ "${1-}" != replay ] || one=s=$one four=s=$four codes=0
    watch 120 "$omen" "$@" "$one"
    left_with "$codes" || return
    first=$ms
    watch 120 "$omen" "$@" "$four"
    left_with "$codes" || return
    if [ "$ms" -ge $((8 * (first > FAST ? first : FAST))) ]; then
        least_ms "$omen" "$@" "$four"
        last=$ms ms=$first
        least_ms "$omen" "$@" "$one"
        first=$ms ms=$last
    fi
    [ "$ms" -lt $((8 * (first > FAST ? first : FAST))) ] ||
        { wrong "$first ms, four times as much $ms ms"; return; }
    [ "${HOSTILE_TIMES-}" = '' ] || echo "$what: $first ms, four times as much $ms ms, $kib KiB"
    four=${four#s=}
    case $four in
    *.rules) bounded $((65536 + $(wc -c <"$four") * 400 / 1024)) || return ;;
    *) bounded $EVENTS_KIB || return ;;
    esac
    case $1 in check) judge_messages "$four" || return ;; esac
    good
}

compiled() { # KIND N: once, without a look at the time
    what="rules $1 $2"
    "$tool" rules "$1" "$2" >one.rules
    watch 300 "$omen" check one.rules
    left_with '0 2' && judge_messages one.rules && good
}

test_rules() {
    n=10000 rules=5000
    [ $full = no ] || { n=100000 rules=20000; }
    for kind in $("$tool" rules); do
        if [ $sanitized = yes ]; then
            compiled "$kind" 2000
            continue
        fi
        what="rules $kind"
        case $kind in
        then | next | or-pattern | all-pattern | optional)
            linear rules rules $((n < 15000 ? n : 15000)) check
            ;;
        rules* | names-near | test*) linear rules rules $rules check ;;
        *) linear rules rules $n check ;;
        esac
    done
    for kind in and emit then rules tests lets; do
        [ $sanitized = no ] || break
        for more in fmt explain 'explain --stage=tokens' 'explain --stage=tree' \
            'explain --stage=types' 'explain --stage=nfa' 'explain --stage=code'
        do
            what="$more of rules $kind"
            # shellcheck disable=SC2086
            linear rules rules $rules $more
        done
    done
    million=1000000
    [ $sanitized = no ] || million=100000
    for kind in and then list emit parentheses brackets nots pattern-parentheses \
        signs-foreign words names-wrong not-utf8 name text
    do
        compiled $kind $million
    done
    [ $full = no ] || compiled rules $million
    compiled rules $((million / 14)) # a rule has 14 tokens
}

# Opening a run looks at each rule once.
test_many_rules() {
    for n in 10000 40000; do
        "$tool" rules rules $n >one.rules
        : >none.ndjson
        what="a run of $n rules"
        watch 60 "$omen" replay one.rules --in s=none.ndjson --out /dev/null
        left_with 0 || return
        [ $n = 10000 ] && first=$ms
        [ $sanitized = no ] || { good; return; }
    done
    [ "$ms" -lt $((8 * (first > FAST ? first : FAST))) ] && good ||
        wrong "$first ms, four times as much $ms ms"
}

test_rule_files() {
    mkdir -p folder.rules a b
    refused 'a folder' 2 'folder.rules: ' "$omen" check folder.rules
    refused 'no file' 2 'none.rules: ' "$omen" check none.rules
    refused 'no file among others' 2 'none.rules: ' "$omen" check s.rules none.rules
    printf 'stream s { at : time event }' >secret.rules
    chmod 000 secret.rules
    if ! cat secret.rules >/dev/null 2>&1; then
        refused 'a file that may not be read' 2 'secret.rules: ' "$omen" check secret.rules
    fi
    truncate -s 300M large.rules
    refused '300 MiB' 2 'large.rules: larger than' "$omen" check large.rules
    bounded 1048576 && good
    refused 'a file without end' 2 '/dev/zero: larger than' "$omen" check /dev/zero
    rm -f large.rules
    refused 'a program' 2 "omen:1:[0-9]*: " "$omen" check "$omen"
    printf '\377\376r\000u\000l\000e\000' >utf16.rules
    refused 'UTF-16' 2 'utf16.rules:1:1: error: ' "$omen" check utf16.rules
    head -c 100000 /dev/zero >nul.rules
    refused 'NULs' 2 'nul.rules:1:1: error: ' "$omen" check nul.rules
    : >empty.rules
    what='an empty file' && watch 20 "$omen" check empty.rules && left_with '0 2' && good

    echo 'import "self.rules"' >self.rules
    refused 'a file that imports itself' 2 'self.rules:1:1: error: .*itself' \
        "$omen" check self.rules
    echo 'import "../b/b.rules"' >a/a.rules
    echo 'import "../a/../b/../a/a.rules"' >b/b.rules
    refused 'files that import one another' 2 'b/b.rules:1:1: error: .*one another' \
        "$omen" check a/a.rules
    ln -sf loop.rules loop.rules
    refused 'a link to itself' 2 'loop.rules: ' "$omen" check loop.rules
    i=0
    while [ $i -lt 120 ]; do
        echo "import \"deep$((i + 1)).rules\"" >deep$i.rules
        i=$((i + 1))
    done
    refused 'imports of imports, 120 deep' 2 'deep[0-9]*.rules:1:1: error: imports go deeper' \
        "$omen" check deep0.rules
    printf 'import "no\\u0000thing.rules"\nimport "\n' >odd.rules
    refused 'odd imports' 2 'odd.rules:1:' "$omen" check odd.rules
    rm -f deep*.rules
}

test_cuts() {
    stride=1 flips=500
    [ $sanitized = no ] || { stride=2 flips=200; }
    [ $full = no ] || { stride=1 flips=5000; }
    what='rule files cut everywhere'
    watch 900 "$tool" cut $stride $flips "$root"/examples/*/*.rules "$root"/tests/data/*.rules \
        "$root"/tests/cli/fixtures/*.rules
    count=$(sed -n 's/^\([0-9]*\) passed, 0 failed$/\1/p' err)
    left_with 0 || return
    [ -n "$count" ] && passed=$((passed + count)) || wrong 'no count'
}

# ---- the engine: what a rule may cost ------------------------------------------------------------

test_costs() {
    sed 's/where a: .*/where a: t matches "^(a|aa)+$"/' s.rules >regex.rules
    { printf '{"k":"a","at":0,"t":"'; head -c 50000 /dev/zero | tr '\0' a; echo 'b"}'; } >t.ndjson
    what='a regular expression that never ends'
    watch 20 "$omen" replay regex.rules --in s=t.ndjson --log-format=json
    left_with 0 && { [ "$(number_of regex_given_up)" = 1 ] && good || wrong "not given up"; }
}

# ---- the command line ----------------------------------------------------------------------------

test_options() {
    times=300
    [ $sanitized = no ] || times=100
    [ $full = no ] || times=5000
    "$tool" events good 3 >s.ndjson
    echo 'k,at,x,t' >s.csv
    mkdir -p options && cp s.rules s.ndjson s.csv options
    what='random command lines'
    watch 600 sh -c 'cd options && exec "$0" options "$1" "$2"' "$tool" "$omen" $times
    count=$(sed -n 's/^\([0-9]*\) passed, 0 failed$/\1/p' err)
    left_with 0 || return
    [ -n "$count" ] && passed=$((passed + count)) || wrong 'no count'
}

# --------------------------------------------------------------------------------------------------

for part in events events_linear headers types packed rules many_rules rule_files cuts costs \
    options
do
    case " ${HOSTILE_PARTS-$part} " in
    *" $part "*) ;;
    *) continue ;;
    esac
    began=$(date +%s)
    test_$part
    [ "${HOSTILE_TIMES-}" = '' ] || echo "-- $part: $(($(date +%s) - began)) s"
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
