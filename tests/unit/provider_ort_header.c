/* Compiled where the real header is installed: our slots against struct OrtApi, name by name. */
#include <onnxruntime_c_api.h>

#include "provider/local/ort_api.h"
#include "test.h"

#define SAME(real, ours)                                                           \
	_Static_assert(offsetof(OrtApi, real) == offsetof(struct ort_api, ours) && \
			       sizeof(((OrtApi *)0)->real) == sizeof(void *),      \
		       #real)

SAME(GetErrorMessage, error_message);
SAME(CreateEnv, create_env);
SAME(CreateSession, create_session);
SAME(Run, run);
SAME(CreateSessionOptions, create_options);
SAME(DisableMemPattern, disable_mem_pattern);
SAME(SetIntraOpNumThreads, set_intra_op_threads);
SAME(SetInterOpNumThreads, set_inter_op_threads);
SAME(SessionGetInputCount, session_input_count);
SAME(SessionGetInputTypeInfo, session_input_type);
SAME(SessionGetInputName, session_input_name);
SAME(CreateTensorWithDataAsOrtValue, wrap_tensor);
SAME(GetTensorMutableData, tensor_data);
SAME(CastTypeInfoToTensorInfo, type_as_shape);
SAME(GetDimensionsCount, shape_rank);
SAME(GetDimensions, shape_dims);
SAME(GetTensorTypeAndShape, tensor_shape);
SAME(CreateCpuMemoryInfo, create_cpu_memory);
SAME(AllocatorFree, allocator_free);
SAME(GetAllocatorWithDefaultOptions, default_allocator);
SAME(ReleaseEnv, release_env);
SAME(ReleaseStatus, release_status);
SAME(ReleaseMemoryInfo, release_memory);
SAME(ReleaseSession, release_session);
SAME(ReleaseValue, release_value);
SAME(ReleaseTypeInfo, release_type_info);
SAME(ReleaseTensorTypeAndShapeInfo, release_shape);
SAME(ReleaseSessionOptions, release_options);
SAME(AddSessionConfigEntry, add_config_entry);

TEST(ort_slots_are_those_of_the_header)
{
	CHECK_INT(ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, 1);
	CHECK_INT(ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64, 7);
	CHECK_INT(ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL, 9);
	CHECK(ORT_API_VERSION >= ORT_API_WANTED);
}
