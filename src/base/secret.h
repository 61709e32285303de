#pragma once
// Secret: bytes that must not be seen. It can't be printed, compared with ==, or copied without
// saying so, and its memory is zeroed when it goes.

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace kidoban {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::vector<std::uint8_t> bytes) : bytes_(std::move(bytes)) {}
  static Secret of(std::string_view text);
  static Secret of(std::span<const std::uint8_t> bytes);

  Secret(Secret&& other) noexcept : bytes_(std::move(other.bytes_)) {}
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { wipe(); }

  Secret copy() const { return Secret(bytes_); }
  std::span<const std::uint8_t> reveal() const { return bytes_; }
  std::string_view reveal_text() const {
    return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
  }
  bool empty() const { return bytes_.empty(); }
  std::size_t size() const { return bytes_.size(); }

 private:
  void wipe();
  std::vector<std::uint8_t> bytes_;
};

// Takes the same time whatever the bytes are; different lengths are simply unequal.
bool constant_time_equal(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b);
bool constant_time_equal(std::string_view a, std::string_view b);

}  // namespace kidoban
