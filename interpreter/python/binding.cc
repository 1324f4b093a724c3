// arenite._core: the interpreter and the integer arithmetic of its kernels for Python. Conversions only, no logic; the
// contract is converter/arenite/_core.pyi.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "interpreter/interpreter.h"
#include "interpreter/profiler.h"
#include "interpreter/remedy.h"
#include "interpreter/stepper.h"
#include "kernels_cpp/fixed_point.h"
#include "kernels_cpp/isa.h"
#include "kernels_cpp/kernels.h"

namespace py = pybind11;

namespace {

using arenite::Allocation;
using arenite::Error;
using arenite::Status;
using arenite::Tensor;
using arenite::Type;

// Every row of schema/ops.def.
const arenite::Kernel* const kKernels[] = {
#define OP(name, code, max_version, options, signatures) &arenite::kernels::name,
#include "schema/ops.def"
#undef OP
};

std::string custom_operator_name(arenite::flat::Vector custom_code) {
#define OP(name, code, max_version, options, signatures)
#define CUSTOM_OP(name, custom, signatures) \
  if (custom_code.equals(custom)) return #name;
#include "schema/ops.def"
#undef OP
  return std::string(reinterpret_cast<const char*>(custom_code.data()), custom_code.size());
}

// The row's name; of a custom operator without a row its own name, which may be any bytes.
std::string operator_name(uint32_t code, arenite::flat::Vector custom_code) {
  switch (code) {
#define CUSTOM_OP(name, custom, signatures)
#define OP(name, value, max_version, options, signatures) \
  case value:                                             \
    return std::string(#name, sizeof(#name) - (#name[sizeof(#name) - 2] == '_' ? 2 : 1));
#include "schema/ops.def"
#undef OP
    case arenite::kCustomOperator:
      return custom_operator_name(custom_code);
    default:
      return "builtin_" + std::to_string(code);
  }
}

const char* status_name(Status status) {
  switch (status) {
#define ARENITE_STATUS_NAME(name, text) \
  case Status::k##name:                 \
    return #name;
    ARENITE_STATUS_LIST(ARENITE_STATUS_NAME)
#undef ARENITE_STATUS_NAME
  }
  return "";
}

const char* dtype_name(Type type) {
  switch (type) {
    case Type::kFloat32:
      return "float32";
    case Type::kFloat16:
      return "float16";
    case Type::kInt32:
      return "int32";
    case Type::kUInt8:
      return "uint8";
    case Type::kInt64:
      return "int64";
    case Type::kBool:
      return "bool";
    case Type::kInt16:
      return "int16";
    case Type::kInt8:
      return "int8";
    case Type::kInt4:
      return "int4";
    case Type::kUInt64:
      return "uint64";
    case Type::kUInt32:
      return "uint32";
    case Type::kResource:
      return "resource";
  }
  return "";
}

// status, sentence with what to do about it, subgraph, node, detail; the last two -1 when they mean nothing.
using Failure = std::optional<std::tuple<std::string, std::string, int, int, int64_t>>;

Failure failure_of(const Error& error) {
  if (error.status == Status::kOk) return std::nullopt;
  return std::tuple(std::string(status_name(error.status)),
                    std::string(arenite::status_text(error.status)) + "; " + arenite::status_remedy(error.status),
                    int{error.subgraph}, error.node == arenite::kNoNode ? -1 : int{error.node},
                    error.detail == arenite::kNoDetail ? int64_t{-1} : int64_t{error.detail});
}

// Zeroed memory, aligned as models and arenas must be. Views of it from Python keep it alive. From calloc, which gives
// large blocks by the page when they are touched: what a hostile file asks for costs nothing until it is used.
class Memory {
 public:
  explicit Memory(size_t size) : block_(std::calloc(1, size + kAlignment)) {
    if (block_ == nullptr) throw std::bad_alloc();
  }
  ~Memory() { std::free(block_); }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  uint8_t* data() const {
    const uintptr_t address = reinterpret_cast<uintptr_t>(block_);
    return static_cast<uint8_t*>(block_) + (kAlignment - address % kAlignment) % kAlignment;
  }

 private:
  static constexpr size_t kAlignment = 64;
  void* block_;
};

py::capsule keep_alive(const std::shared_ptr<Memory>& memory) {
  return py::capsule(new std::shared_ptr<Memory>(memory),
                     [](void* pointer) { delete static_cast<std::shared_ptr<Memory>*>(pointer); });
}

// Names are whatever the file says: bytes that are no UTF-8 must not make it unreadable.
py::object to_text(const std::string& name) {
  return py::reinterpret_steal<py::object>(
      PyUnicode_DecodeUTF8(name.data(), static_cast<py::ssize_t>(name.size()), "replace"));
}

std::vector<int32_t> to_vector(arenite::flat::Vector values) {
  std::vector<int32_t> result;
  for (uint32_t i = 0; i < values.size(); ++i) result.push_back(values.i32(i));
  return result;
}

uint32_t nanoseconds() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<uint32_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

class HostInterpreter {
 public:
  HostInterpreter(const std::string& model, bool preserve_all)
      : content_(std::make_shared<Memory>(model.size())),
        content_size_(model.size()),
        sharing_(preserve_all ? arenite::Sharing::kRetainAll : arenite::Sharing::kReuse) {
    std::memcpy(content_->data(), model.data(), model.size());
  }

  Failure open() {
    Error error;
    opened_ = arenite::Model::open(content_->data(), content_size_, &model_, &error) == Status::kOk;
    return failure_of(error);
  }

  Failure allocate(size_t arena_size) {
    require(opened_, "open");
    arena_ = std::make_shared<Memory>(arena_size);
    regions_.clear();
    interpreter_.emplace(model_, arenite::OpResolver(kKernels), arena_->data(), arena_size);
    Error error;
    const Status status = interpreter_->allocate(&error, sharing_);
    if (status != Status::kOk) interpreter_.reset();
    stepper_.reset();
    return failure_of(error);
  }

  // The arena in parts of these sizes, one behind the other with a gap between them.
  Failure allocate_in(const std::vector<size_t>& sizes) {
    require(opened_, "open");
    if (sizes.empty() || sizes.size() > 4) throw std::logic_error("one to four regions");
    constexpr size_t kGap = 64;
    size_t total = 0;
    std::vector<size_t> starts;
    for (const size_t size : sizes) {
      starts.push_back(total);
      total += (size + kGap) / kGap * kGap + kGap;
    }
    arena_ = std::make_shared<Memory>(total);
    interpreter_.emplace(model_, arenite::OpResolver(kKernels), arena_->data(), sizes[0]);
    regions_.clear();
    for (size_t i = 1; i < sizes.size(); ++i) regions_.push_back({arena_->data() + starts[i], sizes[i]});
    Error error;
    const Status status = interpreter_->allocate_in(regions_.data(), static_cast<uint32_t>(regions_.size()), &error);
    if (status != Status::kOk) interpreter_.reset();
    stepper_.reset();
    return failure_of(error);
  }

  // Bytes of each region that the model needs, after allocate_in.
  std::vector<uint32_t> regions_used() {
    std::vector<uint32_t> used = {ready().arena_used()};
    for (const arenite::Region& region : regions_) used.push_back(region.used);
    return used;
  }

  Failure invoke() {
    Error error;
    {
      arenite::Interpreter& interpreter = ready();
      const py::gil_scoped_release unlocked;
      (void)interpreter.invoke(&error);
    }
    return failure_of(error);
  }

  // And whether the invoke is done.
  std::pair<Failure, bool> invoke_step(uint32_t operators) {
    if (!stepper_) stepper_.emplace(ready());
    Error error;
    {
      const py::gil_scoped_release unlocked;
      (void)stepper_->invoke_step(operators, &error);
    }
    return {failure_of(error), stepper_->done()};
  }

  std::pair<Failure, std::vector<uint32_t>> profile() {
    std::vector<uint32_t> ticks(model_.operator_count());
    Error error;
    {
      arenite::Interpreter& interpreter = ready();
      const py::gil_scoped_release unlocked;
      arenite::NodeTimer timer(nanoseconds, ticks.data());
      (void)interpreter.invoke(timer, &error);
    }
    return {failure_of(error), ticks};
  }

  void reset_variables() { ready().reset_variables(); }
  void set_iteration_limit(uint32_t limit) { ready().set_iteration_limit(limit); }

  uint32_t subgraph_count() const { return require(opened_, "open"), model_.subgraph_count(); }

  py::list tensors(uint32_t subgraph) const {
    const arenite::Model model = at(subgraph);
    py::list rows;
    for (uint32_t i = 0; i < model.tensor_count(); ++i) rows.append(tensor_row(model, i));
    return rows;
  }

  py::list operators(uint32_t subgraph) const {
    const arenite::Model model = at(subgraph);
    py::list rows;
    for (uint32_t i = 0; i < model.operator_count(); ++i) {
      const arenite::flat::Table op = model.operator_table(i);
      rows.append(py::make_tuple(to_text(operator_name(model.operator_code(i), model.custom_code(i))),
                                 to_vector(op.vector(arenite::format::Operator::inputs)),
                                 to_vector(op.vector(arenite::format::Operator::outputs))));
    }
    return rows;
  }

  std::vector<int32_t> inputs() const { return require(opened_, "open"), to_vector(model_.inputs()); }
  std::vector<int32_t> outputs() const { return require(opened_, "open"), to_vector(model_.outputs()); }

  std::optional<py::memoryview> buffer(uint32_t index) {
    if (index >= model_.tensor_count()) throw py::index_error("tensor index");
    const Tensor tensor = ready().tensor(index);
    if (tensor.data == nullptr) return std::nullopt;
    py::array_t<uint8_t> view(static_cast<py::ssize_t>(model_.tensor_bytes(index)), tensor.as<uint8_t>(),
                              keep_alive(tensor.constant ? content_ : arena_));
    if (tensor.constant) view.attr("setflags")(py::arg("write") = false);
    return py::memoryview(py::buffer(view));
  }

  std::tuple<uint32_t, uint32_t, uint32_t, uint32_t> arena_used() {
    const arenite::ArenaUse use = ready().arena_use();
    return {use.tensors, use.scratch, use.planning, use.persistent};
  }

  // subgraph, tensor (-1: scratch), node (-1: tensor), offset, size, first, last, region; without what takes no room.
  using PlanRow = std::tuple<int, int, int, uint32_t, uint32_t, int, int, int>;
  std::vector<PlanRow> plan() {
    Plan plan{std::vector<Allocation>(ready().allocation_count()), {}, region_starts()};
    if (ready().describe_plan(plan.items.data()) != Status::kOk) {
      throw std::runtime_error("the plan cannot be described");
    }
    ready().for_each_subgraph(add_plan, &plan);
    return plan.rows;
  }

 private:
  static void require(bool condition, const char* call) {
    if (!condition) throw std::logic_error(std::string("call ") + call + "() first; it must succeed");
  }
  arenite::Interpreter& ready() {
    require(interpreter_.has_value(), "allocate");
    return *interpreter_;
  }

  arenite::Model at(uint32_t subgraph) const {
    require(opened_, "open");
    if (subgraph >= model_.subgraph_count()) throw py::index_error("subgraph");
    return model_.subgraph(subgraph);
  }

  // Offsets from the arena's start, ascending.
  std::vector<uint32_t> region_starts() const {
    std::vector<uint32_t> starts = {0};
    for (const arenite::Region& region : regions_) {
      starts.push_back(static_cast<uint32_t>(static_cast<uint8_t*>(region.data) - arena_->data()));
    }
    return starts;
  }

  struct Plan {
    std::vector<Allocation> items;
    std::vector<PlanRow> rows;
    std::vector<uint32_t> starts;
  };

  static void add_plan(const arenite::Interpreter& subgraph, void* context) {
    Plan& plan = *static_cast<Plan*>(context);
    const arenite::Model& model = subgraph.model();
    const Allocation* item = plan.items.data() + subgraph.first_allocation();
    const auto add = [&](int tensor, int node) {
      if (item->bytes != 0) {
        const auto region = std::upper_bound(plan.starts.begin(), plan.starts.end(), item->offset) - 1;
        plan.rows.emplace_back(static_cast<int>(model.index()), tensor, node, item->offset - *region, item->bytes,
                               item->first, item->last, static_cast<int>(region - plan.starts.begin()));
      }
      ++item;
    };
    for (uint32_t i = 0; i < model.tensor_count(); ++i) {
      if (!model.is_constant(i)) add(static_cast<int>(i), -1);
    }
    for (uint32_t i = 0; i < model.operator_count(); ++i) add(-1, static_cast<int>(i));
  }

  static py::tuple tensor_row(const arenite::Model& model, uint32_t index) {
    const Tensor tensor = model.tensor(index);
    const arenite::flat::Vector name = model.tensor_name(index);
    py::tuple shape(static_cast<size_t>(tensor.rank));
    for (int32_t i = 0; i < tensor.rank; ++i) shape[static_cast<size_t>(i)] = tensor.dim(i);
    const std::vector<float> scales(tensor.scales, tensor.scales + tensor.scale_count);
    const std::vector<int32_t> zero_points(scales.size(), tensor.zero_point);
    return py::make_tuple(to_text(std::string(reinterpret_cast<const char*>(name.data()), name.size())),
                          dtype_name(tensor.type), shape, scales, zero_points, tensor.quantized_dimension,
                          tensor.constant);
  }

  std::shared_ptr<Memory> content_;
  size_t content_size_;
  arenite::Sharing sharing_;
  bool opened_ = false;
  arenite::Model model_;
  std::shared_ptr<Memory> arena_;
  std::optional<arenite::Interpreter> interpreter_;
  std::vector<arenite::Region> regions_;
  std::optional<arenite::Stepper> stepper_;  // of an invoke that goes in steps
};

std::pair<int32_t, int32_t> as_pair(arenite::Multiplier m) { return {m.multiplier, m.shift}; }

void define_fixed_point(py::module_& m) {
  m.def(
      "quantize_ratio", [](float a, float b, float c) { return as_pair(arenite::quantize_ratio(a, b, c)); },
      "(multiplier, shift) of a * b / c, as the kernels compute it.", py::arg("a"), py::arg("b"), py::arg("c"));
  m.def(
      "quantize_multiplier", [](float a) { return as_pair(arenite::quantize_multiplier(a)); },
      "(multiplier, shift) of a > 0.", py::arg("a"));
  m.def(
      "multiply_by_quantized_multiplier",
      [](int32_t x, int32_t multiplier, int32_t shift) {
        return arenite::multiply_by_quantized_multiplier(x, {multiplier, shift});
      },
      "x * multiplier * 2**(shift - 31) with both roundings.", py::arg("x"), py::arg("multiplier"), py::arg("shift"));
}

}  // namespace

PYBIND11_MODULE(_core, m) {
  m.doc() = "Arenite's interpreter, compiled. Use arenite.Interpreter.";
  py::class_<HostInterpreter>(m, "Interpreter")
      .def(py::init([](const py::bytes& model, bool preserve_all) {
             return std::make_unique<HostInterpreter>(std::string(model), preserve_all);
           }),
           py::arg("model"), py::arg("preserve_all_tensors"))
      .def("open", &HostInterpreter::open)
      .def("allocate", &HostInterpreter::allocate, py::arg("arena_size"))
      .def("allocate_in", &HostInterpreter::allocate_in, py::arg("sizes"))
      .def("regions_used", &HostInterpreter::regions_used)
      .def("invoke", &HostInterpreter::invoke)
      .def("invoke_step", &HostInterpreter::invoke_step, py::arg("operators"))
      .def("profile", &HostInterpreter::profile)
      .def("reset_variables", &HostInterpreter::reset_variables)
      .def("tensors", &HostInterpreter::tensors, py::arg("subgraph"))
      .def("operators", &HostInterpreter::operators, py::arg("subgraph"))
      .def("subgraph_count", &HostInterpreter::subgraph_count)
      .def("set_iteration_limit", &HostInterpreter::set_iteration_limit, py::arg("limit"))
      .def("inputs", &HostInterpreter::inputs)
      .def("outputs", &HostInterpreter::outputs)
      .def("buffer", &HostInterpreter::buffer, py::arg("tensor"))
      .def("arena_used", &HostInterpreter::arena_used)
      .def("plan", &HostInterpreter::plan);
  define_fixed_point(m);
  m.def("use_variant", &arenite::isa::use_variant,
        "Whether this processor has the named microkernels; then they are used.", py::arg("name"));
}
