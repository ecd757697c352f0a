#include "net/ws_frames.h"

#include <errno.h>
#include <string.h>
#include <wslay/wslay.h>

#include "base/utf8.h"

#define KEEP_BYTES (64u * 1024) /* of memory for messages, between two */

/* ---- what wslay calls ---- */

static ssize_t on_recv(uint8_t *p, size_t n, int flags, void *arg)
{
	struct ws_frames *f = arg;
	size_t got = f->read(f->arg, p, n);

	f->dry = got == 0;
	return f->dry ? -1 : (ssize_t)got;
}

/* Room was made before. */
static ssize_t on_send(const uint8_t *p, size_t n, int flags, void *arg)
{
	struct ws_frames *f = arg;

	buf_add(f->out, p, n);
	return (ssize_t)n;
}

static int on_mask(uint8_t *p, size_t n, void *arg)
{
	struct ws_frames *f = arg;

	rng_bytes(f->rng, p, n);
	return 0;
}

int ws_frames_init(struct ws_frames *f, size_t (*read)(void *arg, void *p, size_t n), void *arg,
		   struct rng *rng)
{
	static const struct wslay_frame_callbacks callbacks = {on_send, on_recv, on_mask};

	*f = (struct ws_frames){.read = read, .arg = arg, .rng = rng};
	buf_init(&f->message, WS_FRAMES_MESSAGE_MAX);
	return wslay_frame_context_init(&f->wslay, &callbacks, f) == 0 ? 0 : -ENOMEM;
}

void ws_frames_fini(struct ws_frames *f)
{
	wslay_frame_context_free(f->wslay);
	f->wslay = NULL;
	buf_fini(&f->message);
}

/* ---- reading ---- */

static bool is_control(unsigned opcode)
{
	return opcode >= WS_OP_CLOSE;
}

/* The order of frames: section 5.4. */
static bool is_in_order(const struct ws_frames *f, unsigned opcode)
{
	switch (opcode) {
	case WSLAY_CONTINUATION_FRAME:
		return f->kind != 0;
	case WS_OP_TEXT:
	case WS_OP_BINARY:
		return f->kind == 0;
	case WS_OP_CLOSE:
	case WS_OP_PING:
	case WS_OP_PONG:
		return true;
	default:
		return false;
	}
}

static int begin_frame(struct ws_frames *f, const struct wslay_frame_iocb *io)
{
	if (io->rsv || io->mask || !is_in_order(f, io->opcode))
		return -EPROTO;
	if (!is_control(io->opcode) && io->payload_length > WS_FRAMES_MESSAGE_MAX - f->message.n)
		return -EMSGSIZE;
	if (io->opcode == WS_OP_TEXT || io->opcode == WS_OP_BINARY)
		f->kind = io->opcode;
	f->frame = io->opcode;
	f->fin = io->fin;
	f->left = io->payload_length;
	f->control_n = 0;
	return 0;
}

/* Codes that may stand in a frame: section 7.4. */
static bool is_sent_code(int code)
{
	return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
	       (code >= 3000 && code <= 4999);
}

static int end_close(struct str payload, struct ws_frame_event *ret_event)
{
	const unsigned char *p = (const unsigned char *)payload.p;
	struct str reason = str_sub(payload, 2, SIZE_MAX);

	*ret_event = (struct ws_frame_event){.what = WS_OP_CLOSE, .payload = reason, .code = 1005};
	if (payload.n == 0)
		return 1;
	if (payload.n == 1)
		return -EPROTO;
	ret_event->code = p[0] << 8 | p[1];
	if (!is_sent_code(ret_event->code))
		return -EPROTO;
	return utf8_valid(reason) ? 1 : -EILSEQ;
}

static int end_control(struct ws_frames *f, struct ws_frame_event *ret_event)
{
	struct str payload = {f->control, f->control_n};

	if (f->frame == WS_OP_CLOSE)
		return end_close(payload, ret_event);
	*ret_event = (struct ws_frame_event){.what = f->frame, .payload = payload};
	return 1;
}

static int end_message(struct ws_frames *f, struct str payload, struct ws_frame_event *ret_event)
{
	*ret_event = (struct ws_frame_event){.what = f->kind, .payload = payload};
	f->kind = 0;
	return ret_event->what == WS_OP_TEXT && !utf8_valid(payload) ? -EILSEQ : 1;
}

/* Returns 1 at the end of something, 0 in the middle, or -errno. */
static int take_piece(struct ws_frames *f, struct str piece, struct ws_frame_event *ret_event)
{
	f->left -= piece.n;
	if (is_control(f->frame)) {
		if (piece.n > 0)
			memcpy(f->control + f->control_n, piece.p, piece.n);
		f->control_n += piece.n;
		return f->left == 0 ? end_control(f, ret_event) : 0;
	}
	if (f->left == 0 && f->fin && f->message.n == 0)
		return end_message(f, piece, ret_event);
	buf_add_str(&f->message, piece);
	if (f->message.error)
		return f->message.error;
	return f->left == 0 && f->fin ? end_message(f, buf_str(&f->message), ret_event) : 0;
}

/* What was told by the last call has been used. */
static void forget_message(struct ws_frames *f)
{
	if (f->message.cap > KEEP_BYTES)
		buf_fini(&f->message);
	else
		buf_clear(&f->message);
}

int ws_frames_next(struct ws_frames *f, struct ws_frame_event *ret_event)
{
	int rc = 0;

	if (f->kind == 0)
		forget_message(f);
	while (rc == 0) {
		struct wslay_frame_iocb io = {0};
		ssize_t n = wslay_frame_recv(f->wslay, &io);

		/* wslay wants more after half a head, too, without asking again by itself. */
		if (n == WSLAY_ERR_WANT_READ && !f->dry)
			continue;
		if (n == WSLAY_ERR_WANT_READ)
			return 0;
		if (n < 0)
			return -EPROTO;
		if (f->left == 0)
			rc = begin_frame(f, &io);
		if (rc == 0)
			rc = take_piece(f, (struct str){(const char *)io.data, io.data_length}, ret_event);
	}
	return rc;
}

int ws_frames_code(int error)
{
	switch (error) {
	case -EMSGSIZE:
		return WSLAY_CODE_MESSAGE_TOO_BIG;
	case -EILSEQ:
		return WSLAY_CODE_INVALID_FRAME_PAYLOAD_DATA;
	case -EPROTO:
		return WSLAY_CODE_PROTOCOL_ERROR;
	default:
		return WSLAY_CODE_INTERNAL_SERVER_ERROR;
	}
}

/* ---- writing ---- */

int ws_frames_put(struct ws_frames *f, struct buf *out, enum ws_opcode opcode, struct str payload)
{
	struct wslay_frame_iocb io = {
		.fin = 1,
		.opcode = (uint8_t)opcode,
		.mask = 1,
		.payload_length = payload.n,
		.data = (const uint8_t *)payload.p,
		.data_length = payload.n,
	};
	int rc = buf_reserve(out, payload.n + WS_FRAMES_HEAD_MAX);

	if (rc < 0)
		return rc;
	f->out = out;
	return wslay_frame_send(f->wslay, &io) == (ssize_t)payload.n ? 0 : -EINVAL;
}
