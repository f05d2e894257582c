$ omen fmt untidy.rules
# payments of a card
stream payments {
    card   : string
    at     : time event
    amount : decimal(2)
}

rule large {
    on       payments by card
    match    pay    # one is enough
    where    pay: amount >= 1000.00
}

$ omen fmt - <untidy.rules | cmp - untidy.rules
- untidy.rules differ: byte 39, line 2
[exit 1]

$ omen fmt --check untidy.rules speeding.rules fleet.rules
untidy.rules
1 of 3 files would change: omen fmt -i rewrites it
[exit 1]

$ omen fmt --check untidy.rules 2>/dev/null
untidy.rules
[exit 1]

$ chmod 640 untidy.rules && ln -s untidy.rules link.rules && omen fmt -i link.rules speeding.rules

$ omen fmt --check untidy.rules speeding.rules fleet.rules

$ ls -l untidy.rules link.rules | cut -c1-10
lrwxrwxrwx
-rw-r-----

$ ls *.rules.*
ls: cannot access '*.rules.*': No such file or directory
[exit 2]

$ cp syntax.rules wrong.rules; omen fmt -i wrong.rules; cmp wrong.rules syntax.rules
wrong.rules:11:1: error: expected a value, found `}`
   11 | }
      | ^
1 error

$ omen fmt --check syntax.rules speeding.rules
syntax.rules:11:1: error: expected a value, found `}`
   11 | }
      | ^
1 error
[exit 2]

$ omen fmt
omen: error: fmt: expected rule files, found none: omen fmt RULES... (see omen fmt --help)
[exit 2]

$ omen fmt missing.rules
omen: error: missing.rules: No such file or directory
[exit 2]

$ omen fmt speeding.rules fleet.rules
omen: error: fmt: prints one file at a time, found 2: -i rewrites all of them, --check compares them
[exit 2]

$ omen fmt -i --check speeding.rules
omen: error: fmt: --check and --in-place do not go together: one only looks, one rewrites
[exit 2]

$ omen fmt -i -
omen: error: fmt: standard input cannot be rewritten in place: leave -i out
[exit 2]
