#include "provider/local/speaking.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>

#include "base/live.h"
#include "base/mem.h"
#include "provider/local/flite_door.h"
#include "provider/local/kokoro.h"

#define VOICES_MAX   64
#define KOKORO_ID    "kokoro-1.0/" /* a new file of weights is a new version */
#define FLITE_ID     "flite-2.2/"
#define KOKORO_VOICE "af_heart" /* unless another is asked for */
#define FLITE_MAN    "rms"
#define FLITE_WOMAN  "slt"

LIVE_DEFINE(speaking);

struct local_voice {
	struct speaking_voice voice;
	const struct flite_door_voice *flite; /* one of the two */
	struct kokoro_voice *kokoro;
};

struct local {
	struct speaking speaking;
	struct kokoro *kokoro; /* NULL = flite speaks alone */
	struct local_voice voices[VOICES_MAX];
	size_t count;
};

static struct local *of(struct speaking *s)
{
	return CONTAINER_OF(s, struct local, speaking);
}

static struct local_voice *find_id(struct local *l, const char *engine, struct str name)
{
	char id[SPEAKING_ID_MAX];

	snprintf(id, sizeof(id), "%s" STR_FMT, engine, STR_ARG(name));
	for (size_t i = 0; i < l->count; i++)
		if (str_ieq(str_from(l->voices[i].voice.id), str_from(id)))
			return &l->voices[i];
	return NULL;
}

/* Kokoro's names begin with the accent and f or m: "af_heart". */
static bool is_kokoro_name(struct str name)
{
	return name.n > 3 && name.p[2] == '_' && (name.p[1] == 'f' || name.p[1] == 'm');
}

static const struct speaking_voice *local_find(struct speaking *s, struct str name)
{
	struct local *l = of(s);
	struct local_voice *v;

	if (str_istarts(name, STR("flite/")))
		name = str_sub(name, 6, name.n);
	else if (str_istarts(name, STR("kokoro/")))
		name = str_sub(name, 7, name.n);
	if (str_empty(name))
		name = l->kokoro ? STR(KOKORO_VOICE) : STR(FLITE_MAN);
	v = find_id(l, KOKORO_ID, name);
	if (!v)
		v = find_id(l, FLITE_ID, name);
	if (!v && !l->kokoro && is_kokoro_name(name))
		v = find_id(l, FLITE_ID, name.p[1] == 'f' ? STR(FLITE_WOMAN) : STR(FLITE_MAN));
	return v ? &v->voice : NULL;
}

static int local_say(struct speaking *s, const struct speaking_voice *voice, struct str words, float speed,
		     const struct voice_out_sink *sink)
{
	const struct local_voice *v = CONTAINER_OF(voice, struct local_voice, voice);

	if (v->kokoro)
		return kokoro_say(of(s)->kokoro, v->kokoro, words, speed, sink, NULL);
	return flite_door_say(v->flite, words, speed, sink);
}

static void local_close(struct speaking *s)
{
	struct local *l = of(s);

	for (size_t i = 0; i < l->count; i++)
		kokoro_voice_close(l->voices[i].kokoro);
	kokoro_close(l->kokoro);
	live_down(&live_speaking);
	mem_free(l);
}

static const struct speaking_ops local_ops = {local_find, local_say, local_close};

static void add_voice(struct local *l, const char *engine, struct str name,
		      const struct flite_door_voice *flite, struct kokoro_voice *kokoro)
{
	struct local_voice *v = &l->voices[l->count++];

	snprintf(v->voice.id, sizeof(v->voice.id), "%s" STR_FMT, engine, STR_ARG(name));
	v->flite = flite;
	v->kokoro = kokoro;
}

static void add_flite(struct local *l)
{
	static const char *const names[] = {"rms", "slt", "awb", "kal16"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const struct flite_door_voice *v = flite_door_find(str_from(names[i]));

		if (v)
			add_voice(l, FLITE_ID, str_from(names[i]), v, NULL);
	}
}

/* Every voice file of the models' directory; one that is none is left out. */
static void add_kokoro(struct local *l, const char *models_dir)
{
	char path[4096];
	struct dirent *entry;
	struct kokoro_voice *v;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/%s", models_dir, KOKORO_VOICES);
	dir = opendir(path);
	while (dir && l->count < VOICES_MAX && (entry = readdir(dir))) {
		struct str name = str_from(entry->d_name);

		if (!str_ends(name, STR(".bin")))
			continue;
		name = str_sub(name, 0, name.n - 4);
		if (kokoro_voice_open(models_dir, name, NULL, &v) == 0)
			add_voice(l, KOKORO_ID, name, NULL, v);
	}
	if (dir)
		closedir(dir);
}

/* Leaves flite's voices alone in the list. */
static void remove_kokoro(struct local *l)
{
	while (l->count > 0 && l->voices[l->count - 1].kokoro)
		kokoro_voice_close(l->voices[--l->count].kokoro);
	l->kokoro = kokoro_close(l->kokoro);
}

static int open_kokoro(struct local *l, struct ort *ort, const char *models_dir, struct ort_error *note)
{
	int rc = ort ? kokoro_open(ort, note, &l->kokoro) : -ENOENT;

	if (rc < 0)
		return rc;
	add_kokoro(l, models_dir);
	if (find_id(l, KOKORO_ID, STR(KOKORO_VOICE)))
		return 0;
	snprintf(note->text, sizeof(note->text),
		 "%.100s/" KOKORO_VOICES "/" KOKORO_VOICE
		 ".bin is missing: fetch the models with tools/models.sh",
		 models_dir);
	remove_kokoro(l);
	return -ENOENT;
}

static void note_fallback(struct ort_error *note)
{
	struct ort_error why = *note;

	snprintf(note->text, sizeof(note->text), "%.200s; flite speaks instead of Kokoro",
		 why.text[0] ? why.text : "ONNX Runtime is not loaded");
}

int speaking_open(struct ort *ort, const char *models_dir, enum speaking_want want, struct ort_error *note,
		  struct speaking **ret_speaking)
{
	struct local *l = mem_zalloc(sizeof(*l));
	struct ort_error ignored = {0};
	int rc = 0;

	if (!l)
		return -ENOMEM;
	if (!note)
		note = &ignored;
	note->text[0] = '\0';
	l->speaking.ops = &local_ops;
	live_up(&live_speaking);
	add_flite(l);
	if (want != SPEAKING_FLITE)
		rc = open_kokoro(l, ort, models_dir, note);
	if (rc < 0 && (want == SPEAKING_KOKORO || rc == -ENOMEM)) {
		speaking_close(&l->speaking);
		return rc;
	}
	if (rc < 0)
		note_fallback(note);
	*ret_speaking = &l->speaking;
	return 0;
}

struct speaking *speaking_close(struct speaking *s)
{
	if (s)
		s->ops->close(s);
	return NULL;
}

const struct speaking_voice *speaking_find(struct speaking *s, struct str name)
{
	return s->ops->find(s, name);
}

int speaking_say(struct speaking *s, const struct speaking_voice *v, struct str words, float speed,
		 const struct voice_out_sink *sink)
{
	return s->ops->say(s, v, words, speed, sink);
}
