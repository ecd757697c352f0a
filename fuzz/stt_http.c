#include "fuzz.h"

#include <assert.h>
#include <errno.h>

#include "base/utf8.h"
#include "provider/stt/stt_http.h"

/* What a server of transcriptions answers. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct stt_http_said said = {.confidence = -1};
	int rc;

	buf_init(&said.text, STT_HTTP_ANSWER_MAX);
	rc = stt_http_read_json((struct str){(const char *)data, size}, &said);
	assert(rc == 0 || rc == -EBADMSG);
	assert(said.confidence <= 1);
	assert(utf8_valid(buf_str(&said.text)));
	buf_fini(&said.text);
	return 0;
}
