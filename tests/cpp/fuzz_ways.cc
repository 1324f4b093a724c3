// libFuzzer: a changed model, run in every way that a program can (ways.h).
#include "tests/cpp/fuzz_mutator.h"
#include "tests/cpp/ways.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::mt19937 random = choices_of(data, size);
  trial::run_in_all_ways(data, size, random);
  return 0;
}
