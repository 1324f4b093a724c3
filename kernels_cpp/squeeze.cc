// SQUEEZE: the same elements without some axes of size 1. The result's shape says which: the option squeeze_dims
// repeats it.
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/movement.h"

namespace arenite {
namespace {

// The result's axes are the operand's, in order, but for some of size 1.
bool drops_only_ones(const Tensor& input, const Tensor& output) {
  int32_t matched = 0;
  for (int32_t i = 0; i < input.rank; ++i) {
    if (matched < output.rank && input.dim(i) == output.dim(matched)) {
      ++matched;
    } else if (input.dim(i) != 1) {
      return false;
    }
  }
  return matched == output.rank;
}

Status prepare(const Node& node, uint32_t*) {
  ARENITE_CHECK(drops_only_ones(node.input(0), node.output(0)), kBadShape);
  ARENITE_CHECK(keeps_grid(node.input(0), node.output(0)), kBadQuantization);
  return Status::kOk;
}

Status eval(const Node& node) { return eval_copy(node); }

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(squeeze);
