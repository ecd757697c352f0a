#include "app/rehearsal/rehearse_report.h"

#include <errno.h>
#include <stdlib.h>

#include "app/rehearsal/wer.h"
#include "base/json.h"
#include "base/mem.h"

#define BOLD  "\033[1m"
#define RED   "\033[31m"
#define GREEN "\033[32m"
#define PLAIN "\033[0m"

#define FOUND_BYTES_SHOWN 160u

/* ---- figures ---- */

static int by_size(const void *a, const void *b)
{
	usec x = *(const usec *)a, y = *(const usec *)b;

	return x < y ? -1 : x > y;
}

static usec rank(const usec *sorted, size_t n, size_t percent)
{
	return n > 0 ? sorted[(n * percent + 99) / 100 - 1] : 0;
}

struct rehearse_percentiles rehearse_report_percentiles(usec *values, size_t n)
{
	if (n > 0)
		qsort(values, n, sizeof(*values), by_size);
	return (struct rehearse_percentiles){.p50 = rank(values, n, 50),
					     .p95 = rank(values, n, 95),
					     .p99 = rank(values, n, 99),
					     .count = n};
}

static void score(const struct rehearse_call *calls, size_t n, struct wer *sum)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < calls[i].turn_count; k++) {
			const struct rehearse_turn *t = &calls[i].turns[k];

			/* A text that is too long to be aligned is not scored. */
			if (calls[i].summary && !t->aside)
				(void)!wer_add(sum, t->caller, t->heard);
		}
	}
}

double rehearse_report_word_error_rate(const struct rehearse_call *calls, size_t n)
{
	struct wer sum = {0};

	score(calls, n, &sum);
	return sum.said > 0 ? wer_percent(&sum) / 100 : -1;
}

/* ---- gathering ---- */

/* Which times of a turn; what is false of one is not measured. */
struct measure {
	const char *name;
	bool (*read)(const struct rehearse_turn *t, int stage, usec *ret_value);
	int stage;
};

static bool all(const struct rehearse_turn *t, int stage, usec *ret_value)
{
	*ret_value = t->response;
	return t->response > 0 && !t->cut_off;
}

static bool cached(const struct rehearse_turn *t, int stage, usec *ret_value)
{
	return all(t, stage, ret_value) && t->staged && t->cached;
}

static bool uncached(const struct rehearse_turn *t, int stage, usec *ret_value)
{
	return all(t, stage, ret_value) && t->staged && !t->cached;
}

static bool of_stage(const struct rehearse_turn *t, int stage, usec *ret_value)
{
	bool measured = all(t, stage, ret_value) && t->staged;

	*ret_value = t->stages[stage];
	return measured;
}

/* What the wire adds to the stages: two trips, and the packets' length. */
static bool rest(const struct rehearse_turn *t, int stage, usec *ret_value)
{
	bool measured = all(t, stage, ret_value) && t->staged;

	for (int i = 0; i < TRAIL_STAGE_COUNT_; i++)
		*ret_value -= t->stages[i];
	return measured;
}

static bool silence(const struct rehearse_turn *t, int stage, usec *ret_value)
{
	*ret_value = t->silence;
	return t->silence > 0 && !t->aside;
}

static size_t gather(const struct rehearse_call *calls, size_t n, const struct measure *m, usec *values)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < calls[i].turn_count; k++)
			if (m->read(&calls[i].turns[k], m->stage, &values[count]))
				count++;
	return count;
}

/* Room for the times of every turn, and one more for the reading of a last one. */
static usec *room_for(const struct rehearse_call *calls, size_t n)
{
	size_t turns = 1;

	for (size_t i = 0; i < n; i++)
		turns += calls[i].turn_count;
	return mem_alloc(turns * sizeof(usec));
}

/* ---- for people ---- */

/* Long texts (all that the agent said) are for the JSON report; people see their end, which is the newest. */
static void print_found(struct str found, struct buf *out)
{
	if (found.n > FOUND_BYTES_SHOWN)
		buf_add_str(out, STR("..."));
	buf_add_str(out, str_sub(found, found.n - MIN(found.n, FOUND_BYTES_SHOWN), SIZE_MAX));
}

static usec longest_response(const struct rehearse_call *call)
{
	usec longest = 0;

	for (size_t i = 0; i < call->turn_count; i++)
		longest = MAX(longest, call->turns[i].response);
	return longest;
}

static void print_failure(const struct rehearse_expectation *e, struct buf *out)
{
	buf_printf(out, "          not so: " STR_FMT "; instead: ", STR_ARG(e->what));
	print_found(e->found, out);
	buf_add_char(out, '\n');
}

void rehearse_report_call(const struct rehearse_call *call, bool colour, struct buf *out)
{
	const char *plain = colour ? PLAIN : "";
	size_t again = rehearse_call_again(call);

	if (call->ok)
		buf_printf(out, "  %sok    %s  ", colour ? GREEN : "", plain);
	else
		buf_printf(out, "  %sFAILED%s  ", colour ? RED : "", plain);
	buf_printf(out, "%-42.*s %2zu turns, answers within %4ld ms  " STR_FMT, (int)call->rehearsal->name.n,
		   call->rehearsal->name.p, call->turn_count, (long)(longest_response(call) / 1000),
		   STR_ARG(call->outcome));
	if (again > 0)
		buf_printf(out, " (%zu said again)", again);
	buf_add_char(out, '\n');
	for (size_t i = 0; i < call->expectation_count; i++) {
		const struct rehearse_expectation *e = &call->expectations[i];

		if (!e->ok)
			print_failure(e, out);
	}
}

static void print_measure(const struct rehearse_call *calls, size_t n, const struct measure *m, usec *values,
			  struct buf *out)
{
	struct rehearse_percentiles p = rehearse_report_percentiles(values, gather(calls, n, m, values));

	if (p.count > 0)
		buf_printf(out, "  %-36s %6ld %6ld %6ld %6zu\n", m->name, (long)(p.p50 / 1000),
			   (long)(p.p95 / 1000), (long)(p.p99 / 1000), p.count);
}

static const struct measure measures[] = {
	{"from the last word to the answer", all, 0},
	{"  its first clause was in the cache", cached, 0},
	{"  it was not", uncached, 0},
	{"  quiet until it was our turn", of_stage, TRAIL_STAGE_QUIET},
	{"  text of what was said", of_stage, TRAIL_STAGE_TEXT},
	{"  the agent's first words", of_stage, TRAIL_STAGE_AGENT},
	{"  their voice", of_stage, TRAIL_STAGE_VOICE},
	{"  until it is played", of_stage, TRAIL_STAGE_PLAY},
	{"  on the line", rest, 0},
	{"from an interruption to silence", silence, 0},
};

static void print_times(const struct rehearse_call *calls, size_t n, usec *values, struct buf *out)
{
	if (gather(calls, n, &measures[0], values) == 0)
		return;
	buf_printf(out, "\n  %-36s %6s %6s %6s %6s\n", "milliseconds", "p50", "p95", "p99", "turns");
	for (size_t i = 0; i < ARRAY_LEN(measures); i++)
		print_measure(calls, n, &measures[i], values, out);
}

static void print_words(const struct rehearse_call *calls, size_t n, struct buf *out)
{
	struct wer sum = {0};
	size_t turns = 0, cut_off = 0, again = 0;

	score(calls, n, &sum);
	for (size_t i = 0; i < n; i++) {
		again += rehearse_call_again(&calls[i]);
		for (size_t k = 0; k < calls[i].turn_count; k++) {
			turns += !calls[i].turns[k].aside;
			cut_off += calls[i].turns[k].cut_off;
		}
	}
	if (sum.said > 0)
		buf_printf(out, "\n  %.1f %% of %zu words were understood wrongly", wer_percent(&sum),
			   sum.said);
	if (turns > 0)
		buf_printf(out, "; of %zu turns %zu were cut off too early, and %zu said again\n", turns,
			   cut_off, again);
}

/* A call's folder, and its files' common name. */
static struct str part_path(struct str path, struct str *ret_name)
{
	size_t at = path.n;

	while (at > 0 && path.p[at - 1] != '/')
		at--;
	*ret_name = str_sub(path, at, path.n - at);
	*ret_name = str_sub(*ret_name, 0, str_chr(*ret_name, '.'));
	return str_sub(path, 0, at);
}

static void print_places(const struct rehearse_call *calls, size_t n, struct buf *out)
{
	struct str before = {0}, name;

	for (size_t i = 0; i < n; i++) {
		struct str folder = part_path(calls[i].trail, &name);

		if (str_empty(calls[i].trail))
			continue;
		if (!str_eq(folder, before))
			buf_printf(out,
				   "\n  stereo recordings (.wav), transcripts (.txt) and trails (.jsonl) lie "
				   "in\n"
				   "  " STR_FMT "\n",
				   STR_ARG(folder));
		before = folder;
		buf_printf(out, "    " STR_FMT "  " STR_FMT "\n", STR_ARG(name),
			   STR_ARG(calls[i].rehearsal->name));
	}
}

int rehearse_report_print(const struct rehearse_call *calls, size_t n, bool colour, struct buf *out)
{
	usec *values = room_for(calls, n);
	size_t ok = 0, late = 0;

	if (!values)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		rehearse_report_call(&calls[i], colour, out);
		ok += calls[i].ok;
		late += calls[i].late;
	}
	print_times(calls, n, values, out);
	print_words(calls, n, out);
	print_places(calls, n, out);
	buf_printf(out, "\n%s%zu of %zu rehearsals went as they should", colour ? BOLD : "", ok, n);
	if (late > 0)
		buf_printf(out, ", and %zu but for the time of an answer", late);
	buf_printf(out, ".%s\n", colour ? PLAIN : "");
	mem_free(values);
	return out->error;
}

/* ---- JSON ---- */

static void json_ms(struct json_out *w, const char *key, usec value)
{
	json_int(w, key, (value + 500) / 1000);
}

static void json_turn(struct json_out *w, const struct rehearse_turn *t)
{
	json_map(w, NULL);
	json_str(w, "caller", t->caller);
	json_int(w, "again", t->again);
	json_str(w, "heard", t->heard);
	json_str(w, "agent", t->agent);
	if (t->response > 0)
		json_ms(w, "response_ms", t->response);
	else
		json_none(w, "response_ms");
	json_bool(w, "cached", t->cached);
	json_bool(w, "cut_off", t->cut_off);
	json_map(w, "stages");
	for (int i = 0; t->staged && i < TRAIL_STAGE_COUNT_; i++)
		json_ms(w, trail_stage_name(i), t->stages[i]);
	json_end(w);
	json_end(w);
}

static void json_call(struct json_out *w, const struct rehearse_call *call)
{
	json_map(w, NULL);
	json_str(w, "name", call->rehearsal->name);
	json_bool(w, "ok", call->ok);
	json_bool(w, "late", call->late);
	json_str(w, "outcome", call->outcome);
	json_int(w, "again", (int64_t)rehearse_call_again(call));
	json_list(w, "turns");
	for (size_t i = 0; i < call->turn_count; i++)
		json_turn(w, &call->turns[i]);
	json_end(w);
	json_list(w, "expectations");
	for (size_t i = 0; i < call->expectation_count; i++) {
		json_map(w, NULL);
		json_str(w, "what", call->expectations[i].what);
		json_bool(w, "ok", call->expectations[i].ok);
		json_str(w, "found", call->expectations[i].found);
		json_end(w);
	}
	json_end(w);
	json_str(w, "recording", call->recording);
	json_str(w, "transcript", call->transcript);
	json_str(w, "trail", call->trail);
	json_end(w);
}

static void json_responses(struct json_out *w, const struct rehearse_percentiles *p)
{
	json_map(w, "response_ms");
	if (p->count > 0) {
		json_ms(w, "p50", p->p50);
		json_ms(w, "p95", p->p95);
		json_ms(w, "p99", p->p99);
	} else {
		json_none(w, "p50");
		json_none(w, "p95");
		json_none(w, "p99");
	}
	json_end(w);
}

int rehearse_report_json(const struct rehearse_call *calls, size_t n, uint64_t seed, struct buf *out)
{
	usec *values = room_for(calls, n);
	struct rehearse_percentiles p;
	double errors = rehearse_report_word_error_rate(calls, n);
	struct json_out w;

	if (!values)
		return -ENOMEM;
	p = rehearse_report_percentiles(values, gather(calls, n, &measures[0], values));
	mem_free(values);
	json_begin(&w, out);
	json_map(&w, NULL);
	json_int(&w, "seed", (int64_t)seed);
	json_list(&w, "calls");
	for (size_t i = 0; i < n; i++)
		json_call(&w, &calls[i]);
	json_end(&w);
	json_responses(&w, &p);
	if (errors >= 0)
		json_num(&w, "word_error_rate", errors);
	else
		json_none(&w, "word_error_rate");
	json_end(&w);
	buf_add_char(out, '\n');
	return out->error;
}
