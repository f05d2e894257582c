#: Man pages and completion are made from the tables of --help.
$ omen manual | head -n 3
.TH "omen" "1" "" "omen 0.1.0" "omen"
.SH NAME
omen \- find patterns in streams of events, by rules

$ omen manual fmt
.TH "omen-fmt" "1" "" "omen 0.1.0" "omen"
.SH NAME
omen\-fmt \- print a rule file in canonical text
.SH SYNOPSIS
\fBomen fmt\fR RULES... [\fIOPTION\fR...]
.SH DESCRIPTION
Comments are kept. \- is standard input. A file with errors is never rewritten.
.SH OPTIONS
.TP
\fB\-i\fR, \fB\-\-in\-place\fR
rewrite the files that are not canonical
.TP
\fB\-\-check\fR
change nothing; list the files that would change, and exit with 1 if there are any
.TP
\fB\-h\fR, \fB\-\-help\fR
the same as text
.SH EXAMPLE
.nf
omen fmt \-\-check speeding.rules
.fi
.SH SEE ALSO
\fBomen\fR(1)

$ omen manual nothing
omen: error: there is no command nothing (see omen --help)
[exit 2]

$ omen completion fish
omen: error: completion: expected bash or zsh, found fish
[exit 2]

#: What a shell offers behind the words given; the last one is being typed.
$ cat > try.sh <<'END'; chmod +x try.sh
> eval "$(omen completion bash)"
> COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); compopt() { :; }
> _omen; echo "${COMPREPLY[@]}"
> END

$ bash try.sh omen re
replay

$ bash try.sh omen replay --la
--late --lateness

$ bash try.sh omen test --format j
json

$ bash try.sh omen explain --stage ""
tokens tree types nfa code

$ omen completion zsh | head -n 3
#compdef omen
# zsh completion of omen, made by: omen completion zsh
autoload -U +X bashcompinit && bashcompinit
