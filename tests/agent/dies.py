# SPDX-License-Identifier: AGPL-3.0-or-later
"""dies.py SOCKET METHOD - an agent that takes one request of METHOD, and is gone before it answers."""
import base64
import hashlib
import os
import socket
import sys

where, method = sys.argv[1:]
s = socket.socket(socket.AF_UNIX)
s.bind(where + ".new")
s.listen()
os.rename(where + ".new", where)
c, _ = s.accept()
head = b""
while b"\r\n\r\n" not in head:
    head += c.recv(4096)
key = [line.split(b":", 1)[1].strip() for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key:")][0]
accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
c.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          b"Sec-WebSocket-Protocol: zt.v1\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n")
frame = head.split(b"\r\n\r\n", 1)[1]
while len(frame) < 2 or len(frame) < 6 + (frame[1] & 0x7f if frame[1] & 0x7f < 126 else 2 + int.from_bytes(frame[2:4], "big")):
    frame += c.recv(4096)
n, at = (frame[1] & 0x7f, 2) if frame[1] & 0x7f < 126 else (int.from_bytes(frame[2:4], "big"), 4)
mask, text = frame[at:at + 4], frame[at + 4:at + 4 + n]
text = bytes(b ^ mask[i % 4] for i, b in enumerate(text))
os.unlink(where)
c.close()
sys.exit(0 if b'"' + method.encode() + b'"' in text else 1)
