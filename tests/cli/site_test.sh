#!/bin/sh
# The gateway serves the page where its operator says so: only what the manifest names, as it was at the start, with the
# headers that keep a page to itself.
set -eu
web=$(mktemp -d /tmp/zt-web.XXXXXX)
mkdir "$web/assets"
printf '<!doctype html><title>zt</title>' > "$web/index.html"
printf 'export {};' > "$web/assets/a-1.js"; printf 'compressed' > "$web/assets/a-1.js.br"
head -c 700000 /dev/urandom > "$web/assets/large.wasm"
echo hidden > "$web/unnamed.html"; echo hidden > "$web/.hidden"; ln -s /etc/hostname "$web/link.txt"
manifest() { (cd "$web" && sha256sum index.html assets/a-1.js assets/a-1.js.br assets/large.wasm "$@") > "$web/zt-web.manifest"; }
manifest
ZT_GATEWAY="web: $web
unproved_burst: 60
unproved_rate: 1"; export ZT_GATEWAY
. "$(dirname "$0")/world.sh"
local_ start "$state" "$bin"
trap 'cleanup; rm -rf "$web"' EXIT
# ask METHOD PATH [HEADER...]: the head of the answer, to out; its body, to body.
cat > "$state/ask.py" <<'P'
import socket, sys
port, state, method, path, *headers = sys.argv[1:]
s = socket.create_connection(("127.0.0.1", int(port)), 20)
s.sendall(("%s %s HTTP/1.1\r\nhost: x\r\n%sconnection: close\r\n\r\n" % (method, path, "".join(h + "\r\n" for h in headers))).encode())
all = b""
while True:
    some = s.recv(65536)
    if not some: break
    all += some
head, _, body = all.partition(b"\r\n\r\n")
open(state + "/body", "wb").write(body)
print(head.decode("latin-1").lower())
P
ask() { /usr/bin/python3 "$state/ask.py" "$(cat "$state/port")" "$state" "$@"; }
status() { local want=$1; shift; ask "$@" > "$state/head"; grep -q "^http/1.1 $want " "$state/head" || { cat "$state/head"; return 1; }; }
has() { grep -q -- "$1" "$state/head"; }

check "the page is at the root" status 200 GET /
check "as it is" cmp "$state/body" "$web/index.html"
for h in "content-type: text/html" "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'" "connect-src 'self';" "frame-ancestors 'none'" \
	"require-trusted-types-for 'script'" "cross-origin-opener-policy: same-origin" "cross-origin-embedder-policy: require-corp" \
	"cross-origin-resource-policy: same-origin" "x-content-type-options: nosniff" "referrer-policy: no-referrer" "permissions-policy: .*microphone=()"; do
	check "with the header $h" has "$h"
done
check "one policy, which no other one narrows" test "$(grep -c '^content-security-policy' "$state/head")" = 1
tag=$(sed -n 's/^etag: \(.*\)\r*$/\1/p' "$state/head" | tr -d '\r')
check "who has it learns so" status 304 GET / "If-None-Match: $tag"
check "without a body" test ! -s "$state/body"
check "who has another one gets it" status 200 GET / 'If-None-Match: "x"'
check "a script" status 200 GET /assets/a-1.js
check "with its type" has "content-type: text/javascript"
check "not compressed, unless it was asked for" cmp "$state/body" "$web/assets/a-1.js"
check "a compressed one" status 200 GET /assets/a-1.js "Accept-Encoding: gzip, br"
check "says so" has "content-encoding: br"
check "and is" cmp "$state/body" "$web/assets/a-1.js.br"
check "a refusal of brotli is heard" status 200 GET /assets/a-1.js "Accept-Encoding: br;q=0"
check "and gives the plain one" cmp "$state/body" "$web/assets/a-1.js"
check "in each form" status 200 GET /assets/a-1.js "Accept-Encoding: gzip, br; q=0.000"
check "which gives the plain one too" cmp "$state/body" "$web/assets/a-1.js"
check "a small wish for it is no refusal" status 200 GET /assets/a-1.js "Accept-Encoding: gzip, br;q=0.05"
check "and gives the compressed one" cmp "$state/body" "$web/assets/a-1.js.br"
check "a large one" status 200 GET /assets/large.wasm
check "whole" cmp "$state/body" "$web/assets/large.wasm"
check "its head" status 200 HEAD /assets/large.wasm
check "says how long it is" has "content-length: 700000"
check "and has no body" test ! -s "$state/body"
check "the manifest" status 200 GET /zt-web.manifest
for method in POST PUT DELETE; do check "$method is refused" status 405 $method /index.html "content-length: 0"; done
for path in /unnamed.html /.hidden /link.txt /assets/ /assets /../etc/hostname /assets/../unnamed.html /assets/..%2funnamed.html \
	/%2e%2e/etc/hostname /index.html/ /assets/a-1.js.br /rpc; do
	ask GET "$path" > "$state/head" || true
	check "there is no $path" sh -c '! grep -q "^http/1.1 200" "$1/head" && ! grep -q hidden "$1/body"' - "$state"
done
echo changed > "$web/index.html"
check "a file that is changed later" status 200 GET /
check "is served as it was" grep -q '<title>zt' "$state/body"
# Each file is one of the calls of an address that nobody signs.
for i in $(seq 80); do ask GET / > "$state/head"; has "^http/1.1 429" && break; done
check "who asks too often is refused" has "^http/1.1 429"
restart_fails() { local_ end "$state" "$bin" gateway; rc=0; timeout 20 "$bin/zt-gateway" --config "$state/config/gateway.yaml" > "$state/stopped.log" 2>&1 || rc=$?; [ "$rc" = 78 ]; }
check "a file that is not as the manifest says ends the start" restart_fails
check "which names it" grep -q "index.html is not as zt-web.manifest says" "$state/stopped.log"
manifest; echo "$(printf %064d 0)  ../passwd" >> "$web/zt-web.manifest"
check "a manifest that names what is outside, too" restart_fails
(cd "$web" && sha256sum index.html link.txt > zt-web.manifest)
check "and a link" restart_fails
rm "$web/zt-web.manifest"
check "and none" restart_fails
finish
