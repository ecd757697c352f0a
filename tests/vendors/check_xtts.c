/* XTTS servers: requests of the sheet, and what is wrong with their mutations. */
#include "test.h"
#include "vendors/sim.h"
#include "vendors/talk.h"

extern const struct vendor_sim sim_xtts, sim_xtts_speakers, sim_xtts_api;

#define GET_SPEECH "GET /tts_stream?text=Hello%20there.&speaker_wav=female&language=en\n\n.\n"

static const struct talk_mutation get_mutations[] = {
	{"/tts_stream", "/tts", 404},
	{"GET", "POST", 422},
	{"text=Hello%20there.&", "", 422, 0, "text is missing"},
	{"text=Hello%20there.", "text=", 400, 0, "blank"},
	{"text=Hello%20there.", "text=Hello there.", 400},
	{"Hello%20there.", "Hello%2there.%zz", 400},
	{"&speaker_wav=female", "", 422, 0, "speaker_wav is missing"},
	{"speaker_wav", "speaker", 422, 0, "speaker"},
	{"language=en", "language=english", 400, 0, "misspelled"},
	{"&language=en", "", 422, 0, "language is missing"},
	{"&language=en", "&language=en&speed=2", 422, 0, "speed"},
};

/* The latents are long: the request is put together here. */
static const char *post(struct buf *out, const char *rest, int latents, int embeddings)
{
	buf_init(out, 1u << 20);
	buf_add_str(out, STR("POST /tts_stream\nContent-Type: application/json\n\n{\"speaker_embedding\":["));
	for (int i = 0; i < embeddings; i++)
		buf_printf(out, "%s0.01", i ? "," : "");
	buf_add_str(out, STR("],\"gpt_cond_latent\":[["));
	for (int i = 0; i < latents; i++)
		buf_printf(out, "%s0.02", i ? "," : "");
	buf_printf(out, "]],%s}\n.\n", rest);
	buf_add_char(out, '\0');
	return out->p;
}

#define REST "\"text\":\"Hello.\",\"language\":\"en\",\"add_wav_header\":true,\"stream_chunk_size\":\"20\""

static const struct talk_mutation post_mutations[] = {
	{"/tts_stream", "/tts_streams", 404},
	{"\"text\":\"Hello.\",", "", 422, 0, "text is missing"},
	{"Hello.", " ", 422, 0, "blank"},
	{"\"language\":\"en\"", "\"language\":\"en-US\"", 422, 0, "language"},
	{"\"stream_chunk_size\":\"20\"", "\"stream_chunk_size\":20", 422, 0, "stream_chunk_size"},
	{"\"stream_chunk_size\":\"20\"", "\"stream_chunk_size\":\"many\"", 422, 0, "stream_chunk_size"},
	{"\"add_wav_header\":true", "\"add_wav_header\":\"true\"", 422, 0, "add_wav_header"},
	{"\"speaker_embedding\":[0.01,", "\"speaker_embedding\":[", 422, 0, "512"},
	{"\"speaker_embedding\":[0.01,", "\"speaker_embedding\":[\"a\",", 422, 0, "512"},
	{"\"gpt_cond_latent\":[[0.02,", "\"gpt_cond_latent\":[[", 422, 0, "1024"},
	{"\"speaker_embedding\"", "\"speaker_wav\"", 422, 0, "speaker_wav"},
};

TEST(xtts_refuses_and_speaks)
{
	static const struct vendor_sim *const sims[] = {&sim_xtts, &sim_xtts_speakers, &sim_xtts_api, NULL};
	const struct sound as = {SOUND_S16, 24000};
	struct talk t = talk_start(&(struct vendor_config){.sims = sims});
	struct buf script, text;

	talk_mutations(&t, GET_SPEECH, get_mutations, ARRAY_LEN(get_mutations));
	talk_mutations(&t, post(&script, REST, 1024, 512), post_mutations, ARRAY_LEN(post_mutations));
	buf_init(&text, 1024);
	talk_run(&t, script.p);
	CHECK(str_starts(buf_str(&t.texts), STR("RIFF")));
	tones_read(&as, str_sub(buf_str(&t.texts), 44, t.texts.n - 45), &text);
	CHECK_STR(buf_str(&text), "Hello.");
	talk_fini(&t);
	buf_fini(&script);
	buf_fini(&text);
	vendor_stop(t.v);
}
