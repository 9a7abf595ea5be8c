# SPDX-License-Identifier: AGPL-3.0-or-later
"""speak.py - a page without a browser: WebSocket (RFC 6455) over the agent's two doors."""
import base64
import json
import os
import socket
import struct
import threading


class Refused(Exception):
    """The agent did not open the WebSocket; the text is its first line."""


class Failure(Exception):
    """The answer to a request was an error."""

    def __init__(self, error):
        super().__init__(error["sentence"])
        self.error = error
        self.name = error["name"]


def dial(where):
    """WHERE is the path of a unix socket, or a port of 127.0.0.1."""
    if isinstance(where, int):
        s = socket.create_connection(("127.0.0.1", where), timeout=60)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    else:
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(60)
        s.connect(where)
    return s


class Agent:
    """One connection. Calls may come from several threads."""

    def __init__(self, where, host=None, origin=None, cookie=None, protocol="zt.v1", more=b""):
        self.s = dial(where)
        head = ["GET /rpc HTTP/1.1", "Host: " + (host or "zt"), "Upgrade: websocket",
                "Connection: Upgrade", "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: " + base64.b64encode(os.urandom(16)).decode()]
        if protocol:
            head.append("Sec-WebSocket-Protocol: " + protocol)
        if origin:
            head.append("Origin: " + origin)
        if cookie:
            head.append("Cookie: " + cookie)
        self.s.sendall("\r\n".join(head).encode() + b"\r\n\r\n" + more)
        self.rest = b""
        while b"\r\n\r\n" not in self.rest:
            got = self.s.recv(4096)
            if not got:
                raise Refused(self.rest.decode(errors="replace").split("\r\n")[0])
            self.rest += got
        answer, self.rest = self.rest.split(b"\r\n\r\n", 1)
        if not answer.startswith(b"HTTP/1.1 101"):
            raise Refused(answer.decode(errors="replace").split("\r\n")[0])
        self.id = 0
        self.events = []
        self.answers = {}
        self.content = {}
        self.on_question = None
        self.lock = threading.Lock()

    def close(self):
        try:
            self.s.shutdown(socket.SHUT_RDWR)  # who waits on another thread wakes
        except OSError:
            pass
        self.s.close()

    def frame(self, opcode, payload):
        n = len(payload)
        head = bytes([0x80 | opcode])
        if n < 126:
            head += bytes([0x80 | n])
        elif n < 65536:
            head += bytes([0x80 | 126]) + struct.pack(">H", n)
        else:
            head += bytes([0x80 | 127]) + struct.pack(">Q", n)
        return head + b"\0\0\0\0" + payload  # masked by zeros: nothing is between here and there

    def send(self, message, content=None):
        text = message if isinstance(message, bytes) else json.dumps(message).encode()
        if content is None:
            self.s.sendall(self.frame(1, text))
        else:
            self.s.sendall(self.frame(2, struct.pack("<I", len(text)) + text + content))

    def exactly(self, n):
        while len(self.rest) < n:
            got = self.s.recv(1 << 16)
            if not got:
                raise EOFError("the agent closed the connection")
            self.rest += got
        out, self.rest = self.rest[:n], self.rest[n:]
        return out

    def receive(self):
        """The next message: its JSON, and its content or None."""
        whole, kind = b"", 0
        while True:
            b0, b1 = self.exactly(2)
            n = b1 & 127
            if n == 126:
                n = struct.unpack(">H", self.exactly(2))[0]
            elif n == 127:
                n = struct.unpack(">Q", self.exactly(8))[0]
            payload = self.exactly(n)
            opcode = b0 & 15
            if opcode == 8:
                raise EOFError("the agent closed the WebSocket")
            if opcode == 9:
                self.s.sendall(self.frame(10, payload))
                continue
            kind = opcode or kind
            whole += payload
            if b0 & 0x80:
                break
        if kind == 1:
            return json.loads(whole), None
        n = struct.unpack("<I", whole[:4])[0]
        return json.loads(whole[4:4 + n]), whole[4 + n:]

    def start(self, method, params=None, device=None, content=None):
        self.id += 1
        message = {"id": self.id, "method": method, "params": params or {}}
        if device:
            message["device"] = device
        self.send(message, content)
        return self.id

    def finish(self, number):
        """Waits for the answer to NUMBER; questions are asked of on_question, which returns the value."""
        while number not in self.answers:
            message, content = self.receive()
            if "event" in message:
                self.events.append(message)
            elif "question" in message:
                value = self.on_question(message) if self.on_question else None
                if value is not None:
                    self.send({"reply": message["request"], "ask": message["ask"], "value": value})
            else:
                self.answers[message["id"]] = message
                self.content[message["id"]] = content
        answer = self.answers.pop(number)
        if "error" in answer:
            self.content.pop(number)
            raise Failure(answer["error"])
        return answer["result"]

    def call(self, method, params=None, device=None, content=None):
        return self.finish(self.start(method, params, device, content))
