#!/usr/bin/env python3
"""vosk.py LIBRARY MODEL PORT [older] - Vosk's recogniser behind a WebSocket, for services.sh

The recogniser is the real one. Around it stands as little as vosk-server's own script does: a message of sound is
answered with what the library says about it, `config` tells the rate, `reset` asks for what was said so far, `eof` too
and ends it; an older one does not know `reset`, and drops the connection. python3-websockets, on which that script stands as well, has to be in PYTHONPATH.
"""
import asyncio
import ctypes
import json
import sys

import websockets

API = {  # of vosk_api.h: what is returned, what is taken
    "model_new": (ctypes.c_void_p, [ctypes.c_char_p]),
    "recognizer_new": (ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_float]),
    "recognizer_set_words": (None, [ctypes.c_void_p, ctypes.c_int]),
    "recognizer_accept_waveform": (ctypes.c_int, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int]),
    "recognizer_partial_result": (ctypes.c_char_p, [ctypes.c_void_p]),
    "recognizer_result": (ctypes.c_char_p, [ctypes.c_void_p]),
    "recognizer_final_result": (ctypes.c_char_p, [ctypes.c_void_p]),
    "recognizer_free": (None, [ctypes.c_void_p]),
}


class Vosk:
    def __init__(self, library):
        lib = ctypes.CDLL(library)
        for name, (returned, taken) in API.items():
            function = getattr(lib, "vosk_" + name)
            function.restype, function.argtypes = returned, taken
            setattr(self, name, function)


def answer(vosk, ear, words, message):
    if isinstance(message, str):
        if message not in words:
            raise ValueError(message)
        return vosk.recognizer_final_result(ear)
    if vosk.recognizer_accept_waveform(ear, message, len(message)):
        return vosk.recognizer_result(ear)
    return vosk.recognizer_partial_result(ear)


async def serve_one(vosk, model, words, socket):
    rate, ear = 16000.0, None
    try:
        async for message in socket:
            if isinstance(message, str) and "config" in message:
                rate = float(json.loads(message)["config"]["sample_rate"])
                continue
            if ear is None:
                ear = vosk.recognizer_new(model, rate)
                vosk.recognizer_set_words(ear, 1)
            said = await asyncio.get_running_loop().run_in_executor(None, answer, vosk, ear, words, message)
            await socket.send(said.decode())
            if message == '{"eof" : 1}':
                break
    finally:
        if ear is not None:
            vosk.recognizer_free(ear)


async def main(library, folder, port, older=""):
    vosk = Vosk(library)
    model = vosk.model_new(folder.encode())
    words = ['{"eof" : 1}'] if older else ['{"eof" : 1}', '{"reset" : 1}']
    async with websockets.serve(lambda socket: serve_one(vosk, model, words, socket), "127.0.0.1", int(port)):
        print("listening", flush=True)
        await asyncio.Future()


asyncio.run(main(*sys.argv[1:]))
