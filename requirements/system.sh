#!/bin/sh
# Install what the tests drive beside Python: curl, bash and Chromium. Says loudly what it could not install.
set -eu

missing=""
command -v curl >/dev/null || missing="$missing curl"
command -v bash >/dev/null || missing="$missing bash"
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null \
    || missing="$missing chromium"
[ -n "$missing" ] || exit 0

if command -v apt-get >/dev/null; then
    run=""
    [ "$(id -u)" = 0 ] || run="sudo -n"
    # shellcheck disable=SC2086
    if $run apt-get update -qq && DEBIAN_FRONTEND=noninteractive $run apt-get install -y -qq $missing >/dev/null; then
        exit 0
    fi
fi
echo "************************************************************************" >&2
echo "  COULD NOT INSTALL:$missing" >&2
echo "  Install it by hand; until then the tests that need it fail or are skipped." >&2
echo "************************************************************************" >&2
[ -z "${CI:-}" ] || exit 1
