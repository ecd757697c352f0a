/* A small authority of our own, made at start: nothing on disk expires. */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <unistd.h>

#include "inside.h"

struct signer {
	EVP_PKEY *key;
	X509 *cert;
};

static struct signer ours, stranger;
static char authority_path[] = "/tmp/offhook-vendors-XXXXXX";
static bool authority_written;
static pthread_once_t made = PTHREAD_ONCE_INIT;

static int add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *e;
	int rc;

	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	if (!e)
		return -1;
	rc = X509_add_ext(cert, e, -1) ? 0 : -1;
	X509_EXTENSION_free(e);
	return rc;
}

static X509 *new_certificate(EVP_PKEY *key, const char *name, long from_days, long to_days)
{
	static atomic_long serial = 1;
	X509 *cert = X509_new();
	X509_NAME *subject;

	if (!cert)
		return NULL;
	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), ++serial * 1000 + getpid());
	X509_gmtime_adj(X509_getm_notBefore(cert), from_days * 86400);
	X509_gmtime_adj(X509_getm_notAfter(cert), to_days * 86400);
	X509_set_pubkey(cert, key);
	subject = X509_get_subject_name(cert);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
	return cert;
}

static void make_signer(struct signer *s, const char *name)
{
	s->key = EVP_EC_gen("P-256");
	s->cert = s->key ? new_certificate(s->key, name, -1, 3650) : NULL;
	if (!s->cert)
		return;
	X509_set_issuer_name(s->cert, X509_get_subject_name(s->cert));
	if (add_extension(s->cert, s->cert, NID_basic_constraints, "critical,CA:TRUE") < 0 ||
	    add_extension(s->cert, s->cert, NID_key_usage, "critical,keyCertSign,cRLSign") < 0 ||
	    !X509_sign(s->cert, s->key, EVP_sha256())) {
		X509_free(s->cert);
		s->cert = NULL;
	}
}

static void remove_authority(void)
{
	unlink(authority_path);
}

static void make(void)
{
	char name[64];
	FILE *f;
	int fd;

	/* Two servers of one test are told apart by it: a client that trusts both looks for the signer by
	 * name. */
	snprintf(name, sizeof(name), "Offhook test authority %d", (int)getpid());
	make_signer(&ours, name);
	make_signer(&stranger, "Somebody");
	fd = mkstemp(authority_path);
	f = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (!f)
		return;
	atexit(remove_authority);
	authority_written = ours.cert && PEM_write_X509(f, ours.cert);
	authority_written = fclose(f) == 0 && authority_written;
}

const char *vendor_authority(void)
{
	pthread_once(&made, make);
	return authority_written ? authority_path : NULL;
}

/* Each simulator by name: what verifies takes no wildcard of a top-level name. */
static void write_names(struct buf *out)
{
	buf_add_str(out, STR("IP:127.0.0.1,DNS:localhost"));
	for (const struct vendor_sim *const *p = vendor_sims; *p; p++)
		buf_printf(out, ",DNS:%s.localhost", (*p)->name);
	buf_add_char(out, '\0');
}

static X509 *make_leaf(const struct signer *by, EVP_PKEY *key, enum vendor_certificate kind)
{
	bool wrong = kind == VENDOR_CERTIFICATE_WRONG_NAME;
	const char *name = wrong ? "wrong.example" : "localhost";
	bool signed_well;
	struct buf names;
	X509 *cert = kind == VENDOR_CERTIFICATE_EXPIRED ? new_certificate(key, name, -30, -2)
							: new_certificate(key, name, -1, 3650);

	if (!cert)
		return NULL;
	buf_init(&names, 1u << 16);
	if (wrong)
		buf_add(&names, "DNS:wrong.example", sizeof("DNS:wrong.example"));
	else
		write_names(&names);
	X509_set_issuer_name(cert, X509_get_subject_name(by->cert));
	signed_well = !names.error && add_extension(cert, by->cert, NID_subject_alt_name, names.p) == 0 &&
		      add_extension(cert, by->cert, NID_ext_key_usage, "serverAuth") == 0 &&
		      X509_sign(cert, by->key, EVP_sha256()) > 0;
	buf_fini(&names);
	if (signed_well)
		return cert;
	X509_free(cert);
	return NULL;
}

SSL_CTX *tls_context(enum vendor_certificate kind)
{
	const struct signer *by = kind == VENDOR_CERTIFICATE_STRANGER ? &stranger : &ours;
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	EVP_PKEY *key;
	X509 *cert;
	int good;

	pthread_once(&made, make);
	key = by->cert ? EVP_EC_gen("P-256") : NULL;
	cert = key ? make_leaf(by, key, kind) : NULL;
	good = ctx && cert && SSL_CTX_use_certificate(ctx, cert) == 1 &&
	       SSL_CTX_use_PrivateKey(ctx, key) == 1;
	X509_free(cert);
	EVP_PKEY_free(key);
	if (!good) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	return ctx;
}
