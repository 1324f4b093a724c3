// Checks for the C++ tests: each prints what differs and where; main returns check::failures().
#pragma once

#include <cstdint>
#include <cstdio>

#include "interpreter/status.h"

namespace check {

inline int& count() {
  static int failures = 0;
  return failures;
}

// The exit code of a test program.
inline int failures() { return count() == 0 ? 0 : 1; }

inline void that(bool condition, const char* text, const char* file, int line) {
  if (condition) return;
  std::printf("%s:%d: %s\n", file, line, text);
  ++count();
}

template <typename A, typename B>
void equal(A got, B expected, const char* text, const char* file, int line) {
  if (static_cast<int64_t>(got) == static_cast<int64_t>(expected)) return;
  std::printf("%s:%d: %s is %lld, expected %lld\n", file, line, text, static_cast<long long>(got),
              static_cast<long long>(expected));
  ++count();
}

inline void status(arenite::Status got, arenite::Status expected, const char* text, const char* file, int line) {
  if (got == expected) return;
  std::printf("%s:%d: %s: \"%s\", expected \"%s\"\n", file, line, text, arenite::status_text(got),
              arenite::status_text(expected));
  ++count();
}

}  // namespace check

#define CHECK(condition) check::that(condition, #condition, __FILE__, __LINE__)
#define CHECK_EQ(got, expected) check::equal(got, expected, #got, __FILE__, __LINE__)
#define CHECK_STATUS(got, expected) check::status(got, arenite::Status::expected, #got, __FILE__, __LINE__)
