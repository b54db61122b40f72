"""name_server.py ADDRESS NAME ANSWER: a DNS server on UDP port 53 of ADDRESS that
knows the IPv4 address of one name. Each question is a line of standard output."""
import socket
import sys

where, name, answer = sys.argv[1:]
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind((where, 53))
print("ready", flush=True)
while True:
    question, peer = server.recvfrom(512)
    labels, at = [], 12
    while question[at]:
        labels.append(question[at + 1:at + 1 + question[at]].decode())
        at += 1 + question[at]
    asked = ".".join(labels).lower()
    kind = int.from_bytes(question[at + 1:at + 3], "big")
    print(asked, kind, flush=True)
    found = asked == name and kind == 1
    code = 0 if asked == name else 3
    reply = (question[:2] + bytes([0x84 | (question[2] & 1), 0x80 | code])
             + b"\0\1" + (b"\0\1" if found else b"\0\0") + b"\0\0\0\0"
             + question[12:at + 5])
    if found:
        reply += (b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + socket.inet_aton(answer))
    server.sendto(reply, peer)
