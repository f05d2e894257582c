#: A sensor that falls silent, and one that may have when the recording ended.
$ omen replay silent.rules --in beats=beats.ndjson --quiet
{"specversion":"1.0","id":"49401d5de0843d7fa44a8ca0f1ff5903","source":"omen","type":"omen.alert","subject":"s1","time":"2026-01-31T12:01:00Z","data":{"rule":"silent","version":1,"severity":"medium","tags":[],"key":"s1","start":"2026-01-31T12:00:00Z","end":"2026-01-31T12:01:00Z","emit":{"last":"2026-01-31T12:00:00Z"},"matched":{"beat":[{"stream":"beats","partition":0,"offset":0}]},"suppressed":0}}

$ omen replay silent.rules --in beats=beats.ndjson --quiet --drain
{"specversion":"1.0","id":"49401d5de0843d7fa44a8ca0f1ff5903","source":"omen","type":"omen.alert","subject":"s1","time":"2026-01-31T12:01:00Z","data":{"rule":"silent","version":1,"severity":"medium","tags":[],"key":"s1","start":"2026-01-31T12:00:00Z","end":"2026-01-31T12:01:00Z","emit":{"last":"2026-01-31T12:00:00Z"},"matched":{"beat":[{"stream":"beats","partition":0,"offset":0}]},"suppressed":0}}
{"specversion":"1.0","id":"51253e2eb1d5ec4ad5a7fad9fb4bb0a2","source":"omen","type":"omen.alert","subject":"s2","time":"2026-01-31T12:02:20Z","data":{"rule":"silent","version":1,"severity":"medium","tags":[],"key":"s2","start":"2026-01-31T12:01:20Z","end":"2026-01-31T12:02:20Z","emit":{"last":"2026-01-31T12:01:20Z"},"matched":{"beat":[{"stream":"beats","partition":0,"offset":2}]},"suppressed":0}}

$ omen run silent.rules --in beats=- --quiet --drain --batch 1 <beats.ndjson | wc -l
2
