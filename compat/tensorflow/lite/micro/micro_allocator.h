// The arena of one interpreter, or of several that share it: each takes what it needs from what the others have left.
#pragma once

#include "interpreter/interpreter.h"
#include "tensorflow/lite/c/common.h"

namespace arenite::tflm {
class CustomOps;
}

namespace tflite {

class MicroAllocator {
 public:
  // Keeps itself at the end of `arena`. Null when there is no room for that.
  static MicroAllocator* Create(uint8_t* arena, size_t arena_size);

  // Bytes that the interpreters have taken, alignment and the allocator itself included.
  size_t used_bytes() const { return used_; }
  // The same by what it is for.
  void PrintAllocations() const;

 protected:
  MicroAllocator(uint8_t* arena, size_t arena_size, size_t used);
  // An allocator at the arena's end.
  template <typename Allocator>
  static Allocator* make(uint8_t* arena, size_t arena_size);

 private:
  friend class MicroInterpreter;
  friend class MicroContext;
  friend class arenite::tflm::CustomOps;
  // Bytes at the end of what is free, a multiple of 16; null, with a line printed, when there is no room.
  void* take_end(size_t bytes, const char* what);
  // Bytes of `use` at the beginning of what is free and at its end, and of TfLiteTensors behind these.
  void take(const arenite::ArenaUse& use, size_t views);

  uint8_t* free_;      // a multiple of 16
  size_t free_bytes_;  // from there on, a multiple of 16
  size_t used_;
  arenite::ArenaUse use_ = {};  // of all interpreters
  size_t views_ = 0;
};

class RecordingMicroAllocator : public MicroAllocator {
 public:
  static RecordingMicroAllocator* Create(uint8_t* arena, size_t arena_size);

 private:
  friend class MicroAllocator;
  using MicroAllocator::MicroAllocator;
};

}  // namespace tflite
