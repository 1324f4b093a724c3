// PAD with constant paddings [rank, 2] (before, after): zeros, which int8 writes as the zero point.
#include <cstring>

#include "kernels_cpp/index_list.h"
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/movement.h"
#include "kernels_cpp/rows.h"

namespace arenite {
namespace {

Status prepare(const Node& node, uint32_t*) {
  const Tensor input = node.input(0);
  const Tensor paddings = node.input(1);
  const Tensor output = node.output(0);
  ARENITE_CHECK(paddings.constant, kBadOption);
  ARENITE_CHECK(paddings.count() == 2 * input.rank && output.rank == input.rank, kBadShape);
  const IndexList pads(paddings);
  for (int32_t i = 0; i < input.rank; ++i) {
    const int32_t before = pads[2 * i];
    const int32_t after = pads[2 * i + 1];
    ARENITE_CHECK(before >= 0 && after >= 0, kBadOption);
    const int64_t size = int64_t{input.dim(i)} + before + after;
    ARENITE_CHECK(size == output.dim(i), kBadShape);
  }
  ARENITE_CHECK(keeps_grid(input, output), kBadQuantization);
  ARENITE_CHECK(!is_int16(input) || input.zero_point == 0, kBadQuantization);  // filled byte by byte
  return Status::kOk;
}

struct Padding {
  Tensor input;
  Tensor output;
  IndexList pads;
  int32_t element;  // bytes
  uint8_t fill;     // the zero of larger types is bytes of zero

  explicit Padding(const Node& node)
      : input(node.input(0)),
        output(node.output(0)),
        pads(node.input(1)),
        element(static_cast<int32_t>(type_size(output.type))),
        fill(element == 1 ? static_cast<uint8_t>(output.zero_point) : 0) {}

  // Axes are counted from the right, as in Tensor::back.
  int32_t before(int32_t from_end) const { return from_end < input.rank ? pads[2 * (input.rank - 1 - from_end)] : 0; }

  // [W, C] of one row. `in` null: a row of padding.
  void row(const uint8_t* in, uint8_t* out) const {
    std::memset(out, fill, static_cast<size_t>(row_bytes(output)));
    if (in == nullptr) return;
    const int32_t pixel_in = input.back(0) * element;
    const int32_t pixel_out = output.back(0) * element;
    out += before(1) * pixel_out + before(0) * element;
    for (int32_t x = 0; x < input.back(1); ++x, in += pixel_in, out += pixel_out) {
      std::memcpy(out, in, static_cast<size_t>(pixel_in));
    }
  }
};

// The row of the input that becomes row `index` of the output, rows of all outer axes counted through; -1 for padding.
int32_t source_row(const Padding& padding, int32_t index) {
  int32_t source = 0;
  int32_t pitch = 1;
  for (int32_t axis = 2; axis < padding.output.rank; ++axis) {
    const int32_t size = padding.output.back(axis);
    const int32_t at = index % size - padding.before(axis);
    if (at < 0 || at >= padding.input.back(axis)) return -1;
    index /= size;
    source += at * pitch;
    pitch *= padding.input.back(axis);
  }
  return source;
}

void eval_whole(const Padding& padding) {
  const int32_t bytes_in = row_bytes(padding.input);
  const int32_t bytes_out = row_bytes(padding.output);
  uint8_t* out = padding.output.as<uint8_t>();
  const int32_t rows = padding.output.count() * padding.element / bytes_out;
  for (int32_t i = 0; i < rows; ++i, out += bytes_out) {
    const int32_t source = source_row(padding, i);
    const ptrdiff_t offset = static_cast<ptrdiff_t>(source) * bytes_in;
    padding.row(source < 0 ? nullptr : padding.input.as<uint8_t>() + offset, out);
  }
}

void eval_window(const Padding& padding, const RowWindow& window) {
  for (int32_t y = window.range.begin; y < window.range.end; ++y) {
    const int32_t source = source_row(padding, y);
    padding.row(source < 0 ? nullptr : window.input[0].row<uint8_t>(source), window.output.row<uint8_t>(y));
  }
}

Status eval(const Node& node) {
  const Padding padding(node);
  if (padding.output.count() == 0) return Status::kOk;
  if (const RowWindow* window = row_window(node)) {
    eval_window(padding, *window);
  } else {
    eval_whole(padding);
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(pad);
