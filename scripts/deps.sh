#!/bin/sh
# Installs what is missing to build, run and test zt on Debian 12 and 13. As root or through sudo.
set -eu
want="make gcc libc6-dev pkg-config libsodium-dev libssl-dev libnng-dev libpq-dev libwebsockets-dev libyaml-dev
libcmocka-dev libcurl4-openssl-dev libsqlite3-dev libprotobuf-c-dev protobuf-c-compiler
protobuf-compiler libjansson-dev libutf8proc-dev postgresql postgresql-client util-linux procps"
missing=
for p in $want; do
	dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $p"
done
[ -n "$missing" ] || exit 0
echo "installing:$missing"
as=; [ "$(id -u)" = 0 ] || as=sudo
$as apt-get -qq update
# The database that Debian would start is not ours: a private one is used.
if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
	$as mkdir -p /etc/postgresql-common
	echo 'create_main_cluster = false' | $as tee /etc/postgresql-common/createcluster.conf >/dev/null
fi
DEBIAN_FRONTEND=noninteractive $as apt-get -y -qq -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confold install --no-install-recommends $missing >/dev/null
