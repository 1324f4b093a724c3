// The depthwise convolution of the x86 variants; x86_stage.h says who includes this.
//
// A row is computed as one long vector of elements, kBlock at a time, whatever the number of channels: block b of a row
// takes the same weights as block b + phases. Strides and depth multipliers are resolved when input rows are packed.
// K is the kernel's type of operands, as in x86_conv.h; besides,
//
//   V::kTaps, V::kBlock, V::kParts     taps per multiply_add; elements per block; vectors of sums per block
//   V::Block                           kBlock packed activations or weights
//   V::interleave(taps, parts)         kTaps blocks to kParts vectors that hold the taps of a channel side by side
//   K::Constants::fill(conv, lanes, weights, groups)  of a block; `lanes` says which channel each of its elements is;
//                                      false: these weights need the plain loop
//   K::Finish(conv).store(to, acc, constants, n)  the first n <= kBlock outputs of a block
#pragma once

#include <cstring>

#include "kernels_cpp/microkernels/x86_lines.h"

namespace arenite::x86 {
namespace {

constexpr int32_t kMaxTaps = 64;
constexpr int32_t kMaxPhases = 8;

// Which output channels are computed, and how packed rows are laid out. Columns x, x + stride, x + 2 * stride, ... lie
// next to each other, `part` pixels for each remainder.
struct DepthwiseLayout {
  int32_t first;     // output channel
  int32_t channels;  // output channels
  int32_t pitch;     // elements from one packed pixel to the next
  int32_t phases;
  bool flat;  // blocks run over the borders of pixels
  int32_t x;  // output columns [x, x + width)
  int32_t width;
  int32_t part;

  int32_t elements(const WindowGeometry& w) const { return w.stride_width * part * pitch; }
  int32_t tap_offset(const WindowGeometry& w, int32_t column) const {
    const int32_t at = column * w.dilation_width;
    return (at % w.stride_width * part + at / w.stride_width) * pitch;
  }
};

// The channels of the elements of blocks b with b % phases == phase.
struct PhaseLanes {
  const DepthwiseLayout& layout;
  int32_t first;
  int32_t count;

  // to[l] = from[channel of element l], l < count; elements without a channel stay.
  template <typename T>
  void spread(const T* from, T* to) const {
    int32_t channel = first % layout.pitch;
    for (int32_t l = 0; l < count;) {
      const int32_t run = at_most(layout.pitch - channel, count - l);
      const int32_t present = at_most(at_least(layout.channels - channel, 0), run);
      if (present > 0) std::memcpy(to + l, from + layout.first + channel, static_cast<size_t>(present) * sizeof(T));
      l += run;
      channel = 0;
    }
  }
};

// Weights and constants of the blocks b with b % phases == phase.
template <typename K>
struct Phase {
  using V = typename K::V;
  typename V::Sum weights[kMaxTaps / V::kTaps][V::kParts];
  typename K::Constants constants;

  [[nodiscard]] bool fill(const typename K::Job& conv, const DepthwiseLayout& layout, int32_t phase) {
    const PhaseLanes lanes = {layout, phase * V::kBlock, V::kBlock};
    const int32_t taps = conv.window.taps();
    const int32_t groups = (taps + V::kTaps - 1) / V::kTaps;
    for (int32_t g = 0; g < groups; ++g) {
      typename V::Block blocks[V::kTaps];
      for (int32_t t = 0; t < V::kTaps; ++t) {
        alignas(64) typename K::Weight values[V::kBlock] = {};
        const int32_t tap = g * V::kTaps + t;
        if (tap < taps) lanes.spread(conv.weights + tap * conv.output_channels(), values);
        blocks[t] = V::widen_weights(values);
      }
      V::interleave(blocks, weights[g]);
    }
    return constants.fill(conv, lanes, weights, groups);
  }
};

// Input columns of one row, those that fall on `remainder`: pixels [0, part) of the packed row's part.
template <typename K>
class DepthwisePacker {
 public:
  using V = typename K::V;
  using Element = typename V::Element;
  using Input = typename K::Input;

  DepthwisePacker(const typename K::Job& conv, const DepthwiseLayout& layout)
      : conv_(conv), layout_(layout), offset_(K::input_offset(conv)) {}

  void operator()(int32_t row, Element* to) const {
    const WindowGeometry& w = conv_.window;
    const int32_t first = layout_.x * w.stride_width - w.pad_left;
    if (w.stride_width == 1) {
      const Columns columns(w, row, first, layout_.part);
      to = pad(columns.left, to);
      if (columns.inside > 0) to = copy(row, first + columns.left, columns.inside, to);
      pad(columns.right, to);
      return;
    }
    for (int32_t r = 0; r < w.stride_width; ++r) {
      for (int32_t i = 0; i < layout_.part; ++i) {
        const int32_t column = first + i * w.stride_width + r;
        const bool outside = row < 0 || row >= w.input_height || column < 0 || column >= w.input_width;
        to = outside ? pad(1, to) : copy(row, column, 1, to);
      }
    }
  }

 private:
  Element* pad(int32_t count, Element* to) const {
    V::fill_padding(count * layout_.pitch, offset_, to);
    return to + count * layout_.pitch;
  }

  Element* copy(int32_t row, int32_t column, int32_t count, Element* to) const {
    const Input* from = conv_.input.template row<Input>(row) + column * conv_.window.input_pitch;
    if (conv_.depth_multiplier == 1 && conv_.window.input_pitch == layout_.pitch && layout_.first == 0) {
      V::pack_activations(from, count * layout_.pitch, offset_, to);
      return to + count * layout_.pitch;
    }
    for (int32_t i = 0; i < count; ++i, from += conv_.window.input_pitch, to += layout_.pitch) copy_pixel(from, to);
    return to;
  }

  void copy_pixel(const Input* from, Element* to) const {
    if (conv_.depth_multiplier == 1) {
      V::pack_activations(from + layout_.first, layout_.channels, offset_, to);
      return;
    }
    Input repeated[kMaxPhases * V::kBlock];
    int32_t channel = layout_.first / conv_.depth_multiplier;
    int32_t left = conv_.depth_multiplier - layout_.first % conv_.depth_multiplier;
    for (int32_t i = 0; i < layout_.channels; ++i) {
      repeated[i] = from[channel];
      if (--left > 0) continue;
      left = conv_.depth_multiplier;
      ++channel;
    }
    V::pack_activations(repeated, layout_.channels, offset_, to);
  }

  const typename K::Job& conv_;
  const DepthwiseLayout& layout_;
  int32_t offset_;
};

// The sums of a block. kGroups: of taps, 0 when it is only known as `groups`.
template <typename K, int32_t kGroups>
inline void sum_block(const typename K::V::Element* const* taps, int32_t groups, int32_t offset, const Phase<K>& phase,
                      typename K::V::Sum (&acc)[K::V::kParts]) {
  using V = typename K::V;
#pragma GCC unroll 4
  for (int32_t s = 0; s < V::kParts; ++s) acc[s] = phase.constants.start(s);
#pragma GCC unroll 9
  for (int32_t g = 0; g < (kGroups != 0 ? kGroups : groups); ++g) {
    typename V::Block blocks[V::kTaps];
    typename V::Sum parts[V::kParts];
#pragma GCC unroll 4
    for (int32_t t = 0; t < V::kTaps; ++t) blocks[t] = V::load_block(taps[g * V::kTaps + t] + offset);
    V::interleave(blocks, parts);
#pragma GCC unroll 4
    for (int32_t s = 0; s < V::kParts; ++s) acc[s] = V::multiply_add(acc[s], parts[s], phase.weights[g][s]);
  }
}

template <typename K, int32_t kGroups>
inline void depthwise_row(const typename K::Job& conv, const DepthwiseLayout& layout, const Phase<K>* phases,
                          const typename K::V::Element* const* taps, typename K::Output* out) {
  using V = typename K::V;
  const int32_t groups = (conv.window.taps() + V::kTaps - 1) / V::kTaps;
  const typename K::Finish finish(conv);
  const int32_t elements = layout.width * layout.pitch;
  const int32_t step = layout.phases * V::kBlock;
  const int32_t out_step = layout.flat ? step : conv.window.output_pitch;
  for (int32_t phase = 0; phase < layout.phases; ++phase) {
    typename K::Output* to = out + phase * V::kBlock;
    for (int32_t at = phase * V::kBlock; at < elements; at += step, to += out_step) {
      const int32_t present = layout.flat ? elements - at : layout.channels - phase * V::kBlock;
      typename V::Sum acc[V::kParts];
      sum_block<K, kGroups>(taps, groups, at, phases[phase], acc);
      finish.store(to, acc, phases[phase].constants, at_most(present, V::kBlock));
    }
  }
}

template <typename K>
inline void depthwise_columns(const typename K::Job& conv, RowRange rows, const DepthwiseLayout& layout,
                              const Phase<K>* phases, LineBuffer<typename K::V>& lines) {
  using V = typename K::V;
  const WindowGeometry& w = conv.window;
  const DepthwisePacker<K> pack(conv, layout);
  int32_t offsets[kMaxTaps];
  for (int32_t j = 0; j < w.kernel_width; ++j) offsets[j] = layout.tap_offset(w, j);
  const typename V::Element* taps[kMaxTaps + V::kTaps];
  lines.forget();
  for (int32_t y = rows.begin; y < rows.end; ++y) {
    lines.move_to(y, pack);
    int32_t tap = 0;
    for (int32_t i = 0; i < w.kernel_height; ++i) {
      for (int32_t j = 0; j < w.kernel_width; ++j) taps[tap++] = lines.row(i) + offsets[j];
    }
    for (int32_t t = 0; t < V::kTaps; ++t) taps[tap + t] = taps[0];  // their weights are zeros
    auto* out = conv.output.template row<typename K::Output>(y) + layout.x * w.output_pitch + layout.first;
    if (w.taps() == 9) {
      depthwise_row<K, (9 + V::kTaps - 1) / V::kTaps>(conv, layout, phases, taps, out);
    } else {
      depthwise_row<K, 0>(conv, layout, phases, taps, out);
    }
  }
}

inline int32_t greatest_common_divisor(int32_t a, int32_t b) {
  while (b != 0) {
    const int32_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

// Output channels from `first` on: all of them in flat blocks where few phases do, else those of kMaxPhases blocks.
template <typename V>
inline DepthwiseLayout depthwise_channels(const WindowGeometry& w, int32_t channels, int32_t first) {
  DepthwiseLayout layout = {};
  layout.first = first;
  layout.phases = channels / greatest_common_divisor(channels, V::kBlock);
  layout.flat = layout.phases <= kMaxPhases && w.output_pitch == channels;
  if (layout.flat) {
    layout.channels = layout.pitch = channels;
    return layout;
  }
  layout.channels = at_most(channels - first, kMaxPhases * V::kBlock);
  layout.phases = (layout.channels + V::kBlock - 1) / V::kBlock;
  layout.pitch = layout.phases * V::kBlock;
  return layout;
}

// Output columns that fit a packed row of `size` elements; 0: not even one.
template <typename V>
inline int32_t depthwise_columns_that_fit(const WindowGeometry& w, int32_t pitch, int32_t size) {
  const int64_t part = (size - V::kBlock) / (int64_t{w.stride_width} * pitch);
  const int64_t width = part - int64_t{w.kernel_width - 1} * w.dilation_width / w.stride_width;
  return width <= 0 ? 0 : static_cast<int32_t>(width < w.output_width ? width : w.output_width);
}

// False when this convolution needs the plain loop; outputs may have been written.
template <typename K>
[[nodiscard]] inline bool convolve_depthwise(const typename K::Job& conv, RowRange rows) {
  using V = typename K::V;
  const WindowGeometry& w = conv.window;
  if (w.taps() > kMaxTaps) return false;
  LineBuffer<V> lines(w);
  Phase<K> phases[kMaxPhases];
  for (int32_t first = 0; first < conv.output_channels();) {
    DepthwiseLayout layout = depthwise_channels<V>(w, conv.output_channels(), first);
    const int32_t columns = depthwise_columns_that_fit<V>(w, layout.pitch, lines.size());
    if (columns == 0) return false;
    for (int32_t p = 0; p < layout.phases; ++p) {
      if (!phases[p].fill(conv, layout, p)) return false;
    }
    for (layout.x = 0; layout.x < w.output_width; layout.x += columns) {
      layout.width = at_most(w.output_width - layout.x, columns);
      layout.part = layout.width + (w.kernel_width - 1) * w.dilation_width / w.stride_width;
      depthwise_columns<K>(conv, rows, layout, phases, lines);
    }
    first += layout.channels;
  }
  return true;
}

}  // namespace
}  // namespace arenite::x86
