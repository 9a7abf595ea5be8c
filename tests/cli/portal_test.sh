#!/bin/sh
# Something else answers at the server's address: a login page, a proxy, another web server.
. "$(dirname "$0")/world.sh"
begin_world
if bob unlock --for 1h >/dev/null 2>&1; then bob() { "$bin/zt" --home "$state/bob" "$@"; }; fi
echo x > "$state/f"; bob --quiet workspace create w2
# something else answers at the server's address
cat > "$state/portal.py" <<'P'
import http.server, sys
port, modes = int(sys.argv[1]), {
    "page": (200, b"<html><title>Hotel WiFi</title></html>", {"content-type": "text/html"}),
    "long": (200, b"<html>" + b"x" * 9000000, {"content-type": "text/html"}),
    "empty": (200, b"", {}), "bytes": (200, b"\n\x02hi", {"content-type": "application/json"}),
    "moved": (302, b"", {"location": "http://127.0.0.1:9/login"}), "none": (404, b"<html>not found</html>", {}),
    "proxy": (407, b"who are you", {}), "portal": (511, b"<html>log in</html>", {}),
    "busy": (503, b"<html>no backend</html>", {}), "evil": (500, b"\x1b[31mevil", {})}
class H(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        self.rfile.read(int(self.headers.get("content-length") or 0))
        code, body, head = modes[open(sys.argv[2]).read().strip()]
        self.send_response(code)
        for k, v in head.items(): self.send_header(k, v)
        self.send_header("content-length", str(len(body))); self.end_headers(); self.wfile.write(body)
    do_POST = do_PUT = do_DELETE = do_GET
    def log_message(self, *a): pass
http.server.ThreadingHTTPServer(("127.0.0.1", port), H).serve_forever()
P
local_ end "$state" "$bin" gateway
echo page > "$state/mode"; /usr/bin/python3 "$state/portal.py" "$(cat "$state/port")" "$state/mode" & portal=$!
answers() { asked / >/dev/null 2>&1; }
soon answers
for mode in page long empty bytes moved none; do
	echo $mode > "$state/mode"; expect 69 "is not a zt server (a login page?)" "a page that is not ours ($mode)" bob users
done
for mode in proxy portal busy evil; do echo $mode > "$state/mode"; expect 69 "answered [45]" "an error that is not ours ($mode)" bob put "$state/f" w2:/p; done
check "of which nothing reaches the terminal" sh -c "! grep -q evil '$state/out'"
expect 69 '"error":"NETWORK".*"retry":true' "trying again can help" bob --json users
echo page > "$state/mode"; expect 69 "login page" "the operator sees the same" "$bin/zt" server list --server "$url" --operator-token-file "$state/operator-token"
kill $portal; wait $portal 2>/dev/null || true
local_ one "$state" "$bin" gateway
expect 0 "alice@demo" "and when the server answers again, all continues" bob users
bob lock >/dev/null 2>&1 || true
finish
