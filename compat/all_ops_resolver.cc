#include "tensorflow/lite/micro/all_ops_resolver.h"

namespace tflite {
namespace {

const arenite::Kernel* const kKernels[] = {
#define OP(name, code, version, options, signatures) &arenite::kernels::name,
#include "schema/ops.def"
#undef OP
};

}  // namespace

AllOpsResolver::AllOpsResolver() : MicroOpResolver(kKernels, sizeof(kKernels) / sizeof(kKernels[0])) {}

}  // namespace tflite
