/* A machine without kernels of its own. */
#include "media/resample_kernel.h"

const struct resample_kernel resample_machine_kernels[] = {{0}};
const size_t resample_machine_kernel_count = 0;
