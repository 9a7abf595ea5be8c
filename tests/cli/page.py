# SPDX-License-Identifier: AGPL-3.0-or-later
"""page.py - is between visitors and the gateway, and shows the page to some of them otherwise.

page.py PORT STATE: listens on a free port, which it writes to STATE/liar. What STATE/lie says ("KIND NAME", where NAME is a path
of the page) is done to the answers for it, STATE/times times (empty: always). Calls of devices pass as they are. Heads of
requests for the page are added to STATE/asked. Where STATE/events says so, a device that wants an event socket is turned away
("close"), or let wait without an answer ("hold")."""
import http.client
import os
import socket
import sys
import threading
import time

PORT, STATE = int(sys.argv[1]), sys.argv[2]
lock = threading.Lock()


def pump(a, b):
    try:
        while True:
            some = a.recv(65536)
            if not some:
                break
            b.sendall(some)
    except OSError:
        pass
    for s in (a, b):
        try:
            s.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def lie_about(path, brotli):
    """The kind of lie that this answer is, or None; it is counted."""
    with lock:
        try:
            kind, name = open(STATE + "/lie").read().split()
        except (OSError, ValueError):
            return None
        if name != path or (kind == "brotli") != brotli and kind in ("brotli", "plain"):
            return None
        times = open(STATE + "/times").read().strip()
        if times == "0":
            return None
        if times:
            open(STATE + "/times", "w").write(str(int(times) - 1))
        return kind


def answer(s, head):
    line, *fields = head.decode("latin-1").split("\r\n")
    method, path, _ = line.split(" ")
    headers = dict(f.split(": ", 1) for f in fields if ": " in f)
    with lock:
        open(STATE + "/asked", "a").write(head.decode("latin-1") + "\n")
    c = http.client.HTTPConnection("127.0.0.1", PORT, timeout=20)
    c.request(method, path, headers={k: v for k, v in headers.items() if k.lower() != "connection"})
    r = c.getresponse()
    body, status, more = r.read(), r.status, ""
    encoding = r.getheader("content-encoding")
    kind = lie_about(path, encoding == "br")
    if kind and kind.startswith("then="):  # altered once; then another manifest once, as if there were a new release
        open(STATE + "/lie", "w").write("as=%s /zt-web.manifest" % kind[5:])
        open(STATE + "/times", "w").write("1")
        kind = "byte"
    if kind in ("byte", "plain", "brotli"):
        body = body[:-1] + bytes([body[-1] ^ 1])
    elif kind == "missing":
        body, status = b"", 404
    elif kind == "elsewhere":
        body, status, more = b"", 302, "location: http://127.0.0.1:%d%s\r\n" % (PORT, path)
    elif kind == "busy":
        body, status = b"", 503
    elif kind == "cut":
        s.close()
        return
    elif kind == "endless":
        s.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n")
        while True:
            s.sendall(b"<!-- -->" * 8192)
    elif kind == "drip":  # fast enough not to be given up, and without an end
        s.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n")
        open(STATE + "/drips", "a").write("x")
        while True:
            s.sendall(b"<!-- -->")
            time.sleep(0.2)
    elif kind and kind.startswith("as="):
        body = open(kind[3:], "rb").read()
    if encoding:
        more += "content-encoding: %s\r\n" % encoding
    s.sendall(("HTTP/1.1 %d X\r\ncontent-type: %s\r\ncontent-length: %d\r\n%s\r\n" %
               (status, r.getheader("content-type") or "text/plain", len(body), more)).encode() + body)


def serve(s):
    held = b""
    try:
        while True:
            while b"\r\n\r\n" not in held:
                some = s.recv(65536)
                if not some:
                    return
                held += some
            if b"upgrade: websocket" in held.lower():
                try:
                    how = open(STATE + "/events").read().strip()
                except OSError:
                    how = ""
                if how:
                    open(STATE + "/turned-away", "a").write("x")
                while how == "hold" and s.recv(65536):
                    pass
                if how:
                    return
            if b" /v1/" in held.split(b"\r\n", 1)[0]:
                to = socket.create_connection(("127.0.0.1", PORT))
                to.sendall(held)
                threading.Thread(target=pump, args=(to, s), daemon=True).start()
                pump(s, to)
                return
            head, held = held.split(b"\r\n\r\n", 1)
            answer(s, head)
    except OSError:
        pass
    finally:
        s.close()


door = socket.socket()
door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
door.bind(("127.0.0.1", 0))
door.listen(64)
open(STATE + "/liar.new", "w").write(str(door.getsockname()[1]))
os.rename(STATE + "/liar.new", STATE + "/liar")
while True:
    threading.Thread(target=serve, args=(door.accept()[0],), daemon=True).start()
