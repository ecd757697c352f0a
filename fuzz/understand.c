#include "fuzz.h"

#include <assert.h>
#include <string.h>

#include "agent/understand.h"

static void check(struct str text, const struct understood *how)
{
	assert(how->from <= how->to && how->to <= text.n);
	assert(how->confidence > 0 && how->confidence <= 100);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct understand_context c = {
		.today = {2026, 11, 20}, .minute = 540, .open_minute = 480, .close_minute = 1080};
	struct str text = {(const char *)data, size};
	struct understood_number number;
	struct understood_digits digits;
	struct understood_when when;
	struct understood_birth birth;
	struct understood_answer answer;
	struct understood_name name;
	struct understood_email email;

	if (understand_number(text, &number) == 0)
		check(text, &number.how);
	if (understand_digits(text, &digits) == 0) {
		check(text, &digits.how);
		assert(digits.digits[0] && strspn(digits.digits, "0123456789") == strlen(digits.digits));
	}
	if (understand_phone(text, &digits) == 0)
		assert(strlen(digits.digits) >= 7 && strlen(digits.digits) <= 15);
	if (understand_when(text, &c, &when) == 0) {
		assert(!when.has_date ||
		       (civil_valid(when.date.from) && civil_cmp(when.date.from, when.date.to) <= 0));
		assert(!when.has_time || (when.time.from >= 0 && when.time.from <= when.time.to &&
					  when.time.to <= CIVIL_DAY_MINUTES));
	}
	if (understand_birth(text, &c, &birth) == 0)
		assert(civil_valid(birth.date) && civil_cmp(birth.date, c.today) <= 0);
	if (understand_answer(text, &answer) == 0)
		check(text, &answer.how);
	if (understand_name(text, &name) == 0)
		assert(name.full[0]);
	if (understand_email(text, &email) == 0)
		assert(strchr(email.address, '@'));
	return 0;
}
