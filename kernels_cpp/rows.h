// Walks whole tensors or the line buffers of a RowWindow with one body.
#pragma once

#include "kernels_cpp/types.h"

namespace arenite {

// Bytes of one row [W, C] of an image [.., H, W, C]; axes that the rank lacks count as 1.
inline int32_t row_bytes(const Tensor& t) { return t.back(1) * t.back(0) * static_cast<int32_t>(type_size(t.type)); }

// Rows of image n of an NHWC tensor.
inline RowBuffer image_rows(const Tensor& t, int32_t n) {
  const int32_t stride = row_bytes(t);
  const ptrdiff_t offset = static_cast<ptrdiff_t>(n) * t.back(2) * stride;
  return {t.as<uint8_t>() + offset, stride, t.back(2)};
}

// Calls body(input, output, elements) for every contiguous run of an operator whose operand and result have one shape:
// once for the whole tensor, or once per row of the window. One place calls it, so that it is inlined once.
template <typename In, typename Out, typename Body>
inline void for_each_run(const Node& node, Body body) {
  const Tensor input = node.input(0);
  const Tensor output = node.output(0);
  const RowWindow* window = row_window(node);
  const RowRange range = window != nullptr ? window->range : RowRange{0, 1};
  const int32_t elements = window != nullptr ? output.back(1) * output.back(0) : output.count();
  for (int32_t y = range.begin; y < range.end; ++y) {
    const In* in = window != nullptr ? window->input[0].row<In>(y) : input.as<In>();
    body(in, window != nullptr ? window->output.row<Out>(y) : output.as<Out>(), elements);
  }
}

}  // namespace arenite
