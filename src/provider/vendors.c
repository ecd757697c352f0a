#include "provider/vendors.h"

/* Sorted by kind, then by type. */
const struct vendor vendors[] = {
	{.type = NULL},
};

const size_t vendors_count = ARRAY_LEN(vendors) - 1;

const struct vendor *vendor_find(struct str type, enum usage_kind kind)
{
	for (size_t i = 0; i < vendors_count; i++)
		if (vendors[i].kind == kind && str_eq(type, str_from(vendors[i].type)))
			return &vendors[i];
	return NULL;
}
