// GATHER: the indices of one axis that operand 1 lists; with batch_dims, each batch has its own list.
#include "kernels_cpp/half.h"
#include "kernels_cpp/index_list.h"
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/movement.h"

namespace arenite {
namespace {

namespace Options = format::GatherOptions;

struct Axes {
  int32_t axis;
  int32_t batch;  // leading axes that both operands share

  explicit Axes(const Node& node)
      : axis(resolved_axis(node.option_i32(Options::axis, 0), node.input(0).rank)),
        batch(node.option_i32(Options::batch_dims, 0)) {
    if (batch < 0) batch += node.input(1).rank;
  }
};

// Result: the operand's axes, `axis` replaced by the index axes behind the batch.
Status check_shapes(const Tensor& input, const Tensor& indices, const Tensor& output, Axes at) {
  const int32_t listed = indices.rank - at.batch;
  ARENITE_CHECK(output.rank == input.rank - 1 + listed, kBadShape);
  for (int32_t i = 0; i < output.rank; ++i) {
    const int32_t size = i < at.axis            ? input.dim(i)
                         : i < at.axis + listed ? indices.dim(at.batch + i - at.axis)
                                                : input.dim(i - listed + 1);
    ARENITE_CHECK(output.dim(i) == size, kBadShape);
  }
  for (int32_t i = 0; i < at.batch; ++i) ARENITE_CHECK(indices.dim(i) == input.dim(i), kBadShape);
  return Status::kOk;
}

Status prepare(const Node& node, uint32_t*) {
  const Tensor input = weights_operand(node, 0);
  const Tensor indices = node.input(1);
  const Axes at(node);
  ARENITE_CHECK(at.axis >= 0 && at.batch >= 0 && at.batch <= at.axis && at.batch <= indices.rank, kBadOption);
  ARENITE_TRY(check_shapes(input, indices, node.output(0), at));
  ARENITE_CHECK(is_half(input) || keeps_grid(input, node.output(0)), kBadQuantization);
  return Status::kOk;
}

// One entry of the table, `bytes` there.
void take(const Tensor& table, const uint8_t* from, int32_t bytes, uint8_t* to) {
  if (!is_half(table)) return copy_chunks(from, 0, to, 0, bytes, 1);
  HalfWeights{reinterpret_cast<const uint16_t*>(from)}.widen(bytes / 2, reinterpret_cast<float*>(to));
}

Status eval(const Node& node) {
  ARENITE_CHECK(node.window() == nullptr, kUnsupportedOp);
  const Tensor input = weights_operand(node, 0);
  const Tensor indices = node.input(1);
  const Axes at(node);
  const int32_t size = input.dim(at.axis);
  const IndexList list(indices);
  for (int32_t i = 0; i < indices.count(); ++i) {
    const int32_t index = list[i];
    ARENITE_CHECK(index >= 0 && index < size, kBadValue);
  }
  int32_t batches = 1;
  for (int32_t i = 0; i < at.batch; ++i) batches *= input.dim(i);
  int32_t outer = 1;
  for (int32_t i = at.batch; i < at.axis; ++i) outer *= input.dim(i);
  const int32_t bytes = pitch(input, at.axis);
  const int32_t made = is_half(input) ? 2 * bytes : bytes;
  const int32_t listed = batches == 0 ? 0 : indices.count() / batches;
  const uint8_t* in = input.as<uint8_t>();
  uint8_t* out = node.output(0).as<uint8_t>();
  for (int32_t i = 0; i < batches * outer; ++i, in += size * bytes) {
    const int32_t own = i / outer * listed;
    for (int32_t j = 0; j < listed; ++j, out += made) take(input, in + list[own + j] * bytes, bytes, out);
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL_READING_HALF(gather, 1 << 0);
