#: The command itself: help, versions, commands that do not exist.
$ omen --help
omen finds patterns in streams of events, by rules.

usage: omen COMMAND ...

  check       compile rule files and report everything that is wrong
  test        run the test blocks of rule files
  fmt         print a rule file in canonical text
  explain     show what the compiler made of the rules
  why         why a rule fired, or how near it came
  plan        what a reload would keep, carry, restart
  replay      run rules on recorded input, as fast as it goes
  run         run rules on live input, until it ends
  completion  print a script that completes the words of omen's command line
  manual      print a man page: of omen, or of one command

  omen COMMAND --help   more of a command, with an example
  omen --version        versions of omen and its libraries

Exit codes: 0 fine; 1 the answer is no (a test failed, fmt --check differs);
2 a mistake in the rules or the command line; 3 the world failed (disk, broken
input).

$ omen 2>/dev/null
[exit 2]

$ omen 2>&1 | head -n 1
omen finds patterns in streams of events, by rules.

$ omen --version | sed 's/[0-9][0-9.]*.*/V/'
omen V
PCREV
simdjson V
zlib V
zstd V
xxhash V

$ omen help | head -n 1
omen finds patterns in streams of events, by rules.

$ omen help check | head -n 1
omen check: compile rule files and report everything that is wrong

$ omen chek speeding.rules
omen: error: there is no command chek; did you mean check? (see omen --help)
[exit 2]

$ omen help chek
omen: error: there is no command chek; did you mean check? (see omen --help)
[exit 2]

$ omen --hlp
omen: error: there is no option --hlp; did you mean --help? (see omen --help)
[exit 2]

$ omen explode
omen: error: there is no command explode (see omen --help)
[exit 2]
