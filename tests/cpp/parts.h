// Memory in parts that lie close together, as regions of an arena have to on 64-bit hosts. Between them is memory that
// AddressSanitizer lets nobody touch.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "interpreter/interpreter.h"

#if defined(__has_include) && __has_include(<sanitizer/asan_interface.h>)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#endif

namespace trial {

class Parts {
 public:
  // Parts of `sizes` bytes, each aligned to 16, in this order; full of 0xA5.
  explicit Parts(std::vector<size_t> sizes) : sizes_(std::move(sizes)) {
    for (const size_t size : sizes_) {
      begins_.push_back(total_);
      total_ += (size + kGap + 15) / 16 * 16;
    }
    memory_ = static_cast<uint8_t*>(std::malloc(total_));
    std::memset(memory_, 0xA5, total_);
    ASAN_POISON_MEMORY_REGION(memory_, total_);
    for (size_t i = 0; i < sizes_.size(); ++i) ASAN_UNPOISON_MEMORY_REGION(data(i), sizes_[i]);
  }
  ~Parts() {
    ASAN_UNPOISON_MEMORY_REGION(memory_, total_);
    std::free(memory_);
  }
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;

  size_t count() const { return sizes_.size(); }
  uint8_t* data(size_t i) const { return memory_ + begins_[i]; }
  size_t size(size_t i) const { return sizes_[i]; }
  // All but the first.
  std::vector<arenite::Region> regions() const {
    std::vector<arenite::Region> more;
    for (size_t i = 1; i < sizes_.size(); ++i) more.push_back({data(i), sizes_[i]});
    return more;
  }

 private:
  static constexpr size_t kGap = 64;
  std::vector<size_t> sizes_;
  std::vector<size_t> begins_;
  size_t total_ = 0;
  uint8_t* memory_;
};

}  // namespace trial
