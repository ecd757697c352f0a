/*
 * stt_dialects.h - the dialects of stt_ws.h, one a file
 *
 * Threads: constant, any. Layer: provider.
 */
#ifndef PROVIDER_STT_STT_DIALECTS_H
#define PROVIDER_STT_STT_DIALECTS_H

#include "provider/stt/stt_ws.h"

extern const struct stt_ws_dialect assemblyai_streaming;
extern const struct stt_ws_dialect azure_speech;
extern const struct stt_ws_dialect deepgram_flux;
extern const struct stt_ws_dialect deepgram_listen;
extern const struct stt_ws_dialect elevenlabs_scribe;
extern const struct stt_ws_dialect gladia_live;
extern const struct stt_ws_dialect openai_realtime;
extern const struct stt_ws_dialect sherpa_onnx;
extern const struct stt_ws_dialect speaches_realtime;
extern const struct stt_ws_dialect speechmatics_rt;
extern const struct stt_ws_dialect vllm_realtime;
extern const struct stt_ws_dialect vosk_server;
extern const struct stt_ws_dialect whisper_live;

#endif
