// What the x86 variants make of int16 activations with int8 weights: K of x86_conv.h and x86_depthwise.h. Sums are
// taken in int32 where they fit; their requantization, in 64 bits, is scalar. x86_stage.h says who includes this.
//
//   V::zero()                      no sum
//   V::store(to, x)                kLanes int32
//   V::store_block(to, parts)      kBlock int32 of kParts vectors in their natural order
#pragma once

#include "kernels_cpp/microkernels/int16x8.h"
#include "kernels_cpp/microkernels/x86.h"
#include "kernels_cpp/microkernels/x86_conv.h"
#include "kernels_cpp/microkernels/x86_depthwise.h"

namespace arenite::x86 {
namespace {

// Sum of |weight| up to which sums of int16 times weight stay below 2^31.
constexpr int32_t kNarrowWeights = (1 << 16) - 1;

inline bool sums_fit(const int8_t* weights, int32_t count) {
  if (count <= kNarrowWeights / 128) return true;
  int32_t total = 0;
  for (int32_t k = 0; k < count && total <= kNarrowWeights; ++k) total += weights[k] < 0 ? -weights[k] : weights[k];
  return total <= kNarrowWeights;
}

template <typename Vectors>
struct ConvS16Kernel {
  using V = Vectors;
  using Job = ConvS16;
  using Input = int16_t;
  using Weight = int8_t;
  using Output = int16_t;
  static constexpr int32_t kPanelBytes = 1 << 16;

  struct Constants {
    int32_t channel;
    typename V::Sum start() const { return V::zero(); }
  };

  static int32_t input_offset(const ConvS16&) { return 0; }

  static bool constants(const ConvS16& conv, const int16_t*, int32_t, int32_t first, int32_t lanes, Constants* to) {
    to->channel = conv.first_channel + first;
    const int32_t depth = conv.depth();
    for (int32_t l = 0; l < lanes; ++l) {
      if (!sums_fit(conv.weights + static_cast<ptrdiff_t>(first + l) * depth, depth)) return false;
    }
    return true;
  }

  template <int32_t kPixels, int32_t kVectors>
  static void store(const RowJob<ConvS16Kernel>& job, int32_t x, int32_t pixels,
                    const typename V::Sum (&acc)[kPixels][kVectors]) {
    alignas(64) int32_t sums[kPixels][kVectors * V::kLanes];
#pragma GCC unroll 8
    for (int32_t p = 0; p < kPixels; ++p) {
#pragma GCC unroll 2
      for (int32_t v = 0; v < kVectors; ++v) V::store(sums[p] + v * V::kLanes, acc[p][v]);
    }
    const OutputStageS16& stage = *job.conv->stage;
    for (int32_t p = 0; p < pixels; ++p) {
      int16_t* out = job.out + (x + p) * job.out_pitch;
      for (int32_t n = 0; n < job.channels; ++n) out[n] = stage.apply(sums[p][n], job.constants->channel + n);
    }
  }
};

template <typename Vectors>
struct DepthwiseS16Kernel {
  using V = Vectors;
  using Job = DepthwiseS16;
  using Input = int16_t;
  using Weight = int8_t;
  using Output = int16_t;
  static_assert(kMaxTaps <= kNarrowWeights / 128, "sums fit int32");

  static int32_t input_offset(const DepthwiseS16&) { return 0; }

  struct Constants {
    int32_t channel[V::kBlock];
    typename V::Sum start(int32_t) const { return V::zero(); }

    bool fill(const DepthwiseS16&, const PhaseLanes& lanes, const typename V::Sum (*)[V::kParts], int32_t) {
      for (int32_t l = 0; l < V::kBlock; ++l) {
        const int32_t at = (lanes.first + l) % lanes.layout.pitch;
        channel[l] = lanes.layout.first + (at < lanes.layout.channels ? at : 0);
      }
      return true;
    }
  };

  class Finish {
   public:
    explicit Finish(const DepthwiseS16& conv) : stage_(*conv.stage) {}
    void store(int16_t* to, const typename V::Sum (&acc)[V::kParts], const Constants& constants, int32_t count) const {
      alignas(64) int32_t sums[V::kBlock];
      V::store_block(sums, acc);
      for (int32_t l = 0; l < count; ++l) to[l] = stage_.apply(sums[l], constants.channel[l]);
    }

   private:
    const OutputStageS16& stage_;
  };
};

template <typename V>
constexpr Int16Microkernels int16_microkernels() {
  return {convolve<ConvS16Kernel<V>>, convolve_depthwise<DepthwiseS16Kernel<V>>};
}

}  // namespace
}  // namespace arenite::x86
