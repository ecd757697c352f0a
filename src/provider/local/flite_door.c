#include "provider/local/flite_door.h"

#include <errno.h>
#include <flite/flite.h>
#include <pthread.h>
#include <string.h>

#include "provider/local/fold.h"

#define WORD_MAX 64
#define TEXT_MAX 8192 /* of one utterance */

/* The voices and the dictionary have no headers of their own. */
cst_voice *register_cmu_us_rms(const char *voxdir);
cst_voice *register_cmu_us_slt(const char *voxdir);
cst_voice *register_cmu_us_awb(const char *voxdir);
cst_voice *register_cmu_us_kal16(const char *voxdir);
cst_lexicon *cmu_lex_init(void);

struct flite_door_voice {
	const char *name;
	cst_voice *(*register_voice)(const char *voxdir);
	cst_voice *voice;
};

static struct flite_door_voice voices[] = {
	{"rms", register_cmu_us_rms},
	{"slt", register_cmu_us_slt},
	{"awb", register_cmu_us_awb},
	{"kal16", register_cmu_us_kal16},
};

static cst_lexicon *lexicon;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void register_all(void)
{
	flite_init();
	lexicon = cmu_lex_init();
	for (size_t i = 0; i < ARRAY_LEN(voices); i++)
		voices[i].voice = voices[i].register_voice(NULL);
}

const struct flite_door_voice *flite_door_find(struct str name)
{
	pthread_once(&once, register_all);
	for (size_t i = 0; i < ARRAY_LEN(voices); i++)
		if (str_ieq(str_from(voices[i].name), name))
			return voices[i].voice ? &voices[i] : NULL;
	return NULL;
}

/* flite hands out its samples every few frames. */
static int on_samples(const cst_wave *wave, int start, int size, int last, cst_audio_streaming_info *info)
{
	(void)last;
	if (!voice_out_push(info->userdata, wave->samples + start, (size_t)size))
		return CST_AUDIO_STREAM_STOP;
	return CST_AUDIO_STREAM_CONT;
}

static int synthesise(const struct flite_door_voice *voice, const char *text, float speed,
		      struct voice_out *out)
{
	cst_audio_streaming_info *info = new_audio_streaming_info();
	cst_utterance *u = new_utterance();

	info->asc = on_samples;
	info->userdata = out;
	feat_set_string(u->features, "input_text", text);
	feat_set_float(u->features, "duration_stretch", 1.0f / speed);
	feat_set(u->features, "streaming_info", audio_streaming_info_val(info)); /* the utterance frees it */
	u = flite_do_synth(u, voice->voice, utt_synth);
	if (!u)
		return out->stopped ? -ECANCELED : -EIO;
	delete_utterance(u);
	return out->stopped ? -ECANCELED : 0;
}

int flite_door_say(const struct flite_door_voice *voice, struct str words, float speed,
		   const struct voice_out_sink *sink)
{
	struct voice_out out;
	struct buf text;
	int rc;

	rc = voice_out_init(&out, 16000, sink);
	if (rc < 0)
		return rc;
	buf_init(&text, TEXT_MAX);
	fold(words, &text);
	buf_add_char(&text, '\0');
	rc = text.error;
	if (rc == 0)
		rc = synthesise(voice, text.p, CLAMP(speed, 0.5f, 2.0f), &out);
	buf_fini(&text);
	if (rc == 0)
		voice_out_end(&out, words);
	return rc == 0 && out.stopped ? -ECANCELED : rc;
}

/* "ah0" -> ah, 0; "k" -> k, -1. Names of three letters do not exist. */
static struct flite_door_phone parse_phone(const char *text)
{
	struct flite_door_phone phone = {.stress = -1};
	size_t n = strcspn(text, "012");

	str_copy((struct str){text, n}, phone.name, sizeof(phone.name));
	if (text[n])
		phone.stress = text[n] != '0';
	else if (strcmp(phone.name, "ax") == 0)
		phone.stress = 0;
	return phone;
}

static const char *kind_name(enum flite_door_kind kind)
{
	switch (kind) {
	case FLITE_DOOR_NOUN:
		return "n";
	case FLITE_DOOR_VERB:
		return "v";
	case FLITE_DOOR_ANY:
		break;
	}
	return NULL;
}

void flite_door_pronounce(struct str word, enum flite_door_kind kind, struct flite_door_phones *ret_phones)
{
	char z[WORD_MAX];
	cst_val *phones;

	pthread_once(&once, register_all);
	ret_phones->n = 0;
	if (word.n == 0 || word.n >= sizeof(z))
		return;
	str_copy(word, z, sizeof(z));
	phones = lex_lookup(lexicon, z, kind_name(kind), NULL);
	for (const cst_val *p = phones; p && ret_phones->n < FLITE_DOOR_PHONES_MAX; p = val_cdr(p))
		ret_phones->phone[ret_phones->n++] = parse_phone(val_string(val_car(p)));
	delete_val(phones);
}
