// The arena in parts: the planner of several regions against its promise, and two models that share a region.
#include <algorithm>
#include <cstring>
#include <random>
#include <vector>

#include "interpreter/arena/region_planner.h"
#include "interpreter/interpreter.h"
#include "tests/cpp/check.h"
#include "tests/cpp/model_builder.h"

namespace {

using arenite::Allocation;
using arenite::Interpreter;
using arenite::Kernel;
using arenite::Model;
using arenite::Node;
using arenite::Region;
using arenite::Span;
using arenite::Status;
using arenite::Tensor;

constexpr uint16_t kForever = 0xFFFE;

// --- planner ---------------------------------------------------------------------------------------------------------

uint32_t below(std::mt19937& random, uint32_t bound) { return static_cast<uint32_t>(random() % bound); }

// The span that the item lies in; -1 when it lies in none as a whole.
int home(const Allocation& item, const std::vector<Span>& spans) {
  for (size_t i = 0; i < spans.size(); ++i) {
    const uint32_t at = item.offset - spans[i].begin;
    if (at < spans[i].size && item.bytes <= spans[i].size - at && at + item.bytes <= spans[i].used) {
      return static_cast<int>(i);
    }
  }
  return -1;
}

bool overlap(const Allocation& a, const Allocation& b) {
  if (a.first > b.last || b.first > a.last) return false;
  return a.offset - b.offset < b.bytes || b.offset - a.offset < a.bytes;  // also where offsets wrap around
}

std::vector<Allocation> random_items(std::mt19937& random) {
  std::vector<Allocation> items;
  for (uint32_t i = 1 + below(random, 30); i > 0; --i) {
    const uint16_t first = static_cast<uint16_t>(below(random, 20));
    const bool forever = below(random, 8) == 0;
    const uint16_t last = forever ? kForever : static_cast<uint16_t>(first + below(random, 6));
    items.push_back({below(random, 400), 0, forever ? uint16_t{0} : first, last, 0, false});
  }
  return items;
}

void test_random_lives() {
  std::mt19937 random(1);
  int placed = 0, refused = 0;
  for (int trial = 0; trial < 2000; ++trial) {
    std::vector<Allocation> items = random_items(random);
    std::vector<Span> spans = {{0, 16 * below(random, 150), 0},
                               {1 << 20, 16 * below(random, 150), 0},
                               {0xFFFFF000, 16 * below(random, 256), 0}};  // before the arena
    uint32_t bytes = 0;
    const Status status = arenite::plan_regions(items.data(), static_cast<uint32_t>(items.size()), kForever,
                                                spans.data(), static_cast<uint32_t>(spans.size()), &bytes);
    if (status != Status::kOk) {
      CHECK(status == Status::kArenaTooSmall && bytes != 0);
      ++refused;
      continue;
    }
    ++placed;
    for (size_t i = 0; i < items.size(); ++i) {
      if (items[i].bytes == 0) continue;
      CHECK(items[i].offset % arenite::kArenaAlignment == 0);
      CHECK(items[i].last == kForever ? home(items[i], spans) == 0 : home(items[i], spans) >= 0);
      for (size_t j = 0; j < i; ++j) CHECK(items[j].bytes == 0 || !overlap(items[i], items[j]));
    }
  }
  CHECK(placed > 300 && refused > 300);
}

// What a plan gives each item. spans: two.
void check_places(std::vector<Allocation> items, Span* spans, const std::vector<uint32_t>& offsets) {
  uint32_t bytes = 0;
  const uint32_t count = static_cast<uint32_t>(items.size());
  CHECK_STATUS(arenite::plan_regions(items.data(), count, kForever, spans, 2, &bytes), kOk);
  for (size_t i = 0; i < items.size(); ++i) CHECK_EQ(items[i].offset, offsets[i]);
}

void test_short_lives_are_fast() {
  Span spans[] = {{0, 64, 0}, {4096, 512, 0}};
  check_places({{256, 0, 0, 9, 0, false}, {64, 0, 2, 2, 0, false}, {32, 0, 4, 5, 0, false}}, spans, {4096, 0, 0});
  CHECK_EQ(spans[0].used, 64u);
  CHECK_EQ(spans[1].used, 256u);
}

// Of two that do not fit together, the one that is needed for the shorter time.
void test_the_shorter_life_goes_first() {
  Span spans[] = {{0, 64, 0}, {4096, 64, 0}};
  check_places({{48, 0, 0, 3, 0, false}, {64, 0, 1, 1, 0, false}}, spans, {4096, 0});
}

// The hottest would leave no room for the largest, which fits into the first region alone.
void test_large_ones_get_room_too() {
  Span spans[] = {{0, 256, 0}, {4096, 64, 0}};
  check_places({{256, 0, 0, 9, 0, false}, {32, 0, 2, 2, 0, false}}, spans, {0, 4096});
}

// --- interpreter -----------------------------------------------------------------------------------------------------

// add_up: what it has seen so far, which its scratch remembers; by way of a variable, input 1.
Status prepare_add_up(const Node& node, uint32_t* scratch_bytes) {
  *scratch_bytes = static_cast<uint32_t>(node.input(0).count());
  return Status::kOk;
}

Status eval_add_up(const Node& node) {
  const Tensor input = node.input(0), variable = node.input(1), output = node.output(0);
  uint8_t* const kept = static_cast<uint8_t*>(node.scratch());
  for (int32_t i = 0; i < output.count(); ++i) {
    variable.as<uint8_t>()[i] = static_cast<uint8_t>(variable.as<uint8_t>()[i] + input.as<uint8_t>()[i]);
    kept[i] = static_cast<uint8_t>(kept[i] + input.as<uint8_t>()[i]);
    output.as<uint8_t>()[i] = static_cast<uint8_t>(variable.as<uint8_t>()[i] + kept[i]);
  }
  return Status::kOk;
}

Status prepare_double(const Node&, uint32_t*) { return Status::kOk; }

Status eval_double(const Node& node) {
  const Tensor input = node.input(0), output = node.output(0);
  for (int32_t i = 0; i < output.count(); ++i)
    output.as<uint8_t>()[i] = static_cast<uint8_t>(2 * input.as<uint8_t>()[i]);
  return Status::kOk;
}

constexpr int kAddUp = 7, kDouble = 8;
const Kernel add_up = {prepare_add_up, eval_add_up, "bb>b@1", kAddUp, 1, 0, true};
const Kernel twice = {prepare_double, eval_double, "b>b@1", kDouble, 1};
const Kernel* const kKernels[] = {&add_up, &twice};

// x -> times 2 -> added up -> times 2 -> y
std::vector<uint8_t> chain(int32_t width) {
  test::ModelSpec spec;
  spec.tensors.assign(5, {{1, width}});
  spec.tensors[4].variable = true;
  spec.operators = {{kDouble, {0}, {1}}, {kAddUp, {1, 4}, {2}}, {kDouble, {2}, {3}}};
  spec.inputs = {0};
  spec.outputs = {3};
  return spec.build();
}

void invoke(Interpreter* interpreter, uint8_t value, uint8_t expected) {
  const Tensor input = interpreter->input(0), output = interpreter->output(0);
  std::memset(input.data, value, static_cast<size_t>(input.count()));
  CHECK_STATUS(interpreter->invoke(), kOk);
  for (int32_t i = 0; i < output.count(); ++i) CHECK_EQ(output.as<uint8_t>()[i], expected);
}

struct Opened {
  explicit Opened(const std::vector<uint8_t>& content) : file(content) {
    CHECK_STATUS(Model::open(file.data(), file.size(), &model), kOk);
  }
  test::Aligned file;
  Model model;
};

// What lasts lies in each model's own arena: the other one, which uses all of the shared region, does not touch it.
void test_two_models_share_a_region() {
  Opened a(chain(100)), b(chain(300));
  test::Aligned memory(8192);
  uint8_t* const shared = memory.data() + 4096;
  Interpreter first(a.model, kKernels, memory.data(), 304);  // 64 of bookkeeping, 224 that last
  Interpreter second(b.model, kKernels, memory.data() + 2048, 704);
  Region region{shared, 2048}, same{shared, 2048};
  CHECK_STATUS(first.allocate_in(&region, 1), kOk);
  CHECK_STATUS(second.allocate_in(&same, 1), kOk);
  CHECK_EQ(region.used, 224u);  // two of 112 at a time
  CHECK_EQ(same.used, 608u);
  for (uint8_t sum = 1; sum < 6; ++sum) {
    std::memset(shared, 0xEE, 2048);
    invoke(&first, 1, static_cast<uint8_t>(8 * sum));
    std::memset(shared, 0x77, 2048);
    invoke(&second, 2, static_cast<uint8_t>(16 * sum));
  }
  first.reset_variables();
  invoke(&first, 1, 8);
  invoke(&second, 2, 96);
}

void test_refusals() {
  Opened model(chain(100));
  test::Aligned memory(4096);
  arenite::Error error;
  Interpreter small(model.model, kKernels, memory.data(), 128);  // no room for what lasts
  Region region{memory.data() + 1024, 2048};
  CHECK_STATUS(small.allocate_in(&region, 1, &error), kArenaTooSmall);
  CHECK_EQ(error.detail, 100u);
  CHECK(!small.ready());
  Interpreter interpreter(model.model, kKernels, memory.data(), 304);
  region = {memory.data() + 1032, 1024};
  CHECK_STATUS(interpreter.allocate_in(&region, 1), kMisaligned);
  Region many[4] = {region, region, region, region};
  CHECK_STATUS(interpreter.allocate_in(many, 4), kLimitExceeded);
  if (sizeof(void*) == 8) {  // offsets have 32 bits
    for (const int64_t distance : {int64_t{1} << 31, -(int64_t{1} << 31) - 16, (int64_t{1} << 31) - 1008}) {
      const uintptr_t far = reinterpret_cast<uintptr_t>(memory.data()) + static_cast<uintptr_t>(distance);
      region = {reinterpret_cast<uint8_t*>(far), 1024};
      CHECK_STATUS(interpreter.allocate_in(&region, 1), kLimitExceeded);
    }
  }
  Interpreter behind(model.model, kKernels, memory.data() + 2048, 304);
  region = {memory.data(), 1024};
  CHECK_STATUS(behind.allocate_in(&region, 1), kOk);
  CHECK(behind.output(0).data < memory.data() + 1024 || region.used == 0);
  invoke(&behind, 3, 24);
  region = {memory.data() + 1024, 96};
  CHECK_STATUS(interpreter.allocate_in(&region, 1, &error), kArenaTooSmall);
  region = {memory.data() + 1024, 1024};
  CHECK_STATUS(interpreter.allocate_in(&region, 1), kOk);
  invoke(&interpreter, 3, 24);
}

}  // namespace

int main() {
  test_random_lives();
  test_short_lives_are_fast();
  test_the_shorter_life_goes_first();
  test_large_ones_get_room_too();
  test_two_models_share_a_region();
  test_refusals();
  return check::failures();
}
