#include "kernels_cpp/microkernels/portable.h"

namespace arenite::portable {

void max_s8(const MaxS8& job) {
  for (int32_t c = 0; c < job.count; ++c) job.acc[c] = job.acc[c] < job.in[c] ? job.in[c] : job.acc[c];
}

void add_s8(const AddS8& job) {
  for (int32_t c = 0; c < job.count; ++c) job.acc[c] += job.in[c];
}

}  // namespace arenite::portable
