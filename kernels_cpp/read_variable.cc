// READ_VARIABLE: the value that a variable was last assigned; before the first time the real value 0, as in TFLite
// Micro.
#include <cstring>

#include "kernels_cpp/kernels.h"

namespace arenite {
namespace {

uint32_t bytes_of(const Tensor& tensor) { return static_cast<uint32_t>(tensor.count()) * type_size(tensor.type); }

Status prepare(const Node& node, uint32_t* scratch_bytes) {
  return node.bind_variable(0, bytes_of(node.output(0)), scratch_bytes);
}

Status eval(const Node& node) {
  const Tensor output = node.output(0);
  const uint32_t bytes = bytes_of(output);
  const uint32_t* const variable = static_cast<const uint32_t*>(node.scratch());
  if (*variable != 0) {
    std::memcpy(output.data, variable + 1, bytes);
  } else {
    std::memset(output.data, type_size(output.type) == 1 ? output.zero_point : 0, bytes);
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL_WITH_STATE(read_variable);
