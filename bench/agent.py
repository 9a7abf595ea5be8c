# SPDX-License-Identifier: AGPL-3.0-or-later
"""agent.py SOCKET KEY PASSWORD-FILE: the median of a call by the agent, in milliseconds. Opens the device."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "agent"))
from speak import Agent  # noqa: E402

socket, key, password = sys.argv[1:4]
agent = Agent(socket)
agent.call("host.unlock", {"key": key, "password": open(password).readline().rstrip("\n")})
took = []
for _ in range(5000):
    began = time.perf_counter()
    agent.call("device.whoami", device=key)
    took.append(time.perf_counter() - began)
print("%.3f" % (sorted(took)[len(took) // 2] * 1000))
