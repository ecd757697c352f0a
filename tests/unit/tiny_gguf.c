#include "tiny_gguf.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define WIDE      32u
#define HEADS     2u
#define INNER     64u
#define CONTROLS  5u /* <unk> <s> </s> <|im_start|> <|im_end|> */
#define BYTES     256u
#define SYLLABLES (16u * 5u)
#define TOKENS    (CONTROLS + BYTES + SYLLABLES)
#define ALIGNMENT 32u
#define SEED      20261120u

/* The format's numbers of value types, and of a token's types. */
enum {
	GGUF_U32 = 4,
	GGUF_I32 = 5,
	GGUF_F32 = 6,
	GGUF_STRING = 8,
	GGUF_ARRAY = 9
};
enum {
	TOKEN_NORMAL = 1,
	TOKEN_UNKNOWN = 2,
	TOKEN_CONTROL = 3,
	TOKEN_BYTE = 6
};

struct tensor {
	const char *name;
	uint32_t dims;
	uint64_t n[2]; /* columns, rows */
};

static const struct tensor tensors[] = {
	{"token_embd.weight", 2, {WIDE, TOKENS}},  {"output_norm.weight", 1, {WIDE, 1}},
	{"output.weight", 2, {WIDE, TOKENS}},      {"blk.0.attn_norm.weight", 1, {WIDE, 1}},
	{"blk.0.attn_q.weight", 2, {WIDE, WIDE}},  {"blk.0.attn_k.weight", 2, {WIDE, WIDE}},
	{"blk.0.attn_v.weight", 2, {WIDE, WIDE}},  {"blk.0.attn_output.weight", 2, {WIDE, WIDE}},
	{"blk.0.ffn_norm.weight", 1, {WIDE, 1}},   {"blk.0.ffn_gate.weight", 2, {WIDE, INNER}},
	{"blk.0.ffn_up.weight", 2, {WIDE, INNER}}, {"blk.0.ffn_down.weight", 2, {INNER, WIDE}},
};

struct out {
	FILE *f;
	uint64_t entries; /* key-value pairs written */
};

static void u32(struct out *o, uint32_t v)
{
	fwrite(&v, sizeof(v), 1, o->f);
}

static void u64(struct out *o, uint64_t v)
{
	fwrite(&v, sizeof(v), 1, o->f);
}

static void f32(struct out *o, float v)
{
	fwrite(&v, sizeof(v), 1, o->f);
}

static void string(struct out *o, const char *s)
{
	u64(o, strlen(s));
	fwrite(s, 1, strlen(s), o->f);
}

static void key(struct out *o, const char *name, uint32_t type)
{
	string(o, name);
	u32(o, type);
	o->entries++;
}

static void key_u32(struct out *o, const char *name, uint32_t v)
{
	key(o, name, GGUF_U32);
	u32(o, v);
}

static void key_f32(struct out *o, const char *name, float v)
{
	key(o, name, GGUF_F32);
	f32(o, v);
}

static void key_string(struct out *o, const char *name, const char *v)
{
	key(o, name, GGUF_STRING);
	string(o, v);
}

static void key_array(struct out *o, const char *name, uint32_t of)
{
	key(o, name, GGUF_ARRAY);
	u32(o, of);
	u64(o, TOKENS);
}

static void token_text(uint32_t token, char buf[16])
{
	static const char *const controls[CONTROLS] = {"<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>"};
	uint32_t syllable = token - CONTROLS - BYTES;

	if (token < CONTROLS)
		snprintf(buf, 16, "%s", controls[token]);
	else if (token < CONTROLS + BYTES)
		snprintf(buf, 16, "<0x%02X>", token - CONTROLS);
	else /* every third begins a word: U+2581 */
		snprintf(buf, 16, "%s%c%c", syllable % 3 ? "" : "\xe2\x96\x81",
			 "bcdfghjklmnprstv"[syllable / 5], "aeiou"[syllable % 5]);
}

static uint32_t token_type(uint32_t token)
{
	if (token >= CONTROLS + BYTES)
		return TOKEN_NORMAL;
	if (token >= CONTROLS)
		return TOKEN_BYTE;
	return token == 0 ? TOKEN_UNKNOWN : TOKEN_CONTROL;
}

static void vocabulary(struct out *o)
{
	char text[16];

	key_string(o, "tokenizer.ggml.model", "llama");
	key_array(o, "tokenizer.ggml.tokens", GGUF_STRING);
	for (uint32_t i = 0; i < TOKENS; i++) {
		token_text(i, text);
		string(o, text);
	}
	key_array(o, "tokenizer.ggml.scores", GGUF_F32);
	for (uint32_t i = 0; i < TOKENS; i++)
		f32(o, i < CONTROLS + BYTES ? 0 : -(float)i);
	key_array(o, "tokenizer.ggml.token_type", GGUF_I32);
	for (uint32_t i = 0; i < TOKENS; i++)
		u32(o, token_type(i));
	key_u32(o, "tokenizer.ggml.bos_token_id", 1);
	key_u32(o, "tokenizer.ggml.eos_token_id", 2);
	key_u32(o, "tokenizer.ggml.unknown_token_id", 0);
}

static void entries(struct out *o, const struct tiny_gguf *g)
{
	key_string(o, "general.architecture", g->architecture);
	key_string(o, "general.name", "tiny");
	key_u32(o, "llama.block_count", 1);
	key_u32(o, "llama.context_length", TINY_GGUF_WINDOW);
	key_u32(o, "llama.embedding_length", WIDE);
	key_u32(o, "llama.feed_forward_length", INNER);
	key_u32(o, "llama.attention.head_count", HEADS);
	key_u32(o, "llama.attention.head_count_kv", HEADS);
	key_f32(o, "llama.attention.layer_norm_rms_epsilon", 1e-5f);
	key_u32(o, "llama.rope.dimension_count", WIDE / HEADS);
	key_u32(o, "llama.vocab_size", TOKENS);
	vocabulary(o);
	if (g->template)
		key_string(o, "tokenizer.chat_template", g->template);
}

static void pad(struct out *o)
{
	while (ftell(o->f) % (long)ALIGNMENT != 0)
		fputc(0, o->f);
}

/* Every tensor's size is a multiple of the alignment. */
static void infos(struct out *o)
{
	uint64_t offset = 0;

	for (size_t i = 0; i < ARRAY_LEN(tensors); i++) {
		string(o, tensors[i].name);
		u32(o, tensors[i].dims);
		for (uint32_t k = 0; k < tensors[i].dims; k++)
			u64(o, tensors[i].n[k]);
		u32(o, 0); /* 32-bit floats */
		u64(o, offset);
		offset += tensors[i].n[0] * tensors[i].n[1] * sizeof(float);
	}
}

static float next_weight(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return ((float)(*seed >> 8) / (float)(1u << 24) - 0.5f) * 0.5f;
}

static void weights(struct out *o)
{
	uint32_t seed = SEED;

	for (size_t i = 0; i < ARRAY_LEN(tensors); i++) {
		bool is_output = strcmp(tensors[i].name, "output.weight") == 0;

		for (uint64_t k = 0; k < tensors[i].n[0] * tensors[i].n[1]; k++) {
			float w = tensors[i].dims == 1 ? 1 : next_weight(&seed);

			f32(o, is_output && k / WIDE < CONTROLS + BYTES ? 0 : w);
		}
	}
}

int tiny_gguf_write(const struct tiny_gguf *g, const char *path)
{
	struct out o = {.f = fopen(path, "wb")};
	long count_at;
	int rc;

	if (!o.f)
		return -errno;
	fwrite("GGUF", 1, 4, o.f);
	u32(&o, 3);
	u64(&o, ARRAY_LEN(tensors));
	count_at = ftell(o.f);
	u64(&o, 0);
	entries(&o, g);
	infos(&o);
	pad(&o);
	weights(&o);
	fseek(o.f, count_at, SEEK_SET);
	u64(&o, o.entries);
	rc = ferror(o.f) ? -EIO : 0;
	return fclose(o.f) == 0 ? rc : -EIO;
}
