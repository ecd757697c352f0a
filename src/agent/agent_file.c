/*
 * agent_file.c - the option tables of an agent's file, and their checks
 */
#include <errno.h>

#include "agent/agent.h"
#include "agent/knowledge.h"
#include "provider/chain.h"

static const char *const slot_types[] = {"text",   "date",   "time",   "phone",  "name",  "birth", "email",
					 "number", "digits", "yes_no", "choice", "offer", NULL};
static const char *const intent_kinds[] = {"go",      "human",       "emergency", "repeat", "help",
					   "goodbye", "frustration", "other",     NULL};
static const char *const brains[] = {"flow", "model", NULL};
static const char *const ends[] = {"none", "hangup", "transfer", NULL};

static const struct opt slot_opts[] = {
	OPT_KEY("name", struct agent_slot, name, .help = "What the flow and its texts call it."),
	OPT_CHOICE("type", struct agent_slot, type, slot_types, .preset = "text",
		   .help = "What kind of value it holds."),
	OPT_STR("ask", struct agent_slot, ask, .required = true, .help = "The question that asks for it."),
	OPT_STR("again", struct agent_slot, again, .help = "Asked after a first misunderstanding."),
	OPT_STR("rephrase", struct agent_slot, rephrase, .help = "Asked after a second one, in other words."),
	OPT_STR("ack", struct agent_slot, ack, .help = "Said when it has been understood."),
	OPT_STR("confirm", struct agent_slot, confirm, .help = "Reads it back and asks whether it is right."),
	OPT_INT("confirm_below", struct agent_slot, confirm_below, .preset = "101", .min = 0, .max = 101,
		.help = "Confidence in per cent under which it is read back; 101 means always."),
	OPT_INT("digits", struct agent_slot, digits, .min = 0, .max = 32,
		.help = "How many digits it has, or a phone number that begins with 0 has at most; 0 = any."),
	OPT_STRS("choices", struct agent_slot, choices, .help = "The values of a choice."),
};
static const struct opt_table slot_table = OPT_TABLE("slots", struct agent_slot, slot_opts);

static const struct opt intent_opts[] = {
	OPT_KEY("name", struct agent_intent, name, .help = "What the trail calls it."),
	OPT_CHOICE("kind", struct agent_intent, kind, intent_kinds, .preset = "go", .help = "What it does."),
	OPT_STR("label", struct agent_intent, label,
		.help = "What it does, in words that may follow 'Would you like to'."),
	OPT_STR("go", struct agent_intent, go, .help = "The state it leads to."),
	OPT_STRS("examples", struct agent_intent, examples,
		 .help = "Sentences of callers; compared by meaning."),
	OPT_STRS("phrases", struct agent_intent, phrases,
		 .help = "Exact words that decide at once unless denied."),
};
static const struct opt_table intent_table = OPT_TABLE("intents", struct agent_intent, intent_opts);

static const struct opt edge_opts[] = {
	OPT_STR("on", struct agent_edge, on, .required = true,
		.help = "An outcome of the tool, filled, changed, yes, no, or slot=value."),
	OPT_STR("go", struct agent_edge, go, .required = true, .help = "The next state."),
	OPT_STR("say", struct agent_edge, say, .help = "Said on the way."),
	OPT_STR("disposition", struct agent_edge, disposition,
		.help = "What the call came to, once it went this way."),
	OPT_STRS("clear", struct agent_edge, clear, .help = "Slots to forget."),
};
static const struct opt_table edge_table = OPT_TABLE("edges", struct agent_edge, edge_opts);

static const struct opt state_opts[] = {
	OPT_KEY("name", struct agent_state, name, .help = "The state's name."),
	OPT_STR("goal", struct agent_state, goal, .help = "What the state is there for, in words."),
	OPT_STR("say", struct agent_state, say, .help = "Said when it is first entered."),
	OPT_STR("ask", struct agent_state, ask, .help = "Said before listening for an intent."),
	OPT_STRS("slots", struct agent_state, slots, .help = "Slots to fill, in this order."),
	OPT_STRS("also", struct agent_state, also,
		 .help = "Slots that are taken along when the caller names them."),
	OPT_STR("confirm", struct agent_state, confirm,
		.help = "Asked when all slots are filled, before the tool."),
	OPT_STR("tool", struct agent_state, tool, .help = "Called when all slots are filled and confirmed."),
	OPT_LIST("edges", struct agent_state, edges, &edge_table, .help = "Where it goes on, by outcome."),
	OPT_CHOICE("end", struct agent_state, end, ends, .preset = "none",
		   .help = "How the conversation ends here."),
	OPT_STR("target", struct agent_state, target, .help = "Whom a transfer goes to, a key of handoff."),
	OPT_INT("visits", struct agent_state, visits, .min = 0, .max = 100,
		.help = "How often it may be entered before a human takes over; 0 = the agent's limit."),
	OPT_STR("reason", struct agent_state, reason, .help = "Why it is transferred, for people."),
	OPT_STR("disposition", struct agent_state, disposition, .preset = "answered",
		.help = "How the call is filed after a hangup."),
};
static const struct opt_table state_table = OPT_TABLE("flow", struct agent_state, state_opts);

static const struct opt target_opts[] = {
	OPT_KEY("name", struct agent_target, name, .help = "What states call it."),
	OPT_STR("uri", struct agent_target, uri, .required = true, .help = "A SIP or tel URI."),
	OPT_BOOL("cold", struct agent_target, cold, .preset = "false",
		 .help = "Transferred at once, without a whisper."),
};
static const struct opt_table target_table = OPT_TABLE("handoff", struct agent_target, target_opts);

#define PHRASE(name, text, why) OPT_STR(#name, struct agent_phrases, name, .preset = text, .help = why)
static const struct opt phrase_opts[] = {
	PHRASE(clarify, "Sorry, I didn't quite catch that.",
	       "After a first misunderstanding, before the question."),
	PHRASE(rephrase, "I'm sorry, let me ask that another way.", "After a second one."),
	PHRASE(handover, "One moment, I'll put you through to a colleague.", "Before a transfer."),
	PHRASE(emergency, "This sounds like an emergency. I'm connecting you right now.",
	       "Before a cold transfer."),
	PHRASE(emergency_alone,
	       "I can't reach anybody here. Please hang up and call the emergency services now.",
	       "In an emergency, when nobody can be reached: there is no use in a message."),
	PHRASE(goodbye, "Thank you for calling. Goodbye.", "At the end."),
	PHRASE(help, "You can tell me in your own words what you need, or ask for a person at any time.",
	       "For help."),
	PHRASE(still_there, "Are you still there?", "After a silence."),
	PHRASE(silent_goodbye, "I can't hear you, so I'll hang up now. Please call again any time. Goodbye.",
	       "After the last silence."),
	PHRASE(anything_else, "Is there anything else I can help you with?", "After an answer."),
	PHRASE(what_to_change, "What would you like to change?", "After a no to a summary."),
	PHRASE(transfer_failed, "I'm sorry, nobody can take the call right now.",
	       "When a transfer came back."),
	PHRASE(nobody_free,
	       "I'm sorry, I can't reach anybody and I don't want to keep you waiting. Please call again "
	       "later. Goodbye.",
	       "When a second transfer is not possible."),
	PHRASE(leave_message,
	       "I'm sorry, nobody can take your call right now. Please leave your message after the tone, "
	       "and "
	       "hang up or press any key when you are done.",
	       "Instead of nobody_free, where messages are taken."),
	PHRASE(message_taken, "Thank you. I will pass your message on. Goodbye.", "After a message."),
	PHRASE(back, "Now, where were we?", "Back to the question after an answer in between."),
	PHRASE(hold, "One moment.", "While an answer takes its time."),
	PHRASE(past_date, "That day has already gone by.", "A day in the past was named."),
	PHRASE(closed_then, "We're not open then, I'm afraid.", "A day or time outside the hours was named."),
	PHRASE(too_many_digits, "I heard too many digits.", "A number was longer than it can be."),
	PHRASE(out_of_scope, "I'm afraid I can't help with that.",
	       "When something else is wanted than it is there for."),
	PHRASE(either, "Would you like to {first}, or {second}?",
	       "When two intents are as likely, by their labels."),
	PHRASE(trouble, "I'm sorry, something went wrong on my side.", "When the agent could not think."),
	PHRASE(no_card, "Please don't tell me any card details on this line.", "A card number was dictated."),
};
static const struct opt_table phrase_table = OPT_TABLE("phrases", struct agent_phrases, phrase_opts);

static const struct opt limit_opts[] = {
	OPT_INT("turns", struct agent_limits, turns, .preset = "60", .min = 1, .max = 1000,
		.help = "Turns of a conversation; then a human takes over."),
	OPT_INT("visits", struct agent_limits, visits, .preset = "6", .min = 1, .max = 100,
		.help = "How often one state may be entered."),
	OPT_INT("ladder", struct agent_limits, ladder, .preset = "2", .min = 1, .max = 10,
		.help = "Misunderstandings in a row before handing over."),
	OPT_INT("ladder_all", struct agent_limits, ladder_all, .preset = "6", .min = 1, .max = 100,
		.help = "Misunderstandings of a whole conversation."),
	OPT_INT("silences", struct agent_limits, silences, .preset = "2", .min = 1, .max = 10,
		.help = "Silences in a row before a polite goodbye."),
	OPT_MS("silence_ms", struct agent_limits, silence, .preset = "8000", .min = 1000, .max = 120000,
	       .help = "How long a caller may say nothing."),
};
static const struct opt_table limit_table = OPT_TABLE("limits", struct agent_limits, limit_opts);

static const struct opt message_opts[] = {
	OPT_BOOL("take", struct agent_message, take, .preset = "true",
		 .help = "Whether a caller who cannot be put through to anybody may leave a message. It is "
			 "kept in the call's recording; calls/messages.jsonl says where."),
	OPT_MS("limit_ms", struct agent_message, limit, .preset = "60000", .min = 5000, .max = 600000,
	       .help = "How long a message may be."),
};
static const struct opt_table message_table = OPT_TABLE("message", struct agent_message, message_opts);

static const struct opt deep_opts[] = {
	OPT_STRS("intents", struct agent_deep, intents, .help = "When one of their phrases was said."),
	OPT_INT("words", struct agent_deep, words, .min = 0, .max = 1000,
		.help = "When the caller's turn has so many words; 0 = never for that."),
	OPT_INT("rounds", struct agent_deep, rounds, .min = 0, .max = 20,
		.help = "After so many rounds of tools in one answer; 0 = never for that."),
	OPT_INT("ladder", struct agent_deep, ladder, .min = 0, .max = 10,
		.help = "After so many misunderstandings in a row; 0 = never for that."),
};
static const struct opt_table deep_table = OPT_TABLE("deep_when", struct agent_deep, deep_opts);

static const struct opt model_opts[] = {
	OPT_STRS("fast", struct agent_model, fast, .min = 0, .max = CHAIN_LINKS_MAX,
		 .help = "Providers of the live turn, tried in this order; as the server's pipeline.llm when "
			 "left out."),
	OPT_STRS("deep", struct agent_model, deep, .min = 0, .max = CHAIN_LINKS_MAX,
		 .help = "Providers of hard turns, likewise; none = the fast ones."),
	OPT_STRUCT("deep_when", struct agent_model, deep_when, &deep_table, .help = "What a hard turn is."),
	OPT_NUM("temperature", struct agent_model, temperature, .preset = "-1", .min = -1, .max = 2,
		.help = "How freely it writes; negative = as the model likes."),
	OPT_INT("tokens", struct agent_model, tokens, .preset = "300", .min = 16, .max = 4096,
		.help = "The longest answer, in tokens."),
	OPT_INT("rounds", struct agent_model, rounds, .preset = "5", .min = 1, .max = 20,
		.help = "Rounds of tools in one answer; then a human takes over."),
	OPT_MS("first_token_ms", struct agent_model, first_token, .preset = "5000", .min = 100, .max = 60000,
	       .help = "How long to wait for the first word of an answer."),
	OPT_BOOL("understand", struct agent_model, understand, .preset = "false",
		 .help = "The flow asks the fast providers when it is not clear what was meant."),
	OPT_BOOL("wording", struct agent_model, wording, .preset = "false",
		 .help = "The flow lets them fit its sentences to what was said."),
};
static const struct opt_table model_table = OPT_TABLE("model", struct agent_model, model_opts);

static const struct opt matching_opts[] = {
	OPT_NUM("intent", struct agent_matching, intent, .preset = "0.40", .min = 0, .max = 1,
		.help = "Similarity from which an intent is believed."),
	OPT_NUM("intent_margin", struct agent_matching, intent_margin, .preset = "0.02", .min = 0, .max = 1,
		.help = "Lead over the next intent."),
	OPT_NUM("intent_busy", struct agent_matching, intent_busy, .preset = "0.55", .min = 0, .max = 1,
		.help = "The same while another task is under way."),
	OPT_NUM("faq", struct agent_matching, faq, .preset = "0.5", .min = 0, .max = 1,
		.help = "Similarity from which a question is answered."),
	OPT_NUM("faq_busy", struct agent_matching, faq_busy, .preset = "0.6", .min = 0, .max = 1,
		.help = "The same while another task is under way."),
};
static const struct opt_table matching_table = OPT_TABLE("matching", struct agent_matching, matching_opts);

#define DAY(key, index, hours)                                        \
	OPT_STR(key, struct agent_hours, day[index], .preset = hours, \
		.help = "Opening hours, 08:00-18:00, or closed.")
static const struct opt hours_opts[] = {
	DAY("monday", 0, "08:00-18:00"),    DAY("tuesday", 1, "08:00-18:00"),
	DAY("wednesday", 2, "08:00-18:00"), DAY("thursday", 3, "08:00-18:00"),
	DAY("friday", 4, "08:00-18:00"),    DAY("saturday", 5, "closed"),
	DAY("sunday", 6, "closed"),
};

static int read_hours(struct str text, struct agent_range *ret)
{
	struct agent_range r = {0};
	struct str rest = text;

	if (!str_ieq(text, STR("closed")) && (civil_read_clock(str_trim(str_cut(&rest, '-')), &r.from) ||
					      civil_read_clock(str_trim(rest), &r.to) || r.from >= r.to))
		return -EBADMSG;
	*ret = r;
	return 0;
}

static void check_hours(const void *loaded, const struct tree_node *node, struct tree_errors *errors)
{
	const struct agent_hours *h = loaded;
	struct agent_range r;

	for (size_t d = 0; d < 7; d++) {
		const struct tree_node *at = tree_find(node, str_from(hours_opts[d].name));
		if (read_hours(h->day[d], &r) < 0 && at)
			tree_errors_add(errors, at->at,
					"'" STR_FMT "' is no opening time: write 08:00-18:00, or closed",
					STR_ARG(h->day[d]));
	}
}

static const struct opt_table hours_table =
	OPT_TABLE("hours", struct agent_hours, hours_opts, .check = check_hours);

static const struct opt booking_opts[] = {
	OPT_INT("slot_minutes", struct agent_booking, slot_minutes, .preset = "30", .min = 5, .max = 480,
		.help = "Length of an appointment."),
	OPT_INT("days_ahead", struct agent_booking, days_ahead, .preset = "90", .min = 1, .max = 400,
		.help = "How far ahead one may book."),
	OPT_INT("offers", struct agent_booking, offers, .preset = "3", .min = 1, .max = 6,
		.help = "How many times are offered at once."),
	OPT_STRS("doctors", struct agent_booking, doctors, .preset = "the doctor", .min = 1, .max = 32,
		 .help = "Who can be booked."),
};
static const struct opt_table booking_table = OPT_TABLE("booking", struct agent_booking, booking_opts);

static const struct opt faq_opts[] = {
	OPT_STR("source", struct faq_entry, source, .required = true, .help = "Named in the trail."),
	OPT_STRS("questions", struct faq_entry, questions, .required = true, .min = 1, .max = 200,
		 .help = "The ways people ask."),
	OPT_STR("answer", struct faq_entry, answer, .required = true, .help = "Written to be heard."),
};
const struct opt_table faq_table = OPT_TABLE("faq", struct faq_entry, faq_opts);

/* ---- references ---- */

/* `name` stands at `at` and must be the key of a child of `among`. */
static void must_be_in(const struct tree_node *among, struct str name, struct tree_pos at, const char *what,
		       struct tree_errors *errors)
{
	const struct tree_node *nearest = NULL;
	size_t best = 4;

	if (str_empty(name) || (among && tree_find(among, name)))
		return;
	for (const struct tree_node *c = among ? among->first : NULL; c; c = c->next) {
		size_t d = str_distance(c->key, name, best);
		if (d < best) {
			best = d;
			nearest = c;
		}
	}
	if (nearest)
		tree_errors_add(errors, at, "there is no %s '" STR_FMT "'; did you mean '" STR_FMT "'?", what,
				STR_ARG(name), STR_ARG(nearest->key));
	else
		tree_errors_add(errors, at, "there is no %s '" STR_FMT "'", what, STR_ARG(name));
}

static void check_one(const struct tree_node *holder, const char *key, const struct tree_node *among,
		      const char *what, struct tree_errors *errors)
{
	const struct tree_node *n = tree_find(holder, str_from(key));

	if (n && n->kind == TREE_SCALAR)
		must_be_in(among, n->text, n->at, what, errors);
}

static void check_many(const struct tree_node *holder, const char *key, const struct tree_node *among,
		       const char *what, struct tree_errors *errors)
{
	const struct tree_node *n = tree_find(holder, str_from(key));

	if (!n || n->kind != TREE_LIST)
		return;
	TREE_EACH(item, n)
	must_be_in(among, item->text, item->at, what, errors);
}

static void check_tool(const struct tree_node *root, const struct tree_node *state,
		       struct tree_errors *errors)
{
	const struct tree_node *tool = tree_find(state, STR("tool"));
	const struct tree_node *tools = tree_find(root, STR("tools"));

	if (!tool)
		return;
	for (const struct tree_node *t = tools ? tools->first : NULL; t; t = t->next)
		if (str_eq(t->text, tool->text))
			return;
	tree_errors_add(errors, tool->at, "the tool '" STR_FMT "' is not in the agent's list of tools",
			STR_ARG(tool->text));
}

static void check_edges(const struct tree_node *state, const struct tree_node *flow,
			const struct tree_node *slots, struct tree_errors *errors)
{
	const struct tree_node *edges = tree_find(state, STR("edges"));

	if (!edges || edges->kind != TREE_LIST)
		return;
	TREE_EACH(edge, edges)
	{
		const struct tree_node *on = tree_find(edge, STR("on"));
		check_one(edge, "go", flow, "state", errors);
		check_many(edge, "clear", slots, "slot", errors);
		if (on && str_chr(on->text, '=') < on->text.n)
			must_be_in(slots, str_sub(on->text, 0, str_chr(on->text, '=')), on->at, "slot",
				   errors);
	}
}

static void check_agent(const void *loaded, const struct tree_node *root, struct tree_errors *errors)
{
	const struct tree_node *flow = tree_find(root, STR("flow")), *slots = tree_find(root, STR("slots"));
	const struct tree_node *intents = tree_find(root, STR("intents")),
			       *model = tree_find(root, STR("model"));
	const struct tree_node *deep_when = model ? tree_find(model, STR("deep_when")) : NULL;

	if (flow)
		must_be_in(flow, ((const struct agent *)loaded)->home, flow->at, "state", errors);
	if (deep_when)
		check_many(deep_when, "intents", intents, "intent", errors);
	for (const struct tree_node *i = intents ? intents->first : NULL; i; i = i->next)
		check_one(i, "go", flow, "state", errors);
	for (const struct tree_node *s = flow ? flow->first : NULL; s; s = s->next) {
		check_many(s, "slots", slots, "slot", errors);
		check_many(s, "also", slots, "slot", errors);
		check_one(s, "target", tree_find(root, STR("handoff")), "handoff target", errors);
		check_tool(root, s, errors);
		check_edges(s, flow, slots, errors);
	}
}

static const struct opt agent_opts[] = {
	OPT_STR("agent_name", struct agent, agent_name, .required = true,
		.help = "What the agent is called."),
	OPT_STR("tenant_id", struct agent, tenant_id, .required = true, .help = "Whose agent it is."),
	OPT_STR("voice_profile", struct agent, voice_profile, .preset = "professional_friendly",
		.help = "How it should sound."),
	OPT_STR("voice", struct agent, voice,
		.help = "A voice of the engine in this process; empty = its usual one. Voices on a network "
			"are named where they are configured, under providers."),
	OPT_STR("language", struct agent, language, .preset = "en-GB",
		.help = "BCP 47; en-US reads 3/12 as March 12th."),
	OPT_STR("time_zone", struct agent, time_zone, .preset = "Europe/London",
		.help = "Of the opening hours."),
	OPT_CHOICE("brain", struct agent, brain, brains, .preset = "flow",
		   .help = "Who decides what to say: the states of the flow, or a language model."),
	OPT_STRS(
		"stt", struct agent, stt, .min = 0, .max = CHAIN_LINKS_MAX,
		.help = "Recognisers, names under the server's providers or `local`, tried in this order; as "
			"the server's pipeline.stt when left out."),
	OPT_STRS("tts", struct agent, tts, .min = 0, .max = CHAIN_LINKS_MAX,
		 .help = "Voices, likewise: each speaks with the voice that stands with it under providers."),
	OPT_STRS(
		"key_terms", struct agent, key_terms, .max = 100,
		.help = "Names and words that callers will say and nobody else would expect, of the doctors, "
			"the street, the products: recognisers that can be told of them are. The first ones "
			"matter most."),
	OPT_STRUCT("model", struct agent, model, &model_table, .help = "What it uses a language model for."),
	OPT_STR("persona", struct agent, persona, .help = "Who it is, for a language model."),
	OPT_STR("greeting", struct agent, greeting, .preset = "Hello, how can I help you today?",
		.help = "Its first words."),
	OPT_STR("home", struct agent, home, .preset = "home",
		.help = "The state in which a conversation begins."),
	OPT_STRS("goals", struct agent, goals, .help = "What it is there for, in words."),
	OPT_STRS("knowledge_sources", struct agent, knowledge_sources,
		 .help = "What it may answer from, by name."),
	OPT_STRS("knowledge", struct agent, knowledge,
		 .help = "Files of frequent questions, beside this one."),
	OPT_PATH("seed", struct agent, seed,
		 .help = "Patients and appointments for an empty store, a file beside this one."),
	OPT_STRS("tools", struct agent, tools, .help = "The tools it may use."),
	OPT_STRS("guardrails", struct agent, guardrails, .help = "Rules that hold whatever is said."),
	OPT_STRUCT("phrases", struct agent, phrases, &phrase_table,
		   .help = "What it says when nothing else fits."),
	OPT_STRUCT("limits", struct agent, limits, &limit_table, .help = "When it gives up politely."),
	OPT_STRUCT("message", struct agent, message, &message_table,
		   .help = "What is done when nobody can be reached."),
	OPT_STRUCT("matching", struct agent, matching, &matching_table,
		   .help = "How sure it must be of a meaning."),
	OPT_STRUCT("hours", struct agent, hours, &hours_table, .help = "When the business is open."),
	OPT_STRUCT("booking", struct agent, booking, &booking_table, .help = "How appointments are made."),
	OPT_MAP("intents", struct agent, intents, &intent_table, .help = "What callers may want."),
	OPT_MAP("slots", struct agent, slots, &slot_table, .help = "What must be found out."),
	OPT_MAP("flow", struct agent, states, &state_table, .help = "The way through a conversation."),
	OPT_MAP("handoff", struct agent, handoff, &target_table, .help = "Whom it can transfer to."),
};
const struct opt_table agent_table = OPT_TABLE("agent", struct agent, agent_opts, .check = check_agent);

/* ---- knowledge files ---- */

static const struct opt knowledge_opts[] = {
	OPT_LIST("faq", struct agent, faq, &faq_table, .help = "Questions and answers."),
};
static const struct opt_table knowledge_table = OPT_TABLE("knowledge", struct agent, knowledge_opts);

static int join_faq(struct agent *a, const struct opt_list *more, struct arena *arena)
{
	struct faq_entry *all = ARENA_ARRAY(arena, struct faq_entry, a->faq.count + more->count + 1);
	const struct faq_entry *had = a->faq.at, *add = more->at;

	if (!all)
		return -ENOMEM;
	for (size_t i = 0; i < a->faq.count; i++)
		all[i] = had[i];
	for (size_t i = 0; i < more->count; i++)
		all[a->faq.count + i] = add[i];
	a->faq = (struct opt_list){all, a->faq.count + more->count};
	return 0;
}

static int read_knowledge(struct agent *a, const char *file, opt_env *env, struct arena *arena,
			  struct tree_errors *errors)
{
	struct str dir = str_from(file);
	struct tree_node *root;

	while (dir.n > 0 && dir.p[dir.n - 1] != '/')
		dir.n--;
	for (size_t i = 0; i < a->knowledge.count; i++) {
		struct agent part = {0};
		char *path = arena_printf(arena, STR_FMT STR_FMT, STR_ARG(dir), STR_ARG(a->knowledge.at[i]));
		int rc = path ? tree_read(path, NULL, arena, errors, &root) : -ENOMEM;
		if (rc == 0)
			rc = opt_load(&knowledge_table, root, env, arena, errors, &part);
		if (rc == 0)
			rc = join_faq(a, &part.faq, arena);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* An agent without a flow listens, answers what it knows, and hands over. */
static const struct agent_state listening = {
	.name = STR_INIT("home"),
	.goal = STR_INIT("find out what the caller needs"),
	.ask = STR_INIT("How can I help you?"),
	.disposition = STR_INIT("answered"),
};

static int load(const struct tree_node *root, const char *file, opt_env *env, struct arena *arena,
		struct tree_errors *errors, struct agent **ret_agent)
{
	struct agent *a = ARENA_NEW(arena, struct agent);
	int rc = a ? opt_load(&agent_table, root, env, arena, errors, a) : -ENOMEM;

	for (size_t d = 0; rc == 0 && d < 7; d++)
		rc = read_hours(a->hours.day[d], &a->open[d]);
	if (rc == 0)
		rc = read_knowledge(a, file, env, arena, errors);
	if (rc < 0)
		return rc;
	if (a->states.count == 0) {
		struct agent_state *home = ARENA_NEW(arena, struct agent_state);
		if (!home)
			return -ENOMEM;
		*home = listening;
		home->name = a->home;
		a->states = (struct opt_list){home, 1};
	}
	a->tree = root;
	*ret_agent = a;
	return 0;
}

int agent_parse(struct str text, const char *file, opt_env *env, struct arena *arena,
		struct tree_errors *errors, struct agent **ret_agent)
{
	struct tree_node *root;
	int rc = tree_parse(text, file, NULL, arena, errors, &root);

	return rc < 0 ? rc : load(root, file, env, arena, errors, ret_agent);
}

int agent_read(const char *path, opt_env *env, struct arena *arena, struct tree_errors *errors,
	       struct agent **ret_agent)
{
	struct tree_node *root;
	int rc = tree_read(path, NULL, arena, errors, &root);

	return rc < 0 ? rc : load(root, path, env, arena, errors, ret_agent);
}
