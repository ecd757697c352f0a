#include "provider/local/moonshine.h"

#include "test.h"

TEST(moonshine_cuts_what_is_said_over_and_over)
{
	static const struct {
		const char *said, *kept; /* a letter a token */
	} rows[] = {
		{"", ""},
		{"abcdefgh", "abcdefgh"},
		{"a0000000b", "a0000000b"},         /* a number with many zeros */
		{"a000000000000", "a000000000000"}, /* twelve of them */
		{"ab0000000000000000", "ab0"},      /* sixteen */
		{"xabababab", "xabababab"},         /* four times, but short */
		{"xabababababababab", "xab"},       /* eight times */
		{"hthankyouthankyouthankyouthankyou", "hthankyou"},
		{"hthankyouthankyouthankyou", "hthankyouthankyouthankyou"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int32_t token[64];
		size_t n = strlen(rows[i].said);

		for (size_t k = 0; k < n; k++)
			token[k] = rows[i].said[k];
		CHECK_INT(moonshine_trim_repeat(token, n), strlen(rows[i].kept));
	}
}
