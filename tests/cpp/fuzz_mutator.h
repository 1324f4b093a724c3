// What the fuzzers that start from models share: a mutator that knows the format (places.h), one time in four one that
// changes bytes; and choices that follow from the file, so that a finding repeats.
#pragma once

#include "tests/cpp/places.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

inline std::mt19937 choices_of(const uint8_t* data, size_t size) {
  uint32_t hash = 2166136261;  // FNV-1a
  for (size_t i = 0; i < size; ++i) hash = (hash ^ data[i]) * 16777619;
  return std::mt19937(hash);
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<uint8_t> file(data, data + size);
  if (size < 16 || random() % 4 == 0 || !trial::change_places(&file, random))
    return LLVMFuzzerMutate(data, size, max_size);
  std::memcpy(data, file.data(), size);
  return size;
}
