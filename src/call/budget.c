#include "call/budget.h"

bool budget_spend(struct budget *b, int64_t today, picos cost)
{
	long long day, spent;

	if (!b || b->limit == 0)
		return false;
	day = atomic_load(&b->day);
	/* Only one of those who see the day change begins it; what another adds at that moment may be lost.
	 */
	if (day < today && atomic_compare_exchange_strong(&b->day, &day, today))
		atomic_store(&b->spent, 0);
	spent = atomic_fetch_add(&b->spent, cost) + cost;
	return spent >= b->limit;
}
