// The planner against its promise: no two items share a byte while both live, and the arena is what the items need.
#include <algorithm>
#include <random>
#include <vector>

#include "interpreter/arena/planner.h"
#include "tests/cpp/check.h"

namespace {

using arenite::Allocation;
using arenite::kUnplaced;

uint32_t below(std::mt19937& random, uint32_t bound) { return static_cast<uint32_t>(random() % bound); }

Allocation item(uint32_t bytes, uint16_t first, uint16_t last, uint32_t offset = kUnplaced) {
  return {bytes, offset, first, last, 0, false};
}

bool apart(const Allocation& a, const Allocation& b) {
  if (a.first > b.last || b.first > a.last) return true;
  return a.offset >= b.offset + b.bytes || b.offset >= a.offset + a.bytes;
}

void check_promise(const std::vector<Allocation>& items, uint32_t bytes) {
  uint32_t end = 0;
  for (size_t i = 0; i < items.size(); ++i) {
    if (items[i].bytes == 0) continue;
    CHECK(items[i].offset % arenite::kArenaAlignment == 0);
    end = std::max(end, arenite::align_up(items[i].offset + items[i].bytes));
    for (size_t j = 0; j < i; ++j) CHECK(items[j].bytes == 0 || apart(items[i], items[j]));
  }
  CHECK_EQ(bytes, end);
}

// The most bytes that live at one time: no plan can need less.
uint32_t lower_bound(const std::vector<Allocation>& items, uint16_t nodes) {
  uint32_t most = 0;
  for (uint16_t time = 0; time < nodes; ++time) {
    uint32_t live = 0;
    for (const Allocation& a : items) live += a.first <= time && time <= a.last ? arenite::align_up(a.bytes) : 0;
    most = std::max(most, live);
  }
  return most;
}

uint32_t plan(std::vector<Allocation>* items, arenite::Status expected = arenite::Status::kOk) {
  uint32_t bytes = 0, conflict = 0;
  const arenite::Status status = arenite::plan(items->data(), static_cast<uint32_t>(items->size()), &bytes, &conflict);
  CHECK_EQ(static_cast<int>(status), static_cast<int>(expected));
  return bytes;
}

void test_random_graphs() {
  std::mt19937 random(1);
  for (int trial = 0; trial < 3000; ++trial) {
    const uint16_t nodes = static_cast<uint16_t>(1 + below(random, 30));
    std::vector<Allocation> items;
    for (uint32_t i = below(random, 40); i > 0; --i) {
      const uint16_t first = static_cast<uint16_t>(below(random, nodes));
      const uint16_t last = static_cast<uint16_t>(first + below(random, static_cast<uint32_t>(nodes - first)));
      items.push_back(item(below(random, 8) == 0 ? 0 : below(random, 5000), first, last));
    }
    const uint32_t bytes = plan(&items);
    check_promise(items, bytes);
    CHECK(bytes >= lower_bound(items, nodes));
  }
}

// A chain needs its largest neighbouring pair, whatever the order of sizes.
void test_chains_are_optimal() {
  std::mt19937 random(2);
  for (int trial = 0; trial < 500; ++trial) {
    std::vector<Allocation> items;
    const uint16_t nodes = static_cast<uint16_t>(2 + below(random, 20));
    // Each tensor is half of the one before: the first pair decides.
    for (uint16_t i = 0; i < nodes; ++i) items.push_back(item((1u << 20) >> i, i, static_cast<uint16_t>(i + 1)));
    if (below(random, 2) == 0) std::reverse(items.begin(), items.end());
    CHECK_EQ(plan(&items), (1u << 20) + (1u << 19));
  }
}

// MobileNet's beginning: largest first alone would need 64512.
void test_better_than_largest_first() {
  std::vector<Allocation> items = {item(27648, 0, 0), item(18432, 0, 1), item(18432, 1, 2), item(36864, 2, 3),
                                   item(9216, 3, 4)};
  CHECK_EQ(plan(&items), 55296);
  check_promise(items, 55296);
}

// Each of the three orders is the only one that finds the least somewhere.
void test_every_order_counts() {
  std::vector<Allocation> latest = {item(80, 0, 1), item(64, 2, 2), item(32, 2, 2), item(80, 1, 2)};
  CHECK_EQ(plan(&latest), 176);  // the other two: 192
  std::vector<Allocation> earliest = {item(32, 2, 2), item(96, 2, 3), item(64, 0, 1), item(64, 0, 1), item(96, 0, 2)};
  CHECK_EQ(plan(&earliest), 224);  // the other two: 256
  check_promise(earliest, 224);
}

void test_fixed_offsets() {
  std::vector<Allocation> items = {item(100, 0, 2, 64), item(50, 0, 2), item(200, 1, 2)};
  const uint32_t bytes = plan(&items);
  check_promise(items, bytes);
  CHECK_EQ(items[0].offset, 64);
  CHECK_EQ(items[1].offset, 0);
  CHECK_EQ(items[2].offset, 176);
  std::vector<Allocation> overlap = {item(100, 0, 2, 64), item(16, 2, 3, 160)};
  plan(&overlap, arenite::Status::kBadPlan);
  overlap[1].first = 3;
  CHECK_EQ(plan(&overlap), 176);
  std::vector<Allocation> misaligned = {item(100, 0, 2, 8)};
  plan(&misaligned, arenite::Status::kBadPlan);
  std::vector<Allocation> far = {item(100, 0, 2, 0x7FFFFFF0)};
  plan(&far, arenite::Status::kBadPlan);
}

void test_limits() {
  std::vector<Allocation> nothing;
  CHECK_EQ(plan(&nothing), 0);
  std::vector<Allocation> huge = {item(0x7FFFFFFF, 0, 1), item(0x7FFFFFFF, 0, 1), item(0x7FFFFFFF, 0, 1)};
  plan(&huge, arenite::Status::kLimitExceeded);
}

}  // namespace

int main() {
  test_random_graphs();
  test_chains_are_optimal();
  test_better_than_largest_first();
  test_every_order_counts();
  test_fixed_offsets();
  test_limits();
  return check::failures();
}
