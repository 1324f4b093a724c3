#include "kernels_cpp/microkernels/portable.h"

namespace arenite::portable {

void max_s8(const MaxS8& job) {
  for (int32_t c = 0; c < job.count; ++c) {
    const int8_t* in = job.in + c;
    int8_t largest = job.acc[c];
    for (int32_t left = job.pixels; left > 0; --left, in += job.pitch) largest = largest < *in ? *in : largest;
    job.acc[c] = largest;
  }
}

void add_s8(const AddS8& job) {
  for (int32_t c = 0; c < job.count; ++c) {
    const int8_t* in = job.in + c;
    int32_t sum = job.acc[c];
    for (int32_t left = job.pixels; left > 0; --left, in += job.pitch) sum += *in;
    job.acc[c] = sum;
  }
}

}  // namespace arenite::portable
