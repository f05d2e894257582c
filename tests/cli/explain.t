$ omen explain speeding.rules | grep '^rule'
rule sustained_speeding
rule unsignalled_lane_changes

$ omen explain speeding.rules --rule unsignalled_lane_changes
rule unsignalled_lane_changes
    waits for change 3 times within 5m
    on telemetry, for each vehicle
    the first way from each beginning is a match; the next begins behind its last event

    conditions
        change  once an event, over the batch   signal = "off"
        change  once an event, with its key     lane != prev(lane)

    automaton
        state 0  start
            TAKE     change       any event may start a run; count0 = 1
        state 1  change
            TAKE     change       IGNORE what it cannot take; if count0 < 3; count0 + 1
            PROCEED  match; if count0 >= 3
        a run ends 5m after its first event

    kept for each key
        previous values: 24 bytes, 1 value, shared by 2 rules
        a run: 144 bytes, 0 cells, for at most 5m
        an event of change: 96 bytes, 1 value
        in all: 413 bytes a key with one run that has taken one event

$ omen explain speeding.rules --stage=tokens | head -n 3
1:1	NAME	stream
1:8	NAME	telemetry
1:18	LBRACE	{

$ omen explain speeding.rules --stage=tree --rule sustained_speeding
rule sustained_speeding
  doc "More than 10 km/h over the limit, three times in a row within a minute"
  severity
    name high
  on telemetry
    by
      name vehicle
  match first
    sequence within 1m
      step fast count 3..3 in a row
  where fast
    >
      name speed
      +
        name limit
        int 10
  emit top
    call max
      field speed
        name fast
  emit since
    call first
      field at
        name fast

$ omen explain speeding.rules --stage=tree | grep -c .
51

$ omen explain speeding.rules --stage=types --rule sustained_speeding
rule sustained_speeding
  where fast
    >  : bool, event, of float
      speed  : float, event
      +  : float, event, of float
        limit  : float, event
        10.0  : float, constant
  emit top
    max()  : float, run
      fast.speed  : float, event
  emit since
    first()  : time, run
      fast.at  : time, event

$ omen explain speeding.rules --stage=nfa
rule sustained_speeding
  state 0  start
      TAKE     fast         any event may start a run; count0 = 1
  state 1  fast
      TAKE     fast         the very next event; if count0 < 3; count0 + 1
      PROCEED  match; if count0 >= 3
  a run ends 1m after its first event
rule unsignalled_lane_changes
  state 0  start
      TAKE     change       any event may start a run; count0 = 1
  state 1  change
      TAKE     change       IGNORE what it cannot take; if count0 < 3; count0 + 1
      PROCEED  match; if count0 >= 3
  a run ends 5m after its first event

$ omen explain speeding.rules --stage=nfa --rule sustained_speeding
rule sustained_speeding
  state 0  start
      TAKE     fast         any event may start a run; count0 = 1
  state 1  fast
      TAKE     fast         the very next event; if count0 < 3; count0 + 1
      PROCEED  match; if count0 >= 3
  a run ends 1m after its first event

$ omen explain speeding.rules --stage=code --rule unsignalled_lane_changes
rule unsignalled_lane_changes
previous 0, 1 back (code 8)
     0  r0:I = FIELD lane
     1  RETURN r0
change: of the event (code 4)
     0  r0:S = FIELD signal
     1  r1:S = CONST "off"
     2  r2:B = EQ_S r0, r1
     3  RETURN r2
change: of the key (code 5)
     0  r0:I = FIELD lane
     1  r1:I = PREV 1, previous 0
     2  r2:B = EQ_I r0, r1
     3  r3:B = NOT r2
     4  RETURN r3
change: when taken (code 6)
     0  r0:I = FIELD lane
     1  KEEP r0, 2, kept 0
     2  DONE
lanes: emitted (code 7)
     0  r0:L = COLLECT 0, 0, 100
     1  RETURN r0

$ omen explain speeding.rules --dot --rule sustained_speeding
digraph "sustained_speeding" {
    rankdir=LR;
    node [shape=circle, fontname="sans"];
    edge [fontname="sans", fontsize=10];
    accept [label="match", shape=doublecircle];
    s0 [label="start", shape=point, xlabel="start"];
    s1 [label="fast"];
    s0 -> s1 [label="\n count0 = 1"];
    s1 -> s1 [label="the very next event\n if count0 < 3\n count0 + 1"];
    s1 -> accept [style=dashed, label="\n if count0 >= 3"];
}

$ omen explain speeding.rules --dot | grep digraph
digraph "sustained_speeding" {
digraph "unsignalled_lane_changes" {

#: Tokens are shown of a file that does not parse, since that is when one looks.
$ omen explain syntax.rules --stage=tokens | tail -n 2
syntax.rules:11:1: error: expected a value, found `}`
   11 | }
      | ^
1 error
17:1	RBRACE	}
18:1	END	

$ omen explain syntax.rules --stage=tree
syntax.rules:11:1: error: expected a value, found `}`
   11 | }
      | ^
1 error
[exit 2]

$ omen explain broken.rules
broken.rules:10:20: error: there is no field `sped` in stream telemetry
   10 |     where    fast: sped > 100
      |                    ^^^^
      = did you mean `speed`?
broken.rules:14:14: error: there is no stream `telemetri`
   14 |     on       telemetri by vehicle
      |              ^^^^^^^^^
      = did you mean `telemetry`?
2 errors
[exit 2]

$ omen explain speeding.rules --rule sustained_speedin
omen: error: explain: there is no rule sustained_speedin; did you mean sustained_speeding?
[exit 2]

$ omen explain speeding.rules --rule zigzag
omen: error: explain: there is no rule zigzag; the rules are sustained_speeding, unsignalled_lane_changes
[exit 2]

$ sed 's/severity high/mode off/' speeding.rules >off.rules; omen explain off.rules --rule sustained_speeding --stage=types
omen: error: explain: rule sustained_speeding is `mode off`: the compiler leaves it out
[exit 2]

$ omen explain off.rules | grep '^rule'
rule unsignalled_lane_changes

$ omen explain speeding.rules --stage=ast
omen: error: explain: --stage: expected tokens, tree, types, nfa or code, found ast
[exit 2]

$ omen explain speeding.rules --stage=code --dot
omen: error: explain: --dot draws automata: it goes with --stage=nfa, not with --stage=code
[exit 2]

$ omen explain speeding.rules --stage=tokens --rule sustained_speeding
omen: error: explain: tokens are a file's: --rule does not go with --stage=tokens
[exit 2]

$ omen explain
omen: error: explain: expected rule files, found none: omen explain RULES... (see omen explain --help)
[exit 2]
