#: An alert: each step, the values of its condition, what was said.

$ omen why why.rules --in payments=why.ndjson --rule tested --key c1
rule tested: Two tiny payments, then a large one
  match     probe 2 times then charge within 10m
  probe     tiny(amount)
  charge    amount > 50 * avg(probe.amount)

card "c1": 7 events from 2026-01-31T12:00:00Z to 2026-01-31T12:12:00Z
1 alert, and 1 match kept back (--at TIME shows why)

alert at 2026-01-31T12:03:00Z:
  probe     2026-01-31T12:00:00Z  payments 0  amount 1.00, merchant "m1"
    tiny(amount)                                                      true
      amount 1.00 < small 2.00                                        true
  probe     2026-01-31T12:01:00Z  payments 2  amount 1.50, merchant "m2"
    tiny(amount)                                                      true
      amount 1.50 < small 2.00                                        true
  …         1 event between, passed over
  charge    2026-01-31T12:03:00Z  payments 5  amount 90.00, merchant "m3"
    amount 90.00 > 50 * avg(probe.amount) 1.25 = 62.5                 true
  took      3m of at most 10m
  said      amount: 90.00
  sent      severity medium; id e5936a4d8ea468f0c6cd0b2a818dcb57

#: It was kept back, and by what.

$ omen why why.rules --in payments=why.ndjson --rule tested --key c1 --at 2026-01-31T12:12:00Z
rule tested: Two tiny payments, then a large one
  match     probe 2 times then charge within 10m
  probe     tiny(amount)
  charge    amount > 50 * avg(probe.amount)

card "c1": 7 events from 2026-01-31T12:00:00Z to 2026-01-31T12:12:00Z
at 2026-01-31T12:12:00Z: no alert, but 1 match kept back

match without an alert at 2026-01-31T12:12:00Z:
  probe     2026-01-31T12:10:00Z  payments 9  amount 1.00, merchant "m1"
    tiny(amount)                                                      true
      amount 1.00 < small 2.00                                        true
  probe     2026-01-31T12:11:00Z  payments 11  amount 1.00, merchant "m1"
    tiny(amount)                                                      true
      amount 1.00 < small 2.00                                        true
  charge    2026-01-31T12:12:00Z  payments 13  amount 99.00, merchant "m1"
    amount 99.00 > 50 * avg(probe.amount) 1.0 = 50.0                  true
  took      2m of at most 10m
  not sent  `once per 1h`: an alert was sent at 2026-01-31T12:03:00Z
[exit 1]

$ omen why why.rules --in payments=why.ndjson --rule tested --key c3
rule tested: Two tiny payments, then a large one
  match     probe 2 times then charge within 10m
  probe     tiny(amount)
  charge    amount > 50 * avg(probe.amount)

card "c3": 4 events from 2026-01-31T12:08:00Z to 2026-01-31T12:13:00Z
no alert, but 1 match kept back

match without an alert at 2026-01-31T12:11:00Z:
  probe     2026-01-31T12:08:00Z  payments 8  amount 1.00, merchant "a"
    tiny(amount)                                                      true
      amount 1.00 < small 2.00                                        true
  probe     2026-01-31T12:10:00Z  payments 10  amount 1.00, merchant "x"
    tiny(amount)                                                      true
      amount 1.00 < small 2.00                                        true
  charge    2026-01-31T12:11:00Z  payments 12  amount 900.00, merchant "own"
    amount 900.00 > 50 * avg(probe.amount) 1.0 = 50.0                 true
  took      3m of at most 10m
  not sent  except own_shop
    charge.merchant "own" = "own"                                     true
[exit 1]

#: Near misses: a condition by how much, a window, the event that had to be next, having, `no`.

$ omen why why.rules --in payments=why.ndjson --rule tested --key c2
rule tested: Two tiny payments, then a large one
  match     probe 2 times then charge within 10m
  probe     tiny(amount)
  charge    amount > 50 * avg(probe.amount)

card "c2": 4 events from 2026-01-31T12:00:30Z to 2026-01-31T12:08:00Z
1 alert

alert at 2026-01-31T12:08:00Z:
  probe     2026-01-31T12:00:30Z  payments 1  amount 1.50, merchant "a"
    tiny(amount)                                                      true
      amount 1.50 < small 2.00                                        true
  probe     2026-01-31T12:01:30Z  payments 3  amount 1.00, merchant "b"
    tiny(amount)                                                      true
      amount 1.00 < small 2.00                                        true
  …         1 event between, passed over
  charge    2026-01-31T12:08:00Z  payments 7  amount 62.51, merchant "c"
    amount 62.51 > 50 * avg(probe.amount) 1.25 = 62.5                 true
  took      7m30s of at most 10m
  said      amount: 62.51
  sent      severity medium; id 14f05e040541e6e2024f78773654d514

$ omen why why.rules --in payments=why.ndjson --rule growing --key c2
rule growing
  match     first then `more` 2 times within 1h
  first     amount < 10
  more      amount > first.amount
  having    sum(more.amount) > 100

card "c2": 4 events from 2026-01-31T12:00:30Z to 2026-01-31T12:08:00Z
1 alert

alert at 2026-01-31T12:08:00Z:
  first     2026-01-31T12:00:30Z  payments 1  amount 1.50
    amount 1.50 < 10                                                  true
  …         1 event between, passed over
  more      2026-01-31T12:04:00Z  payments 6  amount 60.00
    amount 60.00 > first.amount 1.50                                  true
  more      2026-01-31T12:08:00Z  payments 7  amount 62.51
    amount 62.51 > first.amount 1.50                                  true
  having
    sum(more.amount) 122.51 > 100                                     true
  took      7m30s of at most 1h
  sent      severity medium; id e269cd357aabee8bc6ce305c13b3da4e

$ omen why why.rules --in payments=why.ndjson --rule straight --key c2
rule straight
  match     a next b then c within 5m
  a         merchant = "a"
  b         merchant = "b"
  c         merchant = "c"

card "c2": 4 events from 2026-01-31T12:00:30Z to 2026-01-31T12:08:00Z
no alert

What came nearest: fewest events short first, then what failed by least.
1. 1 event short: waited for c
   a         2026-01-31T12:00:30Z  payments 1  merchant "a"
   b         2026-01-31T12:01:30Z  payments 3  merchant "b"
   c?        2026-01-31T12:04:00Z  payments 6  merchant "m3"
     merchant "m3" = "c"                                              false
   c?        2026-01-31T12:08:00Z  payments 7  merchant "c"
     its condition holds, but it came 2m30s too late
   ended     2026-01-31T12:05:30Z  the window of 5m from its first event closed
[exit 1]

$ omen why why.rules --in payments=why.ndjson --rule straight --key c3
rule straight
  match     a next b then c within 5m
  a         merchant = "a"
  b         merchant = "b"
  c         merchant = "c"

card "c3": 4 events from 2026-01-31T12:08:00Z to 2026-01-31T12:13:00Z
no alert
1 event came late and took no part:
             2026-01-31T12:12:00Z  payments 15  merchant "late"

What came nearest: fewest events short first, then what failed by least.
1. 2 events short: waited for b
   a         2026-01-31T12:08:00Z  payments 8  merchant "a"
   b?        2026-01-31T12:10:00Z  payments 10  merchant "x"
     merchant "x" = "b"                                               false
     it ends this: b had to be the very next event
[exit 1]

$ omen why why.rules --in payments=why.ndjson --rule silent --key c1
rule silent
  match     last then no other for 30m
  last      merchant = "fuel"
  other     any event

card "c1": 7 events from 2026-01-31T12:00:00Z to 2026-01-31T12:12:00Z
no alert

What came nearest: fewest events short first, then what failed by least.
1. only time had to pass
   last      2026-01-31T12:02:00Z  payments 4  merchant "fuel"
   other     2026-01-31T12:03:00Z  payments 5  merchant "m3"
     it ends this: other must not come here
[exit 1]

$ omen why why.rules --in payments=why.ndjson --rule silent --key c3
rule silent
  match     last then no other for 30m
  last      merchant = "fuel"
  other     any event

card "c3": 4 events from 2026-01-31T12:08:00Z to 2026-01-31T12:13:00Z
1 alert

alert at 2026-01-31T12:43:00Z:
  last      2026-01-31T12:13:00Z  payments 14  merchant "fuel"
    merchant "fuel" = "fuel"                                          true
  clock     2026-01-31T12:43:00Z  the time was up, and nothing forbidden had come
  sent      severity medium; id d151a163d4cfcff509b4fc0cbd880545

$ omen why why.rules --in payments=why.ndjson --rule often --key c3
rule often
  when      count() over 5m >= 3 and sum(amount) over 5m > 1000

card "c3": 4 events from 2026-01-31T12:08:00Z to 2026-01-31T12:13:00Z
no alert
1 event came late and took no part:
             2026-01-31T12:12:00Z  payments 15  amount 99.00

The condition held for no event. The nearest of 4:
   event?    2026-01-31T12:13:00Z  payments 14  amount 99.00
     sum(amount) over 5m 1000.00 > 1000                               false, they are equal
   event?    2026-01-31T12:11:00Z  payments 12  amount 900.00
     sum(amount) over 5m 902.00 > 1000                                false, 98.00 short
   event?    2026-01-31T12:10:00Z  payments 10  amount 1.00
     count() over 5m 2 >= 3                                           false, 1 short
     sum(amount) over 5m 2.00 > 1000                                  false, 998.00 short
[exit 1]

#: What cannot be told, or was mistyped.

$ omen why why.rules --in payments=why.ndjson --rule testd --key c1
omen: error: why: there is no rule testd; did you mean tested?
[exit 2]

$ omen why why.rules --in payments=why.ndjson --rule tested --key c11
rule tested: Two tiny payments, then a large one
  match     probe 2 times then charge within 10m
  probe     tiny(amount)
  charge    amount > 50 * avg(probe.amount)

card "c11": 0 events
no event has this key, 16 have others
did you mean c1?
[exit 1]

$ omen why why.rules --in payments=why.ndjson --rule tested
omen: error: why: expected --key: rule tested looks at each card by itself, as in --key card
[exit 2]

$ omen why why.rules --in payments=why.ndjson --rule tested --key c1,c2
rule tested: Two tiny payments, then a large one
  match     probe 2 times then charge within 10m
  probe     tiny(amount)
  charge    amount > 50 * avg(probe.amount)

card "c1,c2": 0 events
no event has this key, 16 have others
keys there are: c1, c2, c3, …
[exit 1]

$ omen why why.rules --in payments=why.ndjson --rule tested --key c1 --at noon
omen: error: why: --at noon: expected a time with its zone, as in 2026-01-31T12:00:00Z: the `time` of the alert
[exit 2]

$ omen why why.rules --in payments=why.ndjson --rule hourly --key c1
omen: error: why: rule hourly is asked of windows (`every`) and takes no events; omen why tells of patterns and of `when`: its alerts say which window they are of, and what is in it
[exit 2]

$ omen why why.rules --in payments=none.ndjson --rule tested --key c1
omen: error: --in payments: none.ndjson: No such file or directory
[exit 2]

#: The nearest miss of a test that failed.

$ omen test why.rules
why.rules:59: "too small a charge" for tested failed
    at 0s    { card: "x", amount: 1 }
    at 1m    { card: "x", amount: 1 }
    at 2m    { card: "x", amount: 49.99 }
    wanted   at 2m { key: "x" }
    came     nothing
    near     1 event short: waited for charge
             probe     0s  amount 1.00
             probe     1m  amount 1.00
             charge?   2m  amount 49.99
               amount 49.99 > 50 * avg(probe.amount) 1.0 = 50.0       false, 0.01 short
             open      2m  the test ends, and it still waits

0 passed, 1 failed
[exit 1]
