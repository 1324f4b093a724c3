// Places buffers with lifetimes into one arena.
#pragma once

#include <cstdint>

#include "interpreter/status.h"

namespace arenite {

constexpr uint32_t kArenaAlignment = 16;
constexpr uint32_t kUnplaced = 0xFFFFFFFF;

constexpr uint32_t align_up(uint32_t bytes) { return (bytes + (kArenaAlignment - 1)) & ~(kArenaAlignment - 1); }

// A buffer that must keep its contents from the start of node `first` to the end of node `last`.
struct Allocation {
  uint32_t bytes;   // 0: takes no room and stays kUnplaced
  uint32_t offset;  // from the arena's start, a multiple of kArenaAlignment. Set before plan(): stays there
  uint16_t first;
  uint16_t last;   // >= first
  uint16_t above;  // plan's own: the next placed one by offset
  bool fixed;      // plan's own: came with an offset
};

// Sets the offsets of all items so that no two overlap in both time and place; *bytes is the end of the highest, a
// multiple of kArenaAlignment. Greedy: one item after the other at the lowest offset that is free for its whole life,
// in the best of three orders: the largest first, the earliest first, the latest first. O(count^2), no memory of its
// own. count < 0xFFFF. BadPlan when items that came with an offset overlap or are misaligned or end beyond 2^31;
// *conflict is then the index of such an item.
Status plan(Allocation* items, uint32_t count, uint32_t* bytes, uint32_t* conflict);

}  // namespace arenite
