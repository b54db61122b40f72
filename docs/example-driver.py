#!/usr/bin/env python3
"""A complete driver: it keeps the rules and filter sets in a file.

docs/driver-protocol.md
"""
import json
import os
import signal
import sys

path, cleanup = sys.argv[1], "--cleanup-on-exit" in sys.argv
rules = json.load(open(path)) if os.path.exists(path) else {}
state, parts = "fresh", []


def tell(**report):
    print(json.dumps(report), flush=True)


def apply(kind, items):
    """Put your router's commands here."""
    if kind == "withdraw":
        for x in items:
            rules.pop(x, None)
    else:
        if kind == "sync":
            rules.clear()
        rules.update({x["id"]: x for x in items})
    with open(path + ".new", "w") as file:
        json.dump(rules, file)
    os.rename(path + ".new", path)  # a kill leaves the old or the new file


MATCH = {"family", "source", "protocol", "length", "fragment", "dscp", "ecn",
         "ttl", "tcp", "udp", "icmp"}
PARTS = {"fragment": {"operator", "bits"},
         "tcp": {"source", "destination", "flags"},
         "udp": {"source", "destination", "length"}, "icmp": {"type", "code"}}


def check_filters(x):
    """A match with an unknown member would filter more than was meant."""
    assert x["id"] and x["entries"]
    for entry in x["entries"]:
        assert entry["id"] and entry["destinations"]
        assert entry["action"] in ("accept", "drop", "rate")
        assert entry["action"] != "rate" or entry["rate"] >= 0
        assert set(entry["match"]) <= MATCH
        for name, known in PARTS.items():
            assert set(entry["match"].get(name, {})) <= known


def serve(order):
    global state, parts
    kind = order["type"]
    if kind == "hello":
        if order["version"] != 1:
            tell(type="error", code="unsupported", message="I speak version 1")
            sys.exit(3)
        state, parts = "greeted", []
        tell(type="hello", version=1, driver="example",
             capabilities={"actions": ["drop"], "families": ["ipv4", "ipv6"],
                           "counters": False, "max_rules": 0,
                           "filters": True, "max_entries": 0})
        count = sum("entries" not in x for x in rules.values())
        tell(type="status", health="ok", installed=count, capacity=0)
    elif kind == "bye":
        raise EOFError
    elif kind not in ("sync", "install", "withdraw"):
        raise LookupError
    elif state == "fresh" or (state == "greeted" and kind != "sync"):
        raise PermissionError
    else:
        items = order["ids"] if kind == "withdraw" else order["rules"]
        if kind != "withdraw":
            assert all(x["id"] and x["action"] and x["prefixes"] for x in items)
            filters = order.get("filters", [])
            for x in filters:
                check_filters(x)
            items = items + filters
        if order.get("part", 0) != len(parts):  # a line is missing
            parts = []
            raise PermissionError
        parts.append(items)
        if not order.get("more"):
            whole, parts = sum(parts, []), []
            apply(kind, whole)
            state = "ready"
            tell(type="done", seq=order["seq"], failures=[])


def leave(*_):
    if cleanup:
        apply("sync", [])
    sys.exit(0)


signal.signal(signal.SIGTERM, leave)
for line in sys.stdin:
    order, code = None, "malformed"
    try:
        if len(line) > 4 * 1024 * 1024:
            code = "too-large"
            raise ValueError
        order = json.loads(line)
        serve(order)
        continue
    except EOFError:
        break
    except LookupError as x:
        code = "malformed" if isinstance(x, KeyError) else "unknown"
    except PermissionError:
        code = "conflict"
    except (AssertionError, TypeError, ValueError):
        pass
    answer = {"type": "error", "code": code, "message": "see the documentation"}
    if isinstance(order, dict) and "seq" in order:
        answer["seq"] = order["seq"]
    tell(**answer)
leave()
