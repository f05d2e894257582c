#: Equal rules, and what is said of a match, keep everything.
$ sed 's/severity high/severity low/; s/top: max/most: max/' speeding.rules >said.rules; omen plan speeding.rules said.rules
sustained_speeding        kept
unsignalled_lane_changes  kept

#: Conditions and bounds: what runs took stays taken.
$ sed 's/limit + 10/limit + 20/; s/within 5m/within 6m/' speeding.rules >changed.rules; omen plan speeding.rules changed.rules
sustained_speeding        runs kept: conditions changed
unsignalled_lane_changes  runs kept: bounds changed

#: Retained values, the key, the name; rules that are new or gone.
$ sed 's/collect(change.lane)/count(change)/; s/match    fast 3 times/match    fast 4 times/' speeding.rules >kept.rules; omen plan speeding.rules kept.rules
sustained_speeding        runs kept: bounds changed
unsignalled_lane_changes  restarted: other values of change are retained

$ sed 's/on       telemetry by vehicle/on       telemetry by lane/; s/rule unsignalled/rule silent/' speeding.rules >key.rules; omen plan speeding.rules key.rules
sustained_speeding        restarted: its streams, its key or forget changed
silent_lane_changes       new
unsignalled_lane_changes  gone

#: Steps: runs that wait for the one that was renamed wait for the other; those that took it are dropped.
$ cat >three.rules <<'END'
> stream s { k : string at : time event n : int }
> rule r { on s by k match a then b then c within 1m where a: n = 1 b: n = 2 c: n = 3 emit n: 1 }
> rule w { on s by k when sum(n) over 1m > 9 emit was: prev(n) }
> END

$ sed 's/ b / x /; s/b:/x:/' three.rules >renamed.rules; omen plan three.rules renamed.rules
r  trimmed: steps of its pattern changed
w  kept

$ sed 's/then c within/then c then d within/; s/c: n = 3/c: n = 3 d: n = 4/' three.rules >longer.rules; omen plan three.rules longer.rules
r  runs kept: steps that no run has reached changed
w  kept

$ sed 's/sum(n) over 1m/sum(n) over 2m/' three.rules >window.rules; omen plan three.rules window.rules
r  kept
w  runs kept: conditions changed; windows begin anew

#: What is read besides; what cannot be had by a reload.
$ sed 's/speed > limit + 10/speed > 90/' speeding.rules >less.rules; omen plan less.rules speeding.rules
read from then on: telemetry.limit
sustained_speeding        runs kept: conditions changed
unsignalled_lane_changes  kept

$ sed 's/lane    : int/lane    : string/; s/collect(change.lane)/count(change)/' speeding.rules >lane.rules; omen plan speeding.rules lane.rules
refused: omen has to be started again for this: field telemetry.lane is declared otherwise
[exit 1]

#: Mistakes are the compiler's.
$ sed 's/speed > limit/sped > limit/' speeding.rules >wrong.rules; omen plan speeding.rules wrong.rules
wrong.rules:15:20: error: there is no field `sped` in stream telemetry
   15 |     where    fast: sped > limit + 10
      |                    ^^^^
      = did you mean `speed`?
1 error
[exit 2]

$ omen plan speeding.rules
omen: error: plan: expected two rule files, OLD and NEW, found 1
[exit 2]
