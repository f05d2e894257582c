#: Events of any time that 64 bits hold: 1677-09-21 to 2262-04-11. Sums and differences of times
#: stay at the ends. Without that a key's end lay before its last event, and was looked for without
#: end; and an alert 302 years after another one was one too many within `once per 10s`.
$ omen replay ends.rules --in s=ends.ndjson --out alerts.ndjson
events       6  in T s, R a second
alerts      25
  told       4
  pair       2
  apart      0
  silent     2
  burst      2
  steps      2
  hours      1
  days       1
  visit      1
  held       2
  opened     6
  gone       2
resolved     3
  opened     3
still open   3
suppressed   2
  told       2
malformed    0
late         0
null keys    0

$ omen replay ends.rules --in s=ends.ndjson --out drained.ndjson --drain
events       6  in T s, R a second
alerts      25
  told       4
  pair       2
  apart      0
  silent     2
  burst      2
  steps      2
  hours      1
  days       1
  visit      1
  held       2
  opened     6
  gone       2
resolved     3
  opened     3
still open   3
suppressed   2
  told       2
malformed    0
late         0
null keys    0
