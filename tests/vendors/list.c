#include "inside.h"

#define VENDOR_SIM(name) extern const struct vendor_sim sim_##name;
#include "list.h"
#undef VENDOR_SIM

#define VENDOR_SIM(name) &sim_##name,
const struct vendor_sim *const vendor_sims[] = {
#include "list.h"
	NULL};
