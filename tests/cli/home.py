#!/usr/bin/env python3
"""home.py FOLDER COUNT: a home folder as people have it, of COUNT files and everything odd between them."""
import os
import random
import socket
import sys

top, count = os.fsencode(sys.argv[1]), int(sys.argv[2])
chance = random.Random(2028)
odd = ["-rf", "a b", " lead", "trail ", "dot.", "'quote\"", "back\\slash", "*?[x]", "$HOME", "#1", "CASE", "case", "Case",
       "caf\u00e9", "\u6f22\u5b57", "\u0627\u0644", "\U0001f600", "x" * 255, "con", "nul", "a:b", "%41", "~", "...", ".hidden"]
times = [0, -14182940, -1, 1, 951782400, 1700000000, 4102444800, 253402300799]


def make(path, content=b"", mode=0o644):
    with open(path, "wb") as f:
        f.write(content)
    os.chmod(path, mode)
    os.utime(path, ns=(0, chance.choice(times) * 10**9 + chance.randrange(10**9)), follow_symlinks=False)


os.makedirs(top)
folders = [top]
while len(folders) < count // 50 + 10:
    parent = chance.choice(folders[-40:] if chance.randrange(4) else folders)  # deep, and never all at the deepest
    if parent.count(b"/") - top.count(b"/") < 40:
        folders.append(os.path.join(parent, b"d%d" % len(folders)))
        os.mkdir(folders[-1])
for i in range(count):
    size = chance.choice([0, 1, 17, 100, 1000, 4096, 4097] + [20000] * (i % 10 == 0) + [300000] * (i % 500 == 0))
    make(os.path.join(chance.choice(folders), b"f%d" % i), chance.randbytes(size), chance.choice([0o644, 0o600, 0o755, 0o400, 0o664, 0o777]))
place = os.path.join(top, b"odd")
os.mkdir(place)
for name in odd:
    make(os.path.join(place, name.encode()), name.encode())
with open(os.path.join(place, b"sparse"), "wb") as f:
    f.truncate(300 * 2**20)
    f.seek(100 * 2**20)
    f.write(b"in the middle")
make(os.path.join(place, b"large"), chance.randbytes(20 * 2**20 + 1))
os.makedirs(os.path.join(place, b"empty", b"e" * 200))
wide = os.path.join(top, b"wide")
os.mkdir(wide)
for i in range(count // 5):
    make(os.path.join(wide, b"w%06d" % i), b"%d" % i)
# What stays: names first, then kinds.
make(os.path.join(place, "cafe\u0301".encode()), b"the same name, composed otherwise")
make(os.path.join(place, b"latin\xe9"))
make(os.path.join(place, b"line\nbreak"))
make(os.path.join(place, b"Icon\r"))
os.symlink(b"large", os.path.join(place, b"link"))
os.symlink(b"nowhere", os.path.join(place, b"broken link"))
os.mkfifo(os.path.join(place, b"pipe"))
here = os.getcwd()
os.chdir(place)
s = socket.socket(socket.AF_UNIX)
s.bind("socket")
os.chdir(here)
for path, mode, time in [(f, chance.choice([0o755, 0o700, 0o750, 0o1777]), chance.choice(times)) for f in reversed(folders)]:
    os.chmod(path, mode)
    os.utime(path, ns=(0, time * 10**9 + 123456789))
