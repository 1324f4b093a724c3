// The depthwise convolution of the x86 variants; x86_stage.h says who includes this.
//
// A row is computed as one long vector of bytes, kBlock at a time, whatever the number of channels: block b of a row
// takes the same weights as block b + phases. Strides and depth multipliers are resolved when input rows are packed.
//
//   V::kTaps, V::kBlock, V::kParts     taps per multiply_add; bytes per block; vectors of sums per block
//   V::Block                           kBlock packed activations or weights
//   V::interleave(taps, parts)         kTaps blocks to kParts vectors that hold the taps of a channel side by side
//   V::part_of(values, part)           kBlock int32 in the order of interleave
//   V::pack_block(parts, limits)       kParts vectors of int32 to kBlock bytes in their natural order
#pragma once

#include <cstring>

#include "kernels_cpp/microkernels/portable.h"
#include "kernels_cpp/microkernels/x86_lines.h"
#include "kernels_cpp/microkernels/x86_stage.h"

namespace arenite::x86 {

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

// Constants of the blocks b with b % phases == phase.
template <typename V>
struct Phase {
  typename V::Int32 weights[kMaxTaps / V::kTaps][V::kParts];
  Stage<V> stage[V::kParts];

  void fill(const DepthwiseS8& conv, const DepthwiseLayout& layout, int32_t phase) {
    const int32_t taps = conv.window.taps();
    const int32_t groups = (taps + V::kTaps - 1) / V::kTaps;
    typename V::Int32 sums[V::kParts];
    for (auto& sum : sums) sum = V::set(0);
    for (int32_t g = 0; g < groups; ++g) {
      typename V::Block blocks[V::kTaps];
#pragma GCC unroll 4
      for (int32_t t = 0; t < V::kTaps; ++t) {
        alignas(64) int8_t bytes[V::kBlock] = {};
        const int32_t tap = g * V::kTaps + t;
        if (tap < taps) repeat(layout, phase, conv.weights + tap * conv.output_channels(), bytes);
        blocks[t] = V::widen_weights(bytes);
      }
      V::interleave(blocks, weights[g]);
#pragma GCC unroll 4
      for (int32_t s = 0; s < V::kParts; ++s) sums[s] = V::multiply_add(sums[s], V::ones(), weights[g][s]);
    }
    fill_stage(conv, layout, phase, sums);
  }

 private:
  // to[l] = from[channel of lane l], l < kBlock.
  template <typename T>
  static void repeat(const DepthwiseLayout& layout, int32_t phase, const T* from, T* to) {
    int32_t channel = phase * V::kBlock % layout.pitch;
    for (int32_t l = 0; l < V::kBlock;) {
      const int32_t run = at_most(layout.pitch - channel, V::kBlock - l);
      const int32_t present = at_most(at_least(layout.channels - channel, 0), run);
      if (present > 0) std::memcpy(to + l, from + layout.first + channel, static_cast<size_t>(present) * sizeof(T));
      l += run;
      channel = 0;
    }
  }

  void fill_stage(const DepthwiseS8& conv, const DepthwiseLayout& layout, int32_t phase,
                  const typename V::Int32 (&weight_sums)[V::kParts]) {
    const OutputStage& from = conv.stage;
    alignas(64) int32_t bias[V::kBlock] = {};
    Multiplier multipliers[V::kBlock];
    for (Multiplier& m : multipliers) m = from.multipliers[0];
    if (from.bias != nullptr) repeat(layout, phase, from.bias, bias);
    if (from.multiplier_step != 0) repeat(layout, phase, from.multipliers, multipliers);
    alignas(64) int32_t factor[V::kBlock];
    alignas(64) int32_t shift[V::kBlock];
    for (int32_t l = 0; l < V::kBlock; l += V::kLanes) {
      typename V::Int32 m, s;
      V::load_pairs(&multipliers[l].multiplier, V::kLanes, &m, &s);
      V::store(factor + l, m);
      V::store(shift + l, s);
    }
    const auto left = V::set(conv.input_offset - V::activation_offset(conv.input_offset));
    const int64_t spread = conv.window.taps() * kLargestProduct;
#pragma GCC unroll 4
    for (int32_t s = 0; s < V::kParts; ++s) {
      const auto start = V::add(V::part_of(bias, s), V::mul(weight_sums[s], left));
      stage[s] = {start, V::part_of(factor, s), V::part_of(shift, s), spread};
    }
  }
};

// Input columns of one row, those that fall on `remainder`: pixels [0, part) of the packed row's part.
template <typename V>
class DepthwisePacker {
 public:
  using Element = typename V::Element;

  DepthwisePacker(const DepthwiseS8& conv, const DepthwiseLayout& layout) : conv_(conv), layout_(layout) {}

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
    V::fill_padding(count * layout_.pitch, conv_.input_offset, to);
    return to + count * layout_.pitch;
  }

  Element* copy(int32_t row, int32_t column, int32_t count, Element* to) const {
    const int8_t* from = conv_.input.row<int8_t>(row) + column * conv_.window.input_pitch;
    if (conv_.depth_multiplier == 1 && conv_.window.input_pitch == layout_.pitch && layout_.first == 0) {
      V::pack_activations(from, count * layout_.pitch, conv_.input_offset, to);
      return to + count * layout_.pitch;
    }
    for (int32_t i = 0; i < count; ++i, from += conv_.window.input_pitch, to += layout_.pitch) copy_pixel(from, to);
    return to;
  }

  void copy_pixel(const int8_t* from, Element* to) const {
    if (conv_.depth_multiplier == 1) {
      V::pack_activations(from + layout_.first, layout_.channels, conv_.input_offset, to);
      return;
    }
    int8_t repeated[kMaxPhases * V::kBlock];
    int32_t channel = layout_.first / conv_.depth_multiplier;
    int32_t left = conv_.depth_multiplier - layout_.first % conv_.depth_multiplier;
    for (int32_t i = 0; i < layout_.channels; ++i) {
      repeated[i] = from[channel];
      if (--left > 0) continue;
      left = conv_.depth_multiplier;
      ++channel;
    }
    V::pack_activations(repeated, layout_.channels, conv_.input_offset, to);
  }

  const DepthwiseS8& conv_;
  const DepthwiseLayout& layout_;
};

// kBlock bytes of output. kGroups: of taps, 0 when it is only known as `groups`.
template <typename V, int32_t kGroups>
inline auto depthwise_block(const typename V::Element* const* taps, int32_t groups, int32_t offset,
                            const Phase<V>& phase, const OutputStage& stage, const ByteLimits<V>& limits) {
  typename V::Int32 acc[V::kParts];
#pragma GCC unroll 4
  for (int32_t s = 0; s < V::kParts; ++s) acc[s] = phase.stage[s].bias;
#pragma GCC unroll 8
  for (int32_t g = 0; g < (kGroups != 0 ? kGroups : groups); ++g) {
    typename V::Block blocks[V::kTaps];
    typename V::Int32 parts[V::kParts];
#pragma GCC unroll 4
    for (int32_t t = 0; t < V::kTaps; ++t) blocks[t] = V::load_block(taps[g * V::kTaps + t] + offset);
    V::interleave(blocks, parts);
#pragma GCC unroll 4
    for (int32_t s = 0; s < V::kParts; ++s) acc[s] = V::multiply_add(acc[s], parts[s], phase.weights[g][s]);
  }
#pragma GCC unroll 4
  for (int32_t s = 0; s < V::kParts; ++s) acc[s] = phase.stage[s].apply(acc[s], stage);
  return V::pack_block(acc, limits);
}

template <typename V, int32_t kGroups>
inline void depthwise_row(const DepthwiseS8& conv, const DepthwiseLayout& layout, const Phase<V>* phases,
                          const typename V::Element* const* taps, int8_t* out) {
  const int32_t groups = (conv.window.taps() + V::kTaps - 1) / V::kTaps;
  const ByteLimits<V> limits(conv.stage);
  const int32_t elements = layout.width * layout.pitch;
  const int32_t step = layout.phases * V::kBlock;
  const int32_t out_step = layout.flat ? step : conv.window.output_pitch;
  for (int32_t phase = 0; phase < layout.phases; ++phase) {
    int8_t* to = out + phase * V::kBlock;
    for (int32_t at = phase * V::kBlock; at < elements; at += step, to += out_step) {
      const int32_t present = layout.flat ? elements - at : layout.channels - phase * V::kBlock;
      const auto bytes = depthwise_block<V, kGroups>(taps, groups, at, phases[phase], conv.stage, limits);
      V::store_block(to, bytes, present);
    }
  }
}

template <typename V>
inline void depthwise_columns(const DepthwiseS8& conv, RowRange rows, const DepthwiseLayout& layout,
                              const Phase<V>* phases, LineBuffer<V>& lines) {
  const WindowGeometry& w = conv.window;
  const DepthwisePacker<V> pack(conv, layout);
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
#pragma GCC unroll 4
    for (int32_t t = 0; t < V::kTaps; ++t) taps[tap + t] = taps[0];  // their weights are zeros
    int8_t* out = conv.output.row<int8_t>(y) + layout.x * w.output_pitch + layout.first;
    if (w.taps() == 9) {
      depthwise_row<V, (9 + V::kTaps - 1) / V::kTaps>(conv, layout, phases, taps, out);
    } else {
      depthwise_row<V, 0>(conv, layout, phases, taps, out);
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
inline DepthwiseLayout depthwise_channels(const DepthwiseS8& conv, int32_t first) {
  const int32_t channels = conv.output_channels();
  DepthwiseLayout layout = {};
  layout.first = first;
  layout.phases = channels / greatest_common_divisor(channels, V::kBlock);
  layout.flat = layout.phases <= kMaxPhases && conv.window.output_pitch == channels;
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

template <typename V>
inline void depthwise_s8(const DepthwiseS8& conv, RowRange rows) {
  const WindowGeometry& w = conv.window;
  if (w.taps() > kMaxTaps) {
    portable::depthwise_s8(conv, rows);
    return;
  }
  LineBuffer<V> lines(w);
  Phase<V> phases[kMaxPhases];
  for (int32_t first = 0; first < conv.output_channels();) {
    DepthwiseLayout layout = depthwise_channels<V>(conv, first);
    const int32_t columns = depthwise_columns_that_fit<V>(w, layout.pitch, lines.size());
    if (columns == 0) {
      portable::depthwise_s8(conv, rows);
      return;
    }
    for (int32_t p = 0; p < layout.phases; ++p) phases[p].fill(conv, layout, p);
    for (layout.x = 0; layout.x < w.output_width; layout.x += columns) {
      layout.width = at_most(w.output_width - layout.x, columns);
      layout.part = layout.width + (w.kernel_width - 1) * w.dilation_width / w.stride_width;
      depthwise_columns<V>(conv, rows, layout, phases, lines);
    }
    first += layout.channels;
  }
}

}  // namespace arenite::x86
