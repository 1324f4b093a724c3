// One spatial axis of a sliding window (convolution, pooling). Same as TFLite ComputePaddingHeightWidth.
#pragma once

#include <cstdint>

#include "schema/format.h"

namespace arenite {

struct WindowAxis {
  int32_t input;     // elements
  int32_t kernel;    // taps
  int32_t stride;    // elements from one output to the next
  int32_t dilation;  // elements from one tap to the next

  int32_t extent() const { return (kernel - 1) * dilation + 1; }

  // padding: format::Padding. SAME: ceil(input / stride). VALID: windows that fit; 0 when none does.
  int32_t output(int32_t padding) const {
    if (padding == format::Padding::SAME) return (input + stride - 1) / stride;
    return input < extent() ? 0 : (input - extent()) / stride + 1;
  }

  // Elements before the first one; an odd total leaves the larger half behind.
  int32_t pad_before(int32_t padding) const {
    if (padding != format::Padding::SAME) return 0;
    const int32_t total = (output(padding) - 1) * stride + extent() - input;
    return total > 0 ? total / 2 : 0;
  }

  // Nothing above overflows: products stay below 2^30.
  bool valid() const {
    constexpr int32_t kLimit = 1 << 15;
    return input > 0 && input < (1 << 29) && kernel > 0 && kernel < kLimit && stride > 0 && stride < kLimit &&
           dilation > 0 && dilation < kLimit;
  }
};

}  // namespace arenite
