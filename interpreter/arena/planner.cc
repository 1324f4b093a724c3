#include "interpreter/arena/planner.h"

namespace arenite {
namespace {

constexpr uint16_t kEnd = 0xFFFF;
constexpr uint32_t kMostBytes = 1u << 31;

enum class Order : uint8_t { kLargest, kEarliest, kLatest };

class Planner {
 public:
  Planner(Allocation* items, uint32_t count) : items_(items), count_(count) {}

  // Marks the items that came with an offset; kBadPlan when two of them collide.
  Status check_fixed(uint32_t* conflict);
  // Places everything anew; returns the bytes that it takes, or kUnplaced when they are too many.
  uint32_t place_all(Order order);

 private:
  bool collide(const Allocation& a, const Allocation& b) const;
  Allocation* next(Order order);
  uint32_t lowest_free(const Allocation& item) const;
  void place(Allocation* item, uint32_t offset);

  Allocation* items_;
  uint32_t count_;
  uint32_t bytes_ = 0;
  uint16_t lowest_ = kEnd;  // placed items form a list by ascending offset
};

bool live_together(const Allocation& a, const Allocation& b) { return a.first <= b.last && b.first <= a.last; }

// What comes first in this order; equal ones by size.
uint32_t rank(Order order, const Allocation& a) {
  if (order == Order::kEarliest) return ~uint32_t{a.first};
  return order == Order::kLatest ? a.last : 0;
}

bool before(Order order, const Allocation& a, const Allocation& b) {
  const uint32_t rank_a = rank(order, a), rank_b = rank(order, b);
  return rank_a != rank_b ? rank_a > rank_b : a.bytes > b.bytes;
}

Status Planner::check_fixed(uint32_t* conflict) {
  for (uint32_t i = 0; i < count_; ++i) {
    Allocation& item = items_[i];
    item.fixed = item.bytes != 0 && item.offset != kUnplaced;
    if (!item.fixed) continue;
    *conflict = i;
    ARENITE_CHECK(item.offset % kArenaAlignment == 0 && item.offset <= kMostBytes, kBadPlan);
    ARENITE_CHECK(item.bytes <= kMostBytes - item.offset, kBadPlan);
    for (uint32_t j = 0; j < i; ++j) ARENITE_CHECK(!collide(item, items_[j]), kBadPlan);
  }
  return Status::kOk;
}

bool Planner::collide(const Allocation& a, const Allocation& b) const {
  if (!b.fixed || !live_together(a, b)) return false;
  return a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
}

uint32_t Planner::place_all(Order order) {
  lowest_ = kEnd;
  bytes_ = 0;
  for (uint32_t i = 0; i < count_; ++i) {
    if (items_[i].fixed) {
      place(&items_[i], items_[i].offset);
    } else {
      items_[i].offset = kUnplaced;
    }
  }
  while (Allocation* item = next(order)) {
    const uint32_t offset = lowest_free(*item);
    if (offset > kMostBytes - item->bytes) return kUnplaced;
    place(item, offset);
  }
  return bytes_;
}

// The unplaced item whose turn it is, the first of equal ones; null when all are placed.
Allocation* Planner::next(Order order) {
  Allocation* best = nullptr;
  for (uint32_t i = 0; i < count_; ++i) {
    Allocation& item = items_[i];
    if (item.bytes == 0 || item.offset != kUnplaced) continue;
    if (best == nullptr || before(order, item, *best)) best = &item;
  }
  return best;
}

uint32_t Planner::lowest_free(const Allocation& item) const {
  uint32_t offset = 0;
  for (uint16_t i = lowest_; i != kEnd; i = items_[i].above) {
    const Allocation& other = items_[i];
    if (!live_together(item, other)) continue;
    if (other.offset >= offset + item.bytes) break;
    const uint32_t end = align_up(other.offset + other.bytes);
    if (end > offset) offset = end;
  }
  return offset;
}

void Planner::place(Allocation* item, uint32_t offset) {
  item->offset = offset;
  const uint32_t end = align_up(offset + item->bytes);
  if (end > bytes_) bytes_ = end;
  uint16_t* link = &lowest_;
  while (*link != kEnd && items_[*link].offset <= offset) link = &items_[*link].above;
  item->above = *link;
  *link = static_cast<uint16_t>(item - items_);
}

}  // namespace

Status plan(Allocation* items, uint32_t count, uint32_t* bytes, uint32_t* conflict) {
  Planner planner(items, count);
  ARENITE_TRY(planner.check_fixed(conflict));
  Order best = Order::kLargest;
  *bytes = planner.place_all(best);
  constexpr Order kOthers[] = {Order::kEarliest, Order::kLatest};
  for (Order order : kOthers) {
    const uint32_t needed = planner.place_all(order);
    if (needed >= *bytes) continue;
    *bytes = needed;
    best = order;
  }
  ARENITE_CHECK(*bytes != kUnplaced, kLimitExceeded);
  planner.place_all(best);
  return Status::kOk;
}

}  // namespace arenite
