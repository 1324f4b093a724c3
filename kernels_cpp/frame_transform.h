// What SignalRfft and SignalIrfft share: frames along the last axis, one transform each.
#pragma once

#include "kernels_cpp/fourier.h"
#include "kernels_cpp/option_map.h"
#include "kernels_cpp/types.h"

namespace arenite {

template <bool kInverse>
class FrameTransform {
 public:
  explicit FrameTransform(const Node& node)
      : input_(node.input(0)),
        output_(node.output(0)),
        length_(OptionMap(node).i32("fft_length", 0)),
        scratch_(node.scratch()) {}

  // A frame that is shorter than the transform has zeroes behind it.
  Status check(uint32_t* scratch_bytes) const {
    ARENITE_TRY(Fourier<float>::check(length_));
    ARENITE_CHECK(input_.rank >= 1 && output_.rank == input_.rank, kBadShape);
    for (int32_t axis = 0; axis < input_.rank - 1; ++axis) {
      ARENITE_CHECK(output_.dim(axis) == input_.dim(axis), kBadShape);
    }
    const int32_t in = input_.back(0), out = output_.back(0);
    ARENITE_CHECK(kInverse ? in == length_ + 2 : in <= length_, kBadShape);
    ARENITE_CHECK(out == (kInverse ? length_ : length_ + 2), kBadShape);
    *scratch_bytes = input_.type == Type::kInt16 ? Fourier<int16_t>(length_, kInverse, nullptr).scratch_bytes()
                                                 : Fourier<int32_t>(length_, kInverse, nullptr).scratch_bytes();
    return Status::kOk;
  }

  Status run() const {
    if (is_float(input_)) {
      run_all<float>();
    } else if (is_int16(input_)) {
      run_all<int16_t>();
    } else {
      run_all<int32_t>();
    }
    return Status::kOk;
  }

 private:
  template <typename T>
  void run_all() const {
    const Fourier<T> fourier(length_, kInverse, scratch_);
    const int32_t in = input_.back(0), out = output_.back(0), size = output_.count();
    const T* from = input_.as<T>();
    for (int32_t at = 0; at < size; at += out, from += in) {
      Complex<T>* to = reinterpret_cast<Complex<T>*>(output_.as<T>() + at);
      if constexpr (kInverse) {
        fourier.backward(reinterpret_cast<const Complex<T>*>(from), to);
      } else {
        fourier.forward(from, in, to);
      }
    }
  }

  Tensor input_, output_;
  int32_t length_;
  void* scratch_;
};

}  // namespace arenite
