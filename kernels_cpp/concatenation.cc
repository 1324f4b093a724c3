// CONCATENATION along one axis. int8 operands must share one scale and zero point (the converter sees to that; TFLite
// Micro takes it for granted).
#include <cstring>

#include "kernels_cpp/kernels.h"
#include "kernels_cpp/movement.h"
#include "kernels_cpp/rows.h"

namespace arenite {
namespace {

namespace Options = format::ConcatenationOptions;

// In [0, rank), or -1 when out of range.
int32_t axis_of(const Node& node, int32_t rank) {
  const int32_t axis = node.option_i32(Options::axis, 0);
  if (axis < -rank || axis >= rank) return -1;
  return axis < 0 ? axis + rank : axis;
}

// All axes but `axis` agree.
bool shape_fits(const Tensor& input, const Tensor& output, int32_t axis) {
  if (input.rank != output.rank) return false;
  for (int32_t i = 0; i < output.rank; ++i) {
    if (i != axis && input.dim(i) != output.dim(i)) return false;
  }
  return true;
}

Status prepare(const Node& node, uint32_t*) {
  const Tensor output = node.output(0);
  const int32_t axis = axis_of(node, output.rank);
  ARENITE_CHECK(axis >= 0, kBadOption);
  ARENITE_CHECK(node.option_i8(Options::fused_activation_function, 0) == format::ActivationFunctionType::NONE,
                kBadOption);
  int64_t total = 0;
  for (int32_t i = 0; i < node.input_count(); ++i) {
    const Tensor input = node.input(i);
    ARENITE_CHECK(input.present, kBadArity);
    ARENITE_CHECK(shape_fits(input, output, axis), kBadShape);
    ARENITE_CHECK(keeps_grid(input, output), kBadQuantization);
    total += input.dim(axis);
  }
  ARENITE_CHECK(total == output.dim(axis), kBadShape);
  return Status::kOk;
}

// Bytes of the axes from `axis` on.
int32_t chunk_bytes(const Tensor& t, int32_t axis) {
  int32_t bytes = static_cast<int32_t>(type_size(t.type));
  for (int32_t i = axis; i < t.rank; ++i) bytes *= t.dim(i);
  return bytes;
}

// Copies `count` chunks of `bytes` that lie side by side to places `pitch` apart.
void scatter(const uint8_t* in, uint8_t* out, int32_t count, int32_t bytes, int32_t pitch) {
  for (int32_t i = 0; i < count; ++i, in += bytes, out += pitch) std::memcpy(out, in, static_cast<size_t>(bytes));
}

void eval_whole(const Node& node, const Tensor& output, int32_t axis) {
  const int32_t pitch = chunk_bytes(output, axis);
  if (pitch == 0) return;
  const int32_t chunks = chunk_bytes(output, 0) / pitch;
  uint8_t* out = output.as<uint8_t>();
  for (int32_t i = 0; i < node.input_count(); ++i) {
    const Tensor input = node.input(i);
    const int32_t bytes = chunk_bytes(input, axis);
    scatter(input.as<uint8_t>(), out, chunks, bytes, pitch);
    out += bytes;
  }
}

// Two NHWC operands side by side in width or channels; rows of constants lie in the model.
void eval_window(const Node& node, const Tensor& output, int32_t axis, const RowWindow& window) {
  const int32_t pitch = chunk_bytes(output, axis);
  const int32_t chunks = row_bytes(output) / pitch;
  for (int32_t y = window.range.begin; y < window.range.end; ++y) {
    uint8_t* out = window.output.row<uint8_t>(y);
    for (int32_t i = 0; i < node.input_count(); ++i) {
      const Tensor input = node.input(i);
      const int32_t bytes = chunk_bytes(input, axis);
      const RowBuffer rows = input.constant ? image_rows(input, 0) : window.input[i];
      scatter(rows.row<uint8_t>(y), out, chunks, bytes, pitch);
      out += bytes;
    }
  }
}

Status eval(const Node& node) {
  const Tensor output = node.output(0);
  const int32_t axis = axis_of(node, output.rank);
  const RowWindow* window = row_window(node);
  if (window == nullptr) {
    eval_whole(node, output, axis);
    return Status::kOk;
  }
  ARENITE_CHECK(axis >= output.rank - 2 && node.input_count() <= 2, kLimitExceeded);
  eval_window(node, output, axis, *window);
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(concatenation);
