// Places buffers with lifetimes into several regions of memory, of which the first are the fast ones.
#pragma once

#include <cstdint>

#include "interpreter/arena/planner.h"

namespace arenite {

// Memory from `begin` on, an offset from the arena's start (it may wrap around: memory before the arena). Both
// multiples of kArenaAlignment.
struct Span {
  uint32_t begin;
  uint32_t size;
  uint32_t used;  // the planner's: bytes up to the end of its last item
};

// Sets the offsets of all items so that none overlaps another in time and place, or leaves its span. Items whose `last`
// is `forever` go into span 0. The others: a span takes first what lives shortest, of that the smallest, because a byte
// of fast memory is worth what goes through it in a tick; what finds no room there goes to the next span, and into the
// last one the largest first. If that fails, the largest go first everywhere. O(count^3) at worst, no memory of its
// own. ArenaTooSmall: *bytes is the size of an item that found no room.
Status plan_regions(Allocation* items, uint32_t count, uint16_t forever, Span* spans, uint32_t span_count,
                    uint32_t* bytes);

}  // namespace arenite
