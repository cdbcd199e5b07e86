#!/bin/sh
# Install what the tests drive beside Python: curl, bash and Chromium; the proxies that stand before a broker, with openssl for
# their certificates; what plays the network; what records and breaks a daemon's system calls, and sets its clock. Says loudly
# what it could not install.
set -eu

PATH=$PATH:/usr/sbin:/sbin # where Debian keeps daemons; not on everybody's path
missing=""
daemons=""
need() { # COMMAND PACKAGE
    command -v "$1" >/dev/null || missing="$missing $2"
}
need_daemon() { # COMMAND PACKAGE SERVICE
    command -v "$1" >/dev/null || { missing="$missing $2"; daemons="$daemons $3"; }
}
need curl curl
need bash bash
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null \
    || missing="$missing chromium"
need openssl openssl
need ip iproute2
need faketime faketime # and with it the library that sets a process's clock
need ssh openssh-client
need strace strace
need tmux tmux
need_daemon caddy caddy caddy
need_daemon nginx nginx-light nginx
need_daemon sshd openssh-server ssh
[ -n "$missing" ] || exit 0

# The tests start daemons of their own: what comes with a package is neither started now nor at the next boot.
install() {
    policy=/usr/sbin/policy-rc.d
    if [ -n "$daemons" ] && [ ! -e $policy ]; then
        printf '#!/bin/sh\nexit 101\n' | $run tee $policy >/dev/null || return 1
        # shellcheck disable=SC2064
        trap "$run rm -f $policy" EXIT
        $run chmod 755 $policy
    fi
    # shellcheck disable=SC2086
    $run apt-get update -qq && DEBIAN_FRONTEND=noninteractive $run apt-get install -y -qq $missing >/dev/null || return 1
    # shellcheck disable=SC2086
    [ -z "$daemons" ] || [ ! -d /run/systemd/system ] || $run systemctl disable -q $daemons || true
}

if command -v apt-get >/dev/null; then
    run=""
    [ "$(id -u)" = 0 ] || run="sudo -n"
    if install; then
        exit 0
    fi
fi
echo "************************************************************************" >&2
echo "  COULD NOT INSTALL:$missing" >&2
echo "  Install it by hand; until then the tests that need it fail or are skipped." >&2
echo "************************************************************************" >&2
[ -z "${CI:-}" ] || exit 1
