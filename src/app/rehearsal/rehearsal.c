#include "app/rehearsal/rehearsal.h"

#include <errno.h>
#include <string.h>

#define PAUSE_MS_MAX 10000

static const struct opt step_opts[] = {
	OPT_STR("when", struct rehearsal_step, when,
		.help = "What the agent must have said since the step before."),
	OPT_STR("say", struct rehearsal_step, say, .help = "What the caller says."),
	OPT_INT("again", struct rehearsal_step, again, .preset = "1", .min = 0, .max = 5,
		.help = "How often the caller says it again when the agent did not understand."),
	OPT_STR("instead", struct rehearsal_step, instead,
		.help = "What the caller says then; left out, the same words."),
	OPT_STR("keys", struct rehearsal_step, keys, .help = "Keys that the caller presses."),
	OPT_MS("quiet_ms", struct rehearsal_step, quiet, .preset = "0", .min = 0, .max = 120000,
	       .help = "The caller keeps quiet for so long."),
	OPT_MS("pause_ms", struct rehearsal_step, pause, .preset = "0", .min = 0, .max = 60000,
	       .help = "After the agent has finished, before the caller begins."),
	OPT_MS("interrupt_ms", struct rehearsal_step, interrupt, .preset = "-1", .min = -1, .max = 60000,
	       .help = "Begins so long after the agent's first sound instead of waiting for its end."),
	OPT_BOOL("hangup", struct rehearsal_step, hangup, .preset = "false", .help = "And hangs up."),
};

static bool has_key(const char *keys, char c)
{
	for (; *keys; keys++)
		if (*keys == c)
			return true;
	return false;
}

/* "600 ms" */
static int read_pause(struct str inside, usec *ret_pause)
{
	int64_t ms;
	int rc = str_ends(inside, STR("ms")) ? 0 : -EBADMSG;

	if (rc == 0)
		rc = str_to_int(str_trim(str_sub(inside, 0, inside.n - 2)), 1, PAUSE_MS_MAX, &ms);
	if (rc == 0)
		*ret_pause = USEC_MS(ms);
	return rc;
}

static void check_pauses(struct str say, struct tree_pos at, struct tree_errors *errors)
{
	usec pause;

	while (str_cut(&say, '[').p && say.n > 0) {
		struct str inside = str_cut(&say, ']');

		if (read_pause(inside, &pause) < 0)
			tree_errors_add(errors, at, "'[" STR_FMT "]' is no pause: [600 ms] is one",
					STR_ARG(inside));
	}
}

static void check_step(const void *loaded, const struct tree_node *node, struct tree_errors *errors)
{
	const struct rehearsal_step *s = loaded;
	int deeds = !str_empty(s->say) + !str_empty(s->keys) + (s->quiet > 0) + s->hangup;

	if (deeds != 1)
		tree_errors_add(errors, node->at, "a step does one thing: say, keys, quiet_ms or hangup");
	if (!str_empty(s->instead) && (str_empty(s->say) || s->again == 0))
		tree_errors_add(errors, node->at, "'instead' is for what is said, and said again");
	check_pauses(s->say, node->at, errors);
	check_pauses(s->instead, node->at, errors);
	for (size_t i = 0; i < s->keys.n; i++)
		if (!has_key("0123456789*#ABCD,", s->keys.p[i]))
			tree_errors_add(errors, node->at, "'%c' is no key of a telephone", s->keys.p[i]);
}

static const struct opt_table step_table = OPT_TABLE(
	"step", struct rehearsal_step, step_opts, .check = check_step, .help = "What the caller does next.");

static const struct opt slot_opts[] = {
	OPT_STR("name", struct rehearsal_slot, name, .required = true, .help = "The slot."),
	OPT_STR("value", struct rehearsal_slot, value, .required = true,
		.help = "Its value: a date as 2026-11-24, a time as 10:30, a phone number as digits."),
};

static const struct opt_table slot_table =
	OPT_TABLE("slot", struct rehearsal_slot, slot_opts, .help = "What must have been understood.");

static const struct opt expect_opts[] = {
	OPT_STR("outcome", struct rehearsal_expect, outcome, .help = "How the call must have come out."),
	OPT_LIST("slots", struct rehearsal_expect, slots, &slot_table, .min = 0, .max = 50),
	OPT_STRS("said", struct rehearsal_expect, said, .help = "What the agent must have said."),
	OPT_STRS("not_said", struct rehearsal_expect, not_said, .help = "What it must not have said."),
	OPT_STRS("heard", struct rehearsal_expect, heard, .help = "What it must have understood."),
	OPT_STR("transfer", struct rehearsal_expect, transfer,
		.help = "Where the call must have been transferred."),
	OPT_MS("within_ms", struct rehearsal_expect, within, .preset = "0", .min = 0, .max = 60000,
	       .help = "The longest that any answer may take; 0 is any time."),
	OPT_INT("interruptions", struct rehearsal_expect, interruptions, .preset = "-1", .min = -1,
		.max = 100, .help = "How often the agent must have been interrupted; -1 is any number."),
	OPT_INT("again", struct rehearsal_expect, again, .preset = "-1", .min = -1, .max = 100,
		.help = "How often the caller may have had to say something again; -1 is any number."),
};

static const struct opt_table expect_table =
	OPT_TABLE("expect", struct rehearsal_expect, expect_opts, .help = "What must be true afterwards.");

static const char *const voices[] = {"slt", "awb", "rms", "kal16", NULL};

static const struct opt rehearsal_opts[] = {
	OPT_STR("name", struct rehearsal, name, .required = true,
		.help = "What is rehearsed, in a few words."),
	OPT_STR("called", struct rehearsal, called,
		.help = "Who is dialled; left out, the agent in whose folder the rehearsals lie."),
	OPT_STR("voice", struct rehearsal, voice, .preset = "slt",
		.help = "The caller's voice: slt, awb, rms, kal16."),
	OPT_NUM("speed", struct rehearsal, speed, .preset = "1", .min = 0.5, .max = 2,
		.help = "How fast they speak."),
	OPT_NUM("noise_db", struct rehearsal, noise_db, .preset = "0", .min = 0, .max = 60,
		.help = "How much louder than the noise the caller is; 0 is no noise."),
	OPT_NUM("loss_percent", struct rehearsal, loss, .preset = "0", .min = 0, .max = 50,
		.help = "Share of the caller's packets that get lost."),
	OPT_NUM("echo_db", struct rehearsal, echo_db, .preset = "0", .min = -60, .max = 0,
		.help = "The agent's voice comes back so much softer; 0 is not at all."),
	OPT_MS("echo_delay_ms", struct rehearsal, echo_delay, .preset = "150", .min = 20, .max = 500,
	       .help = "And so much later."),
	OPT_MS("patience_ms", struct rehearsal, patience, .preset = "900", .min = 200, .max = 10000,
	       .help = "Quiet after which the agent counts as done."),
	OPT_MS("longest_ms", struct rehearsal, longest, .preset = "120000", .min = 1000, .max = 600000,
	       .help = "The whole call."),
	OPT_LIST("steps", struct rehearsal, steps, &step_table, .min = 0, .max = 200, .required = true,
		 .help = "What the caller does."),
	OPT_STRUCT("expect", struct rehearsal, expect, &expect_table),
};

static void check_rehearsal(const void *loaded, const struct tree_node *node, struct tree_errors *errors)
{
	const struct rehearsal *r = loaded;
	bool known = false;

	for (size_t i = 0; voices[i]; i++)
		known |= str_eq(r->voice, str_from(voices[i]));
	if (!known)
		tree_errors_add(errors, node->at,
				"there is no caller's voice '" STR_FMT "': slt, awb, rms or kal16",
				STR_ARG(r->voice));
}

const struct opt_table rehearsal_table = OPT_TABLE("rehearsal", struct rehearsal, rehearsal_opts,
						   .check = check_rehearsal, .help = "A scripted caller.");

int rehearsal_read(const char *path, struct arena *arena, struct tree_errors *errors,
		   struct rehearsal **ret_rehearsal)
{
	struct rehearsal *r = ARENA_NEW(arena, struct rehearsal);
	struct tree_node *root;
	int rc = r ? tree_read(path, NULL, arena, errors, &root) : -ENOMEM;

	if (rc == 0)
		rc = opt_load(&rehearsal_table, root, opt_getenv, arena, errors, r);
	if (rc == 0)
		*ret_rehearsal = r;
	return rc;
}

struct str rehearsal_say(const struct rehearsal_step *step, unsigned again)
{
	return again > 0 && !str_empty(step->instead) ? step->instead : step->say;
}

bool rehearsal_piece(struct str *say, struct str *ret_words, usec *ret_pause)
{
	if (str_empty(*say))
		return false;
	*ret_words = str_trim(str_cut(say, '['));
	*ret_pause = 0;
	if (!str_empty(*say))
		(void)!read_pause(str_cut(say, ']'), ret_pause); /* checked when the file was read */
	return true;
}

struct str rehearsal_words(struct str say, struct arena *arena)
{
	char *room = arena_alloc(arena, say.n + 1);
	struct str piece;
	size_t n = 0;
	usec pause;

	while (room && rehearsal_piece(&say, &piece, &pause)) {
		if (n > 0 && piece.n > 0)
			room[n++] = ' ';
		memcpy(room + n, piece.p, piece.n);
		n += piece.n;
	}
	return (struct str){room, n};
}
