#include "interpreter/arena/region_planner.h"

namespace arenite {
namespace {

enum class Order : uint8_t { kHottest, kLargest };

bool live_together(const Allocation& a, const Allocation& b) { return a.first <= b.last && b.first <= a.last; }

bool before(Order order, const Allocation& a, const Allocation& b) {
  if (order == Order::kLargest) return a.bytes > b.bytes;
  const uint32_t ticks_a = uint32_t{a.last} - a.first, ticks_b = uint32_t{b.last} - b.first;
  return ticks_a != ticks_b ? ticks_a < ticks_b : a.bytes < b.bytes;
}

class RegionPlanner {
 public:
  RegionPlanner(Allocation* items, uint32_t count, uint16_t forever)
      : items_(items), count_(count), forever_(forever) {}

  // False: *bytes is the size of an item that found no room.
  bool place_all(Order order, Span* spans, uint32_t span_count, uint32_t* bytes);

 private:
  Allocation* next(Order order, bool forever);
  void place_in(Span* span, Order order, bool forever);
  uint32_t lowest_free(const Allocation& item, const Span& span) const;

  Allocation* items_;
  uint32_t count_;
  uint16_t forever_;
};

bool RegionPlanner::place_all(Order order, Span* spans, uint32_t span_count, uint32_t* bytes) {
  for (uint32_t i = 0; i < count_; ++i) items_[i].offset = kUnplaced;
  for (uint32_t i = 0; i < span_count; ++i) {
    spans[i].used = 0;
    if (i == 0) place_in(&spans[0], Order::kLargest, true);
    place_in(&spans[i], i + 1 == span_count ? Order::kLargest : order, false);
  }
  for (uint32_t i = 0; i < count_; ++i) {
    if (items_[i].bytes == 0 || items_[i].offset != kUnplaced) continue;
    *bytes = items_[i].bytes;
    return false;
  }
  return true;
}

// As many items as there is room for. fixed: the item has been tried.
void RegionPlanner::place_in(Span* span, Order order, bool forever) {
  for (uint32_t i = 0; i < count_; ++i) items_[i].fixed = false;
  while (Allocation* item = next(order, forever)) {
    item->fixed = true;
    const uint32_t at = lowest_free(*item, *span);
    if (at == kUnplaced) continue;
    item->offset = span->begin + at;
    const uint32_t end = align_up(at + item->bytes);
    if (end > span->used) span->used = end;
  }
}

Allocation* RegionPlanner::next(Order order, bool forever) {
  Allocation* best = nullptr;
  for (uint32_t i = 0; i < count_; ++i) {
    Allocation& item = items_[i];
    if (item.bytes == 0 || item.offset != kUnplaced || item.fixed || (item.last == forever_) != forever) continue;
    if (best == nullptr || before(order, item, *best)) best = &item;
  }
  return best;
}

// Relative to the span. What lies in the way is passed until nothing does.
uint32_t RegionPlanner::lowest_free(const Allocation& item, const Span& span) const {
  uint32_t at = 0;
  if (item.bytes > span.size) return kUnplaced;
  for (uint32_t i = 0; i < count_;) {
    const Allocation& other = items_[i++];
    if (other.bytes == 0 || other.offset == kUnplaced || !live_together(item, other)) continue;
    const uint32_t theirs = other.offset - span.begin;
    if (theirs >= span.size || at >= theirs + other.bytes || theirs >= at + item.bytes) continue;
    at = align_up(theirs + other.bytes);
    if (at > span.size || item.bytes > span.size - at) return kUnplaced;
    i = 0;
  }
  return at;
}

}  // namespace

Status plan_regions(Allocation* items, uint32_t count, uint16_t forever, Span* spans, uint32_t span_count,
                    uint32_t* bytes) {
  RegionPlanner planner(items, count, forever);
  if (planner.place_all(Order::kHottest, spans, span_count, bytes)) return Status::kOk;
  return planner.place_all(Order::kLargest, spans, span_count, bytes) ? Status::kOk : Status::kArenaTooSmall;
}

}  // namespace arenite
