"""Sources with an entry of their own, and the entry: the operator's code, which does what the event says."""

from __future__ import annotations

HOOKS = """
[sources.shop]
sender = "generic"
secrets = ["env:ORDERS_WEBHOOK_SECRET"]
workflow = "order-log"
entry = "shop_entry:decide"
types = ["order.*"]

[sources.strict]
sender = "generic"
secrets = ["env:ORDERS_WEBHOOK_SECRET"]
workflow = "order-log"
entry = "shop_entry:number"
changed = "reject"

[sources.picky]
sender = "generic"
secrets = ["env:ORDERS_WEBHOOK_SECRET"]
workflow = "order-log"
entry = "shop_entry:decide"
reply = { status = 204, body = "none", final = 410 }
"""

ENTRY = """
import itertools
import os
import stat
import sys
import time
from pathlib import Path

from verihook.authoring import Ignore, Reply, Start

COUNT = itertools.count()


def decide(request):
    event = request.event
    return globals()[event.content["do"]](request, event.content)


def number(request):
    return {"orderId": str(next(COUNT))}


def plain(request, content):
    return {"orderId": content["id"], "items": [{"quantity": 2, "price": 10}]}


def same(request, content):
    return Start(content)


def none(request, content):
    return None


def ignore(request, content):
    return Ignore("only a test")


def told(request, content):
    event = request.event
    return Reply(body={
        "method": request.method, "path": request.path, "query": request.query, "headers": dict(request.headers),
        "body": request.body.decode(), "event": [event.source, event.id, event.type],
    })


def refuse(request, content):
    return Reply(403, "no\\n", {"cache-control": "max-age=1"})


def bad(request, content):
    return Reply(400, "no")


def both(request, content):
    return Start(content, Reply(200, "<Response/>", {"content-type": "text/xml"}))


def raises(request, content):
    print("about to fail")
    raise ValueError("the secret plan")


def wrong(request, content):
    return Reply(200, "", {"x-evil": "1"})


def split(request, content):
    return Reply(200, "", {"content-type": "a\\r\\nset-cookie: b"})


def not_json(request, content):
    return {"at": object()}


def large(request, content):
    return {"text": "x" * 2_000_000}


def leaves(request, content):
    sys.exit(3)


def dies(request, content):
    os._exit(7)


def hangs(request, content):
    pid = os.fork()
    if not pid:
        time.sleep(600)
    print(f"pids of {request.event.id}: {os.getpid()} {pid}")
    while True:
        pass


def forks(request, content):
    pid = os.fork()
    if pid:
        os.waitpid(pid, 0)
    return {"of": request.event.content["id"]}


def forges(request, content):
    for number in range(256):
        try:
            if stat.S_ISSOCK(os.fstat(number).st_mode):
                os.write(number, (29).to_bytes(4, "big") + bytes(8) + b'{"start":{"input":0}}')
        except OSError:
            continue
    return {"of": request.event.content["id"]}


def swallows(request, content):
    return {"n": len(bytearray(3 << 30))}


def sees(request, content):
    files = []
    for number in range(256):
        try:
            files += [number] if stat.S_ISREG(os.fstat(number).st_mode) else []
        except OSError:
            continue
    return Reply(body={"variables": dict(os.environ), "files": files, "arguments": sys.orig_argv, "pid": os.getpid()})


def opens(request, content):
    seen = {}
    for path in content["paths"]:
        try:
            seen[path] = os.listdir(path) if os.path.isdir(path) else Path(path).read_text()[:9]
        except OSError as error:
            seen[path] = type(error).__name__
    try:
        os.kill(os.getppid(), 0)
        seen["signal"] = "sent"
    except OSError as error:
        seen["signal"] = type(error).__name__
    return Reply(body=seen)
"""
