// REVERSE_SEQUENCE: of each batch entry, the first elements along one axis backwards; how many, operand 1 says.
#include <cstring>

#include "kernels_cpp/kernels.h"
#include "kernels_cpp/movement.h"

namespace arenite {
namespace {

int32_t sequence_axis(const Node& node) { return node.option_i32(format::ReverseSequenceOptions::seq_dim, 0); }
int32_t batch_axis(const Node& node) { return node.option_i32(format::ReverseSequenceOptions::batch_dim, 0); }

Status prepare(const Node& node, uint32_t*) {
  const Tensor input = node.input(0), lengths = node.input(1);
  const int32_t sequence = sequence_axis(node), batch = batch_axis(node);
  ARENITE_CHECK(sequence >= 0 && sequence < input.rank && batch >= 0 && batch < input.rank, kBadOption);
  ARENITE_CHECK(sequence != batch, kBadOption);
  ARENITE_CHECK(same_shape(input, node.output(0)), kBadShape);
  ARENITE_CHECK(lengths.rank == 1 && lengths.dim(0) == input.dim(batch), kBadShape);
  ARENITE_CHECK(keeps_grid(input, node.output(0)), kBadQuantization);
  return Status::kOk;
}

// Elements of entry `b` that change places, or -1 when the axis has not so many.
int32_t length_of(const Tensor& lengths, int32_t b, int32_t most) {
  const int64_t length = lengths.type == Type::kInt64 ? lengths.as<int64_t>()[b] : lengths.as<int32_t>()[b];
  return length >= 0 && length <= most ? static_cast<int32_t>(length) : -1;
}

Status eval(const Node& node) {
  ARENITE_CHECK(node.window() == nullptr, kUnsupportedOp);
  const Tensor input = node.input(0), lengths = node.input(1), output = node.output(0);
  if (output.count() == 0) return Status::kOk;
  const int32_t sequence = sequence_axis(node), batch = batch_axis(node);
  // What lies behind both axes moves as one block.
  const int32_t bytes = pitch(input, sequence > batch ? sequence : batch);
  const int32_t step = pitch(input, sequence) / bytes, batch_step = pitch(input, batch) / bytes;
  const int32_t blocks = output.count() * element_bytes(input) / bytes;
  for (int32_t i = 0; i < blocks; ++i) {
    const int32_t place = i / step % input.dim(sequence);
    const int32_t length = length_of(lengths, i / batch_step % input.dim(batch), input.dim(sequence));
    ARENITE_CHECK(length >= 0, kBadValue);
    const int32_t from = place < length ? i + (length - 1 - 2 * place) * step : i;
    std::memcpy(output.as<uint8_t>() + static_cast<ptrdiff_t>(i) * bytes,
                input.as<uint8_t>() + static_cast<ptrdiff_t>(from) * bytes, static_cast<size_t>(bytes));
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(reverse_sequence);
