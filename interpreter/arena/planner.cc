#include "interpreter/arena/planner.h"

namespace arenite {
namespace {

constexpr uint16_t kEnd = 0xFFFF;
constexpr uint32_t kMaxArena = 1u << 31;

class Planner {
 public:
  Planner(Allocation* items, uint32_t count) : items_(items), count_(count) {}

  Status place_fixed(uint32_t* conflict);
  Status place_rest();
  uint32_t bytes() const { return bytes_; }

 private:
  bool live_together(const Allocation& a, const Allocation& b) const { return a.first <= b.last && b.first <= a.last; }
  bool collide(const Allocation& a, const Allocation& b) const;
  uint32_t lowest_free(const Allocation& item) const;
  Allocation* largest_unplaced();
  bool place(Allocation* item, uint32_t offset);

  Allocation* items_;
  uint32_t count_;
  uint32_t bytes_ = 0;
  uint16_t lowest_ = kEnd;  // placed items form a list by ascending offset
};

// Items that came with an offset keep it; they are compared in pairs.
Status Planner::place_fixed(uint32_t* conflict) {
  for (uint32_t i = 0; i < count_; ++i) {
    Allocation& item = items_[i];
    if (item.bytes == 0 || item.offset == kUnplaced) continue;
    *conflict = i;
    ARENITE_CHECK(item.offset % kArenaAlignment == 0 && item.offset <= kMaxArena, kBadPlan);
    for (uint32_t j = 0; j < i; ++j) ARENITE_CHECK(!collide(item, items_[j]), kBadPlan);
    ARENITE_CHECK(place(&item, item.offset), kBadPlan);
  }
  return Status::kOk;
}

bool Planner::collide(const Allocation& a, const Allocation& b) const {
  if (b.bytes == 0 || b.offset == kUnplaced || !live_together(a, b)) return false;
  return a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
}

Status Planner::place_rest() {
  while (Allocation* item = largest_unplaced()) ARENITE_CHECK(place(item, lowest_free(*item)), kLimitExceeded);
  return Status::kOk;
}

// The first of the largest items without an offset; null when all have one.
Allocation* Planner::largest_unplaced() {
  Allocation* largest = nullptr;
  for (uint32_t i = 0; i < count_; ++i) {
    Allocation& item = items_[i];
    if (item.bytes == 0 || item.offset != kUnplaced) continue;
    if (largest == nullptr || item.bytes > largest->bytes) largest = &item;
  }
  return largest;
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

// False when the item would end beyond kMaxArena.
bool Planner::place(Allocation* item, uint32_t offset) {
  if (item->bytes > kMaxArena - offset) return false;
  const uint32_t end = align_up(offset + item->bytes);
  if (end > bytes_) bytes_ = end;
  item->offset = offset;
  uint16_t* link = &lowest_;
  while (*link != kEnd && items_[*link].offset <= offset) link = &items_[*link].above;
  item->above = *link;
  *link = static_cast<uint16_t>(item - items_);
  return true;
}

}  // namespace

Status plan(Allocation* items, uint32_t count, uint32_t* bytes, uint32_t* conflict) {
  Planner planner(items, count);
  ARENITE_TRY(planner.place_fixed(conflict));
  ARENITE_TRY(planner.place_rest());
  *bytes = planner.bytes();
  return Status::kOk;
}

}  // namespace arenite
