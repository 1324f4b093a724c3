// ZEROS_LIKE: zeros in the operand's shape; an int8 result holds code 0, whatever its zero point, as in TFLite.
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/movement.h"

namespace arenite {
namespace {

Status prepare(const Node& node, uint32_t*) {
  ARENITE_CHECK(same_shape(node.input(0), node.output(0)), kBadShape);
  ARENITE_CHECK(scaled_if_int8(node.input(0)) && scaled_if_int8(node.output(0)), kBadQuantization);
  return Status::kOk;
}

Status eval(const Node& node) {
  ARENITE_CHECK(node.window() == nullptr, kUnsupportedOp);
  const Tensor output = node.output(0);
  std::memset(output.data, 0, static_cast<size_t>(pitch(output, -1)));
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(zeros_like);
