// FILL: a tensor of the shape in operand 0 whose elements are operand 1.
#include "kernels_cpp/index_list.h"
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/movement.h"

namespace arenite {
namespace {

bool fits(const Tensor& dims, const Tensor& output) {
  const IndexList sizes(dims);
  for (int32_t i = 0; i < output.rank; ++i) {
    if (sizes[i] != output.dim(i)) return false;
  }
  return true;
}

Status prepare(const Node& node, uint32_t*) {
  const Tensor dims = node.input(0);
  const Tensor value = node.input(1);
  const Tensor output = node.output(0);
  ARENITE_CHECK(dims.count() == output.rank && value.count() == 1, kBadShape);
  ARENITE_CHECK(!dims.constant || fits(dims, output), kBadShape);
  ARENITE_CHECK(keeps_grid(value, output), kBadQuantization);
  return Status::kOk;
}

Status eval(const Node& node) {
  ARENITE_CHECK(node.window() == nullptr, kUnsupportedOp);
  const Tensor output = node.output(0);
  ARENITE_CHECK(fits(node.input(0), output), kBadValue);
  fill_elements(node.input(1).as<uint8_t>(), output.as<uint8_t>(), element_bytes(output), output.count());
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(fill);
