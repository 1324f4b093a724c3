// libFuzzer: open, allocate and invoke (trial.h) on changed models. The inputs' bytes follow from the file.
#include "tests/cpp/fuzz_mutator.h"
#include "tests/cpp/trial.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::mt19937 random = choices_of(data, size);
  (void)trial::run(data, size, random);
  return 0;
}
