/* sherpa-onnx online server: floats in, the whole segment out again and again, Done and Done!. */
#include <string.h>

#include "vendors/ear.h"

#define PAUSE USEC_MS(600) /* --rule2-min-trailing-silence */
#define CHUNK USEC_MS(320) /* of the model: a result for each */

struct sherpa {
	struct vendor_session *s;
	struct ear ear;
	unsigned segment;
	usec told;
	bool begun;
};

static void write_lists(struct json_out *w, const struct ear *e)
{
	json_list(w, "tokens");
	for (size_t i = e->first; i < e->n_words; i++)
		json_str(w, NULL, str_from(e->words[i].text));
	json_end(w);
	json_list(w, "timestamps");
	for (size_t i = e->first; i < e->n_words; i++)
		json_num(w, NULL, ear_seconds(e->words[i].start));
	json_end(w);
}

static void say(struct sherpa *k, bool final, bool eof)
{
	static const char *const empty[] = {"ys_probs", "lm_probs", "context_scores"};
	usec delay = final ? vendor_span(k->s, vendor_config(k->s)->delays.final) : 0;
	struct json_out w;
	struct buf out, text;

	buf_init(&out, 1u << 18);
	buf_init(&text, 1u << 16);
	ear_text(&k->ear, &text);
	json_begin(&w, &out);
	json_map(&w, NULL);
	json_str(&w, "text", buf_str(&text));
	write_lists(&w, &k->ear);
	for (size_t i = 0; i < ARRAY_LEN(empty); i++) {
		json_list(&w, empty[i]);
		json_end(&w);
	}
	json_int(&w, "segment", k->segment);
	json_list(&w, "words");
	json_end(&w);
	json_num(&w, "start_time", 0);
	json_bool(&w, "is_final", final);
	json_bool(&w, "is_eof", eof);
	json_end(&w);
	if (final)
		vendor_bill_next(k->s, &(struct vendor_bill){.note = "final"});
	vendor_partial(k->s, !final && ear_count(&k->ear) > 0);
	vendor_text(k->s, delay, buf_str(&out));
	vendor_partial(k->s, false);
	buf_fini(&text);
	buf_fini(&out);
}

static void on_pause(struct vendor_session *s, struct ear *e)
{
	struct sherpa *k = vendor_state(s);

	vendor_note(s, "pause");
	say(k, true, false);
	ear_settle(e);
	k->segment++;
}

static const struct ear_ops hears = {.on_pause = on_pause};

static void begin(struct sherpa *k)
{
	k->begun = true;
	k->segment = 0;
	k->told = 0;
	ear_init(&k->ear, k->s, &hears, &(struct sound){SOUND_F32, 16000});
	k->ear.pause = PAUSE;
}

static void on_open(struct vendor_session *s)
{
	struct sherpa *k = vendor_state(s);

	k->s = s;
}

/* Bytes that are no floats from -1 to 1 are sound all the same; here they are somebody's mistake. */
static bool is_float(struct str bytes)
{
	float f;

	for (size_t i = 0; i + sizeof(f) <= bytes.n; i += sizeof(f)) {
		memcpy(&f, bytes.p + i, sizeof(f));
		if (!(f >= -1.5f && f <= 1.5f))
			return false;
	}
	return true;
}

static void on_binary(struct vendor_session *s, struct str bytes)
{
	struct sherpa *k = vendor_state(s);

	if (!k->begun)
		begin(k);
	if (!bytes.n || bytes.n % 4)
		vendor_wrong(s, "a message is whole floats of 4 bytes: what is over is dropped");
	else if (!is_float(bytes))
		vendor_wrong(s, "samples are floats from -1 to 1, little-endian");
	bytes.n -= bytes.n % 4;
	vendor_heard(s, sound_span(&k->ear.sound, bytes.n), 2, USEC_SEC(60));
	ear_feed(&k->ear, bytes);
	for (; k->ear.heard - k->told >= CHUNK; k->told += CHUNK)
		say(k, false, false);
}

static void on_text(struct vendor_session *s, struct str text)
{
	struct sherpa *k = vendor_state(s);

	if (!str_eq(text, STR("Done"))) {
		vendor_wrong(s, "the only text is Done");
		return; /* ignored */
	}
	if (!k->begun)
		begin(k);
	ear_complete(&k->ear);
	say(k, true, true);
	vendor_text(s, 0, STR("Done!"));
	ear_fini(&k->ear);
	k->begun = false; /* the server does not close; sound after this begins anew */
}

static void on_close(struct vendor_session *s)
{
	struct sherpa *k = vendor_state(s);

	if (k->begun)
		ear_fini(&k->ear);
}

const struct vendor_sim sim_sherpa = {
	.name = "sherpa",
	.kind = VENDOR_WEBSOCKET,
	.path = "*",
	.shy = true,
	.state_bytes = sizeof(struct sherpa),
	.on_open = on_open,
	.on_text = on_text,
	.on_binary = on_binary,
	.on_close = on_close,
};
