// SLICE: size[i] elements of axis i from begin[i] on; size -1 is the rest. Both may be computed by the model, the size
// of the result may not: what does not fit it is refused when it is known.
#include "kernels_cpp/index_list.h"
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/movement.h"

namespace arenite {
namespace {

// The slice lies within the operand and has the result's shape. An operand whose values are not known is left out.
bool fits(const Tensor& input, const Tensor& output, IndexList begin, IndexList sizes) {
  for (int32_t i = 0; i < input.rank; ++i) {
    const int32_t first = begin.known() ? begin[i] : 0;
    if (first < 0 || first > input.dim(i) || output.dim(i) > input.dim(i) - first) return false;
    if (!sizes.known()) continue;
    const int32_t size = sizes[i];
    if (size == -1 && !begin.known()) continue;
    if ((size == -1 ? input.dim(i) - first : size) != output.dim(i)) return false;
  }
  return true;
}

Status prepare(const Node& node, uint32_t*) {
  const Tensor input = node.input(0);
  const Tensor begin = node.input(1);
  const Tensor size = node.input(2);
  const Tensor output = node.output(0);
  ARENITE_CHECK(begin.count() == input.rank && size.count() == input.rank && output.rank == input.rank, kBadShape);
  ARENITE_CHECK(fits(input, output, IndexList(begin), IndexList(size)), kBadShape);
  ARENITE_CHECK(keeps_grid(input, output), kBadQuantization);
  return Status::kOk;
}

Status eval(const Node& node) {
  ARENITE_CHECK(node.window() == nullptr, kUnsupportedOp);
  const Tensor input = node.input(0);
  const Tensor output = node.output(0);
  const IndexList begin(node.input(1));
  ARENITE_CHECK(fits(input, output, begin, IndexList(node.input(2))), kBadValue);
  CopyLoops loops;
  const uint8_t* in = input.as<uint8_t>();
  for (int32_t i = 0; i < input.rank; ++i) {
    in += static_cast<ptrdiff_t>(begin[i]) * pitch(input, i);
    loops.add(output.dim(i), pitch(input, i), pitch(output, i));
  }
  copy_strided(loops, in, output.as<uint8_t>(), element_bytes(input));
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(slice);
