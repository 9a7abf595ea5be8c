# SPDX-License-Identifier: AGPL-3.0-or-later
"""agent.py - zt-agent as pages and strangers meet it: its doors, its bounds, its calls, and the main job by two roots.

agent.py BIN AGENT STATE URL: ROOT/alice is there, open to no one yet; the page is STATE/page."""
import atexit
import hashlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "agent"))
from speak import Agent, Failure, Refused, dial  # noqa: E402

BIN, AGENT, STATE, URL = sys.argv[1:5]
PASSWORD = open(STATE + "/alice.password").read().strip()
failed = 0


def check(name, good, more=""):
    global failed
    print(("ok - " if good else "NOT OK - ") + name + ("" if good else ": %s" % (more,)), flush=True)
    failed += not good


def refused(name, what, *args, **named):
    """WHAT must end in a refusal: of the WebSocket, or by an error of the NAMED kind."""
    kind = named.pop("kind", None)
    try:
        got = what(*args, **named)
    except Refused:
        check(name, kind is None, "the door was closed")
    except Failure as e:
        check(name, kind == e.name, e.name)
    else:
        check(name, False, got)


def soon(what, seconds=20):
    end = time.time() + seconds
    while time.time() < end:
        got = what()
        if got:
            return got
        time.sleep(0.02)
    return what()


class Running:
    """An agent process."""

    def __init__(self, root, page=STATE + "/page"):
        self.root = root
        self.socket = root + "/zt-agent/socket"
        self.log = open(root + ".log", "ab")
        # ThreadSanitizer wants addresses without randomness, AddressSanitizer to be loaded first.
        plain = ["setarch", os.uname().machine, "-R"] if "/thread/" in AGENT else []
        options = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        self.p = subprocess.Popen(plain + [AGENT, "--root", root, "--page", page], stderr=self.log,
                                  stdin=subprocess.DEVNULL, env=dict(os.environ, ASAN_OPTIONS=options))
        atexit.register(self.p.kill)
        if not soon(self.answers):
            raise SystemExit("the agent of %s does not begin: %s" % (root, open(root + ".log").read()))
        self.threads = 1 + ("libtsan" in open("/proc/%d/maps" % self.p.pid).read())
        self.host = self.link().split("/")[2]
        self.port = int(self.host.split(":")[1])
        self.origin = "http://" + self.host

    def answers(self):
        try:
            Agent(self.socket).close()
            return True
        except (OSError, Refused):
            return False

    def link(self):
        a = Agent(self.socket)
        url = a.call("host.ticket")["url"]
        a.close()
        return url

    def get(self, path, method="GET", host=None, body=None, **headers):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        c.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        c.putheader("Host", host or self.host)
        for k, v in headers.items():
            c.putheader(k.replace("_", "-"), v)
        if body is not None:
            c.putheader("Content-Length", str(len(body)))
        c.endheaders(body)
        r = c.getresponse()
        r.text = r.read()
        c.close()
        return r

    def cookie(self):
        r = self.get(self.link()[len(self.origin):])
        assert r.status == 303, r.status
        return r.getheader("Set-Cookie").split(";")[0]

    def page(self, **change):
        """A page's own connection, or one that differs from it by CHANGE."""
        named = dict(host=self.host, origin=self.origin)
        named.update(change)
        if "cookie" not in named:
            named["cookie"] = self.cookie()
        return Agent(self.port, **named)

    def near(self):
        return Agent(self.socket)

    def end(self):
        self.p.send_signal(signal.SIGTERM)
        return self.p.wait(30)


# ---- W2 to W5: the doors ----

def doors(r):
    page = r.page()
    check("a page with Host, Origin and cookie of the agent speaks", page.call("host.state")["host"] == "agent")
    page.close()
    for row, name, change in (
            ("W2", "a foreign origin", {"origin": "http://evil.example"}),
            ("W2", "an origin at another port", {"origin": "http://%s:%d" % (r.host.split(":")[0], r.port + 1)}),
            ("W2", "what another program left at this port", {"host": "127.0.0.1:%d" % r.port,
                                                             "origin": "http://127.0.0.1:%d" % r.port}),
            ("W2", "an origin with a path behind", {"origin": r.origin + "/"}),
            ("W2", "no origin", {"origin": None}), ("W2", "the origin null", {"origin": "null"}),
            ("W3", "a name that was rebound to 127.0.0.1", {"host": "evil.example:%d" % r.port}),
            ("W3", "such a name, with its own origin", {"host": "evil.example:%d" % r.port,
                                                  "origin": "http://evil.example:%d" % r.port}),
            ("W3", "localhost, which has other cookies", {"host": "localhost:%d" % r.port,
                                                    "origin": "http://localhost:%d" % r.port}),
            ("W5", "no cookie", {"cookie": None}), ("W5", "an empty cookie", {"cookie": "zt_agent="}),
            ("W5", "a cookie one letter off", {"cookie": "zt_agent=" + "A" * 43}),
            ("W5", "a cookie that begins right", {"cookie": r.cookie()[:-1]}),
            ("W5", "a cookie of another name", {"cookie": "x" + r.cookie()}),
            ("W2", "another subprotocol", {"protocol": "zt.v2"}),
            ("W2", "a name of the loop's own files", {"protocol": "signals"}), ("W2", "and the other", {"protocol": "sleep"}), ("W2", "no subprotocol", {"protocol": None})):
        refused(row + " /rpc is refused to " + name, r.page, **change)
    page = r.page(cookie="a=b; zt_agent=x; %s; c=d" % r.cookie())
    check("the cookie may be among others", page.call("host.state")["host"] == "agent")
    page.close()
    refused("a page gets no ticket for another page", r.page().call, "host.ticket", kind="FORBIDDEN")
    refused("a page does not end the agent", r.page().call, "host.stop", kind="FORBIDDEN")

    link = r.link()[len(r.origin):]
    first, again = r.get(link), r.get(link)
    check("a link gives the cookie once", first.status == 303 and first.getheader("Location") == "/", first.status)
    set_cookie = first.getheader("Set-Cookie")
    check("the cookie is HttpOnly, Strict and for all paths",
          set_cookie.split("; ")[1:] == ["HttpOnly", "SameSite=Strict", "Path=/"], set_cookie)
    check("W5 a link that was used gives nothing", again.status == 403 and again.getheader("Set-Cookie") is None)
    check("W5 a link with a made-up ticket gives nothing", r.get("/open?ticket=" + "A" * 43).status == 403)
    check("nor one without", r.get("/open").status == 403 and r.get("/open?ticket=").status == 403)
    check("W3 a link by a rebound name gives nothing", r.get(r.link()[len(r.origin):], host="evil").status == 403)
    links = [r.link() for _ in range(6)]
    check("several links may be open at once", all(r.get(k[len(r.origin):]).status == 303 for k in links))


def manifest(r):
    """What is installed is served as it was built, or not at all."""
    good = STATE + "/listed"
    shutil.copytree(STATE + "/page", good, symlinks=True)
    for name in "link", "linked":
        os.unlink(good + "/" + name)
    names = [os.path.relpath(os.path.join(d, f), good) for d, _, fs in os.walk(good) for f in fs]
    lines = ["%s  %s\n" % (hashlib.sha256(open(good + "/" + n, "rb").read()).hexdigest(), n) for n in sorted(names)]
    os.mkdir(STATE + "/third", 0o700)

    def status(text, more=None):
        open(good + "/zt-web.manifest", "w").write(text)
        if more:
            open(good + more, "a").write("x")
        third = Running(STATE + "/third", good)
        got = third.get("/").status
        third.end()
        return got
    check("W1 a page as its manifest lists it is served", status("".join(lines)) == 200)
    check("W1 not where the manifest lacks a file", status("".join(lines[1:])) == 404)
    check("W1 nor lists one that is not there", status("".join(lines) + "0" * 64 + "  more\n") == 404)
    check("W1 nor is no manifest", status("x\n") == 404 and status("".join(lines)[:-2]) == 404)
    check("W1 nor where a file was added", status("".join(lines), "/evil.js") == 404)
    os.unlink(good + "/evil.js")
    check("W1 nor where one has a byte more", status("".join(lines), "/assets/a.js.br") == 404)
    check("and the log names it", "a.js.br" in open(STATE + "/third.log").read().splitlines()[-3])


def rate_of_links(r):
    near, given, name = r.near(), 0, ""
    try:
        for _ in range(20):
            near.call("host.ticket")
            given += 1
    except Failure as e:
        name = e.name
    check("no more than 8 links are open at once", given <= 8 and name == "RATE", (given, name))


HEADERS = {
    "x-content-type-options": "nosniff", "referrer-policy": "no-referrer", "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp",
    "cross-origin-resource-policy": "same-origin"}


def files(r):
    policy = ("default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob:; "
              "media-src 'self' blob:; connect-src 'self' ws://%s; worker-src 'self'; manifest-src 'self'; frame-ancestors 'none'; "
              "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'" % r.host)
    answers = {"/": 200, "/index.html": 200, "/assets/a.js": 200, "/none": 404, "/open?ticket=x": 403}
    for path, status in answers.items():
        got = r.get(path)
        check("GET %s is %d" % (path, status), got.status == status, got.status)
        check("W4 %s may be framed by nobody, and has the headers of the page" % path,
              got.getheader("content-security-policy") == policy and
              all(got.getheader(k) == v for k, v in HEADERS.items()), got.getheaders())
    r.broken = raw(r, b"GET / HTTP/9.9\r\n\r\n") + raw(r, b"\0\xff\r\n\r\n")
    page = r.get("/")
    check("the page is its file", page.text == open(STATE + "/page/index.html", "rb").read())
    check("its type is right", page.getheader("content-type").startswith("text/html"))
    tag = page.getheader("etag")
    check("what a browser has is not sent again", r.get("/", If_None_Match=tag).status == 304)
    check("another tag is", r.get("/", If_None_Match='"x"').status == 200)
    js = r.get("/assets/a.js", Accept_Encoding="gzip, br")
    check("the compressed file is sent to who takes it",
          js.getheader("content-encoding") == "br" and js.text == b"as if compressed", js.getheaders())
    check("and has another tag", js.getheader("etag") != r.get("/assets/a.js").getheader("etag"))
    check("not to who refuses it", r.get("/assets/a.js", Accept_Encoding="br;q=0").getheader("content-encoding") is None)
    check("to who would rather have another", r.get("/assets/a.js", Accept_Encoding="br;q=0.5").getheader("content-encoding") == "br")
    check("it is no file by itself", r.get("/assets/a.js.br").status == 404)
    head = r.get("/", method="HEAD")
    check("HEAD has no body", head.status == 200 and head.text == b"" and
          head.getheader("content-length") == page.getheader("content-length"), head.status)
    for method in "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE":
        try:
            status = r.get("/", method=method, body=b"x").status
        except (http.client.HTTPException, OSError):
            status = 0
        check("%s is not served" % method, status in (0, 400, 403, 404, 405), status)
    for path in ("/../secret", "/%2e%2e/secret", "/..%2fsecret", "/assets/../../secret", "//secret", "/./secret",
                 "/assets/..%5c..%5csecret", "/secret%00", "/link", "/linked/secret", "/assets", "/assets/", "/" + "a" * 7000):
        try:
            got = r.get(path)
            out, status = got.text, got.status
        except (http.client.HTTPException, OSError):
            out, status = b"", 0
        check("no path leads out of the page: " + path[:30], status != 200 and b"secret" not in out, (status, out[:80]))
    check("W3 by a rebound name not even files are given", r.get("/", host="evil.example").status == 403)
    check("its own name gives them", r.get("/").status == 200)
    check("nor without a port", r.get("/", host=r.host.split(":")[0]).status == 403)
    for host in "127.0.0.1:%d", "localhost:%d", "[::1]:%d":
        check(host + " is a name that others have too", r.get("/", host=host % r.port).status == 403)
    check("the unix socket serves no page", b" 404" in raw_at(r.socket, b"GET / HTTP/1.1\r\nHost: zt\r\n\r\n"))


def raw_at(where, what, wait=2):
    s = dial(where)
    s.settimeout(wait)
    s.sendall(what)
    out = b""
    try:
        while True:
            got = s.recv(65536)
            if not got:
                break
            out += got
            if b"\r\n\r\n" in out:
                break
    except OSError:
        pass
    s.close()
    return out


def raw(r, what, wait=2):
    return raw_at(r.port, what, wait)


AS_NOBODY = """
import os, socket, sys
os.setgroups([]); os.setgid(65534); os.setuid(65534)
what, where = sys.argv[1], sys.argv[2]
s = socket.socket(socket.AF_UNIX if where[0] == '/' else socket.AF_INET)
s.settimeout(5)
try:
    s.connect(where if where[0] == '/' else ('127.0.0.1', int(where)))
    s.sendall(what.encode().decode('unicode_escape').encode())
    print(s.recv(4096).decode(errors='replace').split('\\r\\n')[0])
except PermissionError:
    print('no permission')
except OSError:
    print('cut')
"""


def others(r):
    if os.geteuid() != 0:
        print("# another user is tried as root alone")
        return

    def nobody(where, what):
        return subprocess.run(["/usr/bin/python3", "-c", AS_NOBODY, what, str(where)], capture_output=True,
                              text=True, timeout=30).stdout.strip()
    ask = "GET /rpc HTTP/1.1\\r\\nHost: %s\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n" % r.host + \
        "Sec-WebSocket-Version: 13\\r\\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\\r\\n" + \
        "Sec-WebSocket-Protocol: zt.v1\\r\\nOrigin: %s\\r\\nCookie: %s\\r\\n\\r\\n" % (r.origin, r.cookie())
    mine = raw(r, ask.encode().decode("unicode_escape").encode())
    check("what another user will send is what opens to this one", mine.startswith(b"HTTP/1.1 101"), mine[:60])
    got = nobody(r.socket, ask)
    check("W5 another user does not reach the unix socket", got == "no permission", got)
    modes = [(p, os.stat(p).st_mode & 0o7777) for p in
             (os.path.dirname(STATE + "/x"), r.root, os.path.dirname(r.socket), r.socket)]
    for p, _ in modes:
        os.chmod(p, 0o777)
    got = nobody(r.socket, ask)
    check("W5 nor where its folders were opened to all: the kernel says who they are", got in ("cut", ""), got)
    for p, m in modes:
        os.chmod(p, m)
    got = nobody(r.port, ask)
    check("W5 another user with a stolen cookie is cut off at loopback", got in ("cut", ""), got)
    got = nobody(r.port, "GET %s HTTP/1.1\\r\\nHost: %s\\r\\n\\r\\n" % (r.link()[len(r.origin):], r.host))
    check("W5 and with a stolen link", got in ("cut", ""), got)


# ---- messages ----

def broken(r):
    near = r.near()
    for name, text in (("no JSON", b"x"), ("nothing", b""), ("an array", b"[]"), ("half", b'{"id":1'),
                       ("no UTF-8", b'{"id":1,"method":"\xff","params":{}}'), ("deep", b'{"a":' * 100 + b"1" + b"}" * 100),
                       ("a member twice", b'{"id":1,"id":2,"method":"host.state","params":{}}'),
                       ("an id that is no number", b'{"id":"x","method":"host.state","params":{}}'),
                       ("an unknown member", b'{"id":1,"method":"host.state","params":{},"more":1}'),
                       ("an unknown method", b'{"id":1,"method":"host.nothing","params":{}}'),
                       ("an unknown parameter", b'{"id":1,"method":"host.state","params":{"a":1}}'),
                       ("a missing parameter", b'{"id":1,"method":"host.unlock","params":{}}')):
        near.send(text)
        message, _ = near.receive()
        check("a message is refused: " + name, message["error"]["name"] == "INVALID", message)
    near.send({"cancel": 99})
    near.send({"reply": 99, "ask": 1, "value": True})
    for key in "", "..", "../alice", "/", ".", "nobody", "alice/", "\u202e", "a" * 300:
        refused("no device by the key %r" % key[:12], near.call, "device.whoami", device=key, kind="NO_DEVICE")
        refused("nor is it unlocked", near.call, "host.unlock", {"key": key, "password": "x"}, kind="NOT_FOUND")
    check("the connection is still good", near.call("host.state")["host"] == "agent")

    def cut(name, opcode, payload):
        a = r.near()
        try:
            a.s.sendall(a.frame(opcode, payload))
            while True:
                a.receive()
        except (EOFError, OSError):
            check("the connection ends: " + name, True)
        a.close()
    cut("a message larger than any", 2, b"\0" * (6 << 20))
    cut("a binary message without a length", 2, b"\0\0")
    cut("one whose JSON is longer than it", 2, b"\xff\xff\xff\xff{}")
    cut("one whose JSON is longer by one", 2, b"\x03\0\0\0{}")
    a = r.near()
    a.s.sendall(bytes([0x81, 0xff]) + b"\x7f" + b"\xff" * 7 + b"\0\0\0\0")
    a.close()
    a = Agent(r.socket, more=near.frame(1, b'{"id":5,"method":"host.state","params":{}}'))
    check("a message right behind the handshake is taken", a.receive()[0]["id"] == 5)
    a.close()
    half = r.near()
    half.s.sendall(half.frame(1, b'{"id":1,"method":"host.unlock","params":{"key":"alice","password":"')[:40])
    half.close()
    check("the agent is as before", near.call("host.state")["host"] == "agent")


def places(r):
    cookie = r.cookie()
    many = []
    for _ in range(40):
        try:
            a = r.near()
            a.call("host.state")
            many.append(a)
        except (Refused, EOFError, OSError):
            break
    check("32 connections, and no more", len(many) == 32, len(many))
    page = r.page(cookie=cookie)
    check("those of the other door are others", page.call("host.state")["host"] == "agent")
    page.close()
    for a in many:
        a.close()
    soon(r.answers)
    idle = [dial(r.port) for _ in range(200)]
    check("who says nothing takes nobody's place", r.page().call("host.state")["host"] == "agent")
    for s in idle:
        s.close()


# ---- calls ----

def unlock(r):
    near = r.near()
    refused("a wrong password opens nothing", near.call, "host.unlock", {"key": "alice", "password": "no"}, kind="PASSWORD")
    refused("a locked device answers nothing", near.call, "device.whoami", device="alice", kind="NO_DEVICE")
    check("the password does", near.call("host.unlock", {"key": "alice", "password": PASSWORD}) == {})
    check("and again is no harm", near.call("host.unlock", {"key": "alice", "password": PASSWORD}) == {})
    d = near.call("host.state")["devices"][0]
    check("the state says so", d["state"] == "open" and d["organization"] == "markslug" and d["email"] == "alice@demo.example" and
          d["locksAt"] > time.time() * 1000, d)
    check("device.whoami", near.call("device.whoami", device="alice")["email"] == "alice@demo.example")
    states = [e["data"]["devices"][0]["state"] for e in near.events if e["event"] == "host"]
    check("all connections hear of it", "opening" in states and states[-1] == "open", states)
    near.close()


def work(r):
    page = r.page()
    big = os.urandom(9 * (1 << 20) + 17)
    page.call("workspaces.create", {"name": "w"}, "alice")
    w = page.call("writer.open", {"path": "w:/big"}, "alice")["handle"]
    numbers = [page.start("writer.write", {"handle": w, "offset": at}, "alice", big[at:at + (4 << 20)])
               for at in range(0, len(big), 4 << 20)]
    for n in numbers:
        page.finish(n)
    page.call("writer.commit", {"handle": w}, "alice")
    reader = page.call("reader.open", {"path": "w:/big"}, "alice")
    check("what was written is there", reader["size"] == len(big))
    numbers = [page.start("reader.read", {"handle": reader["handle"], "offset": at, "size": 1 << 20}, "alice")
               for at in range(0, len(big), 1 << 20)]
    got = b""
    for n in numbers:
        page.finish(n)
        got += page.content.pop(n)
    check("and is read back by ranges", got == big)
    other = r.page()
    refused("another connection has not its handles", other.call, "reader.read",
            {"handle": reader["handle"], "offset": 0, "size": 1}, "alice", kind="NO_HANDLE")
    ls = other.call("list.open", {"path": "w:/"}, "alice")
    check("but sees the same folder", other.call("list.next", {"handle": ls["handle"]}, "alice")["entries"] ==
          [{"name": "big", "folder": False}])
    other.close()
    page.close()


def streams(r):
    """Content by plain HTTP: to the page that asked, and to nobody else."""
    page, cookie = r.page(), r.cookie()
    big = os.urandom(9 * (1 << 20) + 17)
    page.call("workspaces.create", {"name": "s"}, "alice")

    def address(handle, **wish):
        return "/" + page.call("host.stream", dict(wish, key="alice", handle=handle))["url"]

    def put(path, body, **change):
        named = dict(Cookie=cookie, Origin=r.origin)
        named.update(change)
        try:
            return r.get(path, method="PUT", body=body, **{k: v for k, v in named.items() if v})
        except (http.client.HTTPException, OSError):
            return None
    w = page.call("writer.open", {"path": "s:/big"}, "alice")["handle"]
    to = address(w)
    check("the address of a handle is one", address(w) == to and len(to) == len("/content/") + 43, to)
    for name, change in (("no cookie", {"Cookie": None}), ("a cookie one letter off", {"Cookie": "zt_agent=" + "A" * 43}),
                         ("no Origin", {"Origin": None}), ("a foreign Origin", {"Origin": "http://evil.example"}),
                         ("a rebound name", {"host": "evil.example:%d" % r.port})):
        got = put(to + "?offset=0", b"evil", **change)
        check("W2 W3 W5 nothing is written with " + name, got is None or got.status == 403, got and got.status)
    for name, path in (("a made-up ticket", "/content/" + "A" * 43), ("a part of one", to[:-1]), ("none", "/content/")):
        got = put(path + "?offset=0", b"evil")
        check("W5 nothing is written with " + name, got is None or got.status == 404, got and got.status)
    for name, query in (("no place", ""), ("a place that is no number", "?offset=-1"), ("a huge one", "?offset=" + "9" * 30)):
        got = put(to + query, b"evil")
        check("a write has %s, and is refused" % name, got is None or got.status == 400, got and got.status)
    first = put(to + "?offset=0", big[:5 << 20])
    check("a page writes by its browser", first.status == 200 and json.loads(first.text)["result"] == {"size": 5 << 20}, first.text)
    second = put(to + "?offset=%d" % (5 << 20), big[5 << 20:])
    check("and more", json.loads(second.text)["result"] == {"size": len(big)}, second.text)
    check("the version is there", page.call("writer.commit", {"handle": w}, "alice")["version"] == 1)
    page.call("writer.close", {"handle": w}, "alice")
    late = put(to + "?offset=0", big)
    check("a handle that is closed takes nothing, and says so", json.loads(late.text)["error"]["name"] == "NO_HANDLE", late.text[:99])

    opened = page.call("reader.open", {"path": "s:/big"}, "alice")
    name = 'a "b";\r\nX: y \u00e9.html'
    at = address(opened["handle"], size=opened["size"], name=name, type="text/html")
    got = r.get(at, Cookie=cookie)
    check("a page's browser saves what was written", got.status == 200 and got.text == big, got.status)
    check("W4 as a file and no page", got.getheader("content-type") == "application/octet-stream" and got.getheader("X") is None and
          got.getheader("content-disposition") == "attachment; filename*=UTF-8''a%20%22b%22%3B%0D%0AX%3A%20y%20%C3%A9.html" and
          got.getheader("cache-control") == "no-store" and got.getheader("x-content-type-options") == "nosniff" and
          any("sandbox" in v for k, v in got.getheaders() if k == "content-security-policy") and
          got.getheader("cross-origin-resource-policy") == "same-origin", got.getheaders())
    page.call("host.state")
    heard = [e["data"] for e in page.events if e["event"] == "stream"]
    check("and the page hears how far it is", heard[-1] == {"handle": opened["handle"], "done": len(big), "ended": True}, heard[-1:])
    for change in ({"Cookie": None}, {"Cookie": "zt_agent=" + "A" * 43}, {"Origin": "http://evil.example"}, {"Origin": "null"},
                   {"host": "evil.example:%d" % r.port}):
        named = dict(Cookie=cookie)
        named.update(change)
        got = r.get(at, **{k: v for k, v in named.items() if v})
        check("W2 W3 W5 nothing is read with %s" % (change,), got.status == 403 and got.text == b"", got.status)
    check("W5 nor by the unix socket", b" 404" in raw_at(r.socket, b"GET %s HTTP/1.1\r\nHost: zt\r\n\r\n" % at.encode()))
    refused("which gets no address either", r.near().call, "host.stream", {"key": "alice", "handle": 1}, kind="FORBIDDEN")
    for range_, status, part in (("bytes=0-0", 206, big[:1]), ("bytes=1048570-1048590", 206, big[1048570:1048591]),
                                 ("bytes=-17", 206, big[-17:]), ("bytes=%d-" % (len(big) - 3), 206, big[-3:]),
                                 ("bytes=%d-" % len(big), 416, b""), ("bytes=5-2", 200, big), ("bytes=0-1,3-4", 200, big),
                                 ("bytes=" + "9" * 40 + "-", 200, big), ("lines=1-2", 200, big)):
        got = r.get(at, Cookie=cookie, Range=range_)
        check("the range %s" % range_[:30], got.status == status and got.text == part, (got.status, len(got.text)))
    shown = page.call("reader.open", {"path": "s:/big"}, "alice")
    kinds = [("video/mp4", "video/mp4"), ("image/svg+xml", "application/octet-stream"), ("text/html", "application/octet-stream")]
    for asked, given in kinds:
        shown = page.call("reader.open", {"path": "s:/big"}, "alice")
        got = r.get(address(shown["handle"], size=shown["size"], type=asked), Cookie=cookie, Range="bytes=0-9")
        check("what is shown as %s is %s" % (asked, given), got.getheader("content-type") == given and got.text == big[:10] and
              got.getheader("content-disposition") is None, got.getheaders())
        page.call("reader.close", {"handle": shown["handle"]}, "alice")
    longer = page.call("reader.open", {"path": "s:/big"}, "alice")
    try:
        got = r.get(address(longer["handle"], size=len(big) + 1), Cookie=cookie)
        check("a file that is shorter than its page said is cut off", False, len(got.text))
    except http.client.IncompleteRead:
        check("a file that is shorter than its page said is cut off", True)
    page.call("host.stream", {"key": "alice", "handle": longer["handle"], "held": True})
    slow = dial(r.port)
    slow.settimeout(1)
    head = "GET %s HTTP/1.1\r\nHost: %s\r\nCookie: %s\r\n\r\n"
    slow.sendall((head % (address(longer["handle"], held=True), r.host, cookie)).encode())
    try:
        check("what is held is not given", slow.recv(1) == b"never")
    except socket.timeout:
        check("what is held is not given", True)
    address(longer["handle"])
    slow.settimeout(20)
    check("until it is asked for again", slow.recv(15).startswith(b"HTTP/1.1 200"))
    # Who does not read on costs some pieces, and no more, and is gone with the page.
    time.sleep(0.5)
    page.close()
    end = time.time() + 20
    try:
        while time.time() < end and slow.recv(1 << 20):
            pass
        check("and it ends with its page", time.time() < end)
    except OSError:
        check("and it ends with its page", True)
    check("W5 an address is nothing without its page", r.get(at, Cookie=cookie).status == 404)
    many = r.page()
    names = {many.call("host.stream", {"key": "alice", "handle": n})["url"] for n in range(100)}
    check("addresses are new, and the oldest are forgotten", len(names) == 100)
    many.close()


def flood(r):
    page = r.page()
    n = 10000

    def send():
        for i in range(n):
            page.send({"id": i + 1, "method": "device.whoami", "params": {}, "device": "alice"})
    t = threading.Thread(target=send)
    t.start()
    done = refusals = 0
    while done + refusals < n:
        message, _ = page.receive()
        if "event" in message:
            continue
        if "result" in message:
            done += 1
        elif message["error"]["name"] == "RATE":
            refusals += 1
        else:
            check("10,000 requests", False, message)
            break
    t.join()
    check("10,000 requests in flight are each answered or refused", done + refusals == n and done >= 64, (done, refusals))
    page.close()
    # One who asks and does not read.
    deaf = r.page()
    deaf.s.settimeout(2)
    reader = deaf.call("reader.open", {"path": "w:/big"}, "alice")["handle"]
    before = rss(r)
    try:
        for i in range(200):
            deaf.send({"id": 1000 + i, "method": "reader.read", "device": "alice",
                       "params": {"handle": reader, "offset": 0, "size": 4 << 20}})
    except OSError:
        pass
    time.sleep(1.5)
    grown = (rss(r) - before) // 1024
    keeps = "san.so" in open("/proc/%d/maps" % r.p.pid).read()  # a sanitizer: what is freed stays for a while
    check("who does not read what was asked for costs a bounded amount", grown < (600 if keeps else 160), "%d MiB" % grown)
    near = r.near()
    check("and delays nobody", near.call("device.whoami", device="alice")["email"] == "alice@demo.example")
    near.close()
    deaf.close()


def rss(r):
    return int(open("/proc/%d/statm" % r.p.pid).read().split()[1]) * 4


def threads(r):
    return len(os.listdir("/proc/%d/task" % r.p.pid))


def cuts(r):
    """A connection cut in the middle of a writer and of a question: nothing hangs, all is freed."""
    near = r.near()
    near.call("device.whoami", device="alice")
    soon(lambda: threads(r) < 12, 5)
    before = threads(r)
    for _ in range(12):
        page = r.page()
        w = page.call("writer.open", {"path": "w:/cut"}, "alice")["handle"]
        page.start("writer.write", {"handle": w, "offset": 0}, "alice", os.urandom(4 << 20))
        page.start("writer.commit", {"handle": w}, "alice")
        page.close()
    check("streams of connections that were cut end", soon(lambda: threads(r) <= before), (before, threads(r)))
    check("nine connections one after the other had streams: their places are free", near.call(
        "list.open", {"path": "w:/"}, "alice")["size"] >= 1)
    link = near.call("invitations.create", {"kind": "user"}, "alice")["link"]
    asker = r.near()
    asker.start("exchange.greet", {"link": link}, "alice")
    time.sleep(0.3)
    asker.close()
    check("a greeting whose page has gone ends", soon(lambda: quick_greet(r)))
    waiting = r.near()
    n = waiting.start("exchange.greet", {"link": link}, "alice")
    waiting.send({"cancel": n})
    refused("a cancel ends the call", waiting.finish, n, kind="INTERRUPTED")
    near.call("invitations.cancel", {"id": near.call("invitations.list", {}, "alice")["invitations"][-1]["id"]}, "alice")
    waiting.close()
    near.close()


def quick_greet(r):
    """Whether the lane for people takes another call at once: the one before has ended."""
    a = r.near()
    n = a.start("exchange.greet", {"link": "0" * 32}, "alice")
    a.s.settimeout(1)
    try:
        return a.finish(n) is None
    except Failure as e:
        return e.name == "INVALID"  # it is no invitation
    except OSError:
        return False
    finally:
        a.close()


def locking(r):
    page, near = r.page(), r.near()
    link = near.call("invitations.create", {"kind": "user"}, "alice")["link"]
    n = page.start("exchange.greet", {"link": link}, "alice")
    time.sleep(0.3)
    began = time.time()
    near.call("host.lock", {"key": "alice"})
    check("a lock while a call runs is quick", time.time() - began < 5, time.time() - began)
    refused("the call ends", page.finish, n, kind="INTERRUPTED")
    refused("and the next one finds it locked", page.call, "device.whoami", device="alice", kind="NO_DEVICE")
    check("its threads are gone", soon(lambda: threads(r) == r.threads), threads(r))
    near.call("host.unlock", {"key": "alice", "password": PASSWORD})
    check("it opens again", page.call("device.whoami", device="alice")["email"] == "alice@demo.example")
    check("how long it stays open is a setting", near.call("host.settings", {"key": "alice", "lockAfter": 1}) == {"lockAfter": 1})
    refused("a code that is none makes nothing", near.call, "host.create", dict(server=URL, code="x", slug="none",
            email="a@b.example", name="A", label="L", password=PASSWORD), kind="INVALID")
    check("and leaves no folder", not os.path.exists(r.root + "/none"))
    try:
        near.call("host.create", dict(server=URL, code="x", slug="none", email="a@b.example", name="A", label="L", password=PASSWORD))
    except Failure as e:
        check("what libzt says of it is the refusal's parameter", (e.error["english"], e.error["parameters"]) == ("%s", [e.error["sentence"]]), e.error)
    kept = json.load(open(r.root + "/zt-agent/settings"))
    check("which is kept", kept["lockAfter"] == {"alice": 1}, kept)
    check("beside it, whose device it is", kept["known"]["alice"]["email"] == "alice@demo.example", kept)
    near.call("host.lock")
    soon(lambda: near.call("host.state")["devices"][0]["state"] == "locked")
    shutil.move(r.root + "/alice", r.root + "/.away")  # as a medium that is not there
    check("a device whose folder is away is none", near.call("host.state")["devices"] == [])
    shutil.copytree(r.root + "/.away", r.root + "/other")
    near.call("host.settings", {"key": "other", "lockAfter": 2})
    shutil.move(r.root + "/.away", r.root + "/alice")
    check("back again, it locks when it did", near.call("host.settings", {"key": "alice"}) == {"lockAfter": 1})
    check("and is known before it is open", [d["email"] for d in near.call("host.state")["devices"] if d["key"] == "alice"] ==
          ["alice@demo.example"])
    shutil.rmtree(r.root + "/other")
    near.call("host.state")
    refused("a device that is made at a name that was another's", near.call, "host.create", dict(server=URL, code="x", slug="other",
            email="a@b.example", name="A", label="L", password=PASSWORD), kind="INVALID")
    kept = json.load(open(r.root + "/zt-agent/settings"))
    check("begins with the usual time", kept["lockAfter"] == {"alice": 1}, kept)
    near.call("host.unlock", {"key": "alice", "password": PASSWORD})
    near.call("host.settings", {"key": "alice", "lockAfter": 15})
    near.call("host.lock")
    check("all can be locked at once", near.call("host.state")["devices"][0]["state"] == "locked")
    near.call("host.unlock", {"key": "alice", "password": PASSWORD})


def confirming(r):
    near = r.near()
    near.call("host.lock")
    near.call("host.unlock", {"key": "alice", "password": PASSWORD})
    refused("a wrong password confirms nothing", near.call, "host.confirm", {"key": "alice", "password": "x"}, kind="PASSWORD")
    until = near.call("host.confirm", {"key": "alice", "password": PASSWORD})["until"]
    check("the right one does, for five minutes", 290 < until / 1000 - time.time() <= 301, until / 1000 - time.time())
    near.call("host.password", {"key": "alice", "old": PASSWORD, "new": PASSWORD + "2"})
    refused("the old password is none any more", near.call, "host.confirm", {"key": "alice", "password": PASSWORD}, kind="PASSWORD")
    near.call("host.password", {"key": "alice", "old": PASSWORD + "2", "new": PASSWORD})
    alice = [BIN + "/zt", "--home", r.root + "/alice"]
    held = subprocess.run(alice + ["--password-file", STATE + "/alice.password", "unlock"], stdout=subprocess.DEVNULL)
    check("the session holds the key", held.returncode == 0)
    refused("what is held replaces no password", near.call, "host.password",
            {"key": "alice", "old": "", "new": "a page's own"}, kind="PASSWORD")
    refused("and confirms nothing", near.call, "host.confirm", {"key": "alice", "password": ""}, kind="PASSWORD")
    near.call("host.lock")
    near.call("host.unlock", {"key": "alice", "password": ""})  # by what is held: nobody typed
    for longer in 16, 0:
        refused("a device stays open for longer only when the person says so", near.call, "host.settings",
                {"key": "alice", "lockAfter": longer}, kind="CONFIRM")
    check("for a shorter time without", near.call("host.settings", {"key": "alice", "lockAfter": 14}) == {"lockAfter": 14})
    shutil.copytree(r.root + "/alice", r.root + "/other")  # a device whose password somebody else may know
    near.call("host.unlock", {"key": "other", "password": PASSWORD})
    near.call("host.lock", {"key": "alice"})
    refused("nor of one that is locked", near.call, "host.settings", {"key": "alice", "lockAfter": 0}, kind="CONFIRM")
    check("another device has its own time", near.call("host.settings", {"key": "other", "lockAfter": 0}) == {"lockAfter": 0})
    near.call("host.unlock", {"key": "alice", "password": ""})
    refused("nor is one device's password another's", near.call, "host.settings", {"key": "alice", "lockAfter": 0}, kind="CONFIRM")
    near.call("host.lock", {"key": "other"})
    soon(lambda: [d["state"] for d in near.call("host.state")["devices"] if d["key"] == "other"] == ["locked"])
    shutil.rmtree(r.root + "/other")
    near.call("host.confirm", {"key": "alice", "password": PASSWORD})
    check("after the password, for longer", near.call("host.settings", {"key": "alice", "lockAfter": 0}) == {"lockAfter": 0})
    near.call("host.settings", {"key": "alice", "lockAfter": 15})
    subprocess.run(alice + ["lock"], stdout=subprocess.DEVNULL)  # the session's key, and the agent's
    near.call("host.unlock", {"key": "alice", "password": PASSWORD})
    check("an agent has no passkeys", near.call("host.passkeys", {"key": "alice"}) == {"passkeys": []})
    one = {"key": "alice", "credential": "Zm9v"}
    more = {"salt": "A" * 43, "relyingParty": "localhost", "label": "x", "password": PASSWORD}
    for name, params in ("addPasskey", dict(one, **more)), ("removePasskey", dict(one, password=PASSWORD)), \
            ("unlockByPasskey", one), ("confirmByPasskey", one):
        refused("host.%s is for a browser" % name, near.call, "host." + name, params, kind="UNAVAILABLE")
    near.close()


def main_job(r):
    """Two agents: an organization, an invitation, codes compared both ways, a share, a file."""
    os.mkdir(STATE + "/second", 0o700)
    second = Running(STATE + "/second")
    code = subprocess.run([BIN + "/zt", "server", "create", "job", "--server", URL, "--operator-token-file",
                           STATE + "/operator-token"], capture_output=True, text=True, check=True).stdout.split()[-1]
    ann, bob = r.page(), second.page()
    made = ann.call("host.create", {"server": URL, "code": code, "slug": "job", "email": "ann@job.example", "name": "Ann",
                                    "label": "desk", "password": "ann's words"})
    check("host.create makes a device", made == {"key": "job"}, made)
    for slug in "", "..", "../x", "zt-agent", "/", "-", "a" * 300:
        before = sorted(os.listdir(r.root)) + sorted(os.listdir(STATE))
        try:
            ann.call("host.create", {"server": URL, "code": "x", "slug": slug, "email": "e@e.example", "name": "n",
                                     "label": "l", "password": "some words"})
            after = ["made"]
        except Failure:
            after = sorted(os.listdir(r.root)) + sorted(os.listdir(STATE))
        check("nothing is left of an organization %r, which is not made" % slug[:9], after == before, (before, after))
    refused("nor of a claim by no link", ann.call, "host.claim", {
        "link": "x", "email": "", "name": "n", "label": "l", "password": "some words"}, kind="INVALID")
    check("no folder", not [f for f in os.listdir(r.root) if f.startswith("device")], os.listdir(r.root))
    check("which is open", [d["state"] for d in ann.call("host.state")["devices"] if d["key"] == "job"] == ["open"])
    link = ann.call("invitations.create", {"kind": "user"}, "job")["link"]
    shown, shows, out, left = {}, [], {}, second.page()

    def person(other):
        def answer(q):
            if q["question"] == "codes":
                code = soon(lambda: shown.get(other))
                return q["data"]["choices"].index(code)
            left.close()  # the newcomer's page, at the worst moment
            shows.extend(soon(lambda: [d["key"] for d in bob.call("host.state")["devices"] if d["state"] == "joining"]))
            return {"accept": True, "profile": "standard"}
        return answer

    def hear(agent, who):
        old = agent.receive

        def receive():
            message, content = old()
            if message.get("event") == "code":
                shown[who] = message["data"]["code"]
            return message, content
        agent.receive = receive
    hear(ann, "ann")
    hear(left, "bob")
    ann.on_question, left.on_question = person("bob"), person("ann")
    refused("a new device has a password", bob.call, "host.claim", {
        "link": link, "email": "bob@job.example", "name": "Bob", "label": "lap", "password": ""}, kind="INVALID")
    joins = {"link": link, "email": "bob@job.example", "name": "Bob", "label": "lap", "password": "bob's words"}

    def greet():
        out["ann"] = ann.call("exchange.greet", {"link": link}, "job")
    t = threading.Thread(target=greet)
    t.start()
    try:
        left.call("host.claim", joins)
    except (EOFError, OSError):
        pass
    t.join(60)
    claimed = soon(lambda: claim(bob, joins))
    check("host.claim makes a device, after both compared codes", claimed["warning"] == "" and
          out["ann"]["email"] == "bob@job.example", (claimed, out))
    key = claimed["key"]
    check("in the folder of the claim that was cut off, which was shown as joining", [key] == shows, (key, shows))
    ann.call("workspaces.create", {"name": "plans"}, "job")
    ann.call("workspaces.share", {"workspace": "plans", "user": "bob@job.example", "role": "contributor"}, "job")
    w = ann.call("writer.open", {"path": "plans:/note"}, "job")["handle"]
    ann.call("writer.write", {"handle": w, "offset": 0}, "job", b"for bob")
    ann.call("writer.commit", {"handle": w}, "job")

    def read():
        try:
            reader = bob.call("reader.open", {"path": "plans:/note"}, key)["handle"]
        except Failure:
            return None
        n = bob.start("reader.read", {"handle": reader, "offset": 0, "size": 100}, key)
        bob.finish(n)
        return bob.content.pop(n)
    check("what the first shared and wrote the second reads", soon(read) == b"for bob")
    bob.call("host.state")
    check("and heard of it", soon(lambda: bob.call("host.state") and [e for e in bob.events if e["event"] == "changed" and
                                                                     e["device"] == key]))
    refused("the same link a second time makes nothing", bob.call, "host.claim", joins, kind="EXISTS")
    asked = []
    bob.on_question = lambda q: asked.append(q) or True
    words = ann.call("recovery.create", {"language": "english"}, "job")["words"]
    refused("words with a slip bring nobody back", bob.call, "host.recover", {
        "server": URL, "words": words + "x", "label": "new", "password": "ann's other words"}, kind="CORRUPT")
    back = bob.call("host.recover", {"server": URL, "words": words, "label": "new", "password": "ann's other words"})["key"]
    check("who returns is asked", [q["question"] for q in asked] == ["returning"] and
          asked[0]["data"]["person"]["email"] == "ann@job.example", asked)
    check("host.recover brings a person back by words, beside others", back != key and
          bob.call("device.whoami", device=back)["email"] == "ann@job.example", back)
    check("the second agent ends on SIGTERM", second.end() == 0)


def claim(agent, joins):
    """The claim before may hold the folder until it has noticed that it is over."""
    try:
        return agent.call("host.claim", joins)
    except Failure as e:
        if e.name != "LOCKED":
            raise
        return None


def killed(r):
    """kill -9 beside an upload: what was acknowledged is there, and the next start works."""
    page = r.page()
    acknowledged = 0

    def write():
        nonlocal acknowledged
        try:
            for i in range(1000):
                w = page.call("writer.open", {"path": "w:/k%d" % i}, "alice")["handle"]
                page.call("writer.write", {"handle": w, "offset": 0}, "alice", b"%d" % i * 1000)
                page.call("writer.commit", {"handle": w}, "alice")
                page.call("writer.close", {"handle": w}, "alice")
                acknowledged = i + 1
        except (EOFError, OSError):
            pass
    t = threading.Thread(target=write)
    t.start()
    soon(lambda: acknowledged >= 3)
    r.p.kill()
    r.p.wait()
    t.join()
    check("a socket is left behind", os.path.exists(r.socket))
    again = Running(r.root)
    near = again.near()
    locked = next(one for one in near.call("host.state")["devices"] if one["key"] == "alice")
    check("a locked device says whose it is, to the next agent too", locked["state"] == "locked" and locked.get("email") == "alice@demo.example", locked)
    near.call("host.unlock", {"key": "alice", "password": PASSWORD})
    ls = near.call("list.open", {"path": "w:/"}, "alice")["handle"]
    names = {e["name"] for e in near.call("list.next", {"handle": ls, "max": 1000}, "alice")["entries"]}
    check("the next agent takes the place, and nothing acknowledged is lost",
          acknowledged >= 3 and all("k%d" % i in names for i in range(acknowledged)), (acknowledged, sorted(names)))
    near.close()
    return again


def one_agent(r):
    options = "verify_asan_link_order=0:" + os.environ.get("ASAN_OPTIONS", "")
    second = subprocess.run([AGENT, "--root", r.root], capture_output=True, text=True, timeout=30,
                            env=dict(os.environ, ASAN_OPTIONS=options))
    check("a second agent of the same root ends", second.returncode == 75 and "another agent" in second.stderr, second)
    check("and the first is found as before", r.answers())


def hardened(r):
    status = open("/proc/%d/status" % r.p.pid).read()
    check("no core file has its keys", "0" in open("/proc/%d/limits" % r.p.pid).read().split("Max core file size")[1].split()[0])
    if os.geteuid() != 0:
        check("nor a debugger", not os.access("/proc/%d/mem" % r.p.pid, os.R_OK), status)
    log = open(r.root + ".log").read()
    check("no sanitizer found anything", not any(w in log for w in ("Sanitizer", "runtime error")), log)
    check("the log has no secret", PASSWORD not in log and "ticket" not in log and "zt_agent=" not in log)
    for name in "socket", "lock", "settings":
        mode = os.stat(r.root + "/zt-agent/" + name).st_mode & 0o777
        check("%s is this user's alone" % name, mode & 0o077 == 0 or os.stat(r.root + "/zt-agent").st_mode & 0o077 == 0, oct(mode))


def folders(root):
    """What is no device of this user's is not shown."""
    os.mkdir(root + "/open", 0o777)
    os.chmod(root + "/open", 0o777)
    shutil.copy(root + "/alice/device.zt", root + "/open/device.zt")
    os.symlink(root + "/alice", root + "/linked")
    os.mkdir(root + "/.hidden", 0o700)
    shutil.copy(root + "/alice/device.zt", root + "/.hidden/device.zt")
    os.mkdir(root + "/a\nb", 0o700)
    shutil.copy(root + "/alice/device.zt", root + "/a\nb/device.zt")
    os.mkdir(root + "/empty", 0o700)


def main():
    root = STATE + "/root"
    folders(root)
    r = Running(root)
    keys = [d["key"] for d in r.near().call("host.state")["devices"]]
    check("folders that others may write to, links, hidden and empty ones are no devices", keys == ["alice"], keys)
    only = os.environ.get("ONLY", "doors files manifest others broken places unlock work streams flood cuts locking confirming main_job").split()
    for name in only:
        globals()[name](r)
    one_agent(r)
    hardened(r)
    if "work" in only:
        r = killed(r)
    rate_of_links(r)
    check("SIGTERM ends it in order", r.end() == 0)
    check("and its socket is removed", not os.path.exists(r.socket))
    sys.exit(1 if failed else 0)


main()
