// Interpreter::allocate_in: the arena in parts. Linked only into programs that give several regions.
#include <cstring>

#include "interpreter/arena/region_planner.h"
#include "interpreter/planning.h"

namespace arenite {
namespace {

constexpr uint32_t kMaxRegions = 4;
constexpr uint32_t kMaxSize = 0x7FFFFFF0;

uint32_t usable(size_t size) {
  return static_cast<uint32_t>(size < kMaxSize ? size : kMaxSize) & ~(kArenaAlignment - 1);
}

}  // namespace

Status Interpreter::allocate_in(Region* more, uint32_t count, Error* error) {
  Error where;
  ready_ = false;
  where.status = prepare_regions(more, count, &where);
  ready_ = where.status == Status::kOk;
  if (ready_) reset_variables();
  if (error != nullptr) *error = where;
  return where.status;
}

// The lists of the planner are large and soon of no use: they lie in the largest region, with a bookkeeping that moves
// when it is complete. That of called subgraphs does not move.
Status Interpreter::prepare_regions(Region* more, uint32_t count, Error* where) {
  Span spans[kMaxRegions];
  ARENITE_CHECK(count < kMaxRegions, kLimitExceeded);
  ARENITE_CHECK(reinterpret_cast<uintptr_t>(arena_) % kArenaAlignment == 0, kMisaligned);
  uint8_t* largest = arena_;
  uint32_t most = usable(arena_size_);
  spans[0] = {0, most, 0};
  for (uint32_t i = 0; i < count; ++i) {
    const uintptr_t distance = reinterpret_cast<uintptr_t>(more[i].data) - reinterpret_cast<uintptr_t>(arena_);
    spans[i + 1] = {static_cast<uint32_t>(distance), usable(more[i].size), 0};
    ARENITE_CHECK(distance % kArenaAlignment == 0, kMisaligned);
    // 64-bit hosts: all within 2 GB of the arena's start.
    const uintptr_t end = distance + spans[i + 1].size;
    ARENITE_CHECK(sign_extended(spans[i + 1].begin) == distance, kLimitExceeded);
    ARENITE_CHECK(sign_extended(static_cast<uint32_t>(end)) == end, kLimitExceeded);
    if (spans[i + 1].size <= most) continue;
    most = spans[i + 1].size;
    largest = static_cast<uint8_t*>(more[i].data);
  }
  Interpreter work(*model_, resolver_, largest, most);
  ARENITE_TRY(work.find_lives(where));
  if (work.callees_ != 0) {
    work = Interpreter(*model_, resolver_, arena_, arena_size_);
    ARENITE_TRY(work.find_lives(where));
  }
  const Allocation* const items = reinterpret_cast<Allocation*>(work.arena_);
  ARENITE_TRY(plan_in(spans, count + 1, &work, where));
  for (uint32_t i = 0; i < count; ++i) more[i].used = spans[i + 1].used;
  take_over(work);
  tensor_end_ = spans[0].used;
  for_each_subgraph(keep_offsets, const_cast<Allocation*>(items));
  return Status::kOk;
}

// When each tensor is needed. A plan that the file carries is for one region; it is not followed.
Status Interpreter::find_lives(Error* where) {
  *where = Error();
  Planning planning{this, reinterpret_cast<Allocation*>(arena_), where, false};
  ARENITE_TRY(reserve(&planning, 0));
  ARENITE_TRY(check_operators(where));
  return walk(&planning);
}

Status Interpreter::plan_in(Span* spans, uint32_t count, Interpreter* work, Error* where) const {
  where->detail = work->persistent_;
  ARENITE_CHECK(work->persistent_ <= spans[0].size, kArenaTooSmall);
  spans[0].size -= work->persistent_;
  Allocation* const items = reinterpret_cast<Allocation*>(work->arena_);
  ARENITE_TRY(plan_regions(items, work->allocation_count_, kForever, spans, count, &where->detail));
  where->detail = kNoDetail;
  return Status::kOk;
}

// The bookkeeping moves to this arena's end.
void Interpreter::take_over(const Interpreter& work) {
  uint8_t* const arena = arena_;
  const uint32_t size = arena_size_, limit = iteration_limit_;
  const uint8_t* const from = reinterpret_cast<const uint8_t*>(work.offsets_);
  uint8_t* const to = arena + usable(size) - work.persistent_;
  *this = work;
  arena_ = arena;
  arena_size_ = size;
  iteration_limit_ = limit;
  if (callees_ != 0) return;
  std::memmove(to, from, persistent_);
  place_bookkeeping(to);
}

}  // namespace arenite
