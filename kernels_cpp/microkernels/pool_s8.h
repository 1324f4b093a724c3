// Contracts of pooling: what a run of pixels under the window adds to the channels of an output.
#pragma once

#include <cstdint>

namespace arenite {

// acc[c] = max(acc[c], in[p * pitch + c]) over p < pixels, c < count.
struct MaxS8 {
  int8_t* acc;
  const int8_t* in;
  int32_t count;
  int32_t pixels;
  int32_t pitch;
};

// acc[c] += in[p * pitch + c] for all p < pixels, c < count.
struct AddS8 {
  int32_t* acc;
  const int8_t* in;
  int32_t count;
  int32_t pixels;
  int32_t pitch;
};

// The same job for channels from `channel` on.
template <typename Job>
inline Job from_channel(Job job, int32_t channel) {
  job.acc += channel;
  job.in += channel;
  job.count -= channel;
  return job;
}

}  // namespace arenite
