#include "base/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#define V4_BYTES 4u
#define V6_BYTES 16u

static const uint8_t v4_mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static size_t ip_bytes(const struct addr *a)
{
	return a->family == ADDR_V4 ? V4_BYTES : a->family == ADDR_V6 ? V6_BYTES : 0;
}

static void set_v6(struct addr *a, const uint8_t ip[V6_BYTES])
{
	if (memcmp(ip, v4_mapped, sizeof(v4_mapped)) == 0) {
		a->family = ADDR_V4;
		memcpy(a->ip, ip + sizeof(v4_mapped), V4_BYTES);
		return;
	}
	a->family = ADDR_V6;
	memcpy(a->ip, ip, V6_BYTES);
}

int addr_parse(struct str text, uint16_t port, struct addr *ret_addr)
{
	struct addr a = {.port = port};
	char z[INET6_ADDRSTRLEN + 1];
	uint8_t ip[V6_BYTES];

	if (text.n >= 2 && text.p[0] == '[' && text.p[text.n - 1] == ']')
		text = str_sub(text, 1, text.n - 2);
	if (text.n >= sizeof(z) || str_chr(text, '\0') < text.n)
		return -EBADMSG;
	str_copy(text, z, sizeof(z));
	if (inet_pton(AF_INET, z, ip) == 1) {
		a.family = ADDR_V4;
		memcpy(a.ip, ip, V4_BYTES);
	} else if (inet_pton(AF_INET6, z, ip) == 1) {
		set_v6(&a, ip);
	} else {
		return -EBADMSG;
	}
	*ret_addr = a;
	return 0;
}

int addr_range_parse(struct str text, struct addr_range *ret_range)
{
	struct addr_range r;
	struct str bits = text, ip = str_cut(&bits, '/');
	int64_t n;

	if (addr_parse(ip, 0, &r.ip) < 0)
		return -EBADMSG;
	n = (int64_t)ip_bytes(&r.ip) * 8;
	if (ip.n < text.n && str_to_int(bits, 0, n, &n) < 0)
		return -EBADMSG;
	r.bits = (unsigned)n;
	*ret_range = r;
	return 0;
}

static bool in_range(const struct addr_range *r, const struct addr *a)
{
	unsigned whole = r->bits / 8, rest = r->bits % 8;

	if (r->ip.family != a->family || a->family == ADDR_NONE || memcmp(r->ip.ip, a->ip, whole) != 0)
		return false;
	return rest == 0 || (r->ip.ip[whole] ^ a->ip[whole]) >> (8 - rest) == 0;
}

bool addr_range_has(const struct addr_range *ranges, size_t n, const struct addr *a)
{
	for (size_t i = 0; i < n; i++)
		if (in_range(&ranges[i], a))
			return true;
	return false;
}

struct str addr_ip_text(const struct addr *a, char text[ADDR_TEXT_BYTES])
{
	if (a->family == ADDR_NONE)
		text[0] = '\0';
	else if (!inet_ntop(a->family == ADDR_V4 ? AF_INET : AF_INET6, a->ip, text, ADDR_TEXT_BYTES))
		text[0] = '\0';
	return str_from(text);
}

struct str addr_host_text(const struct addr *a, char text[ADDR_TEXT_BYTES])
{
	char ip[ADDR_TEXT_BYTES];
	int n;

	if (a->family != ADDR_V6)
		return addr_ip_text(a, text);
	addr_ip_text(a, ip);
	n = snprintf(text, ADDR_TEXT_BYTES, "[%.*s]", INET6_ADDRSTRLEN, ip);
	return (struct str){text, (size_t)n};
}

struct str addr_text(const struct addr *a, char text[ADDR_TEXT_BYTES])
{
	struct str host = addr_host_text(a, text);
	int n = snprintf(text + host.n, ADDR_TEXT_BYTES - host.n, ":%u", a->port);

	return (struct str){text, host.n + (size_t)n};
}

bool addr_eq(const struct addr *a, const struct addr *b)
{
	return a->port == b->port && addr_same_ip(a, b);
}

bool addr_same_ip(const struct addr *a, const struct addr *b)
{
	return a->family == b->family && memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
}

bool addr_is_any(const struct addr *a)
{
	static const uint8_t zero[V6_BYTES];

	return memcmp(a->ip, zero, sizeof(zero)) == 0;
}

bool addr_is_loopback(const struct addr *a)
{
	static const uint8_t one[V6_BYTES] = {[V6_BYTES - 1] = 1};

	if (a->family == ADDR_V4)
		return a->ip[0] == 127;
	return a->family == ADDR_V6 && memcmp(a->ip, one, sizeof(one)) == 0;
}

bool addr_is_private(const struct addr *a)
{
	const uint8_t *ip = a->ip;

	if (addr_is_loopback(a))
		return true;
	if (a->family == ADDR_V6)
		return (ip[0] & 0xfe) == 0xfc || (ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80);
	return ip[0] == 10 || (ip[0] == 172 && (ip[1] & 0xf0) == 16) || (ip[0] == 192 && ip[1] == 168) ||
	       (ip[0] == 100 && (ip[1] & 0xc0) == 64) || (ip[0] == 169 && ip[1] == 254);
}

struct str addr_ip_key(const struct addr *a)
{
	return (struct str){(const char *)a->ip, ip_bytes(a)};
}

struct addr addr_from_sockaddr(const struct sockaddr_storage *sa)
{
	struct addr a = {0};
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (sa->ss_family == AF_INET) {
		memcpy(&v4, sa, sizeof(v4));
		a.family = ADDR_V4;
		a.port = ntohs(v4.sin_port);
		memcpy(a.ip, &v4.sin_addr, V4_BYTES);
	} else if (sa->ss_family == AF_INET6) {
		memcpy(&v6, sa, sizeof(v6));
		set_v6(&a, v6.sin6_addr.s6_addr);
		a.port = ntohs(v6.sin6_port);
		a.scope = v6.sin6_scope_id;
	}
	return a;
}

socklen_t addr_to_sockaddr(const struct addr *a, struct sockaddr_storage *ret_sa)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(a->port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(a->port)};

	if (a->family == ADDR_V4) {
		memcpy(&v4.sin_addr, a->ip, V4_BYTES);
		memcpy(ret_sa, &v4, sizeof(v4));
		return sizeof(v4);
	}
	memcpy(&v6.sin6_addr, a->ip, V6_BYTES);
	v6.sin6_scope_id = a->scope;
	memcpy(ret_sa, &v6, sizeof(v6));
	return sizeof(v6);
}
