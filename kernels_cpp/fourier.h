// Fourier transforms of real signals, int16, int32 and float32; the whole numbers are TFLite Micro's, bit for bit.
// Those are divided by the radix before each stage, so that nothing overflows: the result is the transform over its
// length.
#pragma once

#include "interpreter/kernel.h"
#include "kernels_cpp/fourier_stages.h"

namespace arenite {

// `length` real samples as length / 2 complex numbers, which are transformed; then the spectrum of these is split.
template <typename T>
class Fourier {
 public:
  using Number = Complex<T>;
  // `scratch`: what scratch_bytes asks for, kept from one call to the next, zeroes at first. Null during prepare.
  Fourier(int32_t length, bool inverse, void* scratch)
      : stages_(length / 2), inverse_(inverse), made_(static_cast<uint32_t*>(scratch)) {
    if (scratch == nullptr) return;
    twiddles_ = reinterpret_cast<Number*>(made_ + 4);
    split_ = twiddles_ + stages_.length;
    pairs_ = split_ + stages_.length / 2;
    if (*made_ == 0) make_twiddles();
  }

  // BadOption unless half of the length has factors, none of them but 2, 3 and 5.
  static Status check(int32_t length) {
    ARENITE_CHECK(length > 0 && length % 2 == 0 && length <= (1 << 20), kBadOption);
    ARENITE_CHECK(Stages(length / 2).fits, kBadOption);
    return Status::kOk;
  }
  uint32_t scratch_bytes() const {
    const int32_t n = stages_.length;
    const int32_t numbers = n + n / 2 + (inverse_ ? n : 0);
    return 16 + static_cast<uint32_t>(sizeof(Number)) * static_cast<uint32_t>(numbers);
  }

  // Spectrum [length / 2 + 1] of `count` samples with zeroes behind them.
  void forward(const T* samples, int32_t count, Number* spectrum) const {
    const auto pair = [samples, count](int32_t i) {
      return Number{2 * i < count ? samples[2 * i] : T{0}, 2 * i + 1 < count ? samples[2 * i + 1] : T{0}};
    };
    transform(pair, spectrum);
    const int32_t n = stages_.length;
    const Number both = divided(spectrum[0], 2);
    spectrum[0] = {Arithmetic<T>::add(both.real, both.imaginary), T{0}};
    spectrum[n] = {Arithmetic<T>::subtract(both.real, both.imaginary), T{0}};
    for (int32_t k = 1; k <= n / 2; ++k) {
      const Number even = even_part(spectrum, k), odd = odd_part(spectrum, k);
      spectrum[k] = {Arithmetic<T>::half_sum(even.real, odd.real),
                     Arithmetic<T>::half_sum(even.imaginary, odd.imaginary)};
      spectrum[n - k] = {Arithmetic<T>::half_difference(even.real, odd.real),
                         Arithmetic<T>::half_difference(odd.imaginary, even.imaginary)};
    }
  }

  // Samples [length] over the length, as pairs, of a spectrum [length / 2 + 1].
  void backward(const Number* spectrum, Number* samples) const {
    const int32_t n = stages_.length;
    const T low = spectrum[0].real, high = spectrum[n].real;
    pairs_[0] = divided(Number{Arithmetic<T>::add(low, high), Arithmetic<T>::subtract(low, high)}, 2);
    for (int32_t k = 1; k <= n / 2; ++k) {
      const Number even = even_part(spectrum, k), odd = odd_part(spectrum, k);
      pairs_[k] = even + odd;
      pairs_[n - k] = conjugate(even - odd);
    }
    transform([this](int32_t i) { return pairs_[i]; }, samples);
    for (int32_t i = 0; i < n; ++i) samples[i] = over_length(samples[i], 2 * n);
  }

 private:
  // Of the spectrum of pairs: that of the even samples, and that of the odd ones turned by half a step.
  Number mirrored(const Number* spectrum, int32_t k) const {
    return divided(conjugate(spectrum[stages_.length - k]), 2);
  }
  Number even_part(const Number* spectrum, int32_t k) const { return divided(spectrum[k], 2) + mirrored(spectrum, k); }
  Number odd_part(const Number* spectrum, int32_t k) const {
    return (divided(spectrum[k], 2) - mirrored(spectrum, k)) * split_[k - 1];
  }

  void make_twiddles() {
    const uint32_t n = static_cast<uint32_t>(stages_.length);
    for (uint32_t i = 0; i < n; ++i) twiddles_[i] = twiddle<T>(direction(i, n, 2 * kPi * i / n), inverse_);
    for (uint32_t i = 1; i <= n / 2; ++i) {  // a quarter of a turn ahead
      const double half_turns = static_cast<double>(i) / n + 0.5;
      split_[i - 1] = twiddle<T>(direction(2 * i + n, 4 * n, kPi * half_turns), inverse_);
    }
    *made_ = 1;
  }

  // `load(i)` is the i-th of the complex numbers to transform.
  template <typename Load>
  void transform(Load load, Number* out) const {
    SourceOrder order(stages_);
    const int32_t n = stages_.length;
    for (int32_t i = 0; i < n; ++i) out[i] = load(order.next());
    for (int32_t i = stages_.count - 1, span = 1; i >= 0; --i) {
      const int32_t radix = stages_.radix[i];
      Stage<T>{twiddles_, n, inverse_, radix, span, n / (radix * span)}.run(out);
      span *= radix;
    }
  }

  Stages stages_;
  bool inverse_;
  uint32_t* made_;  // whether the twiddles are made
  Number* twiddles_ = nullptr;
  Number* split_ = nullptr;  // twiddles that split the spectrum of pairs
  Number* pairs_ = nullptr;  // spectrum of pairs, of the inverse
};

}  // namespace arenite
