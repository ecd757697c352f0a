#include "fuzz.h"

#include <assert.h>
#include <errno.h>

#include "base/utf8.h"
#include "provider/stt/stt_http.h"

/* What a server of transcriptions answers. The first line names the vendor. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = {(const char *)data, size}, type = str_cut(&rest, '\n');
	const struct vendor *v = vendor_find(type, USAGE_STT);
	struct stt_http_said said = {.confidence = -1};
	const struct stt_http_dialect *d;
	int rc;

	if (!v || v->stt != &stt_http_ops)
		return 0;
	d = v->dialect;
	buf_init(&said.text, STT_HTTP_ANSWER_MAX);
	rc = d->read(rest, &said);
	assert(rc == 0 || rc == -EBADMSG);
	assert(said.confidence <= 1);
	assert(utf8_valid(buf_str(&said.text)));
	buf_fini(&said.text);
	return 0;
}
