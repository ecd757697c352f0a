/* Every voice against the simulator of its vendor, over TLS: what is heard, what it costs, what goes wrong.
 */
#include "base/clock.h"
#include "base/live.h"
#include "base/mem.h"
#include "test.h"
#include "voices_host.h"

#define TOLD_WITHIN \
	USEC_MS(20) /* of a cancel; the machine may be loaded, so that only gross lateness counts */

static const struct host_vendor vendors_here[] = {
	{.type = "cartesia", .path = "", .voice = "v-1", .named = true},
};

static const struct vendor_config quick = {.delays = {.first_audio = USEC_MS(20)}};

struct left {
	long blocks, objects;
};

static struct left begin(void)
{
	return (struct left){mem_live(), live_total()};
}

static void end(struct left before, const char *who)
{
	if (mem_live() != before.blocks || live_total() != before.objects)
		test_failed(who, 0, "%ld blocks and %ld objects left alive", mem_live() - before.blocks,
			    live_total() - before.objects);
}

/* What the vendor did not like. */
static void check_manners(struct host *h, const char *who)
{
	struct buf log;

	if (vendor_wrongs(h->vendor) == 0)
		return;
	buf_init(&log, 64u << 20);
	vendor_log_read(h->vendor, &log);
	test_failed(who, 0, "rules were broken: " STR_FMT, STR_ARG(buf_str(&log)));
	buf_fini(&log);
}

/* The words, whatever blanks stand between clauses. */
static void check_heard(const struct host *h, uint32_t answer, const char *words, const char *who)
{
	struct buf heard;
	struct str a, b, want = str_from(words), got;

	buf_init(&heard, 1u << 20);
	host_heard(h, answer, &heard);
	got = buf_str(&heard);
	do {
		a = str_word(&got);
		b = str_word(&want);
		if (!str_eq(a, b))
			test_failed(who, 0,
				    "heard '" STR_FMT "' where '" STR_FMT "' was said, in '" STR_FMT "'",
				    STR_ARG(a), STR_ARG(b), STR_ARG(buf_str(&heard)));
	} while (a.n > 0 && str_eq(a, b));
	buf_fini(&heard);
}

static void speak_well(const struct host_vendor *v)
{
	static const char first[] = "Sure, one moment. That is $5, **today** only.";
	struct left before = begin();
	struct host h;

	REQUIRE(host_open(&h, v, &quick) == 0);
	for (size_t i = 0; i + 1 < sizeof(first); i++)
		CHECK_INT(tts_say(h.tts, 1, (struct str){first + i, 1}), 0);
	CHECK_INT(tts_end(h.tts, 1), 0);
	CHECK(host_wait(&h, 1) && h.ready);
	check_heard(&h, 1, "Sure, one moment. That is five dollars, today only.", v->type);
	CHECK(h.answers[1].done && h.answers[1].marks >= (v->named ? 6 : 1));
	CHECK_INT(h.answers[1].text_end, sizeof(first) - 1);
	CHECK_INT(host_speak(&h, 2, "Goodbye, and thank you."), 0);
	CHECK(host_wait(&h, 2));
	check_heard(&h, 2, "Goodbye, and thank you.", v->type);
	host_hang_up(&h);
	check_manners(&h, v->type);
	CHECK_INT(h.used[USAGE_CHARACTERS], host_billed(&h, "characters"));
	CHECK_INT(h.used[USAGE_REQUESTS], host_billed(&h, "requests"));
	/* resampling and lost halves of samples: to a hundredth */
	CHECK(h.used[USAGE_AUDIO_OUT] * 100 > host_billed(&h, "audio_out_usec") * 99);
	CHECK(h.used[USAGE_AUDIO_OUT] * 100 < host_billed(&h, "audio_out_usec") * 101);
	host_close(&h);
	end(before, v->type);
}

TEST(every_vendor_is_understood)
{
	for (size_t i = 0; i < ARRAY_LEN(vendors_here); i++)
		speak_well(&vendors_here[i]);
}

/* In the middle of a long answer that comes at the pace of speech. */
static void cancel_at_work(const struct host_vendor *v)
{
	struct vendor_config slow = {.delays = {.first_audio = USEC_MS(20), .audio_pace = 2}};
	struct left before = begin();
	size_t heard;
	usec told;
	struct host h;

	REQUIRE(host_open(&h, v, &slow) == 0);
	CHECK_INT(host_speak(&h, 1, "This is a very long answer that nobody wants to hear to its end."), 0);
	for (usec until = clock_read() + USEC_SEC(5); h.answers[1].pcm.n == 0 && clock_read() < until;)
		host_turn(&h, USEC_MS(5));
	heard = h.answers[1].pcm.n;
	CHECK(heard > 0 && !h.answers[1].done);
	told = clock_read();
	tts_cancel(h.tts, 1);
	CHECK_INT(host_speak(&h, 2, "Yes, please."), 0);
	CHECK(host_wait(&h, 2));
	CHECK_INT(h.answers[1].pcm.n, heard);
	CHECK(!h.answers[1].done && !h.answers[1].failed);
	check_heard(&h, 2, "Yes, please.", v->type);
	host_hang_up(&h);
	check_manners(&h, v->type);
	CHECK_INT(h.bills[USAGE_CANCELLED] > 0, true);
	CHECK_INT(h.used[USAGE_CHARACTERS], host_billed(&h, "characters"));
	CHECK(host_billed(&h, "audio_out_usec") < USEC_SEC(4)); /* of 4.5 seconds: it did stop */
	if (host_noted(&h, "cancel") > 0)
		CHECK(host_noted(&h, "cancel") - told < TOLD_WITHIN * 10);
	host_close(&h);
	end(before, v->type);
}

TEST(every_vendor_stops_when_it_is_cancelled)
{
	for (size_t i = 0; i < ARRAY_LEN(vendors_here); i++)
		cancel_at_work(&vendors_here[i]);
}

static const struct {
	struct vendor_fault fault;
	unsigned wants; /* bits 1 << enum fault; 0 = it may speak all the same */
} troubles[] = {
	{{.kind = VENDOR_FAULT_SLOW}, 1u << FAULT_STALLED},
	{{.kind = VENDOR_FAULT_STALL, .item = 1}, 1u << FAULT_STALLED},
	{{.kind = VENDOR_FAULT_CLOSE, .item = 1},
	 1u << FAULT_UNREACHABLE | 1u << FAULT_PROTOCOL | 1u << FAULT_OVERLOAD},
	{{.kind = VENDOR_FAULT_GARBAGE, .item = 1}, 0},
	{{.kind = VENDOR_FAULT_HUGE, .item = 1}, 1u << FAULT_PROTOCOL | 1u << FAULT_STALLED},
	{{.kind = VENDOR_FAULT_ORDER}, 0},
	{{.kind = VENDOR_FAULT_STATUS, .code = 503}, 1u << FAULT_OVERLOAD},
	{{.kind = VENDOR_FAULT_RATE}, 1u << FAULT_QUOTA},
	{{.kind = VENDOR_FAULT_KEY}, 1u << FAULT_AUTH},
	{{.kind = VENDOR_FAULT_RESET, .item = 1}, 1u << FAULT_UNREACHABLE | 1u << FAULT_PROTOCOL},
	{{.kind = VENDOR_FAULT_REFUSE}, 1u << FAULT_UNREACHABLE},
	{{.kind = VENDOR_FAULT_NAME}, 1u << FAULT_UNREACHABLE},
};

/* Never silence: it fails in time, in the right words, and the key is not among them. */
static void suffer(const struct host_vendor *v, size_t trouble)
{
	struct vendor_config bad = quick;
	struct left before = begin();
	struct host h;
	const struct host_answer *a = &h.answers[1];

	bad.fault = troubles[trouble].fault;
	REQUIRE(host_open(&h, v, &bad) == 0);
	(void)!host_speak(&h, 1, "Hello, this is a test of patience.");
	if (!host_wait(&h, 1))
		test_failed(v->type, 0, "%s: neither done nor failed", vendor_fault_name(bad.fault.kind));
	if (troubles[trouble].wants && (!a->failed || !(troubles[trouble].wants & 1u << a->fault)))
		test_failed(v->type, 0, "%s: the fault is %s (%s)", vendor_fault_name(bad.fault.kind),
			    fault_name(a->fault), h.words);
	CHECK(str_find(str_from(h.words), STR("key-of-tests")) == str_from(h.words).n);
	CHECK_INT(h.dead, bad.fault.kind == VENDOR_FAULT_KEY || (!h.ready && a->failed));
	host_close(&h);
	end(before, v->type);
}

TEST(every_vendor_may_fail)
{
	for (size_t i = 0; i < ARRAY_LEN(vendors_here) * ARRAY_LEN(troubles); i++)
		suffer(&vendors_here[i / ARRAY_LEN(troubles)], i % ARRAY_LEN(troubles));
}

/* The next session is well again. */
TEST(every_vendor_speaks_after_a_fault)
{
	static const struct vendor_fault once = {.kind = VENDOR_FAULT_RESET, .item = 1};

	for (size_t i = 0; i < ARRAY_LEN(vendors_here); i++) {
		struct left before = begin();
		struct host h;

		REQUIRE(host_open(&h, &vendors_here[i], &quick) == 0);
		CHECK_INT(host_speak(&h, 1, "All is well."), 0);
		CHECK(host_wait(&h, 1) && h.answers[1].done);
		vendor_order_fault(h.vendor, &once);
		for (uint32_t answer = 2; answer <= 3; answer++) {
			CHECK_INT(host_speak(&h, answer, "This may break."), 0);
			CHECK(host_wait(&h, answer) && !h.dead);
		}
		CHECK_INT(host_speak(&h, 4, "All is well again."), 0);
		CHECK(host_wait(&h, 4) && h.answers[4].done);
		check_heard(&h, 4, "All is well again.", vendors_here[i].type);
		host_close(&h);
		end(before, vendors_here[i].type);
	}
}
