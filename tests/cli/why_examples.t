#: Of each rule set of examples/ an alert, and what came near.
$ omen why examples/card_testing/card_testing.rules --rule card_testing --in payments=examples/card_testing/events.ndjson --key 4000000000000012
rule card_testing: Three or more tiny charges, then one of more than 50 times their average
  match     probe 3 or more times then charge within 10m
  probe     is_probe(amount, card)
  charge    amount > 50 * avg(probe.amount)

card "4000000000000012": 30 events from 2026-01-01T00:06:15Z to 2026-01-01T08:37:40Z
1 alert

alert at 2026-01-01T08:37:40Z:
  probe     2026-01-01T08:36:00Z  payments 2410  amount 0.50, merchant "m029"
    is_probe(amount, card)                                            true
      amount 0.50 < small 2.00                                        true
      card "4000000000000012" not in test_cards                       true
  probe     2026-01-01T08:36:20Z  payments 2412  amount 0.50, merchant "m366"
    is_probe(amount, card)                                            true
      amount 0.50 < small 2.00                                        true
      card "4000000000000012" not in test_cards                       true
  probe     2026-01-01T08:36:40Z  payments 2413  amount 0.50, merchant "m367"
    is_probe(amount, card)                                            true
      amount 0.50 < small 2.00                                        true
      card "4000000000000012" not in test_cards                       true
  probe     2026-01-01T08:37:00Z  payments 2415  amount 0.50, merchant "m001"
    is_probe(amount, card)                                            true
      amount 0.50 < small 2.00                                        true
      card "4000000000000012" not in test_cards                       true
  probe     2026-01-01T08:37:20Z  payments 2417  amount 0.50, merchant "m365"
    is_probe(amount, card)                                            true
      amount 0.50 < small 2.00                                        true
      card "4000000000000012" not in test_cards                       true
  charge    2026-01-01T08:37:40Z  payments 2418  amount 25.01, merchant "m221"
    amount 25.01 > 50 * avg(probe.amount) 0.5 = 25.0                  true
  took      1m40s of at most 10m
  said      probes: 5, spent: 2.50, amount: 25.01, merchant: "m221"
  sent      severity critical; id f57283b3a7bc9c308d2391ae795e33a4

$ omen why examples/card_testing/card_testing.rules --rule card_testing --in payments=examples/card_testing/events.ndjson --key 4000000000000033
rule card_testing: Three or more tiny charges, then one of more than 50 times their average
  match     probe 3 or more times then charge within 10m
  probe     is_probe(amount, card)
  charge    amount > 50 * avg(probe.amount)

card "4000000000000033": 28 events from 2026-01-01T00:09:20Z to 2026-01-01T09:57:00Z
no alert

What came nearest: fewest events short first, then what failed by least.
1. 1 event short: waited for probe or charge
   probe     2026-01-01T09:54:00Z  payments 2459  amount 1.00, merchant "m035"
   probe     2026-01-01T09:55:00Z  payments 2460  amount 1.00, merchant "m300"
   probe     2026-01-01T09:56:00Z  payments 2461  amount 1.00, merchant "m199"
   charge?   2026-01-01T09:57:00Z  payments 2462  amount 50.00, merchant "m337"
     amount 50.00 > 50 * avg(probe.amount) 1.0 = 50.0                 false, they are equal
   open      2026-01-01T10:03:01Z  the input ends, and it still waits
[exit 1]

$ omen why examples/card_testing/card_testing.rules --rule cash_out --in payments=examples/card_testing/events.ndjson --key 4000000000000035
rule cash_out: A tiny charge, then within five minutes gift cards or a transfer of 200 or more
  match     probe then within 5m (gift or transfer)
  probe     is_probe(amount, card)
  gift      category = "gift cards" and amount >= 200
  transfer  category in ["money transfer", "crypto"] and amount >= 200

card "4000000000000035": 26 events from 2026-01-01T00:04:20Z to 2026-01-01T10:03:01Z
no alert

What came nearest: fewest events short first, then what failed by least.
1. 1 event short: waited for gift or transfer
   probe     2026-01-01T09:58:00Z  payments 2464  amount 1.00, category "shop"
   gift?     2026-01-01T10:03:01Z  payments 2468  amount 500.00, category "gift cards"
     its condition holds, but it came 1s too late
[exit 1]

$ omen why examples/speeding/speeding.rules --rule accelerating --in telemetry=examples/speeding/events.ndjson --key v05
rule accelerating: Over the limit, faster and faster, until more than 40 km/h over it
  match       first_over next faster next far_over within 30s
  first_over  speed > limit
  faster      speed > first_over.speed
  far_over    speed > faster.speed and excess(speed, limit) > 40

vehicle "v05": 100 events from 2026-01-01T00:00:05.444Z to 2026-01-01T00:08:20.330Z
1 alert

alert at 2026-01-01T00:04:25.574Z:
  first_over  2026-01-01T00:04:15.574Z  telemetry 1997  speed 104.0, limit 100.0
    speed 104.0 > limit 100.0                                         true
  faster      2026-01-01T00:04:20.574Z  telemetry 2037  speed 127.0, limit 100.0
    speed 127.0 > first_over.speed 104.0                              true
  far_over    2026-01-01T00:04:25.574Z  telemetry 2077  speed 146.0, limit 100.0
    speed 146.0 > faster.speed 127.0                                  true
    excess(speed, limit) 46.0 > 40                                    true
  took        10s of at most 30s
  said        speeds: "104.0 → 127.0 → 146.0", gained: 42.0
  sent        severity critical; id 0c1b8929e812b53e9c7099a5da08c4e9

$ omen why examples/speeding/speeding.rules --rule accelerating --in telemetry=examples/speeding/events.ndjson --key v03
rule accelerating: Over the limit, faster and faster, until more than 40 km/h over it
  match       first_over next faster next far_over within 30s
  first_over  speed > limit
  faster      speed > first_over.speed
  far_over    speed > faster.speed and excess(speed, limit) > 40

vehicle "v03": 100 events from 2026-01-01T00:00:05.448Z to 2026-01-01T00:08:21.970Z
no alert

What came nearest: fewest events short first, then what failed by least.
1. 1 event short: waited for far_over
   first_over  2026-01-01T00:05:07.268Z  telemetry 2411  speed 125.0, limit 100.0
   faster      2026-01-01T00:05:12.268Z  telemetry 2451  speed 131.0, limit 100.0
   far_over?   2026-01-01T00:05:17.268Z  telemetry 2490  speed 128.0, limit 100.0
     speed 128.0 > faster.speed 131.0                                 false, 3 short
     excess(speed, limit) 28.0 > 40                                   false, 12 short
     it ends this: far_over had to be the very next event
2. 2 events short: waited for faster
   first_over  2026-01-01T00:01:05.417Z  telemetry 485  speed 115.0, limit 100.0
   faster?     2026-01-01T00:01:10.417Z  telemetry 526  speed 115.0, limit 100.0
     speed 115.0 > first_over.speed 115.0                             false, they are equal
     it ends this: faster had to be the very next event
3. 2 events short: waited for faster
   first_over  2026-01-01T00:01:00.417Z  telemetry 446  speed 115.0, limit 100.0
   faster?     2026-01-01T00:01:05.417Z  telemetry 485  speed 115.0, limit 100.0
     speed 115.0 > first_over.speed 115.0                             false, they are equal
     it ends this: faster had to be the very next event
[exit 1]

$ omen why examples/lane_changes/lane_changes.rules --rule unsignalled --in telemetry=examples/lane_changes/events.ndjson --key v08
rule unsignalled: Three lane changes without a signal within five minutes
  match     change 3 times within 5m
  change    changed(lane) and given(signal) not in signals

vehicle "v08": 150 events from 2026-01-01T00:00:00.080Z to 2026-01-01T00:04:58.080Z
1 alert

alert at 2026-01-01T00:00:50.080Z:
  change    2026-01-01T00:00:40.080Z  telemetry 607  lane 3, signal "off"
    changed(lane)                                                     true
      lane 3 != prev(lane) 2                                          true
    given(signal) "off" not in signals                                true
  …         1 event between, passed over
  change    2026-01-01T00:00:44.080Z  telemetry 667  lane 2, signal "off"
    changed(lane)                                                     true
      lane 2 != prev(lane) 3                                          true
    given(signal) "off" not in signals                                true
  …         2 events between, passed over
  change    2026-01-01T00:00:50.080Z  telemetry 757  lane 3, signal "off"
    changed(lane)                                                     true
      lane 3 != prev(lane) 2                                          true
    given(signal) "off" not in signals                                true
  took      10s of at most 5m
  said      lanes: [3, 2, 3], first: 2026-01-01T00:00:40.080Z
  sent      severity medium; id e7136028d6ea05101f7f3c4eef391388

$ omen why examples/lane_changes/lane_changes.rules --rule weaving --in telemetry=examples/lane_changes/events.ndjson --key v02
rule weaving: Out to a faster lane and back, twice within 20 seconds
  match     (out then back) 2 times within 20s
  out       lane > prev(lane)
  back      lane < prev(lane)

vehicle "v02": 150 events from 2026-01-01T00:00:00.020Z to 2026-01-01T00:04:58.020Z
no alert

What came nearest: fewest events short first, then what failed by least.
1. 3 events short: waited for back
   out       2026-01-01T00:01:00.020Z  telemetry 901  lane 4
   back?     2026-01-01T00:01:20.020Z  telemetry 1201  lane 4
     lane 4 < prev(lane) 4                                            false, they are equal
   back?     2026-01-01T00:01:18.020Z  telemetry 1171  lane 4
     lane 4 < prev(lane) 4                                            false, they are equal
   back?     2026-01-01T00:01:16.020Z  telemetry 1141  lane 4
     lane 4 < prev(lane) 4                                            false, they are equal
   …         7 more events passed over, none of them nearer
   ended     2026-01-01T00:01:20.020Z  the window of 20s from its first event closed
2. 3 events short: waited for back
   out       2026-01-01T00:00:20.020Z  telemetry 301  lane 3
   back?     2026-01-01T00:00:40.020Z  telemetry 601  lane 3
     lane 3 < prev(lane) 3                                            false, they are equal
   back?     2026-01-01T00:00:38.020Z  telemetry 571  lane 3
     lane 3 < prev(lane) 3                                            false, they are equal
   back?     2026-01-01T00:00:36.020Z  telemetry 541  lane 3
     lane 3 < prev(lane) 3                                            false, they are equal
   …         7 more events passed over, none of them nearer
   ended     2026-01-01T00:00:40.020Z  the window of 20s from its first event closed
[exit 1]

$ omen why examples/impossible_travel/impossible_travel.rules --rule impossible_travel --in payments=examples/impossible_travel/events.ndjson --key c003
rule impossible_travel: Two payments in a row, too far apart for the time between them
  match     here next there within 6h
  here      any event
  there     distance(here.lat, here.lon, lat, lon) > speed * hours(at - here.at) + slack

card "c003": 42 events from 2026-01-01T00:18:08Z to 2026-01-02T22:55:00Z
1 alert

alert at 2026-01-02T22:55:00Z:
  here      2026-01-02T17:00:00Z  payments 3203  city "Berlin", lat 52.52, lon 13.405
    any event will do
  there     2026-01-02T22:55:00Z  payments 3232  city "New York", lat 40.7128, lon -74.006
    distance(here.lat, here.lon, lat, lon) 6385.0124
      > speed 900.0 * hours(at - here.at) 5.9166667 + slack 50.0 = 5375.0  true
  took      5h55m of at most 6h
  said      from: "Berlin", to: "New York", km: 6385, minutes: 355.0
  sent      severity high; id d32fb2fb5ddac41c6a53bcaaf92212a7

$ omen why examples/impossible_travel/impossible_travel.rules --rule impossible_travel --in payments=examples/impossible_travel/events.ndjson --key c001 --at 2026-01-02T17:00:00Z
rule impossible_travel: Two payments in a row, too far apart for the time between them
  match     here next there within 6h
  here      any event
  there     distance(here.lat, here.lon, lat, lon) > speed * hours(at - here.at) + slack

card "c001": 42 events from 2026-01-01T00:17:16Z to 2026-01-02T17:30:00Z
at 2026-01-02T17:00:00Z: no alert

What came nearest: fewest events short first, then what failed by least.
1. 1 event short: waited for there
   here      2026-01-02T15:19:49Z  payments 3137  city "Berlin", lat 52.52, lon 13.405
   there?    2026-01-02T17:00:00Z  payments 3200  city "Berlin", lat 52.52, lon 13.405
     distance(here.lat, here.lon, lat, lon) 0.0
       > speed 900.0 * hours(at - here.at) 1.6697222 + slack 50.0 = 1552.75  false, 1552.75 short
     it ends this: there had to be the very next event
[exit 1]

$ omen why examples/earthquakes/earthquakes.rules --in earthquakes=examples/earthquakes/events.ndjson --at 2018-01-31T16:41:52.830Z
rule aftershocks: A strong quake, and each one within 100 km and 24 hours of it
  match     strong then each near within 24h
  strong    mag >= strong_from
  near      distance(strong.lat, strong.lon, lat, lon) <= near_km

all events are of one key: 1707 events from 2018-01-31T01:49:59.650Z to 2018-02-07T01:26:13.840Z
at 2018-01-31T16:41:52.830Z: 1 alert

alert at 2018-01-31T16:41:52.830Z:
  strong    2018-01-31T16:37:06.080Z  earthquakes 135  mag 5.7, place "55km SE of Pedasi, Panama", lat 7.2307, lon -79.6307
    mag 5.7 >= strong_from 5.0                                        true
  …         1 event between, passed over
  near      2018-01-31T16:41:52.830Z  earthquakes 137  mag 5.1, place "41km E of Pedasi, Panama", lat 7.4777, lon -79.6614
    distance(strong.lat, strong.lon, lat, lon) 27.673068 <= near_km 100.0  true
  took      4m46s750ms of at most 1d
  said      strong: 5.7, near: 5.1, place: "55km SE of Pedasi, Panama", km: 28, after: 5
  sent      severity low; id 6aa623eab409b88ba92b64e2a12ceef7

$ omen why examples/earthquakes/earthquakes.rules --in earthquakes=examples/earthquakes/events.ndjson --at 2018-01-31T12:00:00Z
rule aftershocks: A strong quake, and each one within 100 km and 24 hours of it
  match     strong then each near within 24h
  strong    mag >= strong_from
  near      distance(strong.lat, strong.lon, lat, lon) <= near_km

all events are of one key: 1707 events from 2018-01-31T01:49:59.650Z to 2018-02-07T01:26:13.840Z
at 2018-01-31T12:00:00Z: no alert
no event of this key has that time

What came nearest: fewest events short first, then what failed by least.
1. 1 event short: waited for near
   strong    2018-01-31T03:13:14.380Z  earthquakes 15  mag 5.3, place "84km SSE of Panguna, Papua New Guinea", lat -6.9796, lon 155.8581
   near?     2018-01-31T11:49:39.210Z  earthquakes 94  mag 5.6, place "34km SE of Lae, Papua New Guinea", lat -6.9339, lon 147.218
     distance(strong.lat, strong.lon, lat, lon) 953.66376 <= near_km 100.0  false, 853.664 too much
   near?     2018-01-31T19:15:51.660Z  earthquakes 157  mag 5.3, place "166km W of Lata, Solomon Islands", lat -10.7783, lon 164.3154
     distance(strong.lat, strong.lon, lat, lon) 1020.463 <= near_km 100.0  false, 920.463 too much
   near?     2018-01-31T14:32:57.100Z  earthquakes 114  mag 4.5, place "9km SSE of Santo Nino, Philippines", lat 11.8444, lon 124.4853
     distance(strong.lat, strong.lon, lat, lon) 4051.8831 <= near_km 100.0  false, 3951.88 too much
   …         208 more events passed over, none of them nearer
   ended     2018-02-01T03:13:14.380Z  the window of 1d from its first event closed
2. 1 event short: waited for near
   strong    2018-01-31T11:49:39.210Z  earthquakes 94  mag 5.6, place "34km SE of Lae, Papua New Guinea", lat -6.9339, lon 147.218
   near?     2018-01-31T19:15:51.660Z  earthquakes 157  mag 5.3, place "166km W of Lata, Solomon Islands", lat -10.7783, lon 164.3154
     distance(strong.lat, strong.lon, lat, lon) 1925.9755 <= near_km 100.0  false, 1825.98 too much
   near?     2018-02-01T06:20:40.840Z  earthquakes 249  mag 4.6, place "150km SW of Leksula, Indonesia", lat -4.5834, lon 125.4204
     distance(strong.lat, strong.lon, lat, lon) 2425.3545 <= near_km 100.0  false, 2325.35 too much
   near?     2018-01-31T14:32:57.100Z  earthquakes 114  mag 4.5, place "9km SSE of Santo Nino, Philippines", lat 11.8444, lon 124.4853
     distance(strong.lat, strong.lon, lat, lon) 3268.03 <= near_km 100.0  false, 3168.03 too much
   …         203 more events passed over, none of them nearer
   ended     2018-02-01T11:49:39.210Z  the window of 1d from its first event closed
3. 1 event short: waited for near
   strong    2018-01-31T02:00:31.800Z  earthquakes 2  mag 5.3, place "50km NNW of Sangiang, Indonesia", lat -7.8628, lon 118.7906
   near?     2018-01-31T14:32:57.100Z  earthquakes 114  mag 4.5, place "9km SSE of Santo Nino, Philippines", lat 11.8444, lon 124.4853
     distance(strong.lat, strong.lon, lat, lon) 2280.0225 <= near_km 100.0  false, 2180.02 too much
   near?     2018-01-31T11:49:39.210Z  earthquakes 94  mag 5.6, place "34km SE of Lae, Papua New Guinea", lat -6.9339, lon 147.218
     distance(strong.lat, strong.lon, lat, lon) 3135.7904 <= near_km 100.0  false, 3035.79 too much
   near?     2018-01-31T03:13:14.380Z  earthquakes 15  mag 5.3, place "84km SSE of Panguna, Papua New Guinea", lat -6.9796, lon 155.8581
     distance(strong.lat, strong.lon, lat, lon) 4087.0949 <= near_km 100.0  false, 3987.09 too much
   …         207 more events passed over, none of them nearer
   ended     2018-02-01T02:00:31.800Z  the window of 1d from its first event closed
[exit 1]

$ omen why examples/mules/mules.rules --rule mule --in payments=examples/mules/events.ndjson --key m903
rule mule: Three times within an hour a card that was tried out is emptied at one merchant
  match     hit 3 times within 1h
  hit       any event

merchant "m903": 3 events from 2026-01-01T02:24:00Z to 2026-01-01T02:26:00Z
1 alert

alert at 2026-01-01T02:26:00Z:
  hit       2026-01-01T02:24:00Z  card_testing 4  card "c121", probes 2, amount 600.00
    any event will do
  hit       2026-01-01T02:25:00Z  card_testing 6  card "c122", probes 2, amount 600.00
    any event will do
  hit       2026-01-01T02:26:00Z  card_testing 9  card "c123", probes 2, amount 600.00
    any event will do
  took      2m of at most 1h
  said      cards: ["c121", "c122", "c123"], total: 1800.00, probes: 6
  sent      severity high; id 0f21f77e523de4afaf09ffdc6c284f95

$ omen why examples/mules/mules.rules --rule mule --in payments=examples/mules/events.ndjson --key m905
rule mule: Three times within an hour a card that was tried out is emptied at one merchant
  match     hit 3 times within 1h
  hit       any event

merchant "m905": 2 events from 2026-01-01T02:21:00Z to 2026-01-01T02:41:00Z
no alert

What came nearest: fewest events short first, then what failed by least.
1. 1 event short
   hit       2026-01-01T02:21:00Z  card_testing 2  card "c141", probes 2, amount 200.00
   hit       2026-01-01T02:41:00Z  card_testing 16  card "c142", probes 2, amount 200.00
   ended     2026-01-01T03:21:00Z  the window of 1h from its first event closed
[exit 1]

$ omen why examples/refund_abuse/refund_abuse.rules --rule testing_the_desk --in orders=examples/refund_abuse/orders.ndjson --in refunds=examples/refund_abuse/refunds.ndjson --key customer71@example.org
rule testing_the_desk: Three refunds in a week, each larger than the one before, and no order for three days
  match     first then larger 2 times within 7d
  first     any event
  larger    amount > prev(amount) and count(orders) over 3d = 0

lower(email) "customer71@example.org": 4 events from 2026-01-01T20:00:00Z to 2026-01-06T20:00:00Z
1 alert

alert at 2026-01-06T20:00:00Z:
  first     2026-01-05T20:00:00Z  refunds 16  amount 5.00, reason "late"
    any event will do
  larger    2026-01-06T10:00:00Z  refunds 20  amount 7.00, reason "changed mind"
    amount 7.00 > prev(amount) 5.00                                   true
    count(orders) over 3d 0 = 0                                       true
  larger    2026-01-06T20:00:00Z  refunds 21  amount 9.00, reason "late"
    amount 9.00 > prev(amount) 7.00                                   true
    count(orders) over 3d 0 = 0                                       true
  took      1d of at most 7d
  said      amounts: "5.00, 7.00, 9.00", reason: "late", last_order: 900.00
  sent      severity medium; id fa445659b7dffa5940e8f8f48fcec725

$ omen why examples/refund_abuse/refund_abuse.rules --rule testing_the_desk --in orders=examples/refund_abuse/orders.ndjson --in refunds=examples/refund_abuse/refunds.ndjson --key customer63@example.org
rule testing_the_desk: Three refunds in a week, each larger than the one before, and no order for three days
  match     first then larger 2 times within 7d
  first     any event
  larger    amount > prev(amount) and count(orders) over 3d = 0

lower(email) "customer63@example.org": 6 events from 2026-01-01T14:00:00Z to 2026-01-11T15:00:00Z
no alert

What came nearest: fewest events short first, then what failed by least.
1. 2 events short: waited for larger
   first     2026-01-03T14:00:00Z  refunds 3  amount 30.00, reason "changed mind"
   larger?   2026-01-04T14:00:00Z  refunds 6  amount 30.00, reason "changed mind"
     amount 30.00 > prev(amount) 30.00                                false, they are equal
   larger?   2026-01-05T14:00:00Z  refunds 14  amount 5.00, reason "not as shown"
     amount 5.00 > prev(amount) 30.00                                 false, 25.00 short
   ended     2026-01-10T14:00:00Z  the window of 7d from its first event closed
2. 2 events short: waited for larger
   first     2026-01-05T14:00:00Z  refunds 14  amount 5.00, reason "not as shown"
   larger?   2026-01-11T15:00:00Z  refunds 32  amount 4.00, reason "changed mind"
     amount 4.00 > prev(amount) 5.00                                  false, 1.00 short
   ended     2026-01-12T14:00:00Z  the window of 7d from its first event closed
3. 2 events short: waited for larger
   first     2026-01-04T14:00:00Z  refunds 6  amount 30.00, reason "changed mind"
   larger?   2026-01-05T14:00:00Z  refunds 14  amount 5.00, reason "not as shown"
     amount 5.00 > prev(amount) 30.00                                 false, 25.00 short
   ended     2026-01-11T14:00:00Z  the window of 7d from its first event closed
[exit 1]

$ omen why examples/risky_merchants/risky_merchants.rules --rule two_countries --in payments=examples/risky_merchants/events.ndjson --table merchants=examples/risky_merchants/merchants.csv --key 4000000000000021
rule two_countries: In two countries within half an hour
  match     here next there within 30m
  here      merchant in merchants
  there     merchants[merchant].country != merchants[here.merchant].country

card "4000000000000021": 42 events from 2026-01-01T00:28:00Z to 2026-01-02T13:23:00Z
1 alert

alert at 2026-01-02T13:23:00Z:
  here      2026-01-02T12:53:00Z  payments 2418  merchant "bakery"
    merchant "bakery" in merchants                                    true
  there     2026-01-02T13:23:00Z  payments 2424  merchant "tapas"
    merchants[merchant].country "ES" != merchants[here.merchant].country "FR"  true
  took      30m of at most 30m
  said      from: "FR", to: "ES"
  sent      severity medium; id a31ac01f7429d3179126ac72967eb447

$ omen why examples/risky_merchants/risky_merchants.rules --rule two_countries --in payments=examples/risky_merchants/events.ndjson --table merchants=examples/risky_merchants/merchants.csv --key 4000000000000024
rule two_countries: In two countries within half an hour
  match     here next there within 30m
  here      merchant in merchants
  there     merchants[merchant].country != merchants[here.merchant].country

card "4000000000000024": 40 events from 2026-01-01T00:03:00Z to 2026-01-01T19:20:00Z
no alert

What came nearest: fewest events short first, then what failed by least.
1. 1 event short: waited for there
   here      2026-01-01T18:16:00Z  payments 2172  merchant "cinema"
   there?    2026-01-01T18:38:00Z  payments 2213  merchant "cinema"
     merchants[merchant].country "FR" != merchants[here.merchant].country "FR"  false
     it ends this: there had to be the very next event
2. 1 event short: waited for there
   here      2026-01-01T17:59:00Z  payments 2140  merchant "books"
   there?    2026-01-01T18:16:00Z  payments 2172  merchant "cinema"
     merchants[merchant].country "FR" != merchants[here.merchant].country "FR"  false
     it ends this: there had to be the very next event
3. 1 event short: waited for there
   here      2026-01-01T17:38:00Z  payments 2100  merchant "books"
   there?    2026-01-01T17:59:00Z  payments 2140  merchant "books"
     merchants[merchant].country "FR" != merchants[here.merchant].country "FR"  false
     it ends this: there had to be the very next event
[exit 1]
