// Which of four loops a product takes.
#pragma once

#include "kernels_cpp/microkernels/product_s8.h"

namespace arenite {

// Loop<kRepeated, kLeft>::run(job), count > 0. kRepeated: one b for all elements; kLeft: the factor is 1/2 or more.
template <template <bool, bool> class Loop, bool kRepeated>
inline void run_by_factor(const ProductS8& job) {
  if (job.multiplier.shift < 0) {
    Loop<kRepeated, false>::run(job);
  } else {
    Loop<kRepeated, true>::run(job);
  }
}

template <template <bool, bool> class Loop>
inline void run_by_kind(const ProductS8& job) {
  if (job.count == 0) return;
  if (job.b_step == 0) {
    run_by_factor<Loop, true>(job);
  } else {
    run_by_factor<Loop, false>(job);
  }
}

}  // namespace arenite
