// Counts the cases whose bytes differ, and prints the first ones.
#pragma once

#include <cstdint>
#include <cstdio>
#include <vector>

namespace arenite::test {

inline int failures = 0;

inline void compare(const char* what, const char* variant, int32_t seed, const std::vector<int8_t>& expected,
                    const std::vector<int8_t>& got) {
  if (expected == got) return;
  size_t at = 0;
  while (expected[at] == got[at]) ++at;
  if (++failures <= 20) {
    std::printf("%s, %s, case %d: byte %u of %u is %d, expected %d\n", what, variant, static_cast<int>(seed),
                static_cast<unsigned>(at), static_cast<unsigned>(expected.size()), got[at], expected[at]);
  }
}

}  // namespace arenite::test
