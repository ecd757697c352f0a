/* WhisperLive: configuration in the first text, sound at 16 kHz, a sliding list of segments. */
#include <stdio.h>
#include <string.h>

#include "vendors/ear.h"

#define SEGMENTS_MAX 10 /* of the list */
#define PAUSE        USEC_MS(800)

struct live {
	struct vendor_session *s;
	struct ear ear;
	struct sound sound;
	char uid[80];
	bool ready, over;
	struct ear_word done[SEGMENTS_MAX]; /* completed ones, the newest last */
	char texts[SEGMENTS_MAX][512];
	unsigned n_done;
};

static const struct vendor_rule members[] = {
	{"uid", VENDOR_TEXT, VENDOR_MUST},
	{"language", VENDOR_ANY, VENDOR_MUST},
	{"task", VENDOR_TEXT, VENDOR_MUST, 0, 0, "transcribe|translate"},
	{"model", VENDOR_TEXT, VENDOR_MUST},
	{"use_vad", VENDOR_BOOL, VENDOR_MUST},
	{"audio_format", VENDOR_TEXT},
	{"send_last_n_segments", VENDOR_INT, VENDOR_MAY, 1, 100},
	{"no_speech_thresh", VENDOR_NUM, VENDOR_MAY, 0, 1},
	{"clip_audio", VENDOR_BOOL},
	{"same_output_threshold", VENDOR_INT, VENDOR_MAY, 1, 100},
	{"enable_translation", VENDOR_BOOL},
	{"target_language", VENDOR_TEXT},
	{"hotwords", VENDOR_TEXT},
	{"word_timestamps", VENDOR_BOOL},
	{"initial_prompt", VENDOR_TEXT},
	{"vad_parameters", VENDOR_MAP},
	{"enable_diarization", VENDOR_BOOL},
	{"max_speakers", VENDOR_INT},
};

static void on_request(struct vendor_session *s)
{
	struct str bearer = vendor_header(s, "authorization"), token;

	/* Asked for only where it is configured; what is shown must be right. */
	if (bearer.n &&
	    (!str_starts(bearer, STR("Bearer ")) || !str_eq(str_sub(bearer, 7, SIZE_MAX), vendor_key(s)))) {
		vendor_wrong(s, "Authorization is not Bearer and the key");
		vendor_refuse(s, 401, "unauthorized");
	} else if (vendor_query(s, "token", 0, &token) && !str_eq(token, vendor_key(s))) {
		vendor_wrong(s, "token is not the key");
		vendor_refuse(s, 401, "unauthorized");
	}
}

/* ---- what is said ---- */

static void write_segment(struct json_out *w, usec start, usec end, const char *text, bool completed)
{
	char number[32];

	json_map(w, NULL);
	snprintf(number, sizeof(number), "%.3f", ear_seconds(start)); /* times are strings */
	json_str(w, "start", str_from(number));
	snprintf(number, sizeof(number), "%.3f", ear_seconds(end));
	json_str(w, "end", str_from(number));
	json_str(w, "text", str_from(text));
	json_bool(w, "completed", completed);
	json_end(w);
}

static void say_segments(struct live *l, usec delay)
{
	struct json_out w;
	struct buf out, text;

	buf_init(&out, 1u << 18);
	buf_init(&text, 1u << 16);
	buf_add_char(&text, ' ');
	ear_text(&l->ear, &text);
	buf_add_char(&text, '\0');
	json_begin(&w, &out);
	json_map(&w, NULL);
	json_str(&w, "uid", str_from(l->uid));
	json_list(&w, "segments");
	for (unsigned i = 0; i < l->n_done; i++)
		write_segment(&w, l->done[i].start, l->done[i].end, l->texts[i], true);
	if (ear_count(&l->ear))
		write_segment(&w, l->ear.spoke_from, l->ear.heard, text.p, false);
	json_end(&w);
	json_end(&w);
	vendor_text(l->s, delay, buf_str(&out));
	buf_fini(&text);
	buf_fini(&out);
}

static void complete(struct live *l)
{
	struct buf text;

	ear_complete(&l->ear);
	if (!ear_count(&l->ear))
		return;
	if (l->n_done == SEGMENTS_MAX) {
		memmove(l->done, l->done + 1, sizeof(l->done) - sizeof(l->done[0]));
		memmove(l->texts, l->texts + 1, sizeof(l->texts) - sizeof(l->texts[0]));
		l->n_done--;
	}
	buf_init(&text, 1u << 16);
	buf_add_char(&text, ' ');
	ear_text(&l->ear, &text);
	str_copy(buf_str(&text), l->texts[l->n_done], sizeof(l->texts[0]));
	buf_fini(&text);
	l->done[l->n_done++] = (struct ear_word){.start = l->ear.spoke_from, .end = l->ear.spoke_until};
	ear_settle(&l->ear);
	vendor_bill_next(l->s, &(struct vendor_bill){.note = "final"});
	say_segments(l, vendor_span(l->s, vendor_config(l->s)->delays.final));
}

static void on_partial(struct vendor_session *s, struct ear *e)
{
	say_segments(vendor_state(s), 0);
}

/* The same text as often as the threshold says: completed. */
static void on_pause(struct vendor_session *s, struct ear *e)
{
	vendor_note(s, "pause");
	complete(vendor_state(s));
}

static const struct ear_ops hears = {.on_partial = on_partial, .on_pause = on_pause};

/* ---- messages ---- */

static void end(struct live *l, const char *rule)
{
	vendor_wrong(l->s, "%s", rule);
	vendor_close(l->s, 1011, "");
	l->over = true;
}

static void configure(struct live *l, const struct json *m)
{
	struct str format = json_str_or(m, "audio_format", STR("float32"));
	char text[240];

	if (!vendor_one_of(format, "float32|int16|uint8")) {
		end(l, "audio_format is float32, int16 or uint8"); /* without a message */
		return;
	}
	l->sound = (struct sound){str_eq(format, STR("int16"))   ? SOUND_S16
				  : str_eq(format, STR("uint8")) ? SOUND_U8
								 : SOUND_F32,
				  16000};
	str_copy(json_str_or(m, "uid", STR("")), l->uid, sizeof(l->uid));
	ear_init(&l->ear, l->s, &hears, &l->sound);
	l->ear.pause = PAUSE;
	l->ready = true;
	snprintf(text, sizeof(text),
		 "{\"uid\": \"%s\", \"message\": \"SERVER_READY\", \"backend\": \"faster_whisper\"}", l->uid);
	vendor_text(l->s, 0, str_from(text));
}

static void on_open(struct vendor_session *s)
{
	struct live *l = vendor_state(s);

	l->s = s;
}

static void on_text(struct vendor_session *s, struct str text)
{
	struct live *l = vendor_state(s);
	struct json *m = l->over ? NULL : vendor_json(s, text);
	char why[160];

	if (l->over)
		return;
	if (!m)
		end(l, "the first message is JSON");
	else if (l->ready)
		end(l, "after the first message there is no text");
	else if (!vendor_check_json(s, m, members, ARRAY_LEN(members), why))
		end(l, why);
	else
		configure(l, m);
	json_free(m);
}

static void on_binary(struct vendor_session *s, struct str bytes)
{
	struct live *l = vendor_state(s);

	if (l->over)
		return;
	if (!l->ready) {
		end(l, "sound comes after SERVER_READY");
	} else if (str_eq(bytes, STR("END_OF_AUDIO"))) {
		complete(l);
		vendor_close(s, 1000, "");
		l->over = true;
	} else if (!bytes.n || bytes.n % sound_sample_bytes(l->sound.coding)) {
		end(l, "sound is whole samples of audio_format");
	} else {
		vendor_heard(s, sound_span(&l->sound, bytes.n), 2, USEC_SEC(60));
		ear_feed(&l->ear, bytes);
	}
}

static void on_fault(struct vendor_session *s)
{
	vendor_text(s, 0,
		    STR("{\"uid\": \"u1\", \"status\": \"ERROR\", \"message\": \"Failed to load model\"}"));
	vendor_close(s, 1011, "");
}

static void on_close(struct vendor_session *s)
{
	struct live *l = vendor_state(s);

	ear_fini(&l->ear);
}

const struct vendor_sim sim_whisperlive = {
	.name = "whisperlive",
	.kind = VENDOR_WEBSOCKET,
	.path = "*",
	.shy = true,
	.state_bytes = sizeof(struct live),
	.on_request = on_request,
	.on_open = on_open,
	.on_text = on_text,
	.on_binary = on_binary,
	.on_fault = on_fault,
	.on_close = on_close,
};
