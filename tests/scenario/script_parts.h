/*
 * script_parts.h - what the files that read scenarios share
 *
 *   script.c        the language, the caller's lines, expectations
 *   script_agent.c  the lines of the agent's part
 *
 * Threads: any.
 */
#ifndef TESTS_SCENARIO_SCRIPT_PARTS_H
#define TESTS_SCENARIO_SCRIPT_PARTS_H

#include "script.h"

#define ARGS_MAX 4

enum token_kind {
	TOKEN_WORD,
	TOKEN_NUMBER,
	TOKEN_STRING,
};

struct token {
	enum token_kind kind;
	struct str text;
	int64_t number;
};

/* What a line's pattern has caught. */
struct args {
	usec n[ARGS_MAX];
	struct str s[ARGS_MAX]; /* words and strings */
	const struct token *rest;
	size_t rest_count;
	unsigned line;
};

bool token_is(const struct token *t, const char *word);

/* Each takes a line. Returns 0 or -EBADMSG. */
int take_greets(struct script *s, const struct args *a);
int take_heard(struct script *s, const struct args *a);
int take_keys_heard(struct script *s, const struct args *a);
int take_silent(struct script *s, const struct args *a);
int take_transfer_fails(struct script *s, const struct args *a);
int take_agent_text(struct script *s, const struct args *a);
int take_guesses(struct script *s, const struct args *a);
int take_no_brain(struct script *s, const struct args *a);
int take_model(struct script *s, const struct args *a);
int take_model_answers(struct script *s, const struct args *a);

#endif
