/* bench/thinking: how fast a language model in this process reads and speaks
 *
 *   build/bench/thinking [MODEL.gguf]      OFFHOOK_MODELS_DIR=DIR, OFFHOOK_LIBLLAMA=FILE; else TinyLlama and
 * libllama of tools/models.sh llama mind
 *
 * For one thread and for two: tokens a second of a persona that is new to it and of an answer, and
 * milliseconds to the first word when only the caller's turn is new. Processor time beside it: a busy machine
 * shows in the difference.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "provider/local/thinking.h"

#define PATH_BYTES    1024
#define ANSWER_TOKENS 48
#define WINDOW        2048
#define THREADS_MOST  2

static const char persona[] = "You answer the telephone of a small hotel in the old town. You are friendly "
			      "and brief. The hotel has "
			      "twelve rooms: five single rooms for eighty pounds a night, six double rooms "
			      "for a hundred and twenty, and "
			      "one for families under the roof. Breakfast is from seven until half past ten, "
			      "in the garden when the "
			      "weather is fine. Guests can arrive from three in the afternoon, and leave "
			      "until eleven. There is no car "
			      "park, but the one at the station is five minutes away and costs nine pounds a "
			      "day. Dogs are welcome, and "
			      "cats are not, because of ours. The kitchen cooks in the evening from Thursday "
			      "to Sunday. Bicycles can be "
			      "had for nothing. Who is late rings the bell, and Mister Albrecht comes down. "
			      "Nobody is asked for the number "
			      "of a card on the telephone. Groups of more than ten people are put through to "
			      "the manager. The museum, the "
			      "cathedral and the river are all within ten minutes on foot, and the last "
			      "train leaves before midnight.";

static const atomic_bool never;

struct span {
	usec wall, cpu;
};

static struct span now(void)
{
	return (struct span){clock_read(), (usec)clock() * (USEC_SEC(1) / CLOCKS_PER_SEC)};
}

/* To the first word, and then to the end. */
struct figures {
	struct span start, first, end;
	struct llm_usage usage;
};

static int answer(struct thought *th, const struct llm_request *r, struct figures *f)
{
	struct thinking_out out = {.stop = LLM_STOP_END};
	struct llama_words words;
	int rc;

	buf_init(&out.text, 65536);
	f->start = now();
	rc = thought_ask(th, r, &words);
	while (rc == 0 || rc == THINKING_MORE) {
		rc = thought_step(th, &out);
		if (out.usage.tokens_out == 1)
			f->first = now();
		if (rc == 0)
			break;
	}
	f->end = now();
	f->usage = out.usage;
	buf_fini(&out.text);
	return rc;
}

static double per_second(uint64_t tokens, usec from, usec to)
{
	return to > from ? (double)tokens * 1e6 / (double)(to - from) : 0;
}

static void show(int threads, const struct figures *f, const struct figures *again)
{
	uint64_t read = f->usage.tokens_in - f->usage.tokens_cached, said = f->usage.tokens_out - 1;

	printf("%d threads  reads %3llu tokens %6.1f /s (cpu %6.1f)  says %2llu %5.1f /s (cpu %5.1f)  first "
	       "word, "
	       "%llu tokens new: %lld ms\n",
	       threads, (unsigned long long)read, per_second(read, f->start.wall, f->first.wall),
	       per_second(read, f->start.cpu, f->first.cpu), (unsigned long long)said,
	       per_second(said, f->first.wall, f->end.wall), per_second(said, f->first.cpu, f->end.cpu),
	       (unsigned long long)(again->usage.tokens_in - again->usage.tokens_cached),
	       (long long)((again->first.wall - again->start.wall) / USEC_MS(1)));
}

static int measure(const struct thinking_config *c)
{
	struct llm_message m[] = {
		{.role = LLM_SYSTEM, .text = str_from(persona)},
		{.role = LLM_USER, .text = STR("Have you got a room for tonight?")},
		{.role = LLM_ASSISTANT, .text = STR("Yes, a single room and two double rooms are free.")},
		{.role = LLM_USER, .text = STR("I take the single room. Where can I leave the car?")},
	};
	struct llm_request r = {.messages = m, .message_count = 2, .tokens_max = ANSWER_TOKENS};
	struct figures f, again;
	struct llama_words words;
	struct thinking *t;
	struct thought *th = NULL;
	int rc = thinking_open(c, &words, &t);

	if (rc < 0) {
		fprintf(stderr, "%s\n", words.text);
		return rc;
	}
	rc = thought_open(t, &never, &th);
	if (rc == 0)
		rc = answer(th, &r, &f);
	r.message_count = ARRAY_LEN(m);
	if (rc == 0)
		rc = answer(th, &r, &again);
	if (rc == 0)
		show(c->threads, &f, &again);
	thought_shut(th);
	thinking_close(t);
	return rc;
}

int main(int argc, char **argv)
{
	const char *dir = getenv("OFFHOOK_MODELS_DIR"), *library = getenv("OFFHOOK_LIBLLAMA");
	char model[PATH_BYTES], libllama[PATH_BYTES];
	int rc = 0;

	dir = dir ? dir : "models";
	snprintf(model, sizeof(model), "%s/tinyllama/tinyllama-1.1b-chat.gguf", dir);
	snprintf(libllama, sizeof(libllama), "%s/llama/libllama.so", dir);
	for (int threads = 1; threads <= THREADS_MOST && rc == 0; threads++)
		rc = measure(&(struct thinking_config){.libllama = library ? library : libllama,
						       .model = argc > 1 ? argv[1] : model,
						       .window = WINDOW,
						       .threads = threads});
	return rc < 0;
}
