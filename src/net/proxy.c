#include "net/proxy.h"

#include <errno.h>

#include "base/base64.h"
#include "wire/url.h"

/* "user:password" of a URL, read as libcurl reads it for the requests over HTTP: what is escaped is meant. */
static int read_login(struct str login, struct buf *out)
{
	struct str password = login, user = str_cut(&password, ':');
	int rc = url_unescape(out, user);

	buf_add_char(out, ':');
	return rc < 0 ? rc : url_unescape(out, password);
}

/* As a proxy wants it (RFC 7617). */
static int set_auth(struct proxy *p, struct str login)
{
	struct buf plain, text;
	int rc;

	buf_init(&plain, sizeof(p->auth));
	buf_init(&text, sizeof(p->auth) - 1);
	rc = read_login(login, &plain);
	buf_add_str(&text, STR("Basic "));
	base64_write(&text, buf_str(&plain));
	rc = rc < 0 ? rc : text.error;
	str_copy(buf_str(&text), p->auth, sizeof(p->auth));
	buf_fini(&plain);
	buf_fini(&text);
	return rc == -ENOMEM || rc == 0 ? rc : -EINVAL;
}

int proxy_parse(struct str text, struct proxy *ret_proxy)
{
	struct proxy p = {.port = 0};
	struct str scheme = STR("http://"), login, host;
	int rc = 0;

	if (str_empty(text)) {
		*ret_proxy = p;
		return 0;
	}
	if (!str_istarts(text, scheme))
		return -EINVAL;
	text = str_sub(text, scheme.n, SIZE_MAX);
	if (str_ends(text, STR("/")))
		text.n--;
	login = str_sub(text, 0, str_chr(text, '@'));
	if (login.n < text.n) {
		rc = set_auth(&p, login);
		text = str_sub(text, login.n + 1, SIZE_MAX);
	}
	rc = rc ? rc : url_authority(text, 0, &host, &p.port);
	if (rc == 0 && host.n > DNS_HOST_MAX)
		rc = -EINVAL;
	if (rc < 0)
		return rc;
	str_copy(host, p.host, sizeof(p.host));
	*ret_proxy = p;
	return 0;
}
