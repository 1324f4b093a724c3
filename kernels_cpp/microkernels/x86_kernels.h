// The bodies of the AVX2 and AVX-512 variants, over a type V that holds what differs between them. Included only by
// *_avx2.cc and *_avx512vnni.cc, whose V has internal linkage, so that nothing compiled for one processor is linked
// into another's code.
//
//   V::Int32                    vector of kLanes int32
//   V::kLanes, V::kGroup        channels per vector; elements of depth per multiply-add
//   V::kPixels                  pixels per tile
//   V::Element                  packed activation and weight: see V::pack, V::kDotOffset
//   V::multiply_add(acc, a, w)  acc[l] += sum over a group of a * w
#pragma once

#include <cstring>

#include "kernels_cpp/microkernels/patch.h"
#include "kernels_cpp/microkernels/portable.h"

namespace arenite::x86 {

// Requantization of one vector of channels: constants in structure-of-arrays form.
template <typename V>
struct VectorStage {
  typename V::Int32 bias;
  typename V::Int32 multiplier;
  typename V::Int32 left;
  typename V::Int32 right;
};

// Stage constants of a run of channels, padded to whole vectors.
template <typename V, int32_t kChannels>
struct StageArrays {
  alignas(64) int32_t bias[kChannels];
  alignas(64) int32_t multiplier[kChannels];
  alignas(64) int32_t left[kChannels];
  alignas(64) int32_t right[kChannels];

  void fill(const OutputStage& stage, int32_t first, int32_t count) {
    const int32_t padded = (count + V::kLanes - 1) / V::kLanes * V::kLanes;
    for (int32_t c = 0; c < padded; ++c) {
      const Multiplier m = c < count ? stage.multiplier_of(first + c) : Multiplier{0, 0};
      bias[c] = c < count ? stage.bias_of(first + c) : 0;
      multiplier[c] = m.multiplier;
      left[c] = m.shift > 0 ? m.shift : 0;
      right[c] = m.shift > 0 ? 0 : -m.shift;
    }
  }
  VectorStage<V> at(int32_t c) const {
    return {V::load(bias + c), V::load(multiplier + c), V::load(left + c), V::load(right + c)};
  }
};

// Both roundings of multiply_by_quantized_multiplier, lane by lane, then zero point and clamp.
template <typename V>
inline typename V::Int32 requantize(typename V::Int32 acc, const VectorStage<V>& s, const OutputStage& stage) {
  const auto high = V::rounding_doubling_high_mul(V::shift_left(acc, s.left), s.multiplier);
  const auto one = V::set(1);
  const auto mask = V::sub(V::shift_left(one, s.right), one);
  const auto threshold = V::add(V::shift_right_logical(mask, one), V::sign_bit(high));
  const auto rounded = V::increment_where_greater(V::shift_right(high, s.right), V::bit_and(high, mask), threshold);
  return V::clamp(V::add(rounded, V::set(stage.zero_point)), V::set(stage.min), V::set(stage.max));
}

// ---- convolution ---------------------------------------------------------------------------------------------

constexpr int32_t kPanelBytes = 1 << 16;  // packed weights of a run of channels, on the stack
constexpr int32_t kPanelChannels = 256;   // at most that many
constexpr int32_t kPatchBytes = 1 << 15;  // packed activations of a tile, on the stack

template <typename V>
struct Panel {
  // [vector of channels][group][lane][kGroup]
  alignas(64) typename V::Element weights[kPanelBytes / sizeof(typename V::Element)];
  StageArrays<V, kPanelChannels> stage;
  int32_t groups;

  static int32_t vector_elements(int32_t groups) { return groups * V::kLanes * V::kGroup; }

  static int32_t channels_that_fit(int32_t groups) {
    const int32_t vectors = kPanelBytes / (vector_elements(groups) * static_cast<int32_t>(sizeof(typename V::Element)));
    return vectors * V::kLanes < kPanelChannels ? vectors * V::kLanes : kPanelChannels;
  }

  void fill(const ConvS8& conv, int32_t first, int32_t count) {
    stage.fill(conv.stage, first, count);
    const int32_t depth = conv.depth();
    for (int32_t c = 0; c < count; c += V::kLanes) {
      const int32_t lanes = count - c < V::kLanes ? count - c : V::kLanes;
      typename V::Element* to = weights + c / V::kLanes * vector_elements(groups);
      const int8_t* from = conv.weights + static_cast<ptrdiff_t>(first + c) * depth;
      pack_vector(from, depth, lanes, to);
      correct_bias(to, conv.input_offset, stage.bias + c);
    }
  }

 private:
  void pack_vector(const int8_t* from, int32_t depth, int32_t lanes, typename V::Element* to) {
    for (int32_t lane = 0; lane < V::kLanes; ++lane) {
      typename V::Element* at = to + lane * V::kGroup;
      const int32_t present = lane < lanes ? depth : 0;
      for (int32_t g = 0; g < groups; ++g, at += V::kLanes * V::kGroup) {
        V::pack_weights(from + lane * depth + g * V::kGroup, present - g * V::kGroup, at);
      }
    }
  }

  // Packed activations are x + kDotOffset(input offset) instead of x + input_offset: the difference times the sum of
  // the weights goes into the bias.
  void correct_bias(const typename V::Element* packed, int32_t input_offset, int32_t* bias) {
    const int32_t difference = input_offset - V::dot_offset(input_offset);
    if (difference == 0) return;
    typename V::Int32 sum = V::set(0);
    for (int32_t g = 0; g < groups; ++g)
      sum = V::multiply_add(sum, V::ones(), V::load(packed + g * V::kLanes * V::kGroup));
    V::store(bias, V::add(V::load(bias), V::mul(sum, V::set(difference))));
  }
};

template <typename V>
class PatchWriter {
 public:
  PatchWriter(typename V::Element* to, int32_t offset) : to_(to), offset_(offset) {}
  void copy(const int8_t* source, int32_t count) {
    V::pack_activations(source, count, offset_, to_);
    to_ += count;
  }
  void fill(int32_t count) {
    V::fill_padding(count, offset_, to_);
    to_ += count;
  }

 private:
  typename V::Element* to_;
  int32_t offset_;
};

// kVectors vectors of channels for all pixels of the tile.
template <typename V, int32_t kVectors>
inline void compute_vectors(const ConvS8& conv, const Panel<V>& panel, const typename V::Element* patches,
                            int32_t patch_stride, const PixelTile<V::kPixels>& tile, int32_t first, int32_t channel,
                            int32_t count) {
  typename V::Int32 acc[V::kPixels][kVectors];
  const int32_t stride = Panel<V>::vector_elements(panel.groups);
  const typename V::Element* weights = panel.weights + channel / V::kLanes * stride;
  for (int32_t v = 0; v < kVectors; ++v) {
    const auto bias = V::load(panel.stage.bias + channel + v * V::kLanes);
    for (int32_t p = 0; p < V::kPixels; ++p) acc[p][v] = bias;
  }
  for (int32_t g = 0; g < panel.groups; ++g) {
    typename V::Int32 w[kVectors];
#pragma GCC unroll 4
    for (int32_t v = 0; v < kVectors; ++v) w[v] = V::load(weights + g * V::kLanes * V::kGroup + v * stride);
#pragma GCC unroll 8
    for (int32_t p = 0; p < V::kPixels; ++p) {
      const auto a = V::broadcast_group(patches + p * patch_stride + g * V::kGroup);
#pragma GCC unroll 4
      for (int32_t v = 0; v < kVectors; ++v) acc[p][v] = V::multiply_add(acc[p][v], a, w[v]);
    }
  }
  for (int32_t v = 0; v < kVectors; ++v, channel += V::kLanes) {
    const VectorStage<V> stage = panel.stage.at(channel);
    const int32_t lanes = count - channel < V::kLanes ? count - channel : V::kLanes;
    for (int32_t p = V::kPixels - 1; p >= 0; --p) {  // slot 0 last (PixelTile::close)
      V::store_bytes(tile.out[p] + first + channel, requantize<V>(acc[p][v], stage, conv.stage), lanes);
    }
  }
}

template <typename V>
inline void conv_s8(const ConvS8& conv, RowRange rows) {
  Panel<V> panel;
  panel.groups = (conv.depth() + V::kGroup - 1) / V::kGroup;
  const int32_t patch_stride = panel.groups * V::kGroup;
  const int32_t chunk = Panel<V>::channels_that_fit(panel.groups);
  if (chunk == 0 || patch_stride * V::kPixels * static_cast<int32_t>(sizeof(typename V::Element)) > kPatchBytes) {
    portable::conv_s8(conv, rows);
    return;
  }
  alignas(64) typename V::Element patches[kPatchBytes / sizeof(typename V::Element)];
  const auto pack = [&](int32_t slot, int32_t y, int32_t x) {
    PatchWriter<V> writer(patches + slot * patch_stride, conv.input_offset);
    walk_patch(conv, y, x, writer);
  };
  for (int32_t first = 0; first < conv.output_channels; first += chunk) {
    const int32_t count = conv.output_channels - first < chunk ? conv.output_channels - first : chunk;
    panel.fill(conv, first, count);
    const auto compute = [&](const PixelTile<V::kPixels>& tile) {
      int32_t c = 0;
      for (; c + V::kLanes < count; c += 2 * V::kLanes) {
        compute_vectors<V, 2>(conv, panel, patches, patch_stride, tile, first, c, count);
      }
      if (c < count) compute_vectors<V, 1>(conv, panel, patches, patch_stride, tile, first, c, count);
    };
    for_each_tile<V::kPixels>(conv, rows, pack, compute);
  }
}

// ---- depthwise -----------------------------------------------------------------------------------------------

template <typename V>
inline void depthwise_pixel(const DepthwiseS8& conv, const StageArrays<V, kPanelChannels>& stages, int32_t first,
                            int32_t count, int32_t y, int32_t x, int8_t* out) {
  const WindowGeometry& w = conv.window;
  const int32_t first_y = y * w.stride_height - w.pad_top;
  const int32_t first_x = x * w.stride_width - w.pad_left;
  const TapRange rows = taps_inside(first_y, w.dilation_height, w.kernel_height, w.input_height);
  const TapRange columns = taps_inside(first_x, w.dilation_width, w.kernel_width, w.input_width);
  const int32_t step = w.dilation_width * w.input_pitch;
  const int32_t channels = conv.input_channels;
  const auto offset = V::set(conv.input_offset);
  for (int32_t c = 0; c < count; c += V::kLanes) {
    const int32_t lanes = count - c < V::kLanes ? count - c : V::kLanes;
    const VectorStage<V> stage = stages.at(c);
    typename V::Int32 acc = stage.bias;
    for (int32_t i = rows.begin; i < rows.end; ++i) {
      const int8_t* in = conv.input.row<int8_t>(first_y + i * w.dilation_height) +
                         (first_x * w.input_pitch + columns.begin * step + first + c);
      const int8_t* weights = conv.weights + (i * w.kernel_width + columns.begin) * channels + first + c;
      for (int32_t j = columns.begin; j < columns.end; ++j, in += step, weights += channels) {
        acc = V::multiply_add_16(acc, V::add(V::load_bytes(in, lanes), offset), V::load_bytes(weights, lanes));
      }
    }
    V::store_bytes(out + first + c, requantize<V>(acc, stage, conv.stage), lanes);
  }
}

template <typename V>
inline void depthwise_s8(const DepthwiseS8& conv, RowRange rows) {
  if (conv.depth_multiplier != 1) {
    portable::depthwise_s8(conv, rows);
    return;
  }
  StageArrays<V, kPanelChannels> stages;
  for (int32_t first = 0; first < conv.input_channels; first += kPanelChannels) {
    const int32_t count = conv.input_channels - first < kPanelChannels ? conv.input_channels - first : kPanelChannels;
    stages.fill(conv.stage, first, count);
    for (int32_t y = rows.begin; y < rows.end; ++y) {
      int8_t* out = conv.output.row<int8_t>(y);
      for (int32_t x = 0; x < conv.window.output_width; ++x, out += conv.window.output_pitch) {
        depthwise_pixel<V>(conv, stages, first, count, y, x, out);
      }
    }
  }
}

// ---- matrix product ------------------------------------------------------------------------------------------

// Sums of one left row with kCount right rows, modulo 2^32, without bias.
template <typename V, int32_t kCount>
inline void dot_rows(const GemmS8& gemm, const int8_t* lhs, int32_t left_sum, int32_t column, int32_t (&sums)[kCount]) {
  const int8_t* rhs = gemm.rhs + static_cast<ptrdiff_t>(column) * gemm.depth;
  typename V::Int32 acc[kCount];
  typename V::Int32 right[kCount];
  for (int32_t i = 0; i < kCount; ++i) acc[i] = right[i] = V::set(0);
  for (int32_t k = 0; k < gemm.depth; k += V::kDotStep) {
    const int32_t count = gemm.depth - k < V::kDotStep ? gemm.depth - k : V::kDotStep;
    const auto x = V::dot_activations(lhs + k, count, gemm.lhs_offset);
#pragma GCC unroll 4
    for (int32_t i = 0; i < kCount; ++i) {
      const auto w = V::dot_weights(rhs + i * gemm.depth + k, count);
      acc[i] = V::multiply_add(acc[i], x, w);
      if (V::kDotIsOffset) right[i] = V::multiply_add(right[i], V::ones(), w);
    }
  }
  const int32_t difference = gemm.lhs_offset - V::dot_offset(gemm.lhs_offset);
  for (int32_t i = 0; i < kCount; ++i) {
    const int32_t corrected = wrap_add(V::sum(acc[i]), wrap_mul(V::sum(right[i]), difference));
    sums[i] = wrap_add(corrected, wrap_mul(left_sum, gemm.rhs_offset));
  }
}

template <typename V, int32_t kCount>
inline void column_block(const GemmS8& gemm, const int8_t* lhs, int32_t left_sum, int32_t column, int8_t* out) {
  int32_t sums[kCount];
  dot_rows<V, kCount>(gemm, lhs, left_sum, column, sums);
  for (int32_t i = 0; i < kCount; ++i) {
    const int32_t acc = wrap_add(sums[i], gemm.stage.bias_of(column + i));
    out[column + i] = gemm.stage.apply(acc, gemm.stage.multiplier_of(column + i));
  }
}

template <typename V>
inline void gemm_s8(const GemmS8& gemm) {
  const int8_t* lhs = gemm.lhs;
  int8_t* out = gemm.out;
  for (int32_t i = 0; i < gemm.rows; ++i, lhs += gemm.depth, out += gemm.columns) {
    int32_t left_sum = 0;
    if (gemm.rhs_offset != 0) {
      for (int32_t k = 0; k < gemm.depth; ++k) left_sum = wrap_add(left_sum, lhs[k] + gemm.lhs_offset);
    }
    int32_t column = 0;
    for (; column + 4 <= gemm.columns; column += 4) column_block<V, 4>(gemm, lhs, left_sum, column, out);
    for (; column < gemm.columns; ++column) column_block<V, 1>(gemm, lhs, left_sum, column, out);
  }
}

}  // namespace arenite::x86
