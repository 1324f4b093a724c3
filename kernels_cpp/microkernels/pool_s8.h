// Contracts of pooling: what one pixel under the window adds to the channels of an output.
#pragma once

#include <cstdint>

namespace arenite {

// acc[c] = max(acc[c], in[c]), c < count.
struct MaxS8 {
  int8_t* acc;  // 4-byte aligned
  const int8_t* in;
  int32_t count;
};

// acc[c] += in[c], c < count.
struct AddS8 {
  int32_t* acc;
  const int8_t* in;
  int32_t count;
};

}  // namespace arenite
