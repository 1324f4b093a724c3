// Observers for Interpreter::invoke(observer). The observer is a template argument: a program that does not profile
// holds no pointer, no branch and no code for it.
#pragma once

#include <cstdint>

namespace arenite {

// Adds the ticks of each operator to ticks[node]; clock() is any counter of 32 bits, for instance the cycle counter.
template <typename Clock>
class NodeTimer {
 public:
  // ticks [operator_count], zeroed by the caller.
  NodeTimer(Clock clock, uint32_t* ticks) : clock_(clock), ticks_(ticks) {}

  void begin(uint32_t) { start_ = clock_(); }
  void end(uint32_t node) { ticks_[node] += static_cast<uint32_t>(clock_() - start_); }

 private:
  Clock clock_;
  uint32_t* ticks_;
  uint32_t start_ = 0;
};

}  // namespace arenite
