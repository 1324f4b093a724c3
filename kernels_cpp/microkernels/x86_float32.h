// What the x86 variants make of float32: K of x86_conv.h and x86_depthwise.h, and the matrix product. x86_stage.h says
// who includes this. Lanes are channels, so that each sum keeps its order.
//
//   V::multiply_add(acc, a, w)   two roundings
//   V::clamp(x, low, high)       a NaN stays NaN
//   V::is_finite(x)              in all lanes
//   V::load_first(at, n), V::store_first(to, x, n)  the first n <= kLanes lanes; zeros in the others
#pragma once

#include "kernels_cpp/microkernels/float32.h"
#include "kernels_cpp/microkernels/x86.h"
#include "kernels_cpp/microkernels/x86_conv.h"
#include "kernels_cpp/microkernels/x86_depthwise.h"

namespace arenite::x86 {
namespace {

// What the padding is multiplied with must be finite, or leaving a tap out would differ from adding zero. (A sum that
// begins at 0 is never -0, so that adding zero changes nothing.)
template <typename V>
inline bool are_finite(const float* packed, int32_t count) {
  bool finite = true;
  for (int32_t k = 0; k < count; k += V::kLanes) finite &= V::is_finite(V::load(packed + k));
  return finite;
}

template <typename V, typename Job>
inline typename V::Sum finish(const Job& job, typename V::Sum sum, typename V::Sum bias) {
  return V::clamp(V::add(sum, bias), V::set(job.min), V::set(job.max));
}

template <typename Vectors>
struct ConvF32Kernel {
  using V = Vectors;
  using Job = ConvF32;
  using Input = float;
  using Weight = float;
  using Output = float;
  static constexpr int32_t kPanelBytes = 1 << 17;

  struct Constants {
    typename V::Sum bias;
    typename V::Sum start() const { return V::set(0.0f); }
  };

  static int32_t input_offset(const ConvF32&) { return 0; }

  static bool constants(const ConvF32& conv, const float* packed, int32_t elements, int32_t first, int32_t lanes,
                        Constants* to) {
    to->bias = conv.bias == nullptr ? V::set(0.0f) : V::load_first(conv.bias + first, lanes);
    return are_finite<V>(packed, elements);
  }

  template <int32_t kPixels, int32_t kVectors>
  static void store(const RowJob<ConvF32Kernel>& job, int32_t x, int32_t pixels,
                    const typename V::Sum (&acc)[kPixels][kVectors]) {
#pragma GCC unroll 8
    for (int32_t p = 0; p < kPixels; ++p) {
      if (p >= pixels) return;
      float* out = job.out + (x + p) * job.out_pitch;
#pragma GCC unroll 2
      for (int32_t v = 0; v < kVectors; ++v) {
        const int32_t lanes = at_most(job.channels - v * V::kLanes, V::kLanes);
        V::store_first(out + v * V::kLanes, finish<V>(*job.conv, acc[p][v], job.constants[v].bias), lanes);
      }
    }
  }
};

template <typename Vectors>
struct DepthwiseF32Kernel {
  using V = Vectors;
  using Job = DepthwiseF32;
  using Input = float;
  using Weight = float;
  using Output = float;

  static int32_t input_offset(const DepthwiseF32&) { return 0; }

  struct Constants {
    typename V::Sum bias;
    typename V::Sum start(int32_t) const { return V::set(0.0f); }

    bool fill(const DepthwiseF32& conv, const PhaseLanes& lanes, const typename V::Sum (*weights)[V::kParts],
              int32_t groups) {
      alignas(64) float values[V::kBlock] = {};
      if (conv.bias != nullptr) lanes.spread(conv.bias, values);
      bias = V::load(values);
      bool finite = true;
      for (int32_t g = 0; g < groups; ++g) finite &= V::is_finite(weights[g][0]);
      return finite;
    }
  };

  class Finish {
   public:
    explicit Finish(const DepthwiseF32& conv) : conv_(conv) {}
    void store(float* to, const typename V::Sum (&acc)[V::kParts], const Constants& constants, int32_t count) const {
      V::store_first(to, finish<V>(conv_, acc[0], constants.bias), count);
    }

   private:
    const DepthwiseF32& conv_;
  };
};

// Two vectors of columns for one left row. Right rows are transposed a square at a time.
template <typename V>
inline void dot_columns_f32(const GemmF32& gemm, const float* lhs, int32_t column, float* out) {
  constexpr int32_t kVectors = 2;
  alignas(64) float squares[kVectors][V::kLanes * V::kLanes];
  typename V::Sum acc[kVectors] = {V::set(0.0f), V::set(0.0f)};
  int32_t lanes[kVectors];
  for (int32_t v = 0; v < kVectors; ++v) {
    lanes[v] = at_least(at_most(gemm.columns - column - v * V::kLanes, V::kLanes), 0);
  }
  const float* rhs = gemm.rhs + static_cast<ptrdiff_t>(column) * gemm.depth;
  for (int32_t k = 0; k < gemm.depth; k += V::kLanes) {
    const int32_t count = at_most(gemm.depth - k, V::kLanes);
    for (int32_t v = 0; v < kVectors; ++v) {
      if (lanes[v] > 0) {
        V::pack_weights(rhs + static_cast<ptrdiff_t>(v) * V::kLanes * gemm.depth + k, gemm.depth, lanes[v], count,
                        squares[v]);
      }
    }
    for (int32_t i = 0; i < count; ++i) {
      const auto x = V::set(lhs[k + i]);
      for (int32_t v = 0; v < kVectors; ++v) acc[v] = V::multiply_add(acc[v], x, V::load(squares[v] + i * V::kLanes));
    }
  }
  for (int32_t v = 0; v < kVectors; ++v) {
    const int32_t first = column + v * V::kLanes;
    if (lanes[v] == 0) return;
    const auto bias = gemm.bias == nullptr ? V::set(0.0f) : V::load_first(gemm.bias + first, lanes[v]);
    V::store_first(out + first, finish<V>(gemm, acc[v], bias), lanes[v]);
  }
}

// Many left rows are the pixels of a 1x1 convolution.
inline ConvF32 as_conv(const GemmF32& gemm) {
  constexpr int32_t kBytes = sizeof(float);
  ConvF32 conv = {};
  WindowGeometry& w = conv.window;
  w.input_height = w.kernel_height = w.kernel_width = w.stride_height = w.stride_width = 1;
  w.dilation_height = w.dilation_width = 1;
  w.input_width = w.output_width = gemm.rows;
  w.input_pitch = conv.input_channels = gemm.depth;
  w.output_pitch = conv.output_channels = gemm.columns;
  // Only read; a RowBuffer serves inputs and outputs alike.
  conv.input = {reinterpret_cast<uint8_t*>(const_cast<float*>(gemm.lhs)), gemm.rows * gemm.depth * kBytes, 1};
  conv.output = {reinterpret_cast<uint8_t*>(gemm.out), gemm.rows * gemm.columns * kBytes, 1};
  conv.weights = gemm.rhs;
  conv.bias = gemm.bias;
  conv.min = gemm.min;
  conv.max = gemm.max;
  return conv;
}

template <typename V>
inline bool gemm_f32(const GemmF32& gemm) {
  constexpr int32_t kConvRows = 4;
  if (gemm.rows >= kConvRows && convolve<ConvF32Kernel<V>>(as_conv(gemm), {0, 1})) return true;
  for (int32_t i = 0; i < gemm.rows; ++i) {
    const float* lhs = gemm.lhs + static_cast<ptrdiff_t>(i) * gemm.depth;
    float* out = gemm.out + static_cast<ptrdiff_t>(i) * gemm.columns;
    for (int32_t c = 0; c < gemm.columns; c += 2 * V::kLanes) dot_columns_f32<V>(gemm, lhs, c, out);
  }
  return true;
}

// What the kernels here ask of V, from what a variant's registers can do.
template <typename Lanes>
struct FloatVectors : Lanes, CopiedElements<float> {
  using Sum = typename Lanes::Sum;
  using Block = Sum;
  using Lanes::kLanes;
  static constexpr int32_t kGroup = 1;
  static constexpr int32_t kTaps = 1;
  static constexpr int32_t kBlock = kLanes;
  static constexpr int32_t kParts = 1;

  static void pack_weights(const float* from, int32_t stride, int32_t lanes, int32_t count, float* to) {
    typename Lanes::Words rows[kLanes];
#pragma GCC unroll 16
    for (int32_t l = 0; l < kLanes; ++l) {
      const ptrdiff_t at = static_cast<ptrdiff_t>(l) * stride;
      rows[l] = Lanes::words(l < lanes ? Lanes::load_first(from + at, count) : Lanes::set(0.0f));
    }
    Lanes::transpose(rows);
    for (int32_t k = 0; k < count; ++k) Lanes::store_first(to + k * kLanes, Lanes::floats(rows[k]), kLanes);
  }
  static Sum broadcast_group(const float* at) { return Lanes::set(*at); }
  static Sum load_block(const float* at) { return Lanes::load(at); }
  static Sum widen_weights(const float* at) { return Lanes::load(at); }
  static void interleave(const Sum (&taps)[kTaps], Sum (&parts)[kParts]) { parts[0] = taps[0]; }
};

template <typename Lanes>
constexpr Float32Microkernels float32_microkernels() {
  using V = FloatVectors<Lanes>;
  return {convolve<ConvF32Kernel<V>>, convolve_depthwise<DepthwiseF32Kernel<V>>, gemm_f32<V>};
}

}  // namespace
}  // namespace arenite::x86
