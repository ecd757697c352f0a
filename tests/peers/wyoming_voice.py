#!/usr/bin/env python3
"""wyoming_voice.py PORT RECORDING.wav - a voice behind Wyoming's own library, for services.sh

The library speaks the protocol. The voice knows one recording (mono, 16 bits), which it says whatever is asked of it.
Each event that comes is a line on the standard output.
"""
import asyncio
import sys
import wave

from wyoming.audio import AudioStart, AudioStop, wav_to_chunks
from wyoming.error import Error
from wyoming.event import Event
from wyoming.info import Attribution, Describe, Info, TtsProgram, TtsVoice
from wyoming.server import AsyncEventHandler, AsyncServer
from wyoming.tts import Synthesize

CHUNK = 1024  # samples, as Piper's
WHO = {"attribution": Attribution(name="", url=""), "installed": True, "description": None, "version": None}
VOICE = TtsVoice(name="recorded", languages=["en"], **WHO)
INFO = Info(tts=[TtsProgram(name="recorded", voices=[VOICE], **WHO)])


class Voice(AsyncEventHandler):
    async def handle_event(self, event: Event) -> bool:
        print(event.type, event.data, flush=True)
        if Describe.is_type(event.type):
            await self.write_event(INFO.event())
        elif Synthesize.is_type(event.type):
            await self.say(Synthesize.from_event(event))
        else:
            await self.write_event(Error(text="not known here: " + event.type).event())
        return True

    async def say(self, asked):
        if asked.voice and asked.voice.name not in (None, VOICE.name):
            await self.write_event(Error(text="no such voice: " + asked.voice.name).event())
            return
        with wave.open(sys.argv[2]) as recording:
            form = {"rate": recording.getframerate(), "width": 2, "channels": 1}
            await self.write_event(AudioStart(**form).event())
            for chunk in wav_to_chunks(recording, CHUNK):
                await self.write_event(chunk.event())
        await self.write_event(AudioStop().event())


asyncio.run(AsyncServer.from_uri("tcp://127.0.0.1:" + sys.argv[1]).run(Voice))
