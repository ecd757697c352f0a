/* vLLM /v1/realtime: looks like OpenAI's and is another: model, commit begins, commit with final ends. */
#include "openai.h"
#include "vendors/ear.h"

struct vllm {
	struct vendor_session *s;
	struct ear ear;
	bool named, begun;
	size_t told; /* words */
};

static void say_error(struct vllm *v, const char *code, const char *why)
{
	struct json_out w;
	struct buf out;

	vendor_wrong(v->s, "%s", why);
	buf_init(&out, 1u << 16);
	json_begin(&w, &out);
	json_map(&w, NULL);
	json_str(&w, "type", STR("error"));
	json_str(&w, "error", str_from(why));
	json_str(&w, "code", str_from(code));
	json_end(&w);
	vendor_text(v->s, 0, buf_str(&out));
	buf_fini(&out);
}

static void say(struct vllm *v, usec delay, const char *type, const char *key, struct str text)
{
	struct json_out w;
	struct buf out;

	buf_init(&out, 1u << 18);
	json_begin(&w, &out);
	json_map(&w, NULL);
	json_str(&w, "type", str_from(type));
	json_str(&w, key, text);
	if (str_eq(str_from(key), STR("text"))) {
		json_map(&w, "usage");
		json_end(&w);
		vendor_bill_next(v->s, &(struct vendor_bill){.note = "final"});
	}
	json_end(&w);
	vendor_text(v->s, delay, buf_str(&out));
	buf_fini(&out);
}

static void tell_new(struct vllm *v)
{
	vendor_partial(v->s, true);
	for (; v->begun && v->told < v->ear.n_words; v->told++) {
		if (v->told)
			say(v, 0, "transcription.delta", "delta", STR(" "));
		say(v, 0, "transcription.delta", "delta", str_from(v->ear.words[v->told].text));
	}
	vendor_partial(v->s, false);
}

static const struct ear_ops hears = {0};

static void append(struct vllm *v, const struct json *m)
{
	struct str audio = json_str_or(m, "audio", STR(""));
	struct buf bytes;

	buf_init(&bytes, 32u << 20);
	if (!audio.n || !vendor_unbase64(audio, &bytes) || bytes.n % 2) {
		say_error(v, "invalid_audio", "audio is base64 of 16 bits at 16 kHz, and never empty");
	} else if (!v->named) {
		say_error(v, "model_not_validated", "session.update with the model comes first");
	} else {
		vendor_heard(v->s, sound_span(&v->ear.sound, bytes.n), 0, 0);
		ear_feed(&v->ear, buf_str(&bytes));
		tell_new(v);
	}
	buf_fini(&bytes);
}

static void commit(struct vllm *v, bool final)
{
	struct buf text;

	if (!v->named) {
		say_error(v, "model_not_validated", "session.update with the model comes first");
		return;
	}
	if (!final) {
		if (v->begun)
			say_error(v, "processing_error", "commit begins the generation once");
		v->begun = true;
		tell_new(v);
		return;
	}
	v->begun = true;
	ear_complete(&v->ear);
	tell_new(v);
	buf_init(&text, 1u << 16);
	ear_text(&v->ear, &text);
	say(v, vendor_span(v->s, vendor_config(v->s)->delays.final), "transcription.done", "text",
	    buf_str(&text));
	buf_fini(&text);
	ear_settle(&v->ear);
	v->begun = false;
	v->told = v->ear.n_words;
}

static void update(struct vllm *v, const struct json *m)
{
	struct str model = json_str_or(m, "model", STR(""));

	if (!model.n || json_count(m) != 2)
		say_error(v, "model_not_validated", "session.update has a model, flat, and nothing else");
	else if (str_starts(model, STR("no-such")))
		say_error(v, "model_not_found", "there is no such model");
	else
		v->named = true;
}

static void on_text(struct vendor_session *s, struct str text)
{
	struct vllm *v = vendor_state(s);
	struct json *m = vendor_json(s, text);
	struct str type = json_str_or(m, "type", STR(""));

	if (!m)
		say_error(v, "invalid_json", "the message is not JSON");
	else if (str_eq(type, STR("session.update")))
		update(v, m);
	else if (str_eq(type, STR("input_audio_buffer.append")))
		append(v, m);
	else if (str_eq(type, STR("input_audio_buffer.commit")))
		commit(v, json_bool_or(m, "final", false));
	else
		say_error(v, "unknown_event", "there is no such event");
	json_free(m);
}

static void on_open(struct vendor_session *s)
{
	struct vllm *v = vendor_state(s);

	v->s = s;
	ear_init(&v->ear, s, &hears, &(struct sound){SOUND_S16, 16000});
	vendor_text(s, 0, STR("{\"type\":\"session.created\",\"id\":\"sess-1\",\"created\":1700000000}"));
}

static void on_fault(struct vendor_session *s)
{
	vendor_text(s, 0,
		    STR("{\"type\":\"error\",\"error\":\"engine died\",\"code\":\"processing_error\"}"));
	vendor_close(s, 1011, "");
}

static void on_close(struct vendor_session *s)
{
	struct vllm *v = vendor_state(s);

	ear_fini(&v->ear);
}

const struct vendor_sim sim_vllm_realtime = {
	.name = "vllm",
	.kind = VENDOR_WEBSOCKET,
	.path = "/v1/realtime",
	.shy = true,
	.state_bytes = sizeof(struct vllm),
	.message_bytes = 32u << 20,
	.on_open = on_open,
	.on_text = on_text,
	.on_fault = on_fault,
	.on_close = on_close,
};
