#!/usr/bin/env python3
"""websocket.py PORT COMMAND... - what a WebSocket client must be able to do, by a server that others wrote

The server is python3-websockets, with permessage-deflate on offer, at 127.0.0.1:PORT. For each case below COMMAND is
run, with the case's name for {name}: it has to go there, to say what it hears and to print how it ended, as echo.c does.
Ends with the line `N passed, N failed`.
"""
import asyncio
import struct
import sys

import websockets

LIMIT = 30  # seconds a case may take
MESSAGE_MAX = 1 << 20
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
cases = {}


def case(end):
    """A case, and how the client says that it ended: fault, code."""
    def add(function):
        cases[function.__name__] = (function, end)
        return function
    return add


def frame(opcode, payload, fin=True, rsv=0, mask=False):
    length = len(payload)
    head = bytes([fin << 7 | rsv << 4 | opcode])
    if length < 126:
        head += bytes([mask << 7 | length])
    else:
        head += bytes([mask << 7 | 126]) + struct.pack(">H", length)
    return head + (bytes(4) if mask else b"") + payload


async def same(ws, message):
    await ws.send(message)
    heard = await ws.recv()
    assert heard == message, "%r came back" % heard[:40]


@case("none 1000")
async def lengths(ws):
    for n in (0, 1, 125, 126, 127, 65535, 65536, 250000):
        await same(ws, "x" * n)
        await same(ws, bytes(n))


@case("none 1000")
async def the_longest(ws):
    await ws.send("y" * MESSAGE_MAX)
    assert await ws.recv() == "%d bytes" % MESSAGE_MAX


@case("none 1000")
async def fragments(ws):
    await ws.send(["He", "", "llo, ", "wor", "ld"])
    assert await ws.recv() == "Hello, world"
    await ws.send([bytes(70000), b"", bytes(70000)])
    assert await ws.recv() == bytes(140000)


@case("none 1000")
async def characters_in_pieces(ws):
    text = "Gr\u00fc\u00dfe \U0001f642"
    pieces = text.encode()
    for i in range(len(pieces)):
        ws.transport.write(frame(TEXT if i == 0 else 0, pieces[i:i + 1], fin=i == len(pieces) - 1))
    assert await ws.recv() == text


@case("none 1000")
async def bytes_one_by_one(ws):
    for byte in frame(TEXT, b"slow") + frame(PING, b"p") + frame(TEXT, b"er"):
        ws.transport.write(bytes([byte]))
        await asyncio.sleep(0.002)
    assert [await ws.recv(), await ws.recv()] == ["slow", "er"]


@case("none 1000")
async def many_in_one_packet(ws):
    ws.transport.write(b"".join(frame(TEXT, b"%d" % i) for i in range(2000)))
    assert [await ws.recv() for _ in range(2000)] == [str(i) for i in range(2000)]


@case("none 1000")
async def pings(ws):
    for payload in (b"", b"ping", bytes(125)):
        await (await ws.ping(payload))
    await asyncio.gather(*[await ws.ping() for _ in range(20)])
    ws.transport.write(frame(TEXT, b"a", fin=False) + frame(PING, b"between") + frame(0, b"b"))
    assert await ws.recv() == "ab"
    await ws.pong(b"nobody asked")
    await same(ws, "still here")


@case("none 1000")
async def no_compression(ws):
    assert not ws.extensions, "%r was agreed upon" % ws.extensions
    await same(ws, "a" * 1000)


@case("none 1000")
async def a_protocol(ws):
    assert ws.subprotocol == "telephone", ws.subprotocol


def closes(code, end):
    async def close(ws):
        await ws.close(code, "because " * 15)
        assert ws.close_code == code, "answered with %s" % ws.close_code
    close.__name__ = "close_%d" % code
    case(end)(close)


for good in (1000, 1001):
    closes(good, "none %d because" % good)
for bad in (1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 3000, 4000, 4999):
    closes(bad, " %d because" % bad)


@case(" 1005")
async def close_without_a_code(ws):
    ws.transport.write(frame(CLOSE, b""))
    await ws.wait_closed()


@case(" 1006")
async def no_close_at_all(ws):
    await same(ws, "bye")
    ws.transport.close()


def refuses(name, code, *frames):
    async def violate(ws):
        ws.transport.write(b"".join(frames))
        await ws.wait_closed()
        assert ws.close_code == code, "closed with %s" % ws.close_code
    violate.__name__ = name
    case(" %d" % code)(violate)


refuses("reserved_bit", 1002, frame(TEXT, b"x", rsv=4))
refuses("unknown_opcode", 1002, frame(3, b"x"))
refuses("masked_by_a_server", 1002, frame(TEXT, b"x", mask=True))
refuses("long_ping", 1002, frame(PING, bytes(126)))
refuses("ping_in_pieces", 1002, frame(PING, b"x", fin=False))
refuses("continues_nothing", 1002, frame(0, b"x"))
refuses("begins_twice", 1002, frame(TEXT, b"x", fin=False), frame(TEXT, b"y"))
refuses("close_of_one_byte", 1002, frame(CLOSE, b"x"))
refuses("close_with_no_code", 1002, frame(CLOSE, struct.pack(">H", 1005)))
refuses("no_utf8", 1007, frame(TEXT, b"\xce\xba\xe1\xbd\xb9\xcf\x83\xed\xa0\x80"))
refuses("no_utf8_in_a_reason", 1007, frame(CLOSE, struct.pack(">H", 1000) + b"\xff"))
refuses("too_long", 1009, *[frame(BINARY if i == 0 else 0, bytes(65535), fin=False) for i in range(17)])


class Server:
    async def one(self, ws):
        name = ws.path.strip("/")
        try:
            await asyncio.wait_for(cases[name][0](ws), LIMIT)
            self.said.set_result("")
        except Exception as e:
            self.said.set_result("%s: %s" % (type(e).__name__, e))

    async def try_one(self, name, command):
        self.said = asyncio.get_running_loop().create_future()
        client = await asyncio.create_subprocess_exec(
            *[word.replace("{name}", name) for word in command], stdout=asyncio.subprocess.PIPE)
        out = (await client.communicate())[0].decode().strip()
        wrong = await asyncio.wait_for(self.said, LIMIT) if out else "it never came"
        fault, _, rest = out.partition(" ")
        ended = fault + " " + rest.partition(" ")[2]
        wanted = cases[name][1]
        if wanted.startswith(" "):  # any fault
            wanted = fault + wanted
            wrong = wrong or ("no fault" if fault == "none" else "")
        if not wrong and not ended.startswith(wanted):
            wrong = "ended with '%s' in place of '%s'" % (out, wanted)
        print("FAILED  %s: %s" % (name, wrong) if wrong else "ok      %s" % name, flush=True)
        return not wrong

    async def run(self, port, *command):
        async with websockets.serve(self.one, "127.0.0.1", int(port), subprotocols=["telephone"]):
            good = sum([await self.try_one(name, command) for name in cases])
        print("%d passed, %d failed" % (good, len(cases) - good))


asyncio.run(Server().run(*sys.argv[1:]))
