// BITCAST: the operand's bytes as another type. A narrower type has an axis more, of the parts of each element; a wider
// one takes the last axis for them.
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/movement.h"

namespace arenite {
namespace {

// `wide` has the dimensions of `narrow` but the last, which counts its parts.
bool holds(const Tensor& wide, const Tensor& narrow, int32_t parts) {
  return narrow.rank == wide.rank + 1 && narrow.back(0) == parts && same_but_axis(narrow, wide, wide.rank, true);
}

Status prepare(const Node& node, uint32_t*) {
  const Tensor input = node.input(0);
  const Tensor output = node.output(0);
  const int32_t in = element_bytes(input);
  const int32_t out = element_bytes(output);
  const bool fits = in == out  ? same_shape(input, output)
                    : in > out ? holds(input, output, in / out)
                               : holds(output, input, out / in);
  ARENITE_CHECK(fits, kBadShape);
  return Status::kOk;
}

Status eval(const Node& node) { return eval_copy(node); }

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(bitcast);
