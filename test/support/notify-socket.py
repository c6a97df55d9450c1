"""Stands for systemd's notification socket: prints each message as one line of JSON, until its end is closed."""

import json
import os
import socket
import sys
import threading

path = sys.argv[1]
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind(path)
print('"listening"', flush=True)


def end_with_parent():
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=end_with_parent, daemon=True).start()
while True:
    # Without room for them, descriptors sent along are closed: systemd-notify waits for that.
    message = receiver.recv(4096).decode()
    print(json.dumps(message.split("\n")), flush=True)
