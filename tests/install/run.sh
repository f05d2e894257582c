#!/usr/bin/env bash
# install: what `make install DESTDIR=` puts where, that it works from there, and that it leaves a
# configuration that is there alone. Ends with `N passed, M failed`.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0
ok() { # WHAT COMMAND...
    local what=$1
    shift
    if "$@" >"$work/log" 2>&1; then passed=$((passed + 1)); return; fi
    failed=$((failed + 1))
    echo "install: $what"
    sed 's/^/    /' "$work/log"
}

# The make that runs this has flags of its own for its children.
unset MAKEFLAGS MAKELEVEL
ok "make install" make --no-print-directory install DESTDIR="$work/root" PREFIX=/usr
bin=$work/root/usr/bin/omen
ok "the command runs" "$bin" --version
ok "the rule library passes its tests" "$bin" test "$work/root"/usr/share/omen/rules/*.rules
for page in omen omen-run omen-replay omen-check omen-test omen-fmt omen-explain omen-why omen-plan; do
    ok "$page(1) is there" grep -q '^\.SH NAME' "$work/root/usr/share/man/man1/$page.1"
done
ok "bash reads the completion" bash -n "$work/root/usr/share/bash-completion/completions/omen"
unit=$work/root/usr/lib/systemd/system/omen.service
ok "the unit starts what was installed" grep -q '^ExecStart=/usr/bin/omen run ' "$unit"
if command -v systemd-analyze >/dev/null; then
    sed "s|^ExecStart=/usr|ExecStart=$work/root/usr|" "$unit" >"$work/omen.service"
    ok "systemd understands the unit" systemd-analyze verify --man=no "$work/omen.service"
fi
echo 'quiet' >"$work/root/etc/omen/omen.conf"
ok "make install, again" make --no-print-directory install DESTDIR="$work/root" PREFIX=/usr
ok "a configuration is left alone" grep -qx quiet "$work/root/etc/omen/omen.conf"
echo
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
