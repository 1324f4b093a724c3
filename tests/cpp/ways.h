// Every way in which a program can run a model, beside plain invokes: in steps, with nothing shared, with the arena in
// parts, in parts that another interpreter takes in turn, row by row, from C. All must give the same bytes, and stay
// in memory of exactly the size that the program states.
#pragma once

#include <memory>
#include <vector>

#include "c_api/arenite.h"
#include "interpreter/row_runner.h"
#include "interpreter/stepper.h"
#include "kernels_cpp/rows.h"
#include "tests/cpp/parts.h"
#include "tests/cpp/trial.h"

namespace trial {

using arenite::Allocation;
using arenite::Interpreter;
using arenite::Model;
using arenite::Tensor;

// Aborts: a finding.
inline void require(bool holds, const char* otherwise) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", otherwise);
  std::abort();
}

constexpr uint32_t kRuns = 3;  // the last one after a reset of the variables

// How runs ended, and of those that ended well the outputs' bytes.
class Trace {
 public:
  void add(Status status) { bytes_.push_back(static_cast<uint8_t>(status)); }
  void add(const void* data, size_t size) {
    const uint8_t* const from = static_cast<const uint8_t*>(data);
    if (size != 0) bytes_.insert(bytes_.end(), from, from + size);
  }
  bool operator==(const Trace& other) const { return bytes_ == other.bytes_; }

 private:
  std::vector<uint8_t> bytes_;
};

// One run: its inputs follow from its number.
template <typename Invoke>
void run_once(Interpreter* interpreter, uint32_t number, Invoke invoke, Trace* trace) {
  std::mt19937 values(number);
  if (number + 1 == kRuns) interpreter->reset_variables();
  fill_inputs(*interpreter, values);
  const Status status = invoke();
  trace->add(status);
  for (uint32_t i = 0; status == Status::kOk && i < interpreter->output_count(); ++i) {
    trace->add(interpreter->output(i).data, bytes_of(interpreter->output(i)));
  }
}

template <typename Invoke>
Trace trace_of(Interpreter* interpreter, Invoke invoke) {
  interpreter->set_iteration_limit(kIterations);
  Trace trace;
  for (uint32_t run = 0; run < kRuns; ++run) run_once(interpreter, run, invoke, &trace);
  return trace;
}

inline Trace trace_of(Interpreter* interpreter) {
  return trace_of(interpreter, [interpreter] { return interpreter->invoke(); });
}

// That the plan is described, and holds.
inline void check_plan(Interpreter* interpreter) {
  std::vector<Allocation> items(interpreter->allocation_count() + 1);
  require(interpreter->describe_plan(items.data()) == Status::kOk, "the plan is not described");
  items.pop_back();
  for (const Allocation& a : items) {
    for (const Allocation* b = items.data(); b != &a; ++b) {
      if (a.bytes == 0 || b->bytes == 0 || a.first > b->last || b->first > a.last) continue;
      const bool apart = a.offset + a.bytes <= b->offset || b->offset + b->bytes <= a.offset;
      require(apart, "the plan lays live tensors over each other");
    }
  }
}

// Rows of a whole tensor in memory of its own.
class Lines {
 public:
  explicit Lines(const Tensor& tensor) : memory_(bytes_of(tensor)), stride_(arenite::row_bytes(tensor)) {
    rows_ = tensor.back(2);
    std::memcpy(memory_.data(), tensor.data, bytes_of(tensor));
  }
  arenite::RowBuffer buffer() const { return {memory_.data(), stride_, rows_}; }
  bool operator==(const Tensor& tensor) const {
    return std::memcmp(memory_.data(), tensor.data, bytes_of(tensor)) == 0;
  }
  void forget(arenite::RowRange rows) const {
    for (int32_t y = rows.begin; y < rows.end; ++y) {
      std::memset(buffer().row<uint8_t>(y), 0xEE, static_cast<size_t>(stride_));
    }
  }

 private:
  Block memory_;
  int32_t stride_, rows_;
};

// Some rows of an operator's result again, from its operands' values, if it is one that knows rows.
inline void by_rows(const Interpreter& interpreter, uint32_t node, std::mt19937& random) {
  const arenite::flat::Table op = interpreter.model().operator_table(node);
  const arenite::flat::Vector inputs = op.vector(arenite::format::Operator::inputs);
  const arenite::flat::Vector outputs = op.vector(arenite::format::Operator::outputs);
  if (outputs.size() != 1 || (interpreter.kernel(node).traits & arenite::kKeepsScratch) != 0) return;
  const Tensor output = interpreter.tensor(static_cast<uint32_t>(outputs.i32(0)));
  if (output.rank != 4 || output.dim(0) != 1 || output.count() == 0) return;
  std::vector<std::unique_ptr<Lines>> lines;
  arenite::RowWindow window = {};
  for (uint32_t i = 0; i < inputs.size(); ++i) {
    if (inputs.i32(i) < 0) continue;
    const Tensor input = interpreter.tensor(static_cast<uint32_t>(inputs.i32(i)));
    if (input.count() == 0 || interpreter.model().is_variable(static_cast<uint32_t>(inputs.i32(i)))) return;
    if (i >= 2 || input.constant || input.data == nullptr) continue;
    lines.push_back(std::make_unique<Lines>(input));
    window.input[i] = lines.back()->buffer();
  }
  const Lines result(output);
  window.output = result.buffer();
  window.range.begin = static_cast<int32_t>(pick(random, static_cast<size_t>(output.dim(1))));
  const size_t rest = static_cast<size_t>(output.dim(1) - window.range.begin);
  window.range.end = window.range.begin + 1 + static_cast<int32_t>(pick(random, rest));
  result.forget(window.range);
  if (arenite::RowRunner(interpreter).run(node, window) != Status::kOk) return;
  require(result == output, "rows give other bytes");
}

class Ways {
 public:
  // plain: what invokes gave in an arena of `size` bytes.
  Ways(const uint8_t* file, size_t file_size, const Model& model, size_t size, const Trace& plain, std::mt19937& random)
      : file_(file), file_size_(file_size), model_(model), size_(size), plain_(plain), random_(random) {}

  // After a number of steps an invoke is given up.
  void in_steps() {
    Parts arena({size_});
    Interpreter interpreter = over(arena);
    if (interpreter.allocate() != Status::kOk) return;
    arenite::Stepper stepper(interpreter);
    interpreter.set_iteration_limit(kIterations);
    (void)stepper.invoke_step(budget());
    stepper.restart();
    interpreter.reset_variables();
    const auto invoke = [&] {
      Status status = Status::kOk;
      do {
        status = stepper.invoke_step(budget());
        if (pick(random_, 4) == 0) check_plan(&interpreter);
      } while (status == Status::kOk && !stepper.done());
      return status;
    };
    require(trace_of(&interpreter, invoke) == plain_, "steps give other bytes");
  }

  // Every tensor keeps its value; then each operator again, by rows.
  void retained() {
    Parts arena({kMaxArena});
    Interpreter interpreter = over(arena);
    arenite::Error error;
    if (interpreter.allocate(&error, arenite::Sharing::kRetainAll) != Status::kOk) return;
    require(trace_of(&interpreter) == plain_, "tensors that keep their values give other bytes");
    if (interpreter.invoke() != Status::kOk) return;
    for (uint32_t i = 0; i < model_.operator_count(); ++i) by_rows(interpreter, i, random_);
  }

  // Sizes that suffice or not.
  void in_regions() {
    const std::vector<size_t> sizes = some_sizes();
    Parts parts(sizes);
    std::vector<arenite::Region> more = parts.regions();
    Interpreter interpreter = over(parts);
    if (pick(random_, 2) == 0) (void)interpreter.allocate();
    if (interpreter.allocate_in(more.data(), static_cast<uint32_t>(more.size())) != Status::kOk) return;
    for (const arenite::Region& region : more) require(region.used <= region.size, "more of a region than there is");
    check_plan(&interpreter);
    require(trace_of(&interpreter) == plain_, "an arena in parts gives other bytes");
  }

  // A model that one arena refuses may run in parts, when it is the file's plan that is refused.
  void in_regions_at_all() {
    const Parts parts(some_sizes());
    std::vector<arenite::Region> more = parts.regions();
    Interpreter interpreter = over(parts);
    if (interpreter.allocate_in(more.data(), static_cast<uint32_t>(more.size())) == Status::kOk) trace_of(&interpreter);
  }

  // Two interpreters of the model run in turn. What one leaves in the shared region is of no use to the other.
  void in_a_shared_region() {
    const size_t own = some_size(), shared = 2 * size_ + some_size();
    Parts parts({own, own, shared});
    Interpreter both[] = {Interpreter(model_, kKernels, parts.data(0), own),
                          Interpreter(model_, kKernels, parts.data(1), own)};
    Trace traces[2];
    for (Interpreter& one : both) {
      arenite::Region region{parts.data(2), shared};
      if (one.allocate_in(&region, 1) != Status::kOk) return;
      one.set_iteration_limit(kIterations);
    }
    for (uint32_t run = 0; run < kRuns; ++run) {
      for (uint32_t i = 0; i < 2; ++i) {
        std::memset(parts.data(2), static_cast<int>(random_() & 0xFF), shared);
        run_once(&both[i], run, [&] { return both[i].invoke(); }, &traces[i]);
      }
    }
    for (const Trace& trace : traces) require(trace == plain_, "a shared region gives other bytes");
  }

  // In an arena of the stated size, or in parts that suffice or not.
  void from_c() {
    const bool whole = pick(random_, 2) == 0;
    const Parts parts(whole ? std::vector<size_t>{size_} : some_sizes());
    arenite_interpreter c;
    const bool opened = open_c(&c, parts) == ARENITE_Ok;
    require(opened || !whole, "C does not open what C++ does");
    require(arenite_arena_used(&c) <= parts.size(0), "more of the arena than there is");
    if (!opened) return;
    arenite_set_iteration_limit(&c, kIterations);
    if (pick(random_, 2) == 0) give_up_c(&c);
    Trace trace;
    for (uint32_t run = 0; run < kRuns; ++run) run_c(&c, run, &trace);
    require(trace == plain_, "C gives other bytes");
    look_at_all_c(c);
  }

 private:
  arenite_status open_c(arenite_interpreter* c, const Parts& parts) const {
    static const arenite::OpResolver kResolver(kKernels);
    const auto* resolver = reinterpret_cast<const arenite_resolver*>(&kResolver);
    if (parts.count() == 1) return arenite_open(c, file_, file_size_, resolver, parts.data(0), parts.size(0), nullptr);
    std::vector<arenite_region> regions;
    for (size_t i = 0; i < parts.count(); ++i) regions.push_back({parts.data(i), parts.size(i), 0});
    const uint32_t count = static_cast<uint32_t>(regions.size());
    const arenite_status status = arenite_open_in(c, file_, file_size_, resolver, regions.data(), count, nullptr);
    for (const arenite_region& region : regions) require(region.used <= region.size, "more of a region than there is");
    return status;
  }
  void run_c(arenite_interpreter* c, uint32_t run, Trace* trace) {
    std::mt19937 values(run);
    if (run + 1 == kRuns) arenite_reset_variables(c);
    for (uint32_t i = 0; i < arenite_input_count(c); ++i) {
      const arenite_tensor input = arenite_input(c, i);
      const bool constant = model_.is_constant(static_cast<uint32_t>(model_.inputs().i32(i)));
      if (input.data != nullptr && !constant) fill(static_cast<uint8_t*>(input.data), input.bytes, values);
    }
    const arenite_status status = invoke_c(c);
    trace->add(static_cast<Status>(status));
    for (uint32_t i = 0; status == ARENITE_Ok && i < arenite_output_count(c); ++i) {
      trace->add(arenite_output(c, i).data, arenite_output(c, i).bytes);
    }
  }
  arenite_status invoke_c(arenite_interpreter* c) {
    static const arenite_observer kNobody = {[](void*, uint32_t) {}, [](void*, uint32_t) {}, nullptr};
    const uint32_t way = pick(random_, 3);
    if (way == 0) return arenite_invoke(c, nullptr);
    if (way == 1) return arenite_invoke_observed(c, &kNobody, nullptr);
    int done = 0;
    arenite_status status = ARENITE_Ok;
    while (status == ARENITE_Ok && done == 0) status = arenite_invoke_step(c, budget(), &done, nullptr);
    require(arenite_next_operator(c) == 0, "an invoke is over and goes on");
    return status;
  }
  void give_up_c(arenite_interpreter* c) {
    int done = 0;
    (void)arenite_invoke_step(c, budget(), &done, nullptr);
    arenite_restart_steps(c);
    arenite_reset_variables(c);
  }
  // Every byte that it says there is.
  static void look_at_all_c(const arenite_interpreter& c) {
    Trace nothing;
    for (uint32_t i = 0; i <= arenite_tensor_count(&c); ++i) {
      const arenite_tensor tensor = arenite_any_tensor(&c, i);
      if (tensor.data != nullptr) nothing.add(tensor.data, tensor.bytes);
      nothing.add(tensor.name, tensor.name_length);
      nothing.add(tensor.dims, static_cast<size_t>(tensor.rank) * sizeof *tensor.dims);
    }
  }

  Interpreter over(const Parts& parts) const { return Interpreter(model_, kKernels, parts.data(0), parts.size(0)); }

  uint32_t budget() { return pick(random_, 8) == 0 ? 0xFFFFFFFF : 1 + pick(random_, 4); }
  size_t some_size() {
    const size_t kSizes[] = {0, 16, size_ / 4, size_ / 2, size_, 2 * size_, pick(random_, size_ + 64)};
    return kSizes[pick(random_, 7)];
  }
  std::vector<size_t> some_sizes() {
    std::vector<size_t> sizes;
    for (uint32_t n = 1 + pick(random_, 4); n > 0; --n) sizes.push_back(some_size());
    return sizes;
  }

  const uint8_t* file_;
  size_t file_size_;
  const Model& model_;
  size_t size_;
  const Trace& plain_;
  std::mt19937& random_;
};

// What could not be opened is refused by every call in C.
inline void refused_in_c(const uint8_t* file, size_t size) {
  static const arenite::OpResolver kNothing(kKernels, 0);
  const Block arena(64);
  arenite_interpreter c;
  const auto* resolver = reinterpret_cast<const arenite_resolver*>(&kNothing);
  if (arenite_open(&c, file, size, resolver, arena.data(), 64, nullptr) == ARENITE_Ok) return;
  int done = 1;
  require(arenite_invoke(&c, nullptr) == ARENITE_NotReady, "invoke of what is not open");
  require(arenite_invoke_step(&c, 1, &done, nullptr) == ARENITE_NotReady && done == 0, "step of what is not open");
  arenite_reset_variables(&c);
  arenite_restart_steps(&c);
  arenite_set_iteration_limit(&c, 1);
  require(arenite_arena_used(&c) == 0 && arenite_input_count(&c) == 0 && arenite_output_count(&c) == 0, "not empty");
  require(arenite_tensor_count(&c) == 0 && arenite_operator_count(&c) == 0, "not empty");
  require(arenite_input(&c, 0).data == nullptr && arenite_output(&c, 0).data == nullptr, "tensors of what is not open");
}

inline void run_in_all_ways(const uint8_t* content, size_t size, std::mt19937& random) {
  const Block file(size);
  if (size != 0) std::memcpy(file.data(), content, size);
  refused_in_c(file.data(), size);
  Model model;
  if (Model::open(file.data(), size, &model) != Status::kOk) return;
  size_t arena = 0;
  Trace plain;
  const Status status = with_arena(model, [&](Interpreter* interpreter, size_t) {
    check_plan(interpreter);
    plain = trace_of(interpreter);
    arena = interpreter->arena_used();
    return Status::kOk;
  });
  Ways ways(file.data(), size, model, arena, plain, random);
  if (status != Status::kOk) return ways.in_regions_at_all();
  ways.in_steps();
  ways.retained();
  ways.in_regions();
  ways.in_a_shared_region();
  ways.from_c();
  require(std::memcmp(file.data(), content, size) == 0, "the model was written to");
}

}  // namespace trial
