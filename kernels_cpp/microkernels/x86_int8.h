// What the x86 variants make of int8 convolutions: K of x86_conv.h and x86_depthwise.h. x86_stage.h says who includes
// this.
//
//   V::activation_offset(offset)   what packed activations have been increased by
//   V::part_of(values, part)       kBlock int32 in the order of V::interleave
//   V::pack_bytes(four, limits)    four vectors of int32 to bytes, one after the other
//   V::pack_block(parts, limits)   kParts vectors of int32 to kBlock bytes in their natural order
#pragma once

#include "kernels_cpp/microkernels/portable.h"
#include "kernels_cpp/microkernels/x86_conv.h"
#include "kernels_cpp/microkernels/x86_depthwise.h"
#include "kernels_cpp/microkernels/x86_stage.h"

namespace arenite::x86 {
namespace {

// What packed activations lack of the input's offset; times the sum of the weights it goes into the bias.
template <typename V>
inline typename V::Int32 offset_left(int32_t input_offset) {
  return V::set(input_offset - V::activation_offset(input_offset));
}

template <typename Vectors>
struct ConvS8Kernel {
  using V = Vectors;
  using Job = ConvS8;
  using Input = int8_t;
  using Weight = int8_t;
  using Output = int8_t;
  static constexpr int32_t kPanelBytes = 1 << 16;

  struct Constants {
    Stage<V> stage;
    typename V::Sum start() const { return stage.bias; }
  };

  static int32_t input_offset(const ConvS8& conv) { return conv.input_offset; }

  static bool constants(const ConvS8& conv, const typename V::Element* packed, int32_t elements, int32_t first,
                        int32_t lanes, Constants* to) {
    typename V::Int32 sum = V::set(0);
    for (int32_t k = 0; k < elements; k += V::kLanes * V::kGroup) {
      sum = V::multiply_add(sum, V::ones(), V::load(packed + k));
    }
    const auto correction = V::mul(sum, offset_left<V>(conv.input_offset));
    to->stage = load_stage<V>(conv.stage, first, lanes, conv.depth() * kLargestProduct, correction);
    return true;
  }

  // Stores the first `pixels` of the tile. Four vectors become bytes at a time.
  template <int32_t kPixels, int32_t kVectors>
  static void store(const RowJob<ConvS8Kernel>& job, int32_t x, int32_t pixels,
                    const typename V::Int32 (&acc)[kPixels][kVectors]) {
    constexpr int32_t kTogether = 4 / kVectors;  // pixels
    constexpr int32_t kWidth = kVectors * V::kLanes;
    const OutputStage& stage = job.conv->stage;
    const ByteLimits<V> limits(stage);
    const bool dense = job.channels == kWidth && job.out_pitch == kWidth && pixels == kPixels;
#pragma GCC unroll 8
    for (int32_t p = 0; p < kPixels; p += kTogether) {
      typename V::Int32 y[4];
#pragma GCC unroll 4
      for (int32_t i = 0; i < 4; ++i) {
        y[i] = job.constants[i % kVectors].stage.apply(acc[p + i / kVectors][i % kVectors], stage);
      }
      const auto bytes = V::pack_bytes(y, limits);
      int8_t* out = job.out + (x + p) * job.out_pitch;
      if (dense) {
        std::memcpy(out, &bytes, sizeof bytes);
        continue;
      }
      alignas(64) int8_t spilled[sizeof bytes];
      std::memcpy(spilled, &bytes, sizeof bytes);
      for (int32_t i = 0; i < kTogether && p + i < pixels; ++i, out += job.out_pitch) {
        if (job.channels == kWidth) {
          std::memcpy(out, spilled + i * kWidth, kWidth);
        } else {
          V::store_first(out, spilled + i * kWidth, job.channels);
        }
      }
    }
  }
};

template <typename V>
inline void conv_s8(const ConvS8& conv, RowRange rows) {
  if (!convolve<ConvS8Kernel<V>>(conv, rows)) portable::conv_s8(conv, rows);
}

template <typename Vectors>
struct DepthwiseS8Kernel {
  using V = Vectors;
  using Job = DepthwiseS8;
  using Input = int8_t;
  using Weight = int8_t;
  using Output = int8_t;

  static int32_t input_offset(const DepthwiseS8& conv) { return conv.input_offset; }

  struct Constants {
    Stage<V> stage[V::kParts];

    typename V::Sum start(int32_t part) const { return stage[part].bias; }

    bool fill(const DepthwiseS8& conv, const PhaseLanes& lanes, const typename V::Sum (*weights)[V::kParts],
              int32_t groups) {
      const OutputStage& from = conv.stage;
      alignas(64) int32_t bias[V::kBlock] = {};
      alignas(64) int32_t factor[V::kBlock];
      alignas(64) int32_t shift[V::kBlock];
      if (from.bias != nullptr) lanes.spread(from.bias, bias);
      spread_multipliers(from, lanes, factor, shift);
      const int64_t spread = conv.window.taps() * kLargestProduct;
      for (int32_t s = 0; s < V::kParts; ++s) {
        typename V::Int32 sum = V::set(0);
        for (int32_t g = 0; g < groups; ++g) sum = V::multiply_add(sum, V::ones(), weights[g][s]);
        const auto start = V::add(V::part_of(bias, s), V::mul(sum, offset_left<V>(conv.input_offset)));
        stage[s] = {start, V::part_of(factor, s), V::part_of(shift, s), spread};
      }
      return true;
    }

   private:
    static void spread_multipliers(const OutputStage& from, const PhaseLanes& lanes, int32_t* factor, int32_t* shift) {
      Multiplier multipliers[V::kBlock];
      for (Multiplier& m : multipliers) m = from.multipliers[0];
      if (from.multiplier_step != 0) lanes.spread(from.multipliers, multipliers);
      for (int32_t l = 0; l < V::kBlock; l += V::kLanes) {
        typename V::Int32 m, s;
        V::load_pairs(&multipliers[l].multiplier, V::kLanes, &m, &s);
        V::store(factor + l, m);
        V::store(shift + l, s);
      }
    }
  };

  class Finish {
   public:
    explicit Finish(const DepthwiseS8& conv) : stage_(conv.stage), limits_(conv.stage) {}
    void store(int8_t* to, typename V::Sum (&acc)[V::kParts], const Constants& constants, int32_t count) const {
#pragma GCC unroll 4
      for (int32_t s = 0; s < V::kParts; ++s) acc[s] = constants.stage[s].apply(acc[s], stage_);
      V::store_block(to, V::pack_block(acc, limits_), count);
    }

   private:
    const OutputStage& stage_;
    ByteLimits<V> limits_;
  };
};

template <typename V>
inline void depthwise_s8(const DepthwiseS8& conv, RowRange rows) {
  if (!convolve_depthwise<DepthwiseS8Kernel<V>>(conv, rows)) portable::depthwise_s8(conv, rows);
}

}  // namespace
}  // namespace arenite::x86
