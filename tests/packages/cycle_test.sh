#!/bin/sh
# cycle_test.sh DEBS: the life of the packages in a bare root, with its own systemd, users and network: the previous
# build is installed and set up, the main job runs on its units, it is upgraded, removed, installed again and purged.
# PREVIOUS=DIR has the packages of an earlier build; without it this build plays it, under a smaller number.
# PLAIN=1, and where systemd cannot be started in a namespace: the units' ExecStart lines, as the units' users.
set -eu
umask 022
here=$(cd "$(dirname "$0")" && pwd)
debs=$(cd "$1" && pwd)
services="auth metadata blocks messaging gateway"
port=8441 failed=0 passed=0
[ "$(id -u)" = 0 ] || { echo "cycle_test.sh: a root can only be made by root"; exit 77; }
work=$(mktemp -d /var/tmp/zt-packages.XXXXXX)
root=$work/root first= outer=
stop_all() { for p in $first $outer; do kill -9 "$p" 2>/dev/null || true; done; rm -rf --one-file-system "$work"; }
trap stop_all EXIT
trap 'exit 130' INT TERM
check() {
	what=$1; shift
	if "$@" > "$work/said" 2>&1; then passed=$((passed + 1)); echo "ok   $what"
	else failed=$((failed + 1)); echo "FAIL $what: $*"; tail -15 "$work/said"; fi
}
within() { # SECONDS COMMAND...: until it succeeds
	n=$(($1 * 5)); shift
	until "$@" >/dev/null 2>&1; do n=$((n - 1)); [ $n -gt 0 ] || return 1; sleep 0.2; done
}
not() { ! "$@"; }

# ---- the root: what the packages want is in it, so that they are installed without a network ----
wanted=$(for d in "$debs"/*.deb; do dpkg-deb -f "$d" Depends Pre-Depends; done | sed 's/^[A-Za-z-]*: *//' | tr ',' '\n' |
	sed 's/|.*//; s/(.*//; s/ //g; /^zt/d; /^libzt/d; /^$/d' | sort -u | paste -sd,)
wanted=systemd,systemd-sysv,dbus,postgresql,procps,$wanted
code=$(. /etc/os-release; echo "$VERSION_CODENAME")
base=${BASE:-$debs/../packages}/$code-$(echo "$wanted" | sha256sum | cut -c1-12).tar
if [ ! -s "$base" ]; then
	mkdir -p "$(dirname "$base")"
	sources=$(ls /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null || true)
	mmdebstrap --quiet --format=tar --variant=minbase --include="$wanted" "$code" "$base.new" $sources
	mv "$base.new" "$base"
fi
mkdir "$root"
tar xf "$base" -C "$root" --exclude='./dev/*'
rm -f "$root/usr/sbin/policy-rc.d"
for t in apt-daily apt-daily-upgrade; do ln -sf /dev/null "$root/etc/systemd/system/$t.timer"; done
mkdir "$root/new" "$root/previous" "$root/home/people"
cp "$debs"/*.deb "$root/new"
if [ -n "${PREVIOUS:-}" ]; then cp "$PREVIOUS"/*.deb "$root/previous"
else
	for d in "$debs"/*_*.deb; do
		case $d in *-dbgsym*) rm -f "$root/new/${d##*/}"; continue ;; esac
		rm -rf "$work/deb"; dpkg-deb -R "$d" "$work/deb"
		sed -i "s/^Version: .*/Version: 0.0~previous/; s/(= [^)]*)/(= 0.0~previous)/" "$work/deb/DEBIAN/control"
		[ ! -e "$work/deb/etc/zt" ] || echo "# of the previous build" >> "$work/deb/etc/zt/zt-blocks.yaml"
		dpkg-deb --root-owner-group -b "$work/deb" "$root/previous" >/dev/null
	done
fi
cp "$here/job" "$here/../../deploy/local/enrol.sh" "$root/home/people"

# ---- its first process ----
begin() {
	unshare --pid --fork --mount --uts --ipc --net --propagation private --kill-child sh "$here/boot" "$root" "$@" >"$work/boot" 2>&1 &
	outer=$!
	within 10 pgrep -P "$outer" || return 1
	first=$(pgrep -P "$outer")
}
inside() { nsenter -t "$first" -m -u -i -n -p --root --wd=/proc/"$first"/root env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }
booted() { case $(inside systemctl is-system-running) in running | degraded) ;; *) return 1 ;; esac; }
plain=${PLAIN:-}
[ -n "$plain" ] || { begin && within 90 booted; } || { echo "no systemd in a namespace here: ExecStart lines instead"; tail -3 "$work/boot"; [ -z "$first" ] || kill -9 "$first"; plain=1; }
if [ -n "$plain" ]; then
	begin plain
	inside sh -c 'pg_ctlcluster $(ls /etc/postgresql) main start'
fi
# In a root without systemd: each service as its unit's user and by its unit's line.
unit() { sed -n "s/^$2=//p" "$root"/*lib/systemd/system/zt-"$1".service "$root"/usr/lib/systemd/system/zt-"$1".service 2>/dev/null | head -1; }
start_plainly() {
	for s in $services; do
		inside setpriv --reuid "$(unit $s User)" --regid "$(unit $s Group)" --init-groups --bounding-set=-all --no-new-privs $(unit $s ExecStart) 2>>"$work/$s.log" &
	done
}
pid_of() { inside pgrep -o -x "zt-$1"; }
gone() { for s in $services; do ! pid_of "$s" >/dev/null || return 1; done; }
running() { for s in $services; do pid_of "$s" >/dev/null || return 1; done; }
ready() { inside bash -c "exec 3<>/dev/tcp/127.0.0.1/$port; printf 'GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' >&3; timeout 5 head -1 <&3" | grep -q ' 200 '; }
stop_plainly() { for s in $services; do inside kill "$(pid_of "$s")" || true; done; within 13 gone; }
if [ -n "$plain" ]; then start() { start_plainly; }; stop() { stop_plainly; }
else start() { inside systemctl start zt.target; }; stop() { inside systemctl stop zt.target; }; fi
job() { inside runuser -u people -- sh /home/people/job "$@"; }

# ---- the previous build ----
inside useradd -d /home/people people
chown -R "$(inside id -u people)" "$root/home/people"
check "the previous build is installed" inside sh -c 'dpkg -i /previous/*.deb'
[ -n "$plain" ] || check "nothing runs before the setup" within 5 gone
[ -n "$plain" ] || check "and that is no failure" not inside systemctl is-failed zt-auth zt-gateway
sed -i "s/^port: .*/port: $port/" "$root/etc/zt/zt-gateway.yaml"
check "zt-server-setup" inside zt-server-setup
before=$(cat "$root/etc/zt/events-key" "$root/etc/zt/operator-token")
inside zt-server-setup >/dev/null
check "what was made stays at a second setup" test "$before" = "$(cat "$root/etc/zt/events-key" "$root/etc/zt/operator-token")"
[ -z "$plain" ] || start
check "all services run, and are ready" within 30 ready
for s in $services; do
	pid=$(pid_of $s)
	check "zt-$s runs as its own user" test "$(inside ps -o user:20=,group= -p "$pid" | tr -s ' ')" = "zt-$s zt"
	[ -n "$plain" ] && continue
	check "without capabilities, filtered" inside sh -c "grep -q 'CapEff:.0*$' /proc/$pid/status && grep -q 'CapBnd:.0*$' /proc/$pid/status && grep -q 'Seccomp:.2' /proc/$pid/status"
	of_all=$(inside readlink /proc/1/ns/net) its=$(inside readlink "/proc/$pid/ns/net")
	if [ $s = gateway ]; then check "zt-gateway is on the network" test "$its" = "$of_all"
	else check "zt-$s is not on the network" test "$its" != "$of_all"; fi
	check "zt-$s is exposed less than 2.5" inside systemd-analyze security --offline=yes --no-pager --threshold=25 zt-$s.service
	tail -1 "$work/said"
done
other() { inside setpriv --reuid "$1" --regid "$2" --clear-groups sh -c "$3"; }
check "the group reaches the sockets, and its key" other zt-gateway zt 'ls /run/zt/auth/calls && cat /etc/zt/events-key'
check "zt-auth reads the operator's token" other zt-auth zt 'cat /etc/zt/operator-token'
check "no other user reaches the sockets" not other nobody nogroup 'ls /run/zt/auth'
check "nor the key" not other nobody nogroup 'cat /etc/zt/events-key'
check "no other service reads the operator's token" not other zt-blocks zt 'cat /etc/zt/operator-token'
check "nor puts a socket in the place of another's" not other zt-blocks zt 'rm /run/zt/auth/calls'

# ---- the main job, and the upgrade under it ----
inside zt server create demo --server "http://127.0.0.1:$port" --operator-token-file /etc/zt/operator-token | tail -1 > "$root/home/people/code"
check "the main job" job before "http://127.0.0.1:$port"
check "what was put is read back, and audited" job after
was=$(pid_of blocks)
[ -z "$plain" ] || stop
check "the upgrade" inside sh -c 'dpkg -i --force-confdef --force-confold /new/*.deb'
[ -z "$plain" ] || start
check "the services run again" within 30 ready
check "and are the new ones" test "$was" != "$(pid_of blocks)"
check "a changed setting is kept" grep -q "^port: $port" "$root/etc/zt/zt-gateway.yaml"
check "an unchanged file is renewed" not grep -q "of the previous build" "$root/etc/zt/zt-blocks.yaml"
check "all is there after the upgrade" job after
from=$(date +%s)
check "they stop" stop
check "within 13 seconds" test $(($(date +%s) - from)) -le 13
check "and none is left" within 2 gone
[ -n "$plain" ] || check "nor ended badly" not inside systemctl is-failed zt-auth zt-metadata zt-blocks zt-messaging zt-gateway
start
check "they start again" within 30 ready

# ---- removal ----
[ -z "$plain" ] || stop
check "the packages are removed" inside dpkg -r zt-server zt libzt-dev libzt0
check "nothing runs" within 13 gone
check "no program, library or unit stays" sh -c "! ls '$root'/usr/bin/zt* '$root'/usr/sbin/zt-* '$root'/usr/lib/*/libzt* '$root'/lib/systemd/system/zt* 2>/dev/null | grep ."
check "settings, secrets and data stay" test -s "$root/etc/zt/zt-gateway.yaml" -a -s "$root/etc/zt/events-key" -a -d "$root/var/lib/zt/blocks/blocks"
check "installed again" inside sh -c 'dpkg -i /new/*.deb'
[ -z "$plain" ] || start
check "the services run" within 30 ready
check "all is there" job after
[ -z "$plain" ] || stop
check "the packages are purged" inside dpkg -P zt-server zt libzt-dev libzt0
cp "$work/said" "$work/purged"
check "it says what stays" grep -q "what users stored stays" "$work/purged"
check "nothing runs any more" within 13 gone
check "no setting, secret or log stays" sh -c "! ls -d '$root'/etc/zt '$root'/var/log/zt '$root'/etc/systemd/system/*/zt* '$root'/var/lib/systemd/deb-systemd-helper-*/*zt* 2>/dev/null | grep ."
check "no folder of /run" not inside ls /run/zt
check "dpkg has forgotten them" sh -c "! grep -E '^Package: (zt|libzt)' '$root/var/lib/dpkg/status'"
check "blocks stay" test -d "$root/var/lib/zt/blocks/blocks"
echo "$passed passed, $failed failed"
[ $failed = 0 ]
