/* Every voice against the simulator of its vendor, over TLS: what is heard, what it costs, what goes wrong.
 */
#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/live.h"
#include "base/mem.h"
#include "test.h"
#include "tts_live.h"
#include "vendors/sound.h"

static const struct voice_vendor voices[] = {
	{.type = "azure", .path = "", .voice = ""},
	{.type = "cartesia", .path = "", .voice = "v-1", .named = true},
	{.type = "deepgram", .path = "", .voice = ""},
	{.type = "elevenlabs", .path = "", .voice = "v-1", .named = true},
	{.type = "google", .path = "", .voice = "", .whole = true},
	{.type = "kokoro", .path = "/kokoro", .voice = ""},
	{.type = "openai", .path = "", .voice = ""},
	{.type = "piper", .path = "", .voice = "", .whole = true},
	{.type = "rime", .path = "", .voice = "", .named = true},
	{.type = "wyoming", .path = "", .voice = "", .bare = true},
	{.type = "xtts", .path = "", .voice = ""},
};

static const struct vendor_config quick = {.delays = {.first_audio = USEC_MS(20)}};

struct left {
	long blocks, objects;
};

static struct left begin(void)
{
	return (struct left){mem_live(), live_total()};
}

static void end(struct left before)
{
	if (mem_live() != before.blocks || live_total() != before.objects)
		test_failed(__FILE__, __LINE__, "%ld blocks and %ld objects left alive",
			    mem_live() - before.blocks, live_total() - before.objects);
}

struct conversation {
	void (*with)(const struct voice_vendor *v);
	const struct voice_vendor *vendor;
	pthread_t thread;
};

static void *converse(void *arg)
{
	const struct conversation *c = arg;

	c->with(c->vendor);
	return NULL;
}

/* At the same time: most of it is waiting. */
static void with_every_vendor(void (*with)(const struct voice_vendor *v))
{
	struct conversation all[ARRAY_LEN(voices)];
	struct left before;

	vendor_authority(); /* what lives as long as the process */
	before = begin();
	for (size_t i = 0; i < ARRAY_LEN(voices); i++) {
		all[i] = (struct conversation){.with = with, .vendor = &voices[i]};
		if (pthread_create(&all[i].thread, NULL, converse, &all[i]) != 0)
			abort();
	}
	for (size_t i = 0; i < ARRAY_LEN(voices); i++)
		pthread_join(all[i].thread, NULL);
	end(before);
}

/* What the vendor did not like. */
static void check_manners(struct voice_call *h, const char *who)
{
	struct buf wrongs;

	buf_init(&wrongs, 1u << 20);
	voice_wrongs(h, &wrongs);
	if (wrongs.n > 0)
		test_failed(who, 0, "rules were broken: " STR_FMT, STR_ARG(buf_str(&wrongs)));
	buf_fini(&wrongs);
}

/* Letters alone: between clauses there may be a blank or none. */
static void add_letters(struct buf *out, struct str text)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] != ' ')
			buf_add_char(out, text.p[i]);
}

static void check_heard(const struct voice_call *h, uint32_t answer, const char *words, const char *who)
{
	struct buf heard, got, want;

	buf_init(&heard, 1u << 20);
	buf_init(&got, 1u << 20);
	buf_init(&want, 1u << 20);
	voice_heard(h, answer, &heard);
	add_letters(&got, buf_str(&heard));
	add_letters(&want, str_from(words));
	if (!str_eq(buf_str(&got), buf_str(&want)))
		test_failed(who, 0, "heard '" STR_FMT "', not '%s'", STR_ARG(buf_str(&heard)), words);
	buf_fini(&heard);
	buf_fini(&got);
	buf_fini(&want);
}

/* Says whose, too: they are many. */
static void check_same(const char *who, const char *what, uint64_t got, uint64_t want)
{
	if (got != want)
		test_failed(who, 0, "%s: %llu, not %llu", what, (unsigned long long)got,
			    (unsigned long long)want);
}

static void speak_well(const struct voice_vendor *v)
{
	static const char first[] = "Sure, one moment. That is $5, **today** only.";
	struct voice_call h;

	REQUIRE(voice_open(&h, v, &quick) == 0);
	for (size_t i = 0; i + 1 < sizeof(first); i++)
		CHECK_INT(tts_say(h.tts, 1, (struct str){first + i, 1}), 0);
	CHECK_INT(tts_end(h.tts, 1), 0);
	CHECK(voice_wait(&h, 1) && h.ready);
	check_heard(&h, 1, "Sure, one moment. That is five dollars, today only.", v->type);
	CHECK(h.answers[1].done && h.answers[1].marks >= (v->named ? 6 : 1));
	CHECK_INT(h.answers[1].text_end, sizeof(first) - 1);
	CHECK_INT(voice_speak(&h, 2, "Goodbye, and thank you."), 0);
	CHECK(voice_wait(&h, 2));
	check_heard(&h, 2, "Goodbye, and thank you.", v->type);
	voice_hang_up(&h);
	check_manners(&h, v->type);
	check_same(v->type, "characters", h.used[USAGE_CHARACTERS], voice_billed(&h, "characters"));
	check_same(v->type, "requests", h.used[USAGE_REQUESTS], voice_billed(&h, "requests"));
	/* resampling and lost halves of samples: to a hundredth */
	CHECK(h.used[USAGE_AUDIO_OUT] * 100 > voice_billed(&h, "audio_out_usec") * 99);
	CHECK(h.used[USAGE_AUDIO_OUT] * 100 < voice_billed(&h, "audio_out_usec") * 101);
	voice_close(&h);
}

static bool is_in_the_table(const char *type)
{
	for (size_t i = 0; i < ARRAY_LEN(voices); i++)
		if (strcmp(voices[i].type, type) == 0)
			return true;
	return false;
}

TEST(every_vendor_is_in_the_table)
{
	for (size_t i = 0; i < vendors_count; i++)
		if (vendors[i].kind == USAGE_TTS && strcmp(vendors[i].type, VENDOR_LOCAL) != 0 &&
		    !is_in_the_table(vendors[i].type))
			test_failed(vendors[i].type, 0, "nobody speaks to it here");
}

TEST(every_vendor_is_understood)
{
	with_every_vendor(speak_well);
}

/* In the middle of a long answer that comes at the pace of speech. */
static void cancel_at_work(const struct voice_vendor *v)
{
	static const char story[] =
		"This is a very long answer. Nobody wants to hear it. Nobody at all would. "
		"It goes on, and it goes on. It goes on to its end.";
	struct vendor_config slow = {.delays = {.first_audio = USEC_MS(100), .audio_pace = 2}};
	size_t heard;
	usec told;
	struct voice_call h;

	REQUIRE(voice_open(&h, v, &slow) == 0);
	CHECK_INT(voice_speak(&h, 1, story), 0);
	for (usec until = clock_read() + USEC_SEC(5); h.answers[1].pcm.n == 0 && clock_read() < until;)
		voice_turn(&h, USEC_MS(5));
	heard = h.answers[1].pcm.n;
	CHECK(heard > 0 && !h.answers[1].done);
	told = clock_read();
	tts_cancel(h.tts, 1);
	CHECK_INT(voice_speak(&h, 2, "Yes, please."), 0);
	CHECK(voice_wait(&h, 2));
	CHECK_INT(h.answers[1].pcm.n, heard);
	CHECK(!h.answers[1].done && !h.answers[1].failed);
	check_heard(&h, 2, "Yes, please.", v->type);
	voice_hang_up(&h);
	check_manners(&h, v->type);
	CHECK_INT(h.bills[USAGE_CANCELLED] > 0, true);
	/* The last request may have been cut on its way. */
	CHECK(h.used[USAGE_CHARACTERS] >= voice_billed(&h, "characters"));
	if (!v->whole)
		check_same(v->type, "characters", h.used[USAGE_CHARACTERS], voice_billed(&h, "characters"));
	CHECK(voice_billed(&h, "audio_out_usec") < TONES_LETTER * (usec)sizeof(story)); /* it did stop */
	CHECK(voice_noted(&h, "cancel") == 0 || voice_noted(&h, "cancel") >= told);
	voice_close(&h);
}

TEST(every_vendor_stops_when_it_is_cancelled)
{
	with_every_vendor(cancel_at_work);
}

static const struct {
	struct vendor_fault fault;
	unsigned wants; /* bits 1 << enum fault; 0 = it may speak all the same */
} troubles[] = {
	{{.kind = VENDOR_FAULT_SLOW}, 1u << FAULT_STALLED},
	{{.kind = VENDOR_FAULT_STALL, .item = 1}, 1u << FAULT_STALLED},
	{{.kind = VENDOR_FAULT_DRIBBLE, .item = 1}, 1u << FAULT_STALLED},
	{{.kind = VENDOR_FAULT_CLOSE, .item = 1},
	 1u << FAULT_UNREACHABLE | 1u << FAULT_PROTOCOL | 1u << FAULT_OVERLOAD},
	{{.kind = VENDOR_FAULT_GARBAGE, .item = 1}, 0},
	{{.kind = VENDOR_FAULT_ERROR, .item = 1}, ~0u},
	{{.kind = VENDOR_FAULT_HUGE, .item = 1}, 1u << FAULT_PROTOCOL | 1u << FAULT_STALLED},
	{{.kind = VENDOR_FAULT_ORDER}, 0},
	{{.kind = VENDOR_FAULT_STATUS, .code = 503}, 1u << FAULT_OVERLOAD},
	{{.kind = VENDOR_FAULT_RATE}, 1u << FAULT_QUOTA},
	{{.kind = VENDOR_FAULT_KEY}, 1u << FAULT_AUTH},
	{{.kind = VENDOR_FAULT_RESET, .item = 1}, 1u << FAULT_UNREACHABLE | 1u << FAULT_PROTOCOL},
	{{.kind = VENDOR_FAULT_REFUSE}, 1u << FAULT_UNREACHABLE},
	{{.kind = VENDOR_FAULT_NAME}, 1u << FAULT_UNREACHABLE},
};

/* There is no status, and no certificate, on a bare connection. */
static bool needs_http(enum vendor_fault_kind kind)
{
	return kind == VENDOR_FAULT_STATUS || kind == VENDOR_FAULT_RATE || kind == VENDOR_FAULT_KEY ||
	       kind == VENDOR_FAULT_NAME;
}

/* What comes all at once cannot come in drops. */
static bool cannot_be(const struct voice_vendor *v, enum vendor_fault_kind kind)
{
	return (v->bare && needs_http(kind)) || (v->whole && kind == VENDOR_FAULT_DRIBBLE);
}

/* Never silence: it fails in time, in the right words, and the key is not among them. */
static void suffer(const struct voice_vendor *v, size_t trouble)
{
	struct vendor_config bad = quick;
	struct voice_call h;
	const struct voice_answer *a = &h.answers[1];

	bad.fault = troubles[trouble].fault;
	REQUIRE(voice_open(&h, v, &bad) == 0);
	(void)!voice_speak(&h, 1, "Hello, this is a test of patience.");
	if (!voice_wait(&h, 1))
		test_failed(v->type, 0, "%s: neither done nor failed", vendor_fault_name(bad.fault.kind));
	if (troubles[trouble].wants && (!a->failed || !(troubles[trouble].wants & 1u << a->fault)))
		test_failed(v->type, 0, "%s: the fault is %s (%s)", vendor_fault_name(bad.fault.kind),
			    fault_name(a->fault), h.words);
	CHECK(str_find(str_from(h.words), STR("key-of-tests")) == str_from(h.words).n);
	CHECK_INT(h.dead, bad.fault.kind == VENDOR_FAULT_KEY || (!h.ready && a->failed));
	voice_close(&h);
}

static void suffer_all(const struct voice_vendor *v)
{
	for (size_t i = 0; i < ARRAY_LEN(troubles); i++)
		if (!cannot_be(v, troubles[i].fault.kind))
			suffer(v, i);
}

TEST(every_vendor_may_fail)
{
	with_every_vendor(suffer_all);
}

/* The next session is well again. */
static void speak_after_a_fault(const struct voice_vendor *v)
{
	static const struct vendor_fault once = {.kind = VENDOR_FAULT_RESET, .item = 1};
	struct voice_call h;

	REQUIRE(voice_open(&h, v, &quick) == 0);
	CHECK_INT(voice_speak(&h, 1, "All is well."), 0);
	CHECK(voice_wait(&h, 1) && h.answers[1].done);
	vendor_order_fault(h.vendor, &once);
	for (uint32_t answer = 2; answer <= 3; answer++) {
		CHECK_INT(voice_speak(&h, answer, "This may break."), 0);
		CHECK(voice_wait(&h, answer) && !h.dead);
	}
	CHECK_INT(voice_speak(&h, 4, "All is well again."), 0);
	CHECK(voice_wait(&h, 4) && h.answers[4].done);
	check_heard(&h, 4, "All is well again.", v->type);
	voice_close(&h);
}

TEST(every_vendor_speaks_after_a_fault)
{
	with_every_vendor(speak_after_a_fault);
}
