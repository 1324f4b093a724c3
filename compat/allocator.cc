#include "tensorflow/lite/micro/micro_allocator.h"

#include <new>

#include "tensorflow/lite/micro/micro_log.h"
#include "tensorflow/lite/micro/micro_resource_variable.h"

namespace tflite {
namespace {

constexpr size_t kAlignment = 16;

size_t rounded_up(size_t bytes) { return (bytes + kAlignment - 1) & ~(kAlignment - 1); }

// Bytes from p to the next multiple of 16, at most `limit`.
size_t misaligned_bytes(const uint8_t* p, size_t limit) {
  const size_t bytes = (kAlignment - reinterpret_cast<uintptr_t>(p) % kAlignment) % kAlignment;
  return bytes < limit ? bytes : limit;
}

}  // namespace

MicroAllocator::MicroAllocator(uint8_t* arena, size_t arena_size, size_t used) {
  const size_t lost = misaligned_bytes(arena, arena_size);
  free_ = arena + lost;
  free_bytes_ = (arena_size - lost) & ~(kAlignment - 1);
  used_ = used + lost;
}

template <typename Allocator>
Allocator* MicroAllocator::make(uint8_t* arena, size_t arena_size) {
  const size_t lost = reinterpret_cast<uintptr_t>(arena + arena_size) % alignof(Allocator);
  const size_t taken = lost + sizeof(Allocator);
  if (arena == nullptr || arena_size < taken) {
    MicroPrintf("Arenite: an arena of %u bytes has no room for its allocator", static_cast<unsigned>(arena_size));
    return nullptr;
  }
  return new (arena + arena_size - taken) Allocator(arena, arena_size - taken, rounded_up(taken));
}

MicroAllocator* MicroAllocator::Create(uint8_t* arena, size_t arena_size) {
  return make<MicroAllocator>(arena, arena_size);
}

RecordingMicroAllocator* RecordingMicroAllocator::Create(uint8_t* arena, size_t arena_size) {
  return make<RecordingMicroAllocator>(arena, arena_size);
}

void* MicroAllocator::take_end(size_t bytes, const char* what) {
  const size_t taken = rounded_up(bytes);
  if (taken < bytes || taken > free_bytes_) {
    MicroPrintf("Arenite: the arena has no room for %s: %u bytes, %u are free", what, static_cast<unsigned>(bytes),
                static_cast<unsigned>(free_bytes_));
    return nullptr;
  }
  free_bytes_ -= taken;
  used_ += taken;
  views_ += taken;
  return free_ + free_bytes_;
}

void MicroAllocator::take(const arenite::ArenaUse& use, size_t views) {
  const size_t low = rounded_up(size_t{use.tensors} + use.scratch + use.planning);
  const size_t high = rounded_up(use.persistent) + views;
  const size_t both = low + high < free_bytes_ ? low + high : free_bytes_;
  free_ += low;
  free_bytes_ -= both;
  used_ += both;
  use_ = {use_.tensors + use.tensors, use_.scratch + use.scratch, use_.planning + use.planning,
          use_.persistent + use.persistent};
  views_ += views;
}

void MicroAllocator::PrintAllocations() const {
  MicroPrintf("Arenite: arena %u bytes: tensors %u, scratch %u, planning %u, bookkeeping %u, for programs %u",
              static_cast<unsigned>(used_), static_cast<unsigned>(use_.tensors), static_cast<unsigned>(use_.scratch),
              static_cast<unsigned>(use_.planning), static_cast<unsigned>(use_.persistent),
              static_cast<unsigned>(views_));
}

MicroResourceVariables* MicroResourceVariables::Create(MicroAllocator*, int) {
  static MicroResourceVariables nothing;
  return &nothing;
}

}  // namespace tflite
