#include "crypto/aead.h"
#include "kit/world.h"

namespace kidoban::kit {

namespace {

class MemoryRootKey final : public seal::RootKey {
 public:
  explicit MemoryRootKey(Random& random) : random_(random), key_(crypto::aead_key_bytes) { random_.fill(key_); }

  std::string_view id() const override { return "memory"; }
  Result<std::string> wrap(const Secret& key, std::string_view associated) override {
    return crypto::aead_seal(key_, key.reveal(), associated, random_);
  }
  Result<Secret> unwrap(std::string_view wrapped, std::string_view associated) override {
    auto opened = crypto::aead_open(key_, wrapped, associated);
    if (!opened) return fail(Kind::sealed, "root_key_wrong", opened.error().note);
    return opened;
  }

 private:
  Random& random_;
  std::vector<std::uint8_t> key_;
};

}  // namespace

std::unique_ptr<seal::RootKey> make_root_key(Random& random) { return std::make_unique<MemoryRootKey>(random); }

}  // namespace kidoban::kit
