// arenite._core: the interpreter and the integer arithmetic of its kernels for Python. Conversions only, no logic.
#include <pybind11/pybind11.h>

#include <utility>

#include "kernels_cpp/fixed_point.h"

namespace py = pybind11;

namespace {

std::pair<int32_t, int32_t> as_pair(arenite::Multiplier m) { return {m.multiplier, m.shift}; }

void define_fixed_point(py::module_& m) {
  m.def("quantize_ratio", [](float a, float b, float c) { return as_pair(arenite::quantize_ratio(a, b, c)); },
        "(multiplier, shift) of a * b / c, as the kernels compute it.", py::arg("a"), py::arg("b"), py::arg("c"));
  m.def("quantize_multiplier", [](float a) { return as_pair(arenite::quantize_multiplier(a)); },
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
  define_fixed_point(m);
}
