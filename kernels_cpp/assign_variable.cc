// ASSIGN_VARIABLE: a variable takes the value of operand 1 and keeps it between calls of invoke.
#include <cstring>

#include "kernels_cpp/kernels.h"

namespace arenite {
namespace {

uint32_t bytes_of(const Tensor& tensor) { return static_cast<uint32_t>(tensor.count()) * type_size(tensor.type); }

Status prepare(const Node& node, uint32_t* scratch_bytes) {
  return node.bind_variable(0, bytes_of(node.input(1)), scratch_bytes);
}

Status eval(const Node& node) {
  const Tensor value = node.input(1);
  uint32_t* const variable = static_cast<uint32_t*>(node.scratch());
  *variable = 1;
  std::memcpy(variable + 1, value.data, bytes_of(value));
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL_WITH_STATE(assign_variable);
