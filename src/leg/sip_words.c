#include <errno.h>

#include "leg/sip_leg.h"

#define NAME_BYTES 128
#define KEY_USEC   USEC_MS(160) /* when an INFO does not say how long */
#define KEY_MS_MAX 10000

/* ---- who calls whom ---- */

static struct str user_of(struct sip_leg *l, struct str uri_text)
{
	char room[NAME_BYTES];
	struct sip_uri uri;
	struct str user;

	if (sip_uri_parse(uri_text, &uri) < 0)
		return (struct str){"", 0};
	if (sip_uri_unescape(uri.user, room, sizeof(room), &user) < 0 || user.n == 0)
		return (struct str){"", 0};
	/* Only the number of "+1555;npdi". */
	return arena_str(&l->arena, str_sub(user, 0, str_chr(user, ';')));
}

static bool withheld(const struct sip_msg *m, struct str user)
{
	return sip_msg_lists(m, SIP_HDR_PRIVACY, STR("id")) || user.n == 0 || str_ieq(user, STR("anonymous"));
}

/* A trunk is somebody we know: the identity that its network vouches for comes before From (RFC 3325). */
static int name_caller(struct sip_leg *l, const struct sip_msg *m)
{
	char room[NAME_BYTES];
	struct sip_addr asserted;
	const struct sip_addr *who = &m->from;
	struct leg_info *info = &l->leg.info;

	if (sip_msg_addr(m, SIP_HDR_P_ASSERTED_IDENTITY, &asserted) == 0)
		who = &asserted;
	info->caller = user_of(l, who->uri);
	if (withheld(m, info->caller))
		info->caller = STR("anonymous");
	else
		info->caller_name = arena_str(&l->arena, sip_param_unquote(who->display, room, sizeof(room)));
	return info->caller.p ? 0 : -ENOMEM;
}

static int copy_headers(struct sip_leg *l, const struct sip_msg *m)
{
	struct leg_headers *h = &l->leg.info.headers;

	for (size_t i = 0; i < m->hdr_count && h->count < LEG_HEADERS_MAX; i++) {
		const struct sip_hdr *hdr = &m->hdrs[i];

		if (!str_istarts(hdr->name, STR("X-")) && hdr->id != SIP_HDR_USER_TO_USER)
			continue;
		h->list[h->count].name = arena_str(&l->arena, hdr->name);
		h->list[h->count].value = arena_str(&l->arena, hdr->value);
		if (!h->list[h->count].name.p || !h->list[h->count].value.p)
			return -ENOMEM;
		h->count++;
	}
	return 0;
}

int sip_words_info(struct sip_leg *l, const struct sip_msg *m, const struct sip_flow *flow)
{
	struct leg_info *info = &l->leg.info;
	char text[ADDR_TEXT_BYTES];

	info->called = user_of(l, m->uri_text);
	info->peer = arena_str(&l->arena, addr_text(&flow->remote, text));
	info->remote_id = arena_str(&l->arena, m->call_id);
	info->trunk = l->trunk->name;
	if (!info->called.p || !info->peer.p || !info->remote_id.p || name_caller(l, m) < 0)
		return -ENOMEM;
	return copy_headers(l, m);
}

/* ---- keys ---- */

static bool is_key(char c)
{
	return (c >= '0' && c <= '9') || c == '*' || c == '#' || (c >= 'A' && c <= 'D') || c == '!';
}

/* "Signal=5", "Signal=11" for #. */
static char key_of(struct str text)
{
	int64_t n;

	if (str_to_int(text, 10, 16, &n) == 0)
		return "*#ABCD!"[n - 10];
	return text.n == 1 && text.p[0] >= 'a' && text.p[0] <= 'd' ? (char)(text.p[0] - 'a' + 'A')
	       : text.n == 1                                       ? text.p[0]
								   : '\0';
}

static void read_relay(struct str body, char *key, usec *duration)
{
	while (body.n > 0) {
		struct str value = str_cut(&body, '\n'), name = str_trim(str_cut(&value, '='));
		int64_t ms;

		value = str_trim(value);
		if (str_ieq(name, STR("Signal")))
			*key = key_of(value);
		else if (str_ieq(name, STR("Duration")) && str_to_int(value, 1, KEY_MS_MAX, &ms) == 0)
			*duration = USEC_MS(ms);
	}
}

int sip_words_key(const struct sip_msg *info, char *ret_key, usec *ret_duration)
{
	usec duration = KEY_USEC;
	char key = '\0';

	if (sip_msg_body_is(info, STR("application"), STR("dtmf-relay")))
		read_relay(info->body, &key, &duration);
	else if (sip_msg_body_is(info, STR("application"), STR("dtmf")))
		key = key_of(str_trim(info->body));
	else
		return info->body.n > 0 ? 415 : 200;
	if (!is_key(key))
		return 400;
	*ret_key = key;
	*ret_duration = duration;
	return 0;
}

/* ---- addresses of ours ---- */

void sip_words_uri(struct buf *b, struct str who, struct str domain, const struct addr *host)
{
	char text[ADDR_TEXT_BYTES];

	if (str_istarts(who, STR("sip:")) || str_istarts(who, STR("sips:")) ||
	    str_istarts(who, STR("tel:"))) {
		buf_add_str(b, who);
		return;
	}
	buf_add_str(b, STR("sip:"));
	sip_uri_escape(b, SIP_URI_USER, who);
	buf_add_char(b, '@');
	if (domain.n > 0)
		buf_add_str(b, domain);
	else
		buf_add_str(b, host->port ? addr_text(host, text) : addr_host_text(host, text));
}
