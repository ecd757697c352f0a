/* XTTS servers: coqui's streaming server, and xtts-api-server. */
#include <string.h>

#include "vendors/voice.h"

#define LANGUAGES "en|es|fr|de|it|pt|pl|tr|ru|nl|cs|ar|zh-cn|hu|ko|ja|hi"
#define LATENT    1024
#define EMBEDDING 512

static const struct vendor_rule members[] = {
	{"speaker_embedding", VENDOR_LIST, VENDOR_MUST},
	{"gpt_cond_latent", VENDOR_LIST, VENDOR_MUST},
	{"text", VENDOR_TEXT, VENDOR_MUST},
	{"language", VENDOR_TEXT, VENDOR_MUST, 0, 0, LANGUAGES},
	{"add_wav_header", VENDOR_BOOL},
	{"stream_chunk_size", VENDOR_TEXT},
};

static void write_error(struct json_out *w, int status, const char *why)
{
	(void)status;
	json_str(w, "detail", str_from(why));
}

static void refuse(struct vendor_session *s, int status, const char *why)
{
	vendor_answer_error(s, status, why, write_error);
}

static void say_bytes(struct vendor_session *s, const struct voice_piece *p)
{
	vendor_piece(s, p->delay, p->bytes);
}

static void speak(struct vendor_session *s, struct str text, bool header, const char *type)
{
	struct voice v = {.sound = {SOUND_S16, 24000}, .say = say_bytes, .odd_bytes = 1, .going_on = header};
	uint8_t head[44] =
		"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\xc0\x5d\0\0\x80\xbb\0\0\2\0\x10\0data\0\0\0\0";

	vendor_bill(s, &(struct vendor_bill){.characters = voice_characters(text), .note = "text"});
	vendor_begin(s, 200, type);
	if (header)
		vendor_piece(s, vendor_span(s, vendor_config(s)->delays.first_audio),
			     (struct str){(char *)head, sizeof(head)});
	voice_speak(s, &v, text);
	vendor_finish(s);
}

/* ---- coqui's ---- */

static bool are_numbers(const struct json *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (json_kind(json_at(list, i)) != JSON_KIND_NUM &&
		    json_kind(json_at(list, i)) != JSON_KIND_INT)
			return false;
	return json_count(list) == n;
}

static const char *check(struct vendor_session *s, const struct json *b, char why[160])
{
	struct str size = json_str_or(b, "stream_chunk_size", STR("20"));
	int64_t n;

	if (!vendor_check_json(s, b, members, ARRAY_LEN(members), why))
		return why;
	if (!are_numbers(json_find(b, "speaker_embedding"), EMBEDDING))
		return "speaker_embedding holds 512 numbers";
	if (!json_count(json_find(b, "gpt_cond_latent")) ||
	    !are_numbers(json_find(b, "gpt_cond_latent/0"), LATENT))
		return "gpt_cond_latent holds lists of 1024 numbers";
	if (str_to_int(size, 1, 1000, &n) < 0)
		return "stream_chunk_size is a text that holds a number";
	return str_trim(json_str_or(b, "text", STR(""))).n ? NULL : "text is blank";
}

static void on_stream(struct vendor_session *s)
{
	struct json *b = vendor_json(s, vendor_body(s));
	char why[160];
	const char *problem = b ? check(s, b, why) : "the body is not JSON";

	if (problem)
		vendor_bad(s, 422, problem);
	else
		speak(s, json_str_or(b, "text", STR("")), json_bool_or(b, "add_wav_header", true),
		      "audio/wav");
	json_free(b);
}

static void on_speakers(struct vendor_session *s)
{
	struct buf body;

	buf_init(&body, 1u << 20);
	buf_add_str(&body, STR("{\"Claribel Dervla\":{\"speaker_embedding\":["));
	for (int i = 0; i < EMBEDDING; i++)
		buf_printf(&body, "%s%.3f", i ? "," : "", (double)i / EMBEDDING);
	buf_add_str(&body, STR("],\"gpt_cond_latent\":[["));
	for (int i = 0; i < LATENT; i++)
		buf_printf(&body, "%s%.3f", i ? "," : "", (double)i / LATENT);
	buf_add_str(&body, STR("]]}}"));
	vendor_answer(s, 200, NULL, buf_str(&body));
	buf_fini(&body);
}

const struct vendor_sim sim_xtts = {
	.name = "xtts", .path = "/tts_stream", .on_request = on_stream, .on_refuse = refuse};

const struct vendor_sim sim_xtts_speakers = {
	.name = "xtts", .method = "GET", .path = "/studio_speakers", .on_request = on_speakers};

/* ---- xtts-api-server ---- */

static void on_get(struct vendor_session *s)
{
	static const struct vendor_rule query[] = {{"text", VENDOR_TEXT, VENDOR_MUST},
						   {"speaker_wav", VENDOR_TEXT, VENDOR_MUST},
						   {"language", VENDOR_TEXT, VENDOR_MUST}};
	struct str text = vendor_query_or(s, "text", ""), language = vendor_query_or(s, "language", "");
	char why[160];

	if (!vendor_check_query(s, query, ARRAY_LEN(query), why))
		vendor_bad(s, 422, why);
	else if (!vendor_one_of(language, LANGUAGES))
		vendor_bad(s, 400, "Language code sent is either unsupported or misspelled.");
	else if (!str_trim(text).n)
		vendor_bad(s, 400, "text is blank");
	else
		speak(s, text, true, "audio/x-wav");
}

const struct vendor_sim sim_xtts_api = {.name = "xtts-api",
					.method = "GET",
					.path = "/tts_stream",
					.on_request = on_get,
					.on_refuse = refuse};
